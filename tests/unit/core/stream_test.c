/* SPDX-License-Identifier: BSD-3-Clause */
/* stream_test.c - a stream's life on the core: control's byte, transports, dials, a full event
 * ring. */
#include "tests/unit/core/rig.h"

#define IN(id) "<message from='b@partner.example' to='a@contoso.example' id='" id "'/>"
#define IN_DE(id)                                                                                  \
	"<message xml:lang='de' from='b@partner.example' to='a@contoso.example' id='" id "'/>"
#define HEADER                                                                                     \
	"<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "    \
	"version='1.0'>"
#define STARTTLS "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"

enum { BOTH = GRANT_FROM_PEER | GRANT_TO_PEER };

static void resume(const struct peer *p, bool restart)
{
	struct msg m = {.kind = MSG_RESUME, .conn = p->id};

	m.resume.restart = restart;
	m.resume.stanza_bytes_max = 10000;
	rig_order(&m);
}

static struct peer *open_stream(enum iface side, bool tls)
{
	struct peer *p = rig_connect(side);

	rig_stream(p, tls, CONTOSO, PARTNER, BOTH);
	return p;
}

/* Whatever is pipelined, each event is about exactly the byte control has seen last. */
static void pauses_at_the_byte(bool tls)
{
	struct peer *p;

	rig_open();
	p = rig_connect(IFACE_EDGE);
	if (tls)
		rig_secure(p, NULL);
	peer_say(p, HEADER "<one/> <two>x</two>" HEADER "<three/>");
	CHECK(rig_expect(EVENT_HEADER));
	CHECK_STR(rig.text, HEADER);
	rig_run(20);
	CHECK(rig_is_quiet());
	resume(p, false);
	CHECK(rig_expect(EVENT_ELEMENT));
	CHECK_STR(rig.text, "<one/>");
	rig_run(20);
	CHECK(rig_is_quiet());
	resume(p, false);
	CHECK(rig_expect(EVENT_ELEMENT));
	CHECK_STR(rig.text, "<two>x</two>");
	/* A new stream begins at the next byte, which is here already. */
	resume(p, true);
	CHECK(rig_expect(EVENT_HEADER));
	CHECK_STR(rig.text, HEADER);
	resume(p, false);
	CHECK(rig_expect(EVENT_ELEMENT));
	CHECK_STR(rig.text, "<three/>");
	rig_close();
}

static void pauses_in_plain(void)
{
	pauses_at_the_byte(false);
}

static void pauses_in_tls(void)
{
	pauses_at_the_byte(true);
}

static struct peer *expect_starttls(const char *behind)
{
	struct peer *p;

	rig_open();
	p = rig_connect(IFACE_EDGE);
	peer_say(p, HEADER);
	CHECK(rig_expect(EVENT_HEADER));
	rig_order_text(MSG_SEND, p->id, HEADER);
	resume(p, false);
	peer_say(p, STARTTLS);
	CHECK(rig_expect(EVENT_ELEMENT));
	peer_say(p, behind);
	rig_run(10);
	rig_order_text(MSG_START_TLS, p->id, "<proceed/>");
	return p;
}

static void starttls(void)
{
	struct peer *p = expect_starttls("\n");

	CHECK(peer_hears(p, HEADER "<proceed/>"));
	rig_secure(p, NULL);
	peer_say(p, HEADER);
	CHECK(rig_expect(EVENT_HEADER));
	rig_order_text(MSG_SEND, p->id, "<sealed/>");
	CHECK(peer_hears(p, HEADER "<proceed/><sealed/>"));
	rig_close();
}

static void smuggled_bytes_are_noticed(void)
{
	struct peer *p = expect_starttls("\n<auth/>");

	CHECK(rig_expect(EVENT_SMUGGLED));
	CHECK_EQ(rig_drops(DROP_STREAM_SMUGGLED), 1);
	CHECK(peer_hears(p, HEADER));
	resume(p, false);
	rig_run(20);
	CHECK(rig_is_quiet());
	rig_order_text(MSG_CLOSE, p->id, "<err/>");
	CHECK(peer_hears(p, HEADER "<err/></stream:stream>"));
	rig_close();
}

static void bytes_behind_the_handshake(void)
{
	struct peer *p;

	rig_open();
	p = rig_connect(IFACE_EDGE);
	rig_secure(p, HEADER);
	CHECK(rig_expect(EVENT_HEADER));
	CHECK_STR(rig.text, HEADER);
	rig_close();
}

