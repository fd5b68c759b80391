/* SPDX-License-Identifier: BSD-3-Clause */
/* recover_test.c - stanzas of dead streams: taken back out of their records, sent again or bounced.
 */
#include "tests/unit/core/rig.h"

#define IN(id)                                                                                     \
	"<message from='b@partner.example' to='a@contoso.example' id='" id "'>"                    \
	"<body>text</body></message>"
#define IN_DE(id)                                                                                  \
	"<message xml:lang='de' from='b@partner.example' to='a@contoso.example' id='" id "'>"      \
	"<body>text</body></message>"

enum { BOTH = GRANT_FROM_PEER | GRANT_TO_PEER };

static void fail_link(enum toward toward)
{
	struct msg m = {.kind = MSG_LINK_FAILED};

	m.link_failed.pair = (struct pair){{CONTOSO}, {PARTNER}};
	m.link_failed.toward = toward;
	m.link_failed.condition = STANZA_REMOTE_SERVER_TIMEOUT;
	rig_order(&m);
}

static struct peer *open_edge(bool tls)
{
	struct peer *edge = rig_connect(IFACE_EDGE);

	rig_stream(edge, tls, CONTOSO, PARTNER, BOTH);
	return edge;
}

static struct peer *open_gateway(bool tls)
{
	struct peer *gateway = rig_connect(IFACE_INTERNAL);

	rig_stream(gateway, tls, CONTOSO, PARTNER, BOTH);
	return gateway;
}

static void expect_wanted(enum toward toward)
{
	CHECK(rig_expect(EVENT_LINK_WANTED));
	CHECK_EQ(rig.event.link.toward, toward);
	CHECK_EQ(rig.event.link.pair.local.n, CONTOSO);
	CHECK_EQ(rig.event.link.pair.remote.n, PARTNER);
}

/* The stream dies with stanzas that its TCP has not acknowledged: they reach a second one whole. */
static void recovers_to_a_second_stream(bool tls)
{
	struct peer *edge, *first, *second;

	rig_open();
	edge = open_edge(tls);
	first = open_gateway(tls);
	second = open_gateway(tls);
	peer_say(edge, IN("0"));
	CHECK(peer_hears(first, IN_DE("0")));
	rig_run(500);
	CHECK_EQ(LAW(delivered), 1);
	rig_cut(IFACE_INTERNAL, true);
	peer_say(edge, IN("1") IN("2"));
	rig_run(3);
	peer_say(edge, IN("3"));
	rig_run(10);
	CHECK_EQ(LAW(held), 3);
	rig_cut(IFACE_INTERNAL, false);
	peer_reset(first);
	CHECK(rig_expect(EVENT_CLOSED));
	CHECK_EQ(rig.event.closed.by, CLOSED_BY_RESET);
	CHECK_EQ(rig.event.closed.stanzas_out, 1);
	CHECK(peer_hears(second, IN_DE("1") IN_DE("2") IN_DE("3")));
	CHECK_EQ(stat_read(&rig.core->stats.maybe_twice), 3);
	rig_run(500);
	CHECK_EQ(LAW(delivered), 4);
	rig_close();
}

static void recovers_in_plain(void)
{
	recovers_to_a_second_stream(false);
}

static void recovers_in_tls(void)
{
	recovers_to_a_second_stream(true);
}

static void recovers_in_tls_1_2(void)
{
	rig_tls_version = TLS_1_2;
	recovers_to_a_second_stream(true);
	rig_tls_version = TLS_1_3;
}

/* A stanza of many records, half of it acknowledged, the rest not even in a record yet. */
static void recovers_a_big_one_half_way(void)
{
	enum { BIG = 900 * 1024 };
	static char said[BIG + 512], wanted[BIG + 512];
	struct peer *edge, *first, *second;
	struct msg m = {.kind = MSG_RESUME};
	int n = snprintf(said, sizeof(said),
			 "<message from='b@partner.example' to='a@contoso.example'><body>");
	int w = snprintf(wanted, sizeof(wanted),
			 "<message xml:lang='de' from='b@partner.example' "
			 "to='a@contoso.example'><body>");

	for (int i = 0; i < BIG; i++)
		said[n + i] = wanted[w + i] = (char)('a' + i % 23);
	strcpy(said + n + BIG, "</body></message>");
	strcpy(wanted + w + BIG, "</body></message>");
	rig_open();
	edge = open_edge(true);
	m.conn = edge->id;
	m.resume.stanza_bytes_max = 1024 * 1024;
	rig_order(&m);
	first = open_gateway(true);
	second = open_gateway(true);
	first->is_deaf = true;
	peer_say(edge, said);
	for (int i = 0; i < 5000 && LAW(held) == 0; i++)
		rig_turn();
	rig_run(2000);
	CHECK(tcp_acked(rig.core->conn[first->id.slot].tcp) > 100 * 1024);
	CHECK(rig.core->conn[first->id.slot].is_writing);
	CHECK_EQ(LAW(held), 1);
	peer_reset(first);
	CHECK(rig_expect(EVENT_CLOSED));
	CHECK(peer_hears(second, wanted));
	rig_run(500);
	CHECK_EQ(LAW(delivered), 1);
	CHECK_EQ(LAW(held), 0);
	rig_close();
}

