/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cores_test.c - two and four cores in one process, turn by turn: who gets a flow, by whose queue
 * it goes out, and pairs whose stream lives on another core. The law is checked of each core after
 * each turn (rig.c), and in the sum.
 */
#include "tests/unit/core/rig.h"

#define OUT_HEAD "<message from='a@contoso.example' to='b@partner.example' id='"
#define IN_HEAD  "<message from='b@partner.example' to='a@contoso.example' id='"

enum { BOTH = GRANT_FROM_PEER | GRANT_TO_PEER, MANY = 3000, SAY_MAX = 4000 * 1000 };

static const struct pair pair = {{CONTOSO}, {PARTNER}};
static char said[SAY_MAX];

/* --- flows --- */

/* The far end forgets a connection that landed on another core than wanted. */
static void drop_peer(struct peer *p)
{
	char *heard = p->heard;

	if (p->tcp != NULL)
		peer_reset(p);
	CHECK(rig_expect(EVENT_CLOSED));
	*p = (struct peer){.heard = heard};
	heard[0] = '\0';
}

static struct peer *connect_on(uint16_t core, enum iface side)
{
	for (unsigned int i = 0; i < 100; i++) {
		struct peer *p = rig_connect(side);

		if (p->id.core == core)
			return p;
		drop_peer(p);
	}
	CHECK(false);
	return rig_connect(side);
}

static struct peer *stream_on(uint16_t core, enum iface side)
{
	struct peer *p = connect_on(core, side);

	rig_stream(p, true, CONTOSO, PARTNER, BOTH);
	return p;
}

static void use(uint16_t cores, uint16_t queues, enum steer_way way)
{
	rig_cores = cores;
	rig_queues = queues;
	rig_way = way;
	rig_open();
}

static void flows_find_their_core(uint16_t cores, uint16_t queues, enum steer_way way)
{
	bool seen[RIG_CORES] = {false};

	use(cores, queues, way);
	for (unsigned int i = 0; i < 40; i++) {
		const enum iface side = i % 2 == 0 ? IFACE_EDGE : IFACE_INTERNAL;
		struct peer *p = rig_connect(side);

		CHECK_EQ(rig.event_core, p->id.core);
		seen[p->id.core] = true;
		drop_peer(p);
	}
	for (uint16_t i = 0; i < cores; i++)
		CHECK(seen[i]);
	/* What is dialled comes back to who dials, whatever queue the answer comes by. */
	for (unsigned int i = 0; i < 4u * cores; i++) {
		struct peer *p =
		    rig_dial_from((uint16_t)(i % cores), i % 2 == 0 ? IFACE_EDGE : IFACE_INTERNAL);

		CHECK_EQ(p->id.core, i % cores);
		drop_peer(p);
	}
	if (way == STEER_DEVICE)
		CHECK_EQ(STAT_SUM(frames_crossed), 0);
	else
		CHECK(STAT_SUM(frames_crossed) > 40);
	CHECK_EQ(stat_read_drop(core_stats(rig.core), DROP_CROSSING_FULL), 0);
	rig_close();
}

static void flows_by_the_device(void)
{
	flows_find_their_core(2, 2, STEER_DEVICE);
	flows_find_their_core(4, 4, STEER_DEVICE);
}

static void flows_by_software(void)
{
	flows_find_their_core(2, 2, STEER_SOFTWARE);
	flows_find_their_core(4, 4, STEER_SOFTWARE);
}

/* Cores without a queue receive and send by those that have one. */
static void flows_of_fewer_queues(void)
{
	flows_find_their_core(2, 1, STEER_SOFTWARE);
	flows_find_their_core(4, 2, STEER_SOFTWARE);
}

/* --- pairs --- */

static void via(uint16_t from, uint16_t to, struct pair of, enum toward toward)
{
	struct msg m = {.kind = MSG_LINK_VIA};

	m.link_via.pair = of;
	m.link_via.toward = toward;
	m.link_via.core = to;
	rig_order_to(from, &m);
}

/* Core @from asks for a stream, and is told of the one on @to. */
static void wants_and_goes_by(uint16_t from, uint16_t to, enum toward toward)
{
	CHECK(rig_expect(EVENT_LINK_WANTED));
	CHECK_EQ(rig.event_core, from);
	CHECK_EQ(rig.event.link.toward, toward);
	via(from, to, pair, toward);
}

/* @count stanzas from the number @first on, each with @body bytes. */
static const char *many(const char *head, unsigned int first, unsigned int count, int body)
{
	static char filler[4096];
	size_t at = 0;

	memset(filler, 'x', sizeof(filler) - 1);
	for (unsigned int i = 0; i < count; i++)
		at += (size_t)snprintf(said + at, sizeof(said) - at,
				       "%s%u'><body>%.*s</body></message>", head, first + i, body,
				       filler);
	CHECK(at < sizeof(said));
	return said;
}

