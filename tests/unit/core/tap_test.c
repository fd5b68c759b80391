/* SPDX-License-Identifier: BSD-3-Clause */
/* tap_test.c - what control gets of a watched connection, and what the relay makes of being
 * watched: nothing. */
#include <rte_mempool.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/core/rig.h"

/* The rig's stream headers say xml:lang='de': what says so itself passes as it is. */
#define IN(id)                                                                                     \
	"<message xml:lang='de' from='b@partner.example' to='a@contoso.example' id='" id "'/>"
#define OUT(id)                                                                                    \
	"<message xml:lang='de' from='a@contoso.example' to='b@partner.example' id='" id "'/>"
#define OUT_BARE(id) "<message from='a@contoso.example' to='b@partner.example' id='" id "'/>"
#define IQ                                                                                         \
	"<iq xml:lang='de' from='b@partner.example' to='a@contoso.example' id='q' type='get'>"     \
	"<x/></iq>"

enum { BOTH = GRANT_FROM_PEER | GRANT_TO_PEER, MANY = 1500 };

static struct peer *edge, *inside;
static char text[2 * TAP_BYTES_MAX];

static void open_pair(void)
{
	rig_open();
	edge = rig_connect(IFACE_EDGE);
	rig_stream(edge, true, CONTOSO, PARTNER, BOTH);
	inside = rig_connect(IFACE_INTERNAL);
	rig_stream(inside, true, CONTOSO, PARTNER, BOTH);
	peer_forget(edge);
	peer_forget(inside);
}

static void tap(const struct peer *p, uint8_t bits)
{
	struct msg m = {.kind = MSG_TAP, .conn = p->id};

	m.tap.bits = bits;
	rig_order(&m);
	rig_run(2);
}

/* The next that is tapped, its bytes in text. */
static bool take(struct tapped *t)
{
	if (!inbox_take_tap(rig.inbox, t))
		return false;
	CHECK(inbox_len(t->bytes) < sizeof(text));
	inbox_bytes(t->bytes, (uint8_t *)text);
	text[inbox_len(t->bytes)] = '\0';
	inbox_free(t->bytes);
	return true;
}

static void expect(const struct peer *p, enum tapped_kind kind, const char *bytes)
{
	struct tapped t = {.total = 0};

	CHECK(take(&t));
	CHECK_EQ(t.kind, kind);
	CHECK(conn_id_equal(t.conn, p->id));
	CHECK_EQ(t.total, strlen(bytes));
	CHECK_STR(text, bytes);
	CHECK(t.at_us > 0 && t.at_us <= core_clock_us(rig.core));
}

static void close_pair(void)
{
	struct tapped t;

	while (take(&t))
		;
	CHECK_EQ(rte_mempool_avail_count(inbox_tap_pool(rig.inbox)), TAPS_RING);
	CHECK_EQ(rig.core->taps.flow_count, 0);
	rig_close();
}

static void both_ways_of_one_connection(void)
{
	struct tapped t;

	open_pair();
	peer_say(edge, IN("before"));
	CHECK(peer_hears(inside, IN("before")));
	CHECK(!take(&t));
	tap(edge, TAP_STANZAS);
	peer_say(edge, IN("1") IQ);
	CHECK(peer_hears(inside, IN("before") IN("1") IQ));
	/* Out it is what the peer hears. */
	peer_say(inside, OUT_BARE("2"));
	CHECK(peer_hears(edge, OUT("2")));
	expect(edge, TAPPED_IN, IN("1"));
	expect(edge, TAPPED_IN, IQ);
	expect(edge, TAPPED_OUT, OUT("2"));
	CHECK(!take(&t));
	tap(edge, 0);
	peer_say(edge, IN("after"));
	CHECK(peer_hears(inside, IN("before") IN("1") IQ IN("after")));
	CHECK(!take(&t));
	close_pair();
}

static void messages_alone(void)
{
	struct tapped t;

	open_pair();
	tap(edge, TAP_MESSAGES);
	peer_say(edge, IQ IN("1"));
	CHECK(peer_hears(inside, IQ IN("1")));
	peer_say(inside, OUT("2"));
	CHECK(peer_hears(edge, OUT("2")));
	expect(edge, TAPPED_IN, IN("1"));
	CHECK(!take(&t));
	close_pair();
}

/* What waited for a stream is seen when it goes, and what the core itself says too. */
static void parked_stanzas_and_the_footer(void)
{
	struct msg m = {.kind = MSG_CLOSE};
	struct tapped t;

	rig_open();
	edge = rig_connect(IFACE_EDGE);
	rig_stream(edge, true, CONTOSO, PARTNER, BOTH);
	peer_say(edge, IN("parked"));
	CHECK(rig_expect(EVENT_LINK_WANTED));
	inside = rig_connect(IFACE_INTERNAL);
	rig_stream_quiet(inside, true);
	tap(inside, TAP_STANZAS);
	peer_forget(inside);
	rig_grant(inside, CONTOSO, PARTNER, BOTH);
	CHECK(peer_hears(inside, IN("parked")));
	expect(inside, TAPPED_OUT, IN("parked"));
	m.conn = inside->id;
	m.close.deadline_us = 1000000;
	rig_order(&m);
	CHECK(peer_hears(inside, IN("parked") "</stream:stream>"));
	expect(inside, TAPPED_OUT, "</stream:stream>");
	CHECK(!take(&t));
	close_pair();
}

