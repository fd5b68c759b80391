/* SPDX-License-Identifier: BSD-3-Clause */
/* taps_test.c - which connections are tapped for whom, and who is told what, in which order. The
 * sessions, the orders and the cores' rings are the test's own. */
#include <stdlib.h>
#include <string.h>

#include "control/config_parts.h"
#include "control/session_state.h"
#include "tests/check.h"

static const char document[] =
    "<sluice xmlns='urn:sluice:config:1'>"
    "<edge driver='tap' device='px0' address='192.0.2.10/24' gateway='192.0.2.1'>"
    "<tls certificate='a' key='b' trust='c'/></edge>"
    "<internal driver='tap' device='px1' address='198.51.100.10/24'>"
    "<tls certificate='a' key='b' trust='c'/></internal>"
    "<GatewayConfiguration DialbackPassphrase='a secret of some length'/>"
    "<local-domains><domain>contoso.example</domain></local-domains>"
    "<gateways><gateway name='g'><certificate-name>g.contoso.example</certificate-name>"
    "<domain>contoso.example</domain></gateway></gateways>"
    "<AllowedPartners><AllowedPartner Domain='partner.example' SaslNegotiation='Optional'>"
    "<AdditionalDomain>chat.partner.example</AdditionalDomain></AllowedPartner>"
    "<AllowedPartner Domain='other.example' SaslNegotiation='Optional'/></AllowedPartners>"
    "</sluice>";

enum { ORDERS_MAX = 32, COPIES_MAX = 8 };

static struct msg orders[ORDERS_MAX];
static size_t order_count;
static struct tapped copies[COPIES_MAX];
static size_t copy_count, copy_at;
static struct sessions table;
static struct session session[3];
static struct config *config;

/* --- in place of orders.c, inbox.c, core.c, session.c --- */

void orders_give(struct orders *o, uint16_t core, const struct msg *m)
{
	(void)o;
	CHECK_EQ(core, 0);
	if (order_count < ORDERS_MAX)
		orders[order_count++] = *m;
}

size_t orders_cores(const struct orders *o)
{
	(void)o;
	return 1;
}

struct inbox *orders_inbox(const struct orders *o, uint16_t core)
{
	(void)o;
	(void)core;
	return NULL;
}

bool inbox_take_tap(struct inbox *in, struct tapped *t)
{
	(void)in;
	if (copy_at == copy_count)
		return false;
	*t = copies[copy_at++];
	return true;
}

/* A buffer here is its text. */
size_t inbox_len(const struct rte_mbuf *bytes)
{
	return strlen((const char *)bytes);
}

void inbox_bytes(const struct rte_mbuf *bytes, uint8_t *out)
{
	memcpy(out, bytes, inbox_len(bytes));
}

void inbox_free(struct rte_mbuf *bytes)
{
	(void)bytes;
}

uint64_t core_clock_us(const struct core *c)
{
	(void)c;
	return 5000;
}

struct session *session_find(const struct sessions *t, struct conn_id conn)
{
	(void)t;
	return conn.slot < ARRAY_LEN(session) ? &session[conn.slot] : NULL;
}

/* --- --- */

struct ear {
	struct taps_reader reader;
	char heard[512];
	uint64_t lost;
};

static void take(struct taps_reader *r, const struct taps_item *item)
{
	struct ear *e = CONTAINER_OF(r, struct ear, reader);
	const size_t len = strlen(e->heard);

	if (item->frame != NULL)
		(void)snprintf(e->heard + len, sizeof(e->heard) - len, "%s:frame ", item->stream);
	else if (item->note != NULL)
		(void)snprintf(e->heard + len, sizeof(e->heard) - len, "%s:(%s) ", item->stream,
			       item->note);
	else
		(void)snprintf(e->heard + len, sizeof(e->heard) - len, "%s:%s%.*s ", item->stream,
			       item->is_out ? ">" : "<", (int)item->bytes.len,
			       (const char *)item->bytes.at);
}

static void lost(struct taps_reader *r, uint64_t count)
{
	CONTAINER_OF(r, struct ear, reader)->lost += count;
}