/* Ids that @p has heard since @at: whole, in order, each once, from @first on. Returns how many. */
static unsigned int heard_in_order(const struct peer *p, unsigned int first)
{
	const char *at = p->heard;
	unsigned int n = 0;

	while ((at = strstr(at, "id='")) != NULL) {
		CHECK_EQ(strtol(at + 4, NULL, 10), first + n);
		n++;
		at++;
	}
	return n;
}

static bool hears_all(const struct peer *p, unsigned int first, unsigned int count)
{
	char last[32];

	snprintf(last, sizeof(last), "id='%u'", first + count - 1);
	for (unsigned int i = 0; i < 20000 && strstr(p->heard, last) == NULL; i++)
		rig_turn();
	rig_wait(500000);
	CHECK_EQ(heard_in_order(p, first), count);
	return strstr(p->heard, last) != NULL;
}

static void law_at_rest(uint64_t accepted)
{
	CHECK_EQ(LAW_SUM(accepted), accepted);
	CHECK_EQ(LAW_SUM(came), LAW_SUM(went));
	CHECK_EQ(LAW_SUM(held), 0);
	CHECK_EQ(LAW_SUM(delivered) + LAW_SUM(bounced) + LAW_SUM(dropped) + LAW_SUM(answered),
		 accepted);
}

/* The partner's stream on the last core, the gateway's on the first. */
static void crosses_both_ways(uint16_t cores, uint16_t queues, enum steer_way way)
{
	const uint16_t last = cores - 1;
	struct peer *partner, *gateway;

	use(cores, queues, way);
	partner = stream_on(last, IFACE_EDGE);
	gateway = stream_on(0, IFACE_INTERNAL);
	peer_say(gateway, many(OUT_HEAD, 0, MANY, 20));
	wants_and_goes_by(0, last, TOWARD_EDGE);
	CHECK(hears_all(partner, 0, MANY));
	peer_say(partner, many(IN_HEAD, 7, MANY, 20));
	wants_and_goes_by(last, 0, TOWARD_INTERNAL);
	CHECK(hears_all(gateway, 7, MANY));
	law_at_rest(2 * MANY);
	CHECK_EQ(LAW_SUM(delivered), 2 * MANY);
	CHECK_EQ(STAT_SUM(stanzas_crossed), 2 * MANY);
	CHECK(rig_is_quiet());
	rig_close();
}

static void pairs_cross_two_cores(void)
{
	crosses_both_ways(2, 2, STEER_DEVICE);
	crosses_both_ways(2, 1, STEER_SOFTWARE);
}

static void pairs_cross_four_cores(void)
{
	crosses_both_ways(4, 4, STEER_DEVICE);
	crosses_both_ways(4, 2, STEER_SOFTWARE);
}

/* Where both streams live on one core nothing crosses. */
static void stays_on_one_core(void)
{
	struct peer *partner, *gateway;

	use(2, 2, STEER_DEVICE);
	partner = stream_on(1, IFACE_EDGE);
	gateway = stream_on(1, IFACE_INTERNAL);
	peer_say(partner, many(IN_HEAD, 0, 50, 20));
	CHECK(hears_all(gateway, 0, 50));
	CHECK_EQ(STAT_SUM(stanzas_crossed), 0);
	rig_close();
}

/* A gateway that does not read closes the partner's window on the other core. */
static void slow_gateway_parks_the_partner(void)
{
	struct peer *partner, *gateway;
	uint64_t held;

	use(2, 2, STEER_DEVICE);
	partner = stream_on(1, IFACE_EDGE);
	gateway = stream_on(0, IFACE_INTERNAL);
	gateway->is_deaf = true;
	peer_say(partner, many(IN_HEAD, 0, 1501, 1900));
	wants_and_goes_by(1, 0, TOWARD_INTERNAL);
	rig_run(3000);
	held = LAW_SUM(held) + LAW_SUM(went) - LAW_SUM(came);
	CHECK(partner->say_len > 0);
	CHECK(held > 100 && held < 1500);
	CHECK_EQ(LAW_SUM(bounced), 0);
	/* Most of it is bound by the share, not by the pair's own bounds. */
	CHECK(rig.cores[1]->lane_out[0] <= CROSSING_PARCELS / 8);
	CHECK(rig.cores[1]->lane_out[0] > 0);
	gateway->is_deaf = false;
	CHECK(hears_all(gateway, 0, 1501));
	law_at_rest(1501);
	CHECK_EQ(rig.cores[1]->lane_out[0], 0);
	rig_close();
}

