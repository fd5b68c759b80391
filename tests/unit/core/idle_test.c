/* SPDX-License-Identifier: BSD-3-Clause */
/* idle_test.c - what connections share: the framer, the roots, key schedules; and who gives way
 * where buffers run short. */
#include "tests/unit/core/rig.h"

#define ROOT(declarations)                                                                         \
	"<stream:stream xmlns='jabber:server' "                                                    \
	"xmlns:stream='http://etherx.jabber.org/streams' " declarations " version='1.0'>"
#define TO_ALICE "from='b@partner.example' to='a@contoso.example'"

/* A stream from the edge whose root is @root, granted. */
static struct peer *stream_with(const char *root)
{
	struct peer *p = rig_connect(IFACE_EDGE);
	struct msg m = {.kind = MSG_RESUME, .conn = p->id};

	rig_secure(p, NULL);
	peer_say(p, root);
	CHECK(rig_expect(EVENT_HEADER));
	m.resume.stanza_bytes_max = 512 * 1024;
	rig_order(&m);
	rig_grant(p, CONTOSO, PARTNER, GRANT_FROM_PEER);
	rig_run(3);
	return p;
}

static struct peer *gateway(void)
{
	struct peer *p = rig_connect(IFACE_INTERNAL);

	rig_stream(p, true, CONTOSO, PARTNER, GRANT_TO_PEER);
	return p;
}

/* Stanzas of three streams, of two roots, come in pieces in turn: each keeps its place and the
 * meaning of its own root. */
static void one_framer_reads_for_all(void)
{
	static const char *const roots[3] = {ROOT("xmlns:x='urn:one'"), ROOT("xmlns:x='urn:two'"),
					     ROOT("xmlns:x='urn:one'")};
	static const char *const uri[3] = {"urn:one", "urn:two", "urn:one"};
	char text[3][256], want[3][256], all[3 * 256] = "";
	struct peer *to, *from[3];
	size_t longest = 0;

	rig_open();
	to = gateway();
	for (unsigned int i = 0; i < 3; i++) {
		from[i] = stream_with(roots[i]);
		snprintf(text[i], sizeof(text[i]),
			 "<message " TO_ALICE " id='%u'><x:y k='&lt;%u'>&amp;</x:y></message>", i,
			 i);
		snprintf(want[i], sizeof(want[i]), "<message xmlns:x='%s'%s", uri[i], text[i] + 8);
		longest = strlen(text[i]) > longest ? strlen(text[i]) : longest;
	}
	CHECK_EQ(rig.core->roots.count, 3); /* and the gateway's */
	for (size_t at = 0; at < longest; at++)
		for (unsigned int i = 0; i < 3; i++) {
			if (at >= strlen(text[i]))
				continue;
			peer_say_bytes(from[i], text[i] + at, 1);
			rig_run(2);
		}
	for (unsigned int i = 0; i < 3; i++)
		strcat(all, want[i]);
	CHECK(peer_hears(to, all));
	rig_close();
}

/* A header that comes byte by byte on two streams in turn. */
static void headers_come_in_pieces(void)
{
	static const char *const root[2] = {
	    "<?xml version='1.0'?>" ROOT("xmlns:a='urn:a&amp;b' xml:lang='en'"),
	    ROOT("xmlns:b='urn:b'")};
	struct peer *p[2];

	rig_open();
	for (unsigned int i = 0; i < 2; i++)
		p[i] = rig_connect(IFACE_EDGE);
	for (size_t at = 0; at + 1 < strlen(root[0]); at++)
		for (unsigned int i = 0; i < 2; i++) {
			if (at + 1 >= strlen(root[i]))
				continue;
			peer_say_bytes(p[i], root[i] + at, 1);
			rig_run(2);
		}
	CHECK(rig_is_quiet());
	for (unsigned int i = 0; i < 2; i++) {
		peer_say(p[i], ">");
		CHECK(rig_expect(EVENT_HEADER));
		CHECK_STR(rig.text, root[i]);
	}
	rig_close();
}

