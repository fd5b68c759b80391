/* SPDX-License-Identifier: BSD-3-Clause */
/* stream_test.c - the bounds of a stream machine, and its ids; what it says is told in
 * tests/stream/. */
#include "control/stream.h"
#include "control/stream_state.h"
#include "tests/check.h"

#define HEADER                                                                                     \
	"<stream:stream xmlns='jabber:server' xmlns:stream='" NS_STREAM "' xmlns:db='" NS_DIALBACK \
	"' from='p0.example' to='ours.example' id='x' version='1.0'>"

enum { DOMAINS = 100 };

static char ours[] = "ours.example", secret[] = "secret", first[] = "p0.example";
static char names[DOMAINS][32], *more[DOMAINS + 1], *local[] = {ours, NULL};
static struct partner partner = {.domain = first,
				 .additional_domains = more,
				 .tls = LEVEL_OPTIONAL,
				 .sasl = LEVEL_NOT_SUPPORTED,
				 .dialback = true};
static struct policy policy = {.local_domains = local,
			       .partners = &partner,
			       .partner_count = 1,
			       .limits = {.establishment_timeout_s = 60, .stanza_bytes_max = 10000},
			       .dialback_passphrase = secret};

static struct stream *make(enum stream_role role, uint8_t entropy)
{
	struct stream_setup setup = {.role = role,
				     .leg = IFACE_EDGE,
				     .ours = ours,
				     .theirs = first,
				     .entropy = {entropy},
				     .trace_id = "t"};

	for (int i = 0; i < DOMAINS; i++) {
		snprintf(names[i], sizeof(names[i]), "p%d.example", i);
		more[i] = names[i];
	}
	return stream_make(&setup, &policy, 1);
}

static void give_header(struct stream *s)
{
	struct xml_element *e = xml_header((const uint8_t *)HEADER, strlen(HEADER));

	stream_on_header(s, e, 1);
	xml_free(e);
}

static void give(struct stream *s, const char *text)
{
	struct xml_element *e = xml_element((const uint8_t *)HEADER, strlen(HEADER),
					    (const uint8_t *)text, strlen(text));

	stream_on_element(s, e, 1);
	xml_free(e);
}

/* Takes all news; how many were of @kind, and whether any bytes hold @text. */
static unsigned int count(struct stream *s, enum stream_news_kind kind, const char *text,
			  bool *said)
{
	struct stream_news news;
	unsigned int n = 0;

	*said = false;
	while (stream_take(s, &news)) {
		n += news.kind == kind;
		if (news.len > 0 && memmem(news.bytes, news.len, text, strlen(text)) != NULL)
			*said = true;
	}
	return n;
}

/* Refused before its header is looked at: the header that precedes the error names both, but for
 * what is not ours. */
static void last_words_name_whom_they_are_for(void)
{
	static const char *const whom[][3] = {
	    {"ours.example", "p0.example", " from='ours.example' to='p0.example'"},
	    {"not-ours.example", "p0.example", "' to='p0.example'"},
	    {"", "", "' version='1.0'><stream:error><system-shutdown "},
	};
	bool said;

	for (size_t i = 0; i < ARRAY_LEN(whom); i++) {
		struct stream *s = make(STREAM_RECEIVING, 1);

		stream_name(s, whom[i][0], whom[i][1]);
		stream_close(s, STREAM_SYSTEM_SHUTDOWN, "not now", 1);
		CHECK_EQ(count(s, STREAM_NEWS_CLOSE, whom[i][2], &said), 1);
		CHECK(said);
		CHECK_EQ(stream_state(s), STREAM_CLOSING);
		stream_free(s);
	}
}

static void a_partner_may_ask_for_so_many_pairs(void)
{
	struct stream *s = make(STREAM_RECEIVING, 1);
	unsigned int asked = 0, refused = 0;
	char text[256];
	bool said;

	give_header(s);
	(void)count(s, STREAM_NEWS_SEND, "", &said);
	for (int i = 0; i < STREAM_PAIRS_RECEIVED_MAX + 5; i++) {
		snprintf(text, sizeof(text),
			 "<db:result from='p%d.example' to='ours.example'>k</db:result>", i);
		give(s, text);
		asked += count(s, STREAM_NEWS_VERIFY, "<resource-constraint", &said);
		refused += said;
		if (i > 0)
			continue;
		/* The first is proved; a peer that has proved none may ask for fewer. */
		stream_verified(s, "ours.example", "p0.example", stream_id(s), VERIFY_VALID, NULL,
				1);
		(void)count(s, STREAM_NEWS_SEND, "", &said);
	}
	CHECK_EQ(asked, STREAM_PAIRS_RECEIVED_MAX);
	CHECK_EQ(refused, 5);
	CHECK_EQ(stream_state(s), STREAM_ESTABLISHED);
	stream_free(s);
}

