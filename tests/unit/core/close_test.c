/* SPDX-License-Identifier: BSD-3-Clause */
/* close_test.c - silence, the end of a stream, the end of the core. */
#include "tests/unit/core/rig.h"

#define IN(id) "<message from='b@partner.example' to='a@contoso.example' id='" id "'/>"
#define IN_DE(id)                                                                                  \
	"<message xml:lang='de' from='b@partner.example' to='a@contoso.example' id='" id "'/>"
#define HEADER                                                                                     \
	"<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "    \
	"version='1.0'>"
#define STARTTLS "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"

enum { BOTH = GRANT_FROM_PEER | GRANT_TO_PEER };

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
	rig_wait(600000);
	CHECK(rig_expect(EVENT_IDLE)); /* again, since it was heard */
	times(p, 1000000, 3000000);
	rig_wait(2900000);
	CHECK(rig_is_quiet());
	rig_wait(200000);
	CHECK(rig_expect(EVENT_IDLE)); /* again, since control has asked for it */
	rig_close();
}

/* Without keep-alive there is nothing but silence that the timer runs for. */
static void silence_is_told_each_time(void)
{
	struct peer *p;

	rig_open();
	p = open_stream(IFACE_EDGE, true);
	times(p, 0, 3000000);
	rig_wait(3100000);
	CHECK(rig_expect(EVENT_IDLE));
	rig_wait(1000000);
	peer_say(p, " ");
	rig_wait(2900000);
	CHECK(rig_is_quiet());
	rig_wait(200000);
	CHECK(rig_expect(EVENT_IDLE));
	rig_close();
}

/* A stream that only takes stanzas lives by taking them: nothing else is ever said on it. */
static void taking_a_stanza_is_a_sign_of_life(void)
{
	static const char stanza[] = "<message from='alice@contoso.example' "
				     "to='bob@partner.example'><body>hi</body></message>";
	struct peer *edge, *gateway;

	rig_open();
	edge = rig_connect(IFACE_EDGE);
	rig_stream(edge, true, CONTOSO, PARTNER, GRANT_TO_PEER);
	gateway = rig_connect(IFACE_INTERNAL);
	rig_stream(gateway, true, CONTOSO, PARTNER, GRANT_FROM_PEER);
	times(edge, 1000000, 3000000);
	for (unsigned int i = 0; i < 4; i++) {
		rig_wait(2000000);
		peer_say(gateway, stanza);
		rig_run(500);
		CHECK(rig_is_quiet());
	}
	rig_wait(3100000);
	CHECK(rig_expect(EVENT_IDLE)); /* our own white space, taken as well, is none */
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

#define OUT(id) "<message from='a@contoso.example' to='b@partner.example' id='" id "'/>"
#define OUT_DE(id)                                                                                 \
	"<message xml:lang='de' from='a@contoso.example' to='b@partner.example' id='" id "'/>"

/* Two streams of a pair; the first closes while what it has sent is not acknowledged. */
static struct peer *close_under_way(struct peer **first, struct peer **gateway)
{
	struct peer *second;
	uint64_t sent;

	*first = open_stream(IFACE_EDGE, true);
	second = open_stream(IFACE_EDGE, true);
	*gateway = open_stream(IFACE_INTERNAL, true);
	sent = tcp_sent_offset(rig.core->conn[second->id.slot].tcp);
	rig_cut(IFACE_EDGE, true);
	peer_say(*gateway, OUT("older"));
	rig_run(10);
	rig_order_text(MSG_CLOSE, (*first)->id, NULL);
	rig_run(2);
	peer_say(*gateway, OUT("newer"));
	rig_run(20);
	CHECK_EQ(LAW(held), 2);
	/* The second stream could send, and does not. */
	CHECK_EQ(tcp_sent_offset(rig.core->conn[second->id.slot].tcp), sent);
	return second;
}

/* RFC 6120 10.1: the next stream waits until the closing one's stanzas are acknowledged. */
static void next_stream_waits_for_the_last_acknowledgment(void)
{
	struct peer *first, *second, *gateway;

	rig_open();
	second = close_under_way(&first, &gateway);
	rig_cut(IFACE_EDGE, false);
	rig_wait(1000000); /* a tail loss probe may have been lost, too: then the next timeout */
	CHECK(peer_hears(first, OUT_DE("older") "</stream:stream>"));
	CHECK(peer_hears(second, OUT_DE("newer")));
	rig_wait(500000); /* a delayed acknowledgment */
	CHECK_EQ(LAW(delivered), 2);
	CHECK_EQ(stat_read(&rig.core->stats.maybe_twice), 0);
	rig_close();
}

/* And where it dies, what comes back goes first. */
static void next_stream_begins_with_what_came_back(void)
{
	struct peer *first, *second, *gateway;

	rig_open();
	second = close_under_way(&first, &gateway);
	rig_order_text(MSG_ABORT, first->id, NULL);
	rig_run(2);
	rig_cut(IFACE_EDGE, false);
	CHECK(peer_hears(second, OUT_DE("older") OUT_DE("newer")));
	CHECK_EQ(stat_read(&rig.core->stats.maybe_twice), 1);
	CHECK(rig_expect(EVENT_CLOSED));
	rig_close();
}

int main(void)
{
	rig_start();
	RUN(closes_in_order);
	RUN(closes_at_the_deadline);
	RUN(footer_of_the_peer);
	RUN(fin_without_footer);
	RUN(no_footer_without_a_header);
	RUN(keeps_alive_and_tells_silence);
	RUN(silence_is_told_each_time);
	RUN(taking_a_stanza_is_a_sign_of_life);
	RUN(stops);
	RUN(stops_with_stanzas_held);
	RUN(shows_a_connection);
	RUN(next_stream_waits_for_the_last_acknowledgment);
	RUN(next_stream_begins_with_what_came_back);
	return check_summary();
}