static struct ear ear(uint8_t bits, enum taps_of of, const char *name)
{
	return (struct ear){
	    .reader = {.bits = bits, .of = of, .name = name, .take = take, .lost = lost}};
}

static void open_session(unsigned int n, enum iface leg, const char *theirs)
{
	session[n] = (struct session){.table = &table,
				      .next = n + 1 < ARRAY_LEN(session) ? &session[n + 1] : NULL,
				      .own_theirs = theirs,
				      .remote = "",
				      .conn = {.slot = n, .generation = 1},
				      .leg = leg,
				      .is_open = true};
	(void)snprintf(session[n].trace_id, sizeof(session[n].trace_id), "s%u", n);
}

/* s0: to partner.example; s1: from somebody not yet known; s2: a gateway's. */
static void begin(void)
{
	static struct core *const cores[] = {NULL}; /* borrowed for as long as the taps are there */

	config = config_parse("t.xml", document, strlen(document), false, stderr);
	CHECK(config != NULL);
	table = (struct sessions){.loop = loop_make(), .config = config, .first = &session[0]};
	table.taps = taps_make(table.loop, NULL, cores, &table);
	open_session(0, IFACE_EDGE, "chat.partner.example");
	open_session(1, IFACE_EDGE, "");
	open_session(2, IFACE_INTERNAL, "partner.example");
	order_count = copy_count = copy_at = 0;
}

static void end(void)
{
	taps_free(table.taps);
	loop_free(table.loop);
	config_free(config);
}

static void ordered(size_t at, uint32_t slot, uint8_t bits)
{
	CHECK(at < order_count);
	CHECK_EQ(orders[at].kind, MSG_TAP);
	CHECK_EQ(orders[at].conn.slot, slot);
	CHECK_EQ(orders[at].tap.bits, bits);
}

static void one_tap_for_all_who_want_it(void)
{
	struct ear one = ear(TAP_STANZAS, TAPS_PARTNER, "partner.example");
	struct ear two = ear(TAP_STANZAS, TAPS_ALL, "");
	struct ear frames = ear(TAP_FRAMES, TAPS_STREAM, "s0");
	unsigned int streams;

	begin();
	CHECK(taps_add(table.taps, &one.reader, &streams));
	CHECK_EQ(streams, 1);
	CHECK_EQ(order_count, 1);
	ordered(0, 0, TAP_STANZAS);
	CHECK(taps_add(table.taps, &two.reader, &streams));
	CHECK_EQ(streams, 3);
	CHECK_EQ(order_count, 3); /* s0 is tapped already */
	CHECK(taps_add(table.taps, &frames.reader, &streams));
	CHECK_EQ(streams, 1);
	ordered(3, 0, TAP_STANZAS | TAP_FRAMES);
	taps_remove(table.taps, &one.reader);
	CHECK_EQ(order_count, 4); /* somebody else wants it */
	taps_remove(table.taps, &two.reader);
	CHECK_EQ(order_count, 7);
	ordered(4, 0, TAP_FRAMES);
	ordered(5, 1, 0);
	ordered(6, 2, 0);
	taps_remove(table.taps, &frames.reader);
	ordered(7, 0, 0);
	CHECK_EQ(session[0].watched | session[1].watched | session[2].watched, 0);
	/* Nobody watches: nothing is asked of any core. */
	taps_consider(&session[1], "partner.example");
	CHECK_EQ(order_count, 8);
	end();
}

static void a_stream_says_later_whose_it_is(void)
{
	struct ear e = ear(TAP_STANZAS, TAPS_PARTNER, "partner.example");
	unsigned int streams;

	begin();
	CHECK(taps_add(table.taps, &e.reader, &streams));
	taps_consider(&session[1], "other.example");
	taps_consider(&session[1], "no domain at all");
	taps_consider(&session[2], "partner.example"); /* a gateway's is nobody's */
	CHECK_EQ(order_count, 1);
	taps_consider(&session[1], "Chat.Partner.Example");
	CHECK_EQ(order_count, 2);
	ordered(1, 1, TAP_STANZAS);
	taps_consider(&session[1], "chat.partner.example");
	CHECK_EQ(order_count, 2);
	taps_remove(table.taps, &e.reader);
	end();
}