/* A partner that does not read bounces at its pair's bound, on the core that has its stream; and
 * nobody else is held up. */
static void slow_partner_bounces(void)
{
	struct peer *partner, *other, *gateway;
	uint64_t bounced;

	rig_link_queue_stanzas = 100;
	use(2, 2, STEER_DEVICE);
	partner = stream_on(1, IFACE_EDGE);
	other = connect_on(1, IFACE_EDGE);
	rig_stream(other, false, CONTOSO, OTHER, BOTH);
	gateway = stream_on(0, IFACE_INTERNAL);
	rig.skip = BIT(EVENT_LINK_WANTED);
	partner->is_deaf = true;
	peer_say(gateway, many(OUT_HEAD, 0, 1921, 1500));
	rig_run(20);
	via(0, 1, pair, TOWARD_EDGE);
	rig_run(300);
	via(1, 0, pair, TOWARD_INTERNAL); /* what the bounces asked for */
	rig_run(3000);
	bounced = LAW_SUM(bounced);
	CHECK(bounced > 500);
	CHECK(strstr(gateway->heard, "resource-constraint") != NULL);
	peer_forget(gateway);
	peer_say(gateway, "<message from='a@contoso.example' to='c@other.example' id='0'/>");
	rig_run(10);
	via(0, 1, (struct pair){{CONTOSO}, {OTHER}}, TOWARD_EDGE);
	CHECK(hears_all(other, 0, 1));
	partner->is_deaf = false;
	rig_wait(3000000);
	law_at_rest(1922);
	CHECK_EQ(LAW_SUM(delivered) + LAW_SUM(bounced), 1922);
	rig_close();
	rig_link_queue_stanzas = LINK_QUEUE_STANZAS;
}

/* --- streams that die --- */

/* The stream header has an id too. */
static void forget_header(struct peer *p)
{
	const char *at = strstr(p->heard, "<message");

	CHECK(at != NULL);
	if (at == NULL)
		return;
	p->heard_len = strlen(at);
	memmove(p->heard, at, p->heard_len + 1);
}

/* What was on the other core comes back, in order, and goes by the next stream, wherever that is.
 */
static void comes_back_when_the_stream_dies(uint16_t next_core)
{
	struct peer *partner, *gateway;

	use(4, 4, STEER_DEVICE);
	partner = stream_on(3, IFACE_EDGE);
	gateway = stream_on(0, IFACE_INTERNAL);
	peer_say(gateway, many(OUT_HEAD, 0, 200, 20));
	wants_and_goes_by(0, 3, TOWARD_EDGE);
	CHECK(hears_all(partner, 0, 200));
	rig_cut(IFACE_EDGE, true);
	peer_say(gateway, many(OUT_HEAD, 200, 800, 20));
	rig_run(60);
	rig_order_text(MSG_ABORT, partner->id, NULL);
	CHECK(rig_expect(EVENT_CLOSED));
	CHECK(rig_expect(EVENT_LINK_WANTED));
	CHECK_EQ(rig.event_core, 0);
	CHECK_EQ(rig.event.link.lost_by, 3 + 1);
	CHECK_EQ(LAW_SUM(came), LAW_SUM(went));
	CHECK_EQ(stat_read(&rig.cores[3]->stats.law.held), 0);
	rig_cut(IFACE_EDGE, false);
	rig_wait(3000000);
	partner = connect_on(next_core, IFACE_EDGE);
	rig_stream_quiet(partner, true);
	rig_grant(partner, CONTOSO, PARTNER, BOTH);
	if (next_core != 0)
		via(0, next_core, pair, TOWARD_EDGE);
	rig_wait(1000000);
	peer_say(gateway, many(OUT_HEAD, 1000, 10, 20));
	rig_wait(1000000);
	forget_header(partner);
	CHECK_EQ(heard_in_order(partner, 200), 810);
	law_at_rest(1010);
	CHECK_EQ(LAW_SUM(delivered), 1010);
	CHECK(STAT_SUM(maybe_twice) > 0);
	rig_close();
}

static void next_stream_on_the_sender(void)
{
	comes_back_when_the_stream_dies(0);
}

static void next_stream_on_a_third_core(void)
{
	comes_back_when_the_stream_dies(1);
}

static void next_stream_on_the_same_core(void)
{
	comes_back_when_the_stream_dies(3);
}