/* Each handshake byte is told once, however the segments come. */
static void handshake_bytes_are_told_once(void)
{
	struct peer *p;

	rig_open();
	p = rig_connect(IFACE_EDGE);
	peer_say(p, "\x16one");
	CHECK(rig_expect(EVENT_TLS_BYTES));
	CHECK_STR(rig.text, "\x16one");
	peer_say(p, "two");
	CHECK(rig_expect(EVENT_TLS_BYTES));
	CHECK_STR(rig.text, "two");
	peer_say(p, "three");
	CHECK(rig_expect(EVENT_TLS_BYTES));
	CHECK_STR(rig.text, "three");
	rig_close();
}

static void handshake_is_bounded(void)
{
	static char flood[HANDSHAKE_BYTES_MAX + 4096];
	struct peer *p;
	bool failed = false;

	memset(flood, 0x16, sizeof(flood));
	rig_open();
	p = rig_connect(IFACE_EDGE);
	peer_say_bytes(p, flood, sizeof(flood));
	for (int i = 0; i < 3000 && !failed; i++) {
		if (!inbox_take_event(rig.inbox, &rig.event)) {
			rig_turn();
			continue;
		}
		if (rig.event.bytes != NULL)
			inbox_free(rig.event.bytes);
		failed = rig.event.kind == EVENT_TLS_ERROR;
	}
	CHECK(failed);
	CHECK_EQ(rig.event.drop, DROP_TLS_HANDSHAKE_BYTES);
	CHECK(rig_expect(EVENT_CLOSED));
	rig_run(5);
	CHECK(p->is_reset);
	rig_close();
}

static void bad_record_gets_an_alert(void)
{
	static const uint8_t junk[64] = {23, 3, 3, 0, 40};
	struct peer *p;
	struct record_state *record;

	rig_open();
	p = open_stream(IFACE_EDGE, true);
	record = p->record;
	p->record = NULL;
	peer_say_bytes(p, junk, 45);
	rig_turn();
	p->record = record;
	CHECK(rig_expect(EVENT_TLS_ERROR));
	CHECK_EQ(rig.event.drop, DROP_TLS_BAD_MAC);
	rig_run(20);
	CHECK_EQ(p->alert, 20);
	CHECK(p->is_ended);
	peer_fin(p);
	CHECK(rig_expect(EVENT_CLOSED));
	rig_close();
}

/* RFC 8446 4.6.3: asked for one, the core sends its own before anything else. */
static void answers_key_updates(void)
{
	struct peer *p;

	rig_open();
	p = open_stream(IFACE_EDGE, true);
	far_update_key(p, true);
	rig_run(5);
	CHECK_EQ(record_epoch(rig.core->conn[p->id.slot].record), 1);
	peer_say(p, "<new-key/>");
	CHECK(rig_expect(EVENT_ELEMENT));
	CHECK_STR(rig.text, "<new-key/>");
	rig_order_text(MSG_SEND, p->id, "<new-key-too/>");
	CHECK(peer_hears(p, "<new-key-too/>"));
	rig_close();
}

/* TLS 1.2 has none: a worn-out key ends the stream in order. */
static void closes_when_a_1_2_key_is_worn_out(void)
{
	struct peer *p;

	rig_tls_version = TLS_1_2;
	rig_open();
	p = open_stream(IFACE_EDGE, true);
	rig.core->conn[p->id.slot].key_update_due = true;
	rig_order_text(MSG_SEND, p->id, "<a/>");
	CHECK(peer_hears(p, "<a/></stream:stream>"));
	peer_say(p, "</stream:stream>");
	rig_run(20);
	CHECK(p->heard_close_notify);
	rig_tls_version = TLS_1_3;
	rig_close();
}

static void framer_error_is_told_once(void)
{
	struct peer *p;

	rig_open();
	p = open_stream(IFACE_EDGE, true);
	peer_say(p, IN("1") "<a><!-- no --></a>" IN("2"));
	CHECK(rig_expect(EVENT_LINK_WANTED));
	CHECK(rig_expect(EVENT_FRAMER_ERROR));
	CHECK_EQ(rig.event.framer_error, FRAMER_ERR_RESTRICTED);
	CHECK_EQ(rig_drops(DROP_XML_RESTRICTED), 1);
	resume(p, false);
	rig_run(20);
	CHECK(rig_is_quiet());
	CHECK_EQ(LAW(accepted), 1);
	rig_close();
}