/* No other stream: control is asked, and what cannot be had bounces. */
static void recovers_to_the_link_and_bounces(void)
{
	struct peer *edge, *gateway;

	rig_open();
	edge = open_edge(true);
	gateway = open_gateway(true);
	rig_cut(IFACE_INTERNAL, true);
	peer_say(edge, IN("1") IN("2"));
	rig_run(20);
	rig_cut(IFACE_INTERNAL, false);
	peer_reset(gateway);
	CHECK(rig_expect(EVENT_CLOSED));
	expect_wanted(TOWARD_INTERNAL);
	CHECK(rig.event.link.is_begun);
	CHECK_EQ(LAW(held), 2);
	fail_link(TOWARD_INTERNAL);
	while (strstr(edge->heard, "id='2'") == NULL)
		rig_turn();
	CHECK(strstr(edge->heard, "id='1'") != NULL);
	CHECK_EQ(LAW(bounced), 2);
	CHECK_EQ(LAW(held), 0);
	rig_close();
}

/* Records of before and after a KeyUpdate of ours lie in the same queue. */
static void recovers_across_a_key_update(void)
{
	struct peer *edge, *first, *second;

	rig_open();
	edge = open_edge(true);
	first = open_gateway(true);
	second = open_gateway(true);
	far_update_key(first, true);
	rig_turn();
	rig_cut(IFACE_INTERNAL, true);
	peer_say(edge, IN("1"));
	rig_run(3);
	rig.core->conn[first->id.slot].key_update_due = true;
	peer_say(edge, IN("2"));
	rig_run(10);
	CHECK(record_epoch(rig.core->conn[first->id.slot].record) >= 1);
	CHECK_EQ(LAW(held), 2);
	rig_cut(IFACE_INTERNAL, false);
	peer_reset(first);
	CHECK(peer_hears(second, IN_DE("1") IN_DE("2")));
	CHECK_EQ(rig_drops(DROP_STANZA_UNRECOVERABLE), 0);
	rig_close();
}

/* A KeyUpdate goes out behind what the turn has written: 1 and 2 are sealed with the first key, 3
 * with the second. Two updates later the first is gone, and what it sealed is lost, and said to be.
 */
static void counts_what_it_cannot_recover(void)
{
	struct peer *edge, *first;

	rig_open();
	edge = open_edge(true);
	first = open_gateway(true);
	rig_cut(IFACE_INTERNAL, true);
	peer_say(edge, IN("1"));
	rig_run(3);
	for (int i = 2; i < 4; i++) {
		rig.core->conn[first->id.slot].key_update_due = true;
		peer_say(edge, i == 2 ? IN("2") : IN("3"));
		rig_run(3);
	}
	CHECK_EQ(record_epoch(rig.core->conn[first->id.slot].record), 2);
	rig_cut(IFACE_INTERNAL, false);
	peer_reset(first);
	CHECK(rig_expect(EVENT_CLOSED));
	expect_wanted(TOWARD_INTERNAL);
	CHECK_EQ(LAW(dropped), 2);
	CHECK_EQ(rig_drops(DROP_STANZA_UNRECOVERABLE), 2);
	CHECK_EQ(LAW(held), 1);
	rig_close();
}

static void abort_recovers_too(void)
{
	struct peer *edge, *first, *second;

	rig_open();
	edge = open_edge(true);
	first = open_gateway(true);
	second = open_gateway(true);
	rig_cut(IFACE_INTERNAL, true);
	peer_say(edge, IN("1"));
	rig_run(20);
	rig_order_text(MSG_ABORT, first->id, NULL);
	rig_run(2);
	rig_cut(IFACE_INTERNAL, false);
	CHECK(rig_expect(EVENT_CLOSED));
	CHECK_EQ(rig.event.closed.by, CLOSED_BY_US);
	CHECK(peer_hears(second, IN_DE("1")));
	rig_close();
}

int main(void)
{
	rig_start();
	RUN(recovers_in_plain);
	RUN(recovers_in_tls);
	RUN(recovers_in_tls_1_2);
	RUN(recovers_a_big_one_half_way);
	RUN(recovers_to_the_link_and_bounces);
	RUN(recovers_across_a_key_update);
	RUN(counts_what_it_cannot_recover);
	RUN(abort_recovers_too);
	return check_summary();
}
