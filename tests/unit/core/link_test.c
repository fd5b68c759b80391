/* SPDX-License-Identifier: BSD-3-Clause */
/* link_test.c - what waits: parking, failing links, back-pressure. */
#include "tests/unit/core/rig.h"

#define IN(id)                                                                                     \
	"<message from='b@partner.example' to='a@contoso.example' id='" id "'>"                    \
	"<body>text</body></message>"
#define IN_DE(id)                                                                                  \
	"<message xml:lang='de' from='b@partner.example' to='a@contoso.example' id='" id "'>"      \
	"<body>text</body></message>"
#define OUT(id) "<message from='a@contoso.example' to='b@partner.example' id='" id "'/>"
#define OUT_DE(id)                                                                                 \
	"<message xml:lang='de' from='a@contoso.example' to='b@partner.example' id='" id "'/>"

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

static void parks_until_a_stream_comes(void)
{
	struct peer *edge, *gateway;

	rig_open();
	edge = open_edge(true);
	peer_say(edge, IN("1") IN("2"));
	expect_wanted(TOWARD_INTERNAL);
	CHECK(!rig.event.link.is_begun);
	peer_say(edge, IN("3"));
	rig_run(50);
	CHECK(rig_is_quiet()); /* asked once */
	CHECK_EQ(LAW(held), 3);
	gateway = rig_connect(IFACE_INTERNAL);
	rig_secure(gateway, NULL);
	rig_grant(gateway, CONTOSO, PARTNER, GRANT_TO_PEER);
	CHECK(peer_hears(gateway, IN_DE("1") IN_DE("2") IN_DE("3")));
	rig_run(500);
	CHECK_EQ(LAW(delivered), 3);
	rig_close();
}

static void failed_link_bounces(void)
{
	struct peer *edge;

	rig_open();
	edge = open_edge(true);
	peer_say(edge, IN("1") "<message type='error' from='b@partner.example' "
			       "to='a@contoso.example'/>");
	expect_wanted(TOWARD_INTERNAL);
	rig_run(20);
	fail_link(TOWARD_INTERNAL);
	while (edge->heard_len == 0)
		rig_turn();
	CHECK(strstr(edge->heard, "<remote-server-timeout") != NULL);
	CHECK(strstr(edge->heard, "id='1'") != NULL);
	CHECK_EQ(LAW(bounced), 1);
	CHECK_EQ(LAW(dropped), 1);
	CHECK_EQ(rig_drops(DROP_STANZA_NO_LINK), 1);
	/* And it is asked again for the next one. */
	peer_say(edge, IN("2"));
	expect_wanted(TOWARD_INTERNAL);
	rig_close();
}

static void bounce_to_the_inside_wants_its_link(void)
{
	struct peer *gateway;

	rig_open();
	gateway = rig_connect(IFACE_INTERNAL);
	rig_stream(gateway, false, CONTOSO, DOMAIN_ANY.n, GRANT_FROM_PEER);
	peer_say(gateway, OUT("1"));
	expect_wanted(TOWARD_EDGE);
	fail_link(TOWARD_EDGE);
	expect_wanted(TOWARD_INTERNAL);
	CHECK_EQ(LAW(bounced), 1);
	CHECK_EQ(LAW(held), 0);
	fail_link(TOWARD_INTERNAL);
	rig_run(5);
	CHECK_EQ(rig_drops(DROP_BOUNCE_NO_LINK), 1);
	CHECK(rig_is_quiet());
	rig_close();
}

static void full_queue_to_the_edge_bounces(void)
{
	struct peer *gateway;

	rig_link_queue_stanzas = 2;
	rig_open();
	gateway = open_gateway(true);
	peer_say(gateway, OUT("1") OUT("2") OUT("3"));
	expect_wanted(TOWARD_EDGE);
	while (gateway->heard_len == 0)
		rig_turn();
	CHECK(strstr(gateway->heard, "<resource-constraint") != NULL);
	CHECK(strstr(gateway->heard, "id='3'") != NULL);
	CHECK_EQ(LAW(held), 2);
	CHECK_EQ(LAW(bounced), 1);
	rig_link_queue_stanzas = LINK_QUEUE_STANZAS;
	rig_close();
}