static void copy(enum tapped_kind kind, uint32_t slot, uint64_t lost_before, char *text)
{
	copies[copy_count++] = (struct tapped){.at_us = 4000,
					       .lost = lost_before,
					       .bytes = (struct rte_mbuf *)(void *)text,
					       .total = (uint32_t)strlen(text),
					       .conn = {.slot = slot, .generation = 1},
					       .kind = (uint8_t)kind};
}

static void all_in_one_order(void)
{
	char in[] = "<a/>", out[] = "<b/>", other[] = "<c/>", frame[] = "f";
	struct ear all = ear(TAP_STANZAS, TAPS_ALL, "");
	struct ear one = ear(TAP_STANZAS, TAPS_STREAM, "s0");
	struct ear frames = ear(TAP_FRAMES, TAPS_ALL, "");
	unsigned int streams;

	begin();
	CHECK(taps_add(table.taps, &all.reader, &streams));
	CHECK(taps_add(table.taps, &one.reader, &streams));
	CHECK(taps_add(table.taps, &frames.reader, &streams));
	taps_said(&session[0], false, "<header>", 8);
	copy(TAPPED_IN, 0, 0, in);
	copy(TAPPED_OUT, 0, 7, out);
	copy(TAPPED_IN, 1, 0, other);
	copy(TAPPED_FRAME, 0, 3, frame);
	copy(TAPPED_IN, 9, 0, in); /* a connection that is gone */
	/* What the core has copied came before what control says now. */
	taps_said(&session[0], true, "<error/>", 8);
	taps_said(&session[0], true, NULL, 0);
	taps_end(&session[0], "peer", "none");
	CHECK_STR(all.heard, "s0:<<header> s0:<<a/> s0:><b/> s1:<<c/> s0:><error/> "
			     "s0:(closed by peer, reason none) ");
	CHECK_STR(one.heard, "s0:<<header> s0:<<a/> s0:><b/> s0:><error/> "
			     "s0:(closed by peer, reason none) ");
	CHECK_STR(frames.heard, "s0:frame ");
	CHECK_EQ(all.lost, 7);
	CHECK_EQ(one.lost, 7);
	CHECK_EQ(frames.lost, 3);
	taps_remove(table.taps, &all.reader);
	taps_remove(table.taps, &one.reader);
	taps_remove(table.taps, &frames.reader);
	end();
}

/* Nobody says anything: a timer looks. */
static void looks_by_itself(void)
{
	struct ear all = ear(TAP_STANZAS, TAPS_ALL, "");
	unsigned int streams;
	char in[] = "<a/>";

	begin();
	CHECK(taps_add(table.taps, &all.reader, &streams));
	copy(TAPPED_IN, 2, 0, in);
	for (int i = 0; i < 200 && all.heard[0] == '\0'; i++)
		loop_turn(table.loop);
	CHECK_STR(all.heard, "s2:<<a/> ");
	taps_remove(table.taps, &all.reader);
	end();
}

static void sixteen_readers(void)
{
	static struct ear ears[TAPS_READERS_MAX + 1];
	unsigned int streams;

	begin();
	for (size_t i = 0; i < ARRAY_LEN(ears); i++) {
		ears[i] = ear(TAP_STANZAS, TAPS_ALL, "");
		CHECK_EQ(taps_add(table.taps, &ears[i].reader, &streams), i < TAPS_READERS_MAX);
	}
	taps_remove(table.taps, &ears[3].reader);
	CHECK(taps_add(table.taps, &ears[TAPS_READERS_MAX].reader, &streams));
	CHECK_EQ(streams, 3);
	end();
}

int main(void)
{
	RUN(one_tap_for_all_who_want_it);
	RUN(a_stream_says_later_whose_it_is);
	RUN(all_in_one_order);
	RUN(looks_by_itself);
	RUN(sixteen_readers);
	return check_summary();
}