/* A second stream of the pair on that core: the sender need not care. */
static void goes_on_by_the_second_stream(void)
{
	struct peer *partner, *second, *gateway;

	use(2, 2, STEER_SOFTWARE);
	partner = stream_on(1, IFACE_EDGE);
	second = stream_on(1, IFACE_EDGE);
	gateway = stream_on(0, IFACE_INTERNAL);
	peer_say(gateway, many(OUT_HEAD, 0, 100, 20));
	wants_and_goes_by(0, 1, TOWARD_EDGE);
	CHECK(hears_all(partner, 0, 100));
	rig_order_text(MSG_ABORT, partner->id, NULL);
	CHECK(rig_expect(EVENT_CLOSED));
	peer_say(gateway, many(OUT_HEAD, 100, 100, 20));
	CHECK(hears_all(second, 100, 100));
	CHECK(rig_is_quiet());
	law_at_rest(200);
	rig_close();
}

/* The stream is lost and a new one granted before the sender has heard of it: KEEP. */
static void keeps_to_a_core_with_a_new_stream(void)
{
	struct peer *partner, *second, *gateway;

	use(2, 2, STEER_DEVICE);
	partner = stream_on(1, IFACE_EDGE);
	second = connect_on(1, IFACE_EDGE);
	rig_stream_quiet(second, true);
	gateway = stream_on(0, IFACE_INTERNAL);
	peer_say(gateway, many(OUT_HEAD, 0, 10, 20));
	wants_and_goes_by(0, 1, TOWARD_EDGE);
	CHECK(hears_all(partner, 0, 10));
	peer_forget(second);
	rig_order_text(MSG_ABORT, partner->id, NULL);
	rig_turn(); /* core 1 has told core 0, which hears of it in its next turn */
	rig_grant(second, CONTOSO, PARTNER, BOTH);
	rig_run(5);
	CHECK(rig_expect(EVENT_CLOSED));
	peer_say(gateway, many(OUT_HEAD, 10, 10, 20));
	CHECK(hears_all(second, 10, 10));
	CHECK(rig_is_quiet());
	rig_close();
}

/* No stream is to be had: what has come back bounces on the core of its gateway. */
static void bounces_after_it_has_come_back(void)
{
	struct peer *partner, *gateway;
	struct msg m = {.kind = MSG_LINK_FAILED};

	use(2, 2, STEER_DEVICE);
	partner = stream_on(1, IFACE_EDGE);
	gateway = stream_on(0, IFACE_INTERNAL);
	rig_cut(IFACE_EDGE, true);
	peer_say(gateway, many(OUT_HEAD, 0, 10, 20));
	wants_and_goes_by(0, 1, TOWARD_EDGE);
	rig_run(20);
	rig_order_text(MSG_ABORT, partner->id, NULL);
	CHECK(rig_expect(EVENT_CLOSED));
	CHECK(rig_expect(EVENT_LINK_WANTED));
	CHECK_EQ(rig.event_core, 0);
	m.link_failed.pair = pair;
	m.link_failed.toward = TOWARD_EDGE;
	m.link_failed.condition = STANZA_REMOTE_SERVER_TIMEOUT;
	rig_order_to(0, &m);
	CHECK(hears_all(gateway, 0, 10));
	CHECK(strstr(gateway->heard, "remote-server-timeout") != NULL);
	CHECK_EQ(LAW_SUM(bounced), 10);
	rig_close();
}

/* MSG_STOP on all: each ends, and what is held bounces or is dropped by law. */
static void stops_all(void)
{
	const struct msg stop = {.kind = MSG_STOP};
	struct peer *partner, *gateway;

	use(2, 2, STEER_DEVICE);
	partner = stream_on(1, IFACE_EDGE);
	gateway = stream_on(0, IFACE_INTERNAL);
	partner->is_deaf = true;
	peer_say(gateway, many(OUT_HEAD, 0, 400, 2000));
	wants_and_goes_by(0, 1, TOWARD_EDGE);
	rig_run(100);
	rig_order_to(0, &stop);
	rig_order_to(1, &stop);
	rig.skip = BIT(EVENT_CLOSED) | BIT(EVENT_LINK_WANTED) | BIT(EVENT_FOOTER);
	rig_wait(3000000);
	CHECK(rig_expect(EVENT_STOPPED));
	CHECK(rig_expect(EVENT_STOPPED));
	CHECK_EQ(LAW_SUM(held), 0);
	rig_close();
}

int main(void)
{
	rig_start();
	RUN(flows_by_the_device);
	RUN(flows_by_software);
	RUN(flows_of_fewer_queues);
	RUN(pairs_cross_two_cores);
	RUN(pairs_cross_four_cores);
	RUN(stays_on_one_core);
	RUN(slow_gateway_parks_the_partner);
	RUN(slow_partner_bounces);
	RUN(next_stream_on_the_sender);
	RUN(next_stream_on_a_third_core);
	RUN(next_stream_on_the_same_core);
	RUN(goes_on_by_the_second_stream);
	RUN(keeps_to_a_core_with_a_new_stream);
	RUN(bounces_after_it_has_come_back);
	RUN(stops_all);
	return check_summary();
}