static void full_queue_to_the_inside_parks_the_source(void)
{
	struct peer *edge, *gateway;

	rig_link_queue_stanzas = 2;
	rig_open();
	edge = open_edge(true);
	peer_say(edge, IN("1") IN("2") IN("3") IN("4") IN("5"));
	expect_wanted(TOWARD_INTERNAL);
	rig_run(50);
	CHECK_EQ(LAW(accepted), 2);
	CHECK_EQ(LAW(held), 2);
	CHECK(rig.core->conn[edge->id.slot].parked_on != NULL);
	gateway = open_gateway(true);
	CHECK(peer_hears(gateway, IN_DE("1") IN_DE("2") IN_DE("3") IN_DE("4") IN_DE("5")));
	CHECK_EQ(LAW(accepted), 5);
	rig_link_queue_stanzas = LINK_QUEUE_STANZAS;
	rig_close();
}

/* A parked source that is told its link cannot be had goes on too. */
static void failure_wakes_parked_sources(void)
{
	struct peer *edge;

	rig_link_queue_stanzas = 2;
	rig_open();
	edge = open_edge(false);
	peer_say(edge, IN("1") IN("2") IN("3"));
	expect_wanted(TOWARD_INTERNAL);
	rig_run(50);
	fail_link(TOWARD_INTERNAL);
	expect_wanted(TOWARD_INTERNAL); /* for the third */
	CHECK_EQ(LAW(bounced), 2);
	CHECK_EQ(LAW(held), 1);
	rig_link_queue_stanzas = LINK_QUEUE_STANZAS;
	rig_close();
}

/* Some megabytes towards a gateway that does not read: the partner's window closes, and nothing is
 * lost. */
static void back_pressure_loses_nothing(void)
{
	enum { COUNT = 1500, BODY = 1000 };
	static char said[COUNT * (BODY + 200)], wanted[COUNT * (BODY + 200)];
	static char body[BODY + 1];
	struct peer *edge, *gateway;
	size_t s = 0, w = 0;

	memset(body, 'b', BODY);
	for (int i = 0; i < COUNT; i++) {
		s += (size_t)snprintf(said + s, sizeof(said) - s,
				      "<message from='b@partner.example' to='a@contoso.example' "
				      "id='%d'>%s</message>",
				      i, body);
		w += (size_t)snprintf(wanted + w, sizeof(wanted) - w,
				      "<message xml:lang='de' from='b@partner.example' "
				      "to='a@contoso.example' id='%d'>%s</message>",
				      i, body);
	}
	rig_open();
	edge = open_edge(true);
	gateway = open_gateway(true);
	gateway->is_deaf = true;
	peer_say_bytes(edge, said, s);
	rig_run(2000);
	CHECK(rig.core->conn[edge->id.slot].parked_on != NULL);
	CHECK(edge->say_len > 0);
	CHECK(LAW(accepted) < COUNT);
	/* Bounded: what the destination's queue takes, one stanza more, and its two windows. */
	CHECK(LAW(held) < COUNT * 2 / 3);
	gateway->is_deaf = false;
	CHECK(peer_hears(gateway, wanted));
	rig_run(1000);
	CHECK(stat_read(&rig.core->stats.throttled_us[1]) > 0);
	CHECK_EQ(LAW(delivered), COUNT);
	CHECK_EQ(LAW(held), 0);
	rig_close();
}

/* A slow partner never stops the stream inside. */
static void slow_partner_bounces(void)
{
	enum { COUNT = 900, BODY = 1000 };
	static char said[COUNT * (BODY + 200)];
	static char body[BODY + 1];
	struct peer *edge, *gateway;
	size_t s = 0;

	memset(body, 'b', BODY);
	for (int i = 0; i < COUNT; i++)
		s += (size_t)snprintf(said + s, sizeof(said) - s,
				      "<message from='a@contoso.example' to='b@partner.example' "
				      "id='%d'>%s</message>",
				      i, body);
	rig_link_queue_bytes = 100 * 1000;
	rig_open();
	edge = open_edge(true);
	gateway = open_gateway(true);
	edge->is_deaf = true;
	peer_say_bytes(gateway, said, s);
	rig_run(2000);
	CHECK_EQ(gateway->say_len, 0);
	CHECK_EQ(LAW(accepted), COUNT);
	CHECK(LAW(bounced) > 0);
	CHECK(strstr(gateway->heard, "<resource-constraint") != NULL);
	edge->is_deaf = false;
	rig_run(2000);
	CHECK_EQ(LAW(held), 0);
	CHECK_EQ(LAW(delivered) + LAW(bounced), COUNT);
	rig_link_queue_bytes = LINK_QUEUE_BYTES;
	rig_close();
}

