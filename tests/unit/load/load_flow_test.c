/* SPDX-License-Identifier: BSD-3-Clause */
/* load_flow_test.c - order, loss and duplicates beside a plain model; tags; stanzas that templates
 * make, read back. */
#include "bench/load/flow.h"

#include "bench/load/content.h"
#include "bench/load/tag.h"
#include "dataplane/xmpp/stanza.h"
#include "tests/check.h"

enum { STANZAS = 20000 };

static struct flow flow;
static struct flow_counts counts;

static void fresh(void)
{
	memset(&flow, 0, sizeof(flow));
	memset(&counts, 0, sizeof(counts));
}

static void takes_all_in_order(void)
{
	fresh();
	for (uint32_t i = 0; i < STANZAS; i++)
		CHECK_EQ(flow_receive(&flow, i, &counts), FLOW_NEW);
	CHECK_EQ(counts.received, STANZAS);
	CHECK_EQ(counts.missing + counts.duplicated + counts.out_of_order, 0);
}

static void tells_late_from_double(void)
{
	fresh();
	CHECK_EQ(flow_receive(&flow, 0, &counts), FLOW_NEW);
	CHECK_EQ(flow_receive(&flow, 3, &counts), FLOW_NEW);
	CHECK_EQ(counts.missing, 2);
	CHECK_EQ(flow_receive(&flow, 1, &counts), FLOW_LATE);
	CHECK_EQ(flow_receive(&flow, 1, &counts), FLOW_DUPLICATE);
	CHECK_EQ(flow_receive(&flow, 3, &counts), FLOW_DUPLICATE);
	CHECK_EQ(counts.missing, 1);
	CHECK_EQ(counts.received, 3);
	CHECK_EQ(counts.duplicated, 2);
	CHECK_EQ(counts.out_of_order, 1);
}

static void forgets_what_is_too_old(void)
{
	fresh();
	CHECK_EQ(flow_receive(&flow, FLOW_WINDOW, &counts), FLOW_NEW);
	CHECK_EQ(flow_receive(&flow, 0, &counts), FLOW_DUPLICATE); /* cannot be told any more */
	CHECK_EQ(flow_receive(&flow, 1, &counts), FLOW_LATE);
	/* a gap larger than the window, then the same bits again */
	CHECK_EQ(flow_receive(&flow, 10 * FLOW_WINDOW, &counts), FLOW_NEW);
	CHECK_EQ(flow_receive(&flow, 10 * FLOW_WINDOW - 5, &counts), FLOW_LATE);
	CHECK_EQ(counts.duplicated, 1);
}

/* A sender whose stanzas are delayed, doubled and lost at random, all within the window. */
static void agrees_with_a_model(void)
{
	static uint8_t seen[STANZAS];
	uint64_t seed = 20261130, unique = 0, doubled = 0, late = 0, highest = 0;

	fresh();
	memset(seen, 0, sizeof(seen));
	for (uint32_t i = 0; i < STANZAS; i++) {
		const uint32_t back = check_random(&seed) % 4 == 0
					  ? (uint32_t)(check_random(&seed) % (FLOW_WINDOW / 2))
					  : 0;
		const uint32_t seq = i > back ? i - back : i;
		const bool is_new = counts.received == 0 || seq > highest;
		enum flow_result want = is_new ? FLOW_NEW : FLOW_LATE;

		if (seen[seq])
			want = FLOW_DUPLICATE;
		CHECK_EQ(flow_receive(&flow, seq, &counts), want);
		unique += !seen[seq];
		doubled += seen[seq];
		late += want == FLOW_LATE;
		seen[seq] = 1;
		highest = is_new ? seq : highest;
	}
	CHECK_EQ(counts.received, unique);
	CHECK_EQ(counts.duplicated, doubled);
	CHECK_EQ(counts.out_of_order, late);
	CHECK_EQ(counts.missing, highest + 1 - unique);
	CHECK(late > 100 && doubled > 100 && counts.missing > 100);
}

static void reads_its_tags(void)
{
	const struct tag t = {0xbeef, 0xabcdef, 0xfedcba98, UINT64_C(0x123456789abc)};
	uint8_t text[TAG_TEXT];
	struct tag back;

	tag_write(&t, text);
	CHECK(memcmp(text, "Lbeefabcdeffedcba98123456789abc", TAG_TEXT) == 0);
	CHECK(tag_read((struct span){text, TAG_TEXT}, &back));
	CHECK(back.run == t.run && back.flow == t.flow && back.seq == t.seq &&
	      back.due_ns == t.due_ns);
	CHECK_EQ(tag_age_ns(&t, t.due_ns + 77), 77);
	CHECK_EQ(tag_age_ns(&t, (UINT64_C(5) << 48) + t.due_ns + 77), 77);
	for (size_t i = 0; i < TAG_TEXT; i++) { /* no byte may be another */
		const uint8_t was = text[i];

		text[i] = 'G';
		CHECK(!tag_read((struct span){text, TAG_TEXT}, &back));
		text[i] = was;
	}
	CHECK(!tag_read((struct span){text, TAG_TEXT - 1}, &back));
}

static uint8_t stream[1024 * 1024];

static const char *text_of(struct span s)
{
	static char text[128];

	snprintf(text, sizeof(text), "%.*s", (int)s.len, (const char *)s.at);
	return text;
}

/* Each template, as the framer and the relay would read it. */
static void check_content(const struct content *c)
{
	static const char header[] = "<stream:stream xmlns='jabber:server' "
				     "xmlns:stream='http://etherx.jabber.org/streams'>";
	static char address[] = " from='me@p0.example/load' to='me@contoso.example' id='";
	static struct framer framer;
	size_t used;

	fresh();
	flow.address = address;
	flow.address_len = sizeof(address) - 1;
	framer_init(&framer, STANZA_BYTES_MAX);
	CHECK_EQ(framer_feed(&framer, (const uint8_t *)header, sizeof(header) - 1, &used),
		 FRAMER_HEADER);
	for (size_t i = 0; i < c->count; i++) {
		const size_t len = content_write(c, &flow, 7, i, stream, sizeof(stream));
		struct stanza s;
		struct tag t;

		CHECK(len > 0 && len <= c->max_bytes + flow.address_len);
		CHECK_EQ(framer_feed(&framer, stream, len, &used), FRAMER_ELEMENT);
		CHECK_EQ(used, len);
		CHECK(stanza_parse((struct span){stream, len}, framer_root(&framer), &s));
		CHECK(s.kind != STANZA_OTHER);
		CHECK_STR(text_of(s.from), "me@p0.example/load");
		CHECK_STR(text_of(s.to), "me@contoso.example");
		CHECK(tag_read(s.id, &t) && t.seq == i && t.run == 7);
	}
}

static void makes_stanzas(void)
{
	struct content c;

	content_make_body(&c, 200);
	check_content(&c);
	CHECK_EQ(content_write(&c, &flow, 7, 0, stream, c.max_bytes + flow.address_len - 1), 0);
	content_free(&c);
	for (unsigned int kind = 0; kind < CORPUS_KINDS; kind++) {
		content_make_corpus(&c, (enum corpus_kind)kind);
		CHECK(c.count > 1);
		check_content(&c);
		content_free(&c);
	}
}

int main(void)
{
	RUN(takes_all_in_order);
	RUN(tells_late_from_double);
	RUN(forgets_what_is_too_old);
	RUN(agrees_with_a_model);
	RUN(reads_its_tags);
	RUN(makes_stanzas);
	return check_summary();
}