static void a_long_stanza_is_cut(void)
{
	static const char head[] =
	    "<message xml:lang='de' from='b@partner.example' to='a@contoso.example'><body>";
	static const char tail[] = "</body></message>";
	static char stanza[3 * TAP_BYTES_MAX];
	struct tapped t;

	memset(stanza, 'x', sizeof(stanza) - 1);
	memcpy(stanza, head, sizeof(head) - 1);
	memcpy(stanza + sizeof(stanza) - sizeof(tail), tail, sizeof(tail));
	open_pair();
	tap(edge, TAP_STANZAS);
	tap(inside, TAP_STANZAS);
	peer_say(edge, stanza);
	CHECK(peer_hears(inside, stanza));
	for (int i = 0; i < 2; i++) {
		CHECK(take(&t));
		CHECK_EQ(t.kind, i == 0 ? TAPPED_IN : TAPPED_OUT);
		CHECK_EQ(t.total, sizeof(stanza) - 1);
		CHECK_EQ(strlen(text), TAP_BYTES_MAX);
		CHECK_EQ(memcmp(text, stanza, TAP_BYTES_MAX), 0);
	}
	close_pair();
}

/* Nobody takes what is tapped: it is lost and counted, the relay and its events go on. */
static void what_has_no_room_is_lost(void)
{
	static char stanzas[MANY * 100], all[MANY * 100];
	struct tapped t = {.total = 0};
	size_t len = 0, seen = 0, lost = 0;

	for (int i = 0; i < MANY; i++)
		len += (size_t)snprintf(stanzas + len, sizeof(stanzas) - len, IN("%d"), i);
	memcpy(all, stanzas, len + 1);
	open_pair();
	tap(edge, TAP_STANZAS);
	peer_say(edge, stanzas);
	CHECK(peer_hears(inside, all));
	CHECK_EQ(LAW(accepted), MANY);
	while (take(&t)) {
		seen++;
		lost += t.lost;
	}
	CHECK(seen > 0 && seen <= TAPS_RING);
	/* The next that finds room says what was lost before. */
	rig_wait(2000000);
	peer_forget(inside);
	peer_say(edge, IN("late"));
	CHECK(peer_hears(inside, IN("late")));
	CHECK(take(&t));
	CHECK_STR(text, IN("late"));
	CHECK_EQ(seen + lost + t.lost, MANY);
	close_pair();
}

static void a_gone_connection_is_not_tapped(void)
{
	struct msg m = {.kind = MSG_TAP};
	struct tapped t;

	open_pair();
	tap(edge, TAP_STANZAS | TAP_FRAMES);
	CHECK_EQ(rig.core->taps.flow_count, 1);
	m.conn = edge->id;
	m.tap.bits = TAP_STANZAS;
	peer_reset(edge);
	CHECK(rig_expect(EVENT_CLOSED));
	CHECK_EQ(rig.core->taps.flow_count, 0);
	rig_order(&m);
	rig_run(5);
	while (take(&t))
		CHECK_EQ(t.kind, TAPPED_FRAME);
	close_pair();
}

static void frames_of_one_connection(void)
{
	unsigned int frames = 0;
	struct tapped t;

	open_pair();
	tap(edge, TAP_FRAMES);
	peer_say(edge, IN("1"));
	CHECK(peer_hears(inside, IN("1")));
	peer_say(inside, OUT("2"));
	CHECK(peer_hears(edge, OUT("2")));
	rig_run(20);
	while (inbox_take_tap(rig.inbox, &t)) {
		CHECK_EQ(t.kind, TAPPED_FRAME);
		CHECK(conn_id_equal(t.conn, edge->id));
		/* The block of pcap-ng is around it. */
		CHECK(inbox_len(t.bytes) > t.total && t.total > 54);
		inbox_free(t.bytes);
		frames++;
	}
	/* A record each way, and acknowledgments, which may ride. */
	CHECK(frames >= 2 && frames <= 8);
	tap(edge, 0);
	peer_say(edge, IN("3"));
	CHECK(peer_hears(inside, IN("1") IN("3")));
	CHECK(!inbox_take_tap(rig.inbox, &t));
	close_pair();
}

int main(void)
{
	rig_start();
	RUN(both_ways_of_one_connection);
	RUN(messages_alone);
	RUN(parked_stanzas_and_the_footer);
	RUN(a_long_stanza_is_cut);
	RUN(what_has_no_room_is_lost);
	RUN(a_gone_connection_is_not_tapped);
	RUN(frames_of_one_connection);
	return check_summary();
}