static void dials(void)
{
	struct peer *p;

	rig_open();
	p = rig_dial(IFACE_EDGE);
	peer_say(p, HEADER);
	rig_run(50);
	CHECK(rig_is_quiet()); /* paused */
	rig_order_text(MSG_SEND, p->id, HEADER);
	resume(p, false);
	CHECK(rig_expect(EVENT_HEADER));
	CHECK(peer_hears(p, HEADER));
	CHECK_EQ(stat_read(&rig.core->stats.dialed_conns), 1);
	rig_close();
}

static void dials_direct_tls(void)
{
	struct peer *p;

	rig_open();
	p = rig_dial(IFACE_INTERNAL);
	rig_order_text(MSG_START_TLS, p->id, NULL);
	rig_order_text(MSG_SEND, p->id, "client hello");
	CHECK(peer_hears(p, "client hello"));
	rig_secure(p, NULL);
	rig_order_text(MSG_SEND, p->id, HEADER);
	CHECK(peer_hears(p, "client hello" HEADER));
	rig_close();
}

static void dial_fails(void)
{
	struct msg m = {.kind = MSG_DIAL};

	rig_open();
	m.dial.ref = 5;
	m.dial.iface = IFACE_EDGE;
	m.dial.remote = addr_from_v4(0xc0000202);
	m.dial.remote_port = 5269;
	rig_refuse(IFACE_EDGE);
	rig_order(&m);
	CHECK(rig_expect(EVENT_DIAL_FAILED));
	CHECK_EQ(rig.event.dialed.ref, 5);
	CHECK_EQ(rig.event.dialed.drop, DROP_DIAL_FAILED);
	m.dial.remote = addr_from_v4(0xcb007105);
	rig_order(&m);
	CHECK(rig_expect(EVENT_DIAL_FAILED));
	CHECK_EQ(rig.event.dialed.drop, DROP_IP_NO_ROUTE);
	rig_close();
}

static void stale_orders_are_counted(void)
{
	struct msg m = {.kind = MSG_SECURE};
	struct peer *p;

	rig_open();
	p = open_stream(IFACE_EDGE, false);
	peer_reset(p);
	CHECK(rig_expect(EVENT_CLOSED));
	rig_order_text(MSG_SEND, p->id, "late");
	m.conn = p->id;
	m.secure.keys = inbox_handover(rig.inbox);
	rig_order(&m);
	rig_run(2);
	CHECK_EQ(rig_drops(DROP_ORDER_STALE), 2);
	rig_close();
}

static void fill_ring(void)
{
	const struct event e = {.kind = EVENT_ROUTES_IN_USE};

	while (inbox_event(rig.inbox, &e))
		;
}

static void empty_ring(void)
{
	struct event e;

	for (unsigned int i = 0; i < EVENTS_RING; i++)
		CHECK(inbox_take_event(rig.inbox, &e) && e.kind == EVENT_ROUTES_IN_USE);
}

/* While control does not listen, nothing is lost, nothing overtakes, and stanzas still flow. */
static void full_event_ring_loses_nothing(void)
{
	struct peer *p, *gateway, *dying;

	rig_open();
	p = open_stream(IFACE_EDGE, true);
	gateway = open_stream(IFACE_INTERNAL, true);
	dying = rig_connect(IFACE_EDGE);
	fill_ring();
	peer_say(p, IN("1") "<one/>" IN("2") "<two/>");
	peer_say(dying, HEADER);
	CHECK(peer_hears(gateway, IN_DE("1")));
	rig_run(20);
	peer_reset(dying);
	rig_run(20);
	CHECK(stat_read(&rig.core->stats.events_full) >= 2);
	CHECK_EQ(stat_read(&rig.core->stats.conns), 3);
	empty_ring();
	/* In the order in which the connections began to wait. */
	CHECK(rig_expect(EVENT_ELEMENT));
	CHECK_STR(rig.text, "<one/>");
	CHECK(rig_expect(EVENT_HEADER));
	CHECK(rig_expect(EVENT_CLOSED));
	CHECK_EQ(stat_read(&rig.core->stats.conns), 2);
	resume(p, false);
	CHECK(peer_hears(gateway, IN_DE("1") IN_DE("2")));
	CHECK(rig_expect(EVENT_ELEMENT));
	CHECK_STR(rig.text, "<two/>");
	rig_close();
}