static void equal_roots_are_kept_once(void)
{
	struct peer *p[4];

	rig_open();
	for (unsigned int i = 0; i < 4; i++)
		p[i] = stream_with(i < 3 ? ROOT("") : ROOT("xml:lang='de'"));
	CHECK_EQ(rig.core->roots.count, 2);
	peer_reset(p[3]);
	CHECK(rig_expect(EVENT_CLOSED));
	CHECK_EQ(rig.core->roots.count, 1);
	for (unsigned int i = 0; i < 3; i++) {
		peer_reset(p[i]);
		CHECK(rig_expect(EVENT_CLOSED));
		CHECK_EQ(rig.core->roots.count, i < 2);
	}
	rig_close();
}

/* An idle stream holds no buffer and no key schedule. */
static void idle_streams_hold_nothing(void)
{
	const struct core *c;
	struct peer *from, *to;
	uint32_t before;

	rig_open();
	c = rig.core;
	to = gateway();
	from = stream_with(ROOT(""));
	rig_wait(100000);
	before = rte_mempool_avail_count(c->pool) + c->spare_count;
	peer_say(from, "<message " TO_ALICE "/>");
	CHECK(peer_hears(to, "<message " TO_ALICE "/>"));
	rig_wait(1000000);
	CHECK_EQ(rte_mempool_avail_count(c->pool) + c->spare_count, before);
	CHECK_EQ(c->pool->size - before, c->roots.count);
	CHECK_EQ(c->ledgers.available, c->ledgers.total);
	CHECK(record_keys_lent(c->machine) > 0);
	rig_wait(125 * 1000000);
	CHECK_EQ(record_keys_lent(c->machine), 0);
	peer_forget(to);
	peer_say(from, "<message " TO_ALICE "/>");
	CHECK(peer_hears(to, "<message " TO_ALICE "/>"));
	rig_close();
}

/* Takes buffers until less than the reserve is left. */
static uint32_t take_buffers(struct rte_mbuf **taken)
{
	uint32_t n = 0;

	while (rte_mempool_avail_count(rig.core->pool) > rig.core->pool_reserve / 2) {
		taken[n] = rte_pktmbuf_alloc(rig.core->pool);
		if (taken[n] == NULL)
			break;
		n++;
	}
	return n;
}

/* A stranger within an element, and one within its header, are reset; who is vouched for waits, in
 * the middle of a stanza, and goes on. So does a stranger that holds nothing. */
static void strangers_give_way(void)
{
	static struct rte_mbuf *taken[16384];
	struct peer *from, *to, *slow[2], *fresh;
	uint32_t n;

	rig_open();
	to = gateway();
	from = stream_with(ROOT(""));
	slow[0] = rig_connect(IFACE_EDGE);
	slow[1] = rig_connect(IFACE_EDGE);
	fresh = rig_connect(IFACE_EDGE);
	rig_stream_quiet(slow[0], false);
	peer_say(slow[0], "<a");
	peer_say(slow[1], "<stream:stream xmlns='jab");
	peer_say(from, "<message " TO_ALICE "><body>");
	rig_run(5);
	n = take_buffers(taken);
	rig_wait(20000);
	CHECK_EQ(rig_drops(DROP_STREAM_SHED), 2);
	CHECK(slow[0]->is_reset && slow[1]->is_reset && !fresh->is_reset && !from->is_reset);
	peer_say(from, "1</body></message>");
	rig_wait(20000);
	CHECK_STR(to->heard, "");
	rte_pktmbuf_free_bulk(taken, n);
	CHECK(peer_hears(to, "<message " TO_ALICE "><body>1</body></message>"));
	CHECK_EQ(rig_drops(DROP_STREAM_SHED), 2);
	rig_close();
}

int main(void)
{
	rig_start();
	RUN(one_framer_reads_for_all);
	RUN(headers_come_in_pieces);
	RUN(equal_roots_are_kept_once);
	RUN(idle_streams_hold_nothing);
	RUN(strangers_give_way);
	return check_summary();
}
