/* SPDX-License-Identifier: BSD-3-Clause */
/* stream_test.c - a stream's life on the core: control's byte, transports, silence, the end. */
#include "tests/unit/core/rig.h"

#define IN(id)    "<message from='b@partner.example' to='a@contoso.example' id='" id "'/>"
#define IN_DE(id)                                                                                  \
	"<message xml:lang='de' from='b@partner.example' to='a@contoso.example' id='" id "'/>"
#define HEADER                                                                                     \
	"<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "   \
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

static void times(const struct peer *p, uint64_t keepalive_us, uint64_t inactivity_us)
{
	struct msg m = {.kind = MSG_TIMES, .conn = p->id};

	m.times.keepalive_us = keepalive_us;
	m.times.inactivity_us = inactivity_us;
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

/* RFC 6120 4.4: our footer, what the peer still sends, its footer, close_notify, FIN. */
static void closes_in_order(void)
{
	struct peer *p, *gateway;

	rig_open();
	p = open_stream(IFACE_EDGE, true);
	gateway = open_stream(IFACE_INTERNAL, true);
	rig_order_text(MSG_CLOSE, p->id, NULL);
	CHECK(peer_hears(p, "</stream:stream>"));
	rig_run(20);
	CHECK(!p->is_ended && !p->heard_close_notify);
	peer_say(p, IN("last"));
	CHECK(peer_hears(gateway, IN_DE("last")));
	peer_say(p, "</stream:stream>");
	rig_run(20);
	CHECK(p->heard_close_notify);
	CHECK(p->is_ended);
	peer_fin(p);
	CHECK(rig_expect(EVENT_CLOSED));
	CHECK_EQ(rig.event.closed.by, CLOSED_BY_US);
	CHECK_EQ(rig.event.closed.stanzas_in, 1);
	CHECK_EQ(stat_read(&rig.core->stats.closed_conns), 1);
	rig_close();
}

static void closes_at_the_deadline(void)
{
	struct peer *p;

	rig_open();
	p = open_stream(IFACE_EDGE, false);
	rig_order_text(MSG_CLOSE, p->id, NULL);
	CHECK(peer_hears(p, "</stream:stream>"));
	rig_wait(4900000);
	CHECK(!p->is_ended);
	rig_wait(300000);
	CHECK(p->is_ended);
	/* And the peer that never answers our FIN is reset in the end. */
	CHECK(rig_is_quiet());
	rig_wait(10500000);
	CHECK(rig_expect(EVENT_CLOSED));
	CHECK(p->is_reset);
	rig_close();
}

static void footer_of_the_peer(void)
{
	struct peer *p;

	rig_open();
	p = open_stream(IFACE_EDGE, true);
	peer_say(p, "</stream:stream>");
	CHECK(rig_expect(EVENT_FOOTER));
	rig_order_text(MSG_CLOSE, p->id, NULL);
	CHECK(peer_hears(p, "</stream:stream>"));
	rig_run(20);
	CHECK(p->heard_close_notify && p->is_ended);
	peer_fin(p);
	CHECK(rig_expect(EVENT_CLOSED));
	CHECK_EQ(rig.event.closed.by, CLOSED_BY_PEER);
	rig_close();
}

static void fin_without_footer(void)
{
	struct peer *p;

	rig_open();
	p = open_stream(IFACE_EDGE, false);
	peer_say(p, "<half>");
	rig_run(10);
	peer_fin(p);
	CHECK(peer_hears(p, "</stream:stream>"));
	CHECK(rig_expect(EVENT_CLOSED));
	CHECK_EQ(rig.event.closed.by, CLOSED_BY_PEER);
	rig_close();
}

static void no_footer_without_a_header(void)
{
	struct peer *p;

	rig_open();
	p = rig_connect(IFACE_EDGE);
	rig_order_text(MSG_CLOSE, p->id, NULL);
	rig_run(20);
	CHECK(p->is_ended);
	CHECK(peer_hears(p, ""));
	peer_fin(p);
	CHECK(rig_expect(EVENT_CLOSED));
	rig_close();
}

static void keeps_alive_and_tells_silence(void)
{
	struct peer *p;

	rig_open();
	p = open_stream(IFACE_EDGE, true);
	times(p, 1000000, 3000000);
	rig_wait(2500000);
	CHECK_STR(p->heard, "  ");
	CHECK(rig_is_quiet());
	rig_wait(600000);
	CHECK(rig_expect(EVENT_IDLE));
	rig_wait(7000000);
	CHECK(rig_is_quiet()); /* once */
	peer_say(p, " ");
	rig_wait(2500000);
	CHECK(rig_is_quiet());
	times(p, 0, 3000000);
	rig_wait(1000000);
	CHECK(rig_expect(EVENT_IDLE)); /* again, since it was heard */
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

static void stops(void)
{
	struct msg m = {.kind = MSG_STOP};
	struct peer *p, *gateway, *fresh;

	rig_open();
	p = open_stream(IFACE_EDGE, true);
	gateway = open_stream(IFACE_INTERNAL, true);
	fresh = rig_connect(IFACE_EDGE);
	rig_order(&m);
	CHECK(peer_hears(p, "<stream:error><system-shutdown "
			    "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
			    "</stream:stream>"));
	rig_run(20);
	CHECK(p->heard_close_notify && p->is_ended && gateway->is_ended);
	CHECK(fresh->is_reset);
	CHECK(!rig.core->is_stopped);
	peer_fin(p);
	peer_fin(gateway);
	rig_run(20);
	CHECK(rig.core->is_stopped);
	CHECK(rig_expect(EVENT_CLOSED));
	CHECK(rig_expect(EVENT_CLOSED));
	CHECK(rig_expect(EVENT_CLOSED));
	CHECK(rig_expect(EVENT_STOPPED));
	rig_close();
}

/* What is held when the time is over is dropped as what it is, and the law still holds. */
static void stops_with_stanzas_held(void)
{
	struct msg m = {.kind = MSG_STOP};
	struct peer *p, *gateway;

	rig_open();
	p = open_stream(IFACE_EDGE, true);
	gateway = open_stream(IFACE_INTERNAL, true);
	rig_cut(IFACE_INTERNAL, true);
	peer_say(p, IN("1") IN("2"));
	rig_run(20);
	CHECK_EQ(LAW(held), 2);
	rig_order(&m);
	rig_wait(1900000);
	CHECK(!rig.core->is_stopped);
	rig_wait(200000);
	CHECK(rig.core->is_stopped);
	CHECK_EQ(LAW(held), 0);
	CHECK_EQ(LAW(bounced) + LAW(dropped), 2);
	CHECK(gateway->id.generation != 0);
	rig_close();
}

static void shows_a_connection(void)
{
	struct conn_view v;
	struct peer *p, *gateway;

	rig_open();
	p = open_stream(IFACE_EDGE, true);
	gateway = open_stream(IFACE_INTERNAL, true);
	peer_say(p, IN("1"));
	CHECK(peer_hears(gateway, IN_DE("1")));
	rig_run(500);
	CHECK(core_view(rig.core, p->id, &v));
	CHECK_EQ(v.stanzas_in, 1);
	CHECK_EQ(v.stanzas_out, 0);
	CHECK(v.bytes_in > strlen(IN("1")));
	CHECK(v.idle_us >= 490 * RIG_TURN_US && v.idle_us < 600 * RIG_TURN_US);
	CHECK(core_view(rig.core, gateway->id, &v));
	CHECK_EQ(v.stanzas_out, 1);
	CHECK_EQ(v.queued_bytes, 0);
	CHECK(v.srtt_us > 0);
	peer_reset(p);
	rig_run(3);
	CHECK(!core_view(rig.core, p->id, &v));
	rig_close();
}

int main(int argc, char **argv)
{
	(void)argc;
	rig_start(argv[0]);
	RUN(pauses_in_plain);
	RUN(pauses_in_tls);
	RUN(starttls);
	RUN(smuggled_bytes_are_noticed);
	RUN(bytes_behind_the_handshake);
	RUN(handshake_is_bounded);
	RUN(bad_record_gets_an_alert);
	RUN(framer_error_is_told_once);
	RUN(closes_in_order);
	RUN(closes_at_the_deadline);
	RUN(footer_of_the_peer);
	RUN(fin_without_footer);
	RUN(no_footer_without_a_header);
	RUN(keeps_alive_and_tells_silence);
	RUN(dials);
	RUN(dials_direct_tls);
	RUN(dial_fails);
	RUN(stale_orders_are_counted);
	RUN(full_event_ring_loses_nothing);
	RUN(full_event_ring_keeps_link_wishes);
	RUN(routes_are_swapped);
	RUN(stops);
	RUN(stops_with_stanzas_held);
	RUN(shows_a_connection);
	return check_summary();
}