/* With few mbufs left nothing more is read, and all goes on when there are some again. */
static void shortage_of_memory_stalls(void)
{
	static struct rte_mbuf *hoard[16384];
	unsigned int n = 0;
	struct peer *edge, *gateway;

	rig_open();
	edge = open_edge(true);
	gateway = open_gateway(true);
	while (rte_mempool_avail_count(rig.core->pool) > rig.core->pool_reserve / 2)
		hoard[n++] = rte_pktmbuf_alloc(rig.core->pool);
	rig_run(10);
	peer_say(edge, IN("1") IN("2"));
	rig_run(50);
	CHECK_EQ(LAW(accepted), 0);
	CHECK(peer_hears(gateway, ""));
	rte_pktmbuf_free_bulk(hoard, n);
	CHECK(peer_hears(gateway, IN_DE("1") IN_DE("2")));
	rig_close();
}

/* The source that waits on a link may die meanwhile. */
static void parked_source_dies(void)
{
	struct peer *edge, *gateway;

	rig_link_queue_stanzas = 2;
	rig_open();
	edge = open_edge(true);
	peer_say(edge, IN("1") IN("2") IN("3"));
	expect_wanted(TOWARD_INTERNAL);
	rig_run(20);
	CHECK(rig.core->conn[edge->id.slot].parked_on != NULL);
	peer_reset(edge);
	CHECK(rig_expect(EVENT_CLOSED));
	gateway = rig_connect(IFACE_INTERNAL);
	rig_grant(gateway, CONTOSO, PARTNER, GRANT_TO_PEER);
	CHECK(peer_hears(gateway, IN_DE("1") IN_DE("2")));
	rig_run(500);
	CHECK_EQ(LAW(delivered), 2);
	rig_link_queue_stanzas = LINK_QUEUE_STANZAS;
	rig_close();
}

/* A peer that has sent its footer takes nothing more (RFC 6120 4.4). */
static void footer_moves_the_pair(void)
{
	struct peer *edge, *first, *second;

	rig_open();
	edge = open_edge(true);
	first = open_gateway(true);
	second = open_gateway(true);
	peer_say(first, "</stream:stream>");
	CHECK(rig_expect(EVENT_FOOTER));
	peer_say(edge, IN("1"));
	CHECK(peer_hears(second, IN_DE("1")));
	CHECK(peer_hears(first, ""));
	rig_close();
}

static void revoked_stream_carries_no_more(void)
{
	struct peer *edge, *first, *second;
	struct msg m = {.kind = MSG_REVOKE};

	rig_open();
	edge = open_edge(true);
	first = open_gateway(true);
	second = open_gateway(true);
	m.conn = first->id;
	m.grant.pair = (struct pair){{CONTOSO}, {PARTNER}};
	rig_order(&m);
	rig_run(2);
	peer_say(edge, IN("1"));
	CHECK(peer_hears(second, IN_DE("1")));
	CHECK(peer_hears(first, ""));
	rig_close();
}

/* Control took the grant for the answer and asks nobody any more: the link has to ask again. */
static void a_grant_that_comes_too_late_asks_again(void)
{
	struct msg grant = {.kind = MSG_GRANT};
	struct peer *edge, *gateway;

	rig_open();
	edge = open_edge(true);
	gateway = rig_connect(IFACE_INTERNAL);
	peer_say(edge, IN("1"));
	expect_wanted(TOWARD_INTERNAL);
	grant.conn = gateway->id;
	grant.grant.pair = (struct pair){{CONTOSO}, {PARTNER}};
	grant.grant.bits = GRANT_TO_PEER;
	peer_reset(gateway);
	CHECK(rig_expect(EVENT_CLOSED));
	rig_order(&grant);
	expect_wanted(TOWARD_INTERNAL);
	gateway = open_gateway(true);
	CHECK(peer_hears(gateway, IN_DE("1")));
	rig_close();
}

int main(void)
{
	rig_start();
	RUN(parks_until_a_stream_comes);
	RUN(failed_link_bounces);
	RUN(bounce_to_the_inside_wants_its_link);
	RUN(full_queue_to_the_edge_bounces);
	RUN(full_queue_to_the_inside_parks_the_source);
	RUN(failure_wakes_parked_sources);
	RUN(back_pressure_loses_nothing);
	RUN(slow_partner_bounces);
	RUN(shortage_of_memory_stalls);
	RUN(parked_source_dies);
	RUN(footer_moves_the_pair);
	RUN(revoked_stream_carries_no_more);
	RUN(a_grant_that_comes_too_late_asks_again);
	return check_summary();
}