/* Whatever has to wait: that the core has stopped is the last thing that control hears. */
static void full_event_ring_stops_in_order(void)
{
	struct msg m = {.kind = MSG_STOP};

	rig_open();
	(void)open_stream(IFACE_EDGE, true);
	(void)rig_connect(IFACE_INTERNAL);
	fill_ring();
	rig_order(&m);
	rig_wait(2100000);
	empty_ring();
	CHECK(rig_expect(EVENT_CLOSED));
	CHECK(rig_expect(EVENT_CLOSED));
	CHECK(rig_expect(EVENT_STOPPED));
	CHECK(rig.core->is_stopped);
	rig_close();
}

static void full_event_ring_keeps_link_wishes(void)
{
	struct peer *p;

	rig_open();
	p = open_stream(IFACE_EDGE, false);
	fill_ring();
	peer_say(p, IN("1"));
	rig_run(20);
	empty_ring();
	CHECK(rig_expect(EVENT_LINK_WANTED));
	rig_close();
}

static void routes_are_swapped(void)
{
	static const struct route_domain none[] = {
	    {"contoso.example", {CONTOSO}, ROUTE_LOCAL, {0}, 0}};
	struct route *before = rig.routes;
	struct msg m = {.kind = MSG_ROUTES};
	struct peer *p;

	rig_open();
	before = rig.routes;
	p = open_stream(IFACE_EDGE, false);
	rig.routes = route_make(none, 1);
	m.routes = rig.routes;
	rig_order(&m);
	CHECK(rig_expect(EVENT_ROUTES_IN_USE));
	CHECK(rig.event.routes == before);
	route_free(before);
	peer_say(p, IN("1"));
	CHECK(rig_expect(EVENT_STANZA_REFUSED));
	CHECK_EQ(rig.event.drop, DROP_STANZA_INVALID_FROM);
	rig_close();
}

/* A peer asks on and reads no answer: what waits for it is bounded, and goes on when it reads. */
static void a_peer_that_does_not_read_is_not_read(void)
{
	static char answer[8001], questions[120 * 4 + 1];
	unsigned int answers = 0;
	struct peer *p;

	memset(answer, ' ', sizeof(answer) - 1);
	for (size_t i = 0; i + 4 < sizeof(questions); i += 4)
		memcpy(questions + i, "<x/>", 5);
	rig_open();
	p = rig_connect(IFACE_EDGE);
	peer_say(p, HEADER);
	CHECK(rig_expect(EVENT_HEADER));
	rig_order_text(MSG_SEND, p->id, HEADER);
	resume(p, false);
	CHECK(peer_hears(p, HEADER));
	p->is_deaf = true;
	peer_say(p, questions);
	rig_run(20);
	for (struct event e; inbox_take_event(rig.inbox, &e); rig_run(20)) {
		CHECK_EQ(e.kind, EVENT_ELEMENT);
		inbox_free(e.bytes);
		answers++;
		rig_order_text(MSG_SEND, p->id, answer);
		resume(p, false);
	}
	CHECK(answers < 120);
	CHECK(rig.core->conn[p->id.slot].out.count <= CONN_CONTROL_MAX + 1);
	CHECK(rig_is_quiet());
	p->is_deaf = false;
	for (; answers < 120; answers++) {
		CHECK(rig_expect(EVENT_ELEMENT));
		resume(p, false);
	}
	rig_close();
}

int main(void)
{
	rig_start();
	RUN(pauses_in_plain);
	RUN(pauses_in_tls);
	RUN(starttls);
	RUN(smuggled_bytes_are_noticed);
	RUN(bytes_behind_the_handshake);
	RUN(handshake_bytes_are_told_once);
	RUN(handshake_is_bounded);
	RUN(bad_record_gets_an_alert);
	RUN(answers_key_updates);
	RUN(closes_when_a_1_2_key_is_worn_out);
	RUN(framer_error_is_told_once);
	RUN(dials);
	RUN(dials_direct_tls);
	RUN(dial_fails);
	RUN(stale_orders_are_counted);
	RUN(full_event_ring_loses_nothing);
	RUN(full_event_ring_stops_in_order);
	RUN(full_event_ring_keeps_link_wishes);
	RUN(routes_are_swapped);
	RUN(a_peer_that_does_not_read_is_not_read);
	return check_summary();
}