/* What a peer wrote is cut for our error at the end of a character: "x", then 2 bytes each. */
static void a_cut_name_stays_utf8(void)
{
	struct stream *s = make(STREAM_RECEIVING, 1);
	char text[256] = "<x";
	bool said;

	for (int i = 0; i < 40; i++)
		strcat(text, "\xc3\xa9");
	strcat(text, "/>");
	give_header(s);
	(void)count(s, STREAM_NEWS_SEND, "", &said);
	give(s, text);
	CHECK_EQ(count(s, STREAM_NEWS_CLOSE, "\xc3\xa9/&gt; is not known here", &said), 1);
	CHECK(said);
	stream_free(s);
}

static void so_many_verifications_wait_on_one_stream(void)
{
	struct stream *s = make(STREAM_INITIATING, 1);
	unsigned int taken = 0;
	char id[16];

	for (int i = 0; i < STREAM_VERIFIES_MAX + 5; i++) {
		snprintf(id, sizeof(id), "id%d", i);
		taken += stream_verify(s, ours, first, id, "k", 1);
	}
	CHECK_EQ(taken, STREAM_VERIFIES_MAX);
	stream_free(s);
}

static void all_waiting_verifications_go_out(void)
{
	struct stream *s = make(STREAM_INITIATING, 1);
	char id[64], key[STREAM_KEY_MAX + 1];
	struct stream_news news;
	size_t said = 0;

	memset(key, '&', STREAM_KEY_MAX); /* five bytes each when escaped */
	key[STREAM_KEY_MAX] = '\0';
	for (int i = 0; i < STREAM_VERIFIES_MAX; i++) {
		snprintf(id, sizeof(id), "id%d", i);
		CHECK(stream_verify(s, ours, first, id, key, 1));
	}
	stream_on_open(s, 1);
	give_header(s);
	give(s, "<stream:features><dialback xmlns='" NS_DIALBACK_FEATURE "'/></stream:features>");
	while (stream_take(s, &news)) {
		const char *at = news.bytes;

		while ((at = strstr(at, "</db:verify>")) != NULL) {
			said++;
			at++;
		}
	}
	CHECK_EQ(said, STREAM_VERIFIES_MAX);
	stream_free(s);
}

static void refuses_what_does_not_fit(void)
{
	struct stream *s = make(STREAM_INITIATING, 1);
	char id[65], key[STREAM_KEY_MAX + 2];

	memset(id, 'i', 64);
	id[64] = '\0';
	CHECK(!stream_verify(s, ours, first, id, "k", 1));
	memset(key, 'k', STREAM_KEY_MAX + 1);
	key[STREAM_KEY_MAX + 1] = '\0';
	CHECK(!stream_verify(s, ours, first, "i", key, 1));
	CHECK(!stream_add_pair(s, ours, first, 1)); /* not established */
	stream_free(s);
	s = make(STREAM_RECEIVING, 1);
	CHECK(!stream_verify(s, ours, first, "i", "k", 1)); /* not a stream of ours */
	CHECK(!stream_add_pair(s, ours, first, 1));
	stream_free(s);
}

static void ids_differ_by_entropy(void)
{
	char one[64];
	struct stream *s;

	s = make(STREAM_RECEIVING, 1);
	CHECK_STR(stream_id(s), "");
	give_header(s);
	CHECK_EQ(strlen(stream_id(s)), 32);
	snprintf(one, sizeof(one), "%s", stream_id(s));
	stream_free(s);
	s = make(STREAM_RECEIVING, 2);
	give_header(s);
	CHECK(strcmp(one, stream_id(s)) != 0);
	stream_free(s);
	s = make(STREAM_RECEIVING, 1); /* and by nothing else */
	give_header(s);
	CHECK_STR(stream_id(s), one);
	stream_free(s);
}

static void names_of_states(void)
{
	CHECK_STR(stream_state_name(STREAM_EXPECT_HEADER), "EXPECT_HEADER");
	CHECK_STR(stream_state_name(STREAM_CLOSING), "CLOSING");
	CHECK_STR(stream_state_name(STREAM_STATE_COUNT), "?");
}

static void nothing_is_due_after_the_end(void)
{
	struct stream *s = make(STREAM_RECEIVING, 1);

	CHECK_EQ(stream_due_us(s), 60000001);
	stream_close(s, STREAM_RESET, "x", 2);
	CHECK(stream_due_us(s) == UINT64_MAX);
	stream_on_time(s, UINT64_MAX);
	stream_close(s, STREAM_RESET, "x", 2);
	stream_free(s); /* with news untaken */
}

int main(void)
{
	RUN(last_words_name_whom_they_are_for);
	RUN(a_partner_may_ask_for_so_many_pairs);
	RUN(a_cut_name_stays_utf8);
	RUN(so_many_verifications_wait_on_one_stream);
	RUN(all_waiting_verifications_go_out);
	RUN(refuses_what_does_not_fit);
	RUN(ids_differ_by_entropy);
	RUN(names_of_states);
	RUN(nothing_is_due_after_the_end);
	return check_summary();
}
