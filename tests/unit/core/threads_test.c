/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * threads_test.c - as many threads as the devices have queues, virtio-user with vhost behind it:
 * pairs of streams in TLS all talk at once, and what each hears is compared byte by byte.
 *
 * Results depend on no speed: a wait ends when nothing has moved for RIG_PATIENCE_US.
 */
#include <sched.h>

#include "tests/unit/core/far.h"
#include "tests/unit/core/rig.h"

enum {
	PAIRS = RIG_DOMAINS,
	STREAMS = 2 * PAIRS, /* peers 2n and 2n + 1: partner and gateway of pair n */
	STANZAS = 40,        /* that each says */
	BODY_MAX = 1500,
	STANZA_MAX = BODY_MAX + 200,
	BOTH = GRANT_FROM_PEER | GRANT_TO_PEER,
};

_Static_assert(STREAMS + RIG_CORES <= RIG_PEERS_MAX, "and one that each core dials");

static char said[STREAMS][STANZAS * STANZA_MAX];
static size_t said_len[STREAMS];

/* @who's stanzas: of all lengths, none like another's. With a language of their own they pass
 * unchanged. */
static void compose(unsigned int who)
{
	const bool is_partner = who % 2 == 0;
	uint64_t seed = 0x9e3779b97f4a7c15u * (who + 1);
	char *out = said[who];

	for (unsigned int i = 0; i < STANZAS; i++) {
		const size_t body = check_random(&seed) % BODY_MAX;

		out += sprintf(out,
			       "<message xml:lang='en' from='%s@%c%u.example' to='b@%c%u.example' "
			       "id='%u'><body>",
			       "a", is_partner ? 'r' : 'l', who / 2, is_partner ? 'l' : 'r',
			       who / 2, i);
		for (size_t b = 0; b < body; b++)
			*out++ = (char)('a' + check_random(&seed) % 26);
		out += sprintf(out, "</body></message>");
	}
	said_len[who] = (size_t)(out - said[who]);
}

static struct peer *stream(unsigned int who)
{
	return &rig.peer[who];
}

static bool is_accepted(const struct peer *p)
{
	return p->side == rig.event.accepted.iface && far_port(p) == rig.event.accepted.remote_port;
}

/* All dial at once; control learns whose connection is whose by its port. */
static void connect_all(unsigned int *taken)
{
	for (unsigned int i = 0; i < STREAMS; i++)
		CHECK(far_dial(i % 2 == 0 ? IFACE_EDGE : IFACE_INTERNAL) == stream(i));
	for (unsigned int i = 0; i < STREAMS; i++) {
		unsigned int who = 0;

		if (!rig_expect(EVENT_ACCEPTED)) {
			CHECK(false);
			return;
		}
		while (who < STREAMS && !is_accepted(stream(who)))
			who++;
		CHECK(who < STREAMS);
		if (who == STREAMS)
			continue;
		CHECK_EQ(stream(who)->id.generation, 0);
		stream(who)->id = rig.event.conn;
		CHECK_EQ(rig.event_core, rig.event.conn.core);
		taken[rig.event_core]++;
	}
}

static void open_streams(void)
{
	for (unsigned int i = 0; i < STREAMS; i++)
		rig_stream(stream(i), true, MANY_LOCAL + i / 2, MANY_REMOTE + i / 2, BOTH);
	for (unsigned int turn = 0; STAT_SUM(streams_granted) < STREAMS && rig_waits(turn, 0);
	     turn++)
		rig_turn();
	CHECK_EQ(STAT_SUM(streams_granted), STREAMS);
}

/* What is dialled comes back to the core that dials, while all the others poll. */
static void each_dials(void)
{
	for (uint16_t i = 0; i < rig_cores; i++) {
		const struct peer *p = rig_dial_from(i, i % 2 == 0 ? IFACE_EDGE : IFACE_INTERNAL);

		CHECK_EQ(p->id.core, i);
	}
}

/* Control's answer to a core that looks for a pair's stream. */
static void serve(void)
{
	struct event e;

	for (uint16_t i = 0; i < rig_cores; i++)
		while (inbox_take_event(rig.inboxes[i], &e)) {
			const unsigned int n = 2u * (e.link.pair.local.n - MANY_LOCAL);
			struct msg m = {.kind = MSG_LINK_VIA};

			CHECK_EQ(e.kind, EVENT_LINK_WANTED);
			m.link_via.pair = e.link.pair;
			m.link_via.toward = e.link.toward;
			m.link_via.core = stream(e.link.toward == TOWARD_EDGE ? n : n + 1)->id.core;
			rig_order_to(i, &m);
		}
}

static uint64_t heard_by_all(void)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < STREAMS; i++)
		sum += stream(i)->heard_len;
	return sum;
}

/* Until all is heard and acknowledged, or nothing moves any more. */
static void talk(void)
{
	uint64_t all = (uint64_t)STREAMS * STANZAS, before = 0, now = 0;

	for (unsigned int i = 0; i < STREAMS; i++) {
		peer_say_bytes(stream(i), said[i], said_len[i]);
		all += said_len[i];
	}
	for (bool moves = true; now < all && rig_waits(moves ? 0 : 1, 0); moves = now != before) {
		rig_turn();
		serve();
		before = now;
		now = heard_by_all() + LAW_SUM(delivered);
	}
}

/* Each has heard the other's words and no more; returns how many pairs live on two cores. */
static unsigned int compare(void)
{
	unsigned int apart = 0;

	for (unsigned int i = 0; i < STREAMS; i++) {
		const struct peer *p = stream(i);

		CHECK_EQ(p->heard_len, said_len[i ^ 1]);
		CHECK_EQ(memcmp(p->heard, said[i ^ 1], said_len[i ^ 1]), 0);
		CHECK(!p->is_ended);
		apart += i % 2 == 0 && p->id.core != stream(i ^ 1)->id.core;
	}
	return apart;
}

static void check_law(uint64_t stanzas)
{
	CHECK_EQ(LAW_SUM(accepted), stanzas);
	CHECK_EQ(LAW_SUM(delivered), stanzas);
	CHECK_EQ(LAW_SUM(came), LAW_SUM(went));
	CHECK_EQ(LAW_SUM(held), 0);
	for (uint16_t i = 0; i < rig_cores; i++)
		CHECK_EQ(law_gap(&core_stats(rig.cores[i])->law), 0);
}

static void all_talk(uint16_t cores, enum steer_way way)
{
	unsigned int taken[RIG_CORES] = {0}, apart;

	rig_cores = cores;
	rig_queues = cores;
	rig_way = way;
	rig_start_us = rig_clock_us();
	rig_open();
	rig_launch();
	connect_all(taken);
	for (uint16_t i = 0; i < cores; i++)
		CHECK(taken[i] > 0);
	open_streams();
	each_dials();
	talk();
	apart = compare();
	check_law((uint64_t)STREAMS * STANZAS);
	CHECK(apart > 0);
	CHECK_EQ(STAT_SUM(stanzas_crossed), 2u * STANZAS * apart);
	/* Each frame of a flow whose queue is another core's, or none at all. */
	if (way == STEER_SOFTWARE)
		CHECK(STAT_SUM(frames_crossed) > STREAMS);
	else
		CHECK_EQ(STAT_SUM(frames_crossed), 0);
	rig_stop();
	for (unsigned int i = 0; i < STREAMS; i++)
		CHECK(stream(i)->is_ended);
	rig_close();
}

static void two_threads_steer_by_software(void)
{
	all_talk(2, STEER_SOFTWARE);
}

static void four_threads_steer_by_software(void)
{
	all_talk(4, STEER_SOFTWARE);
}

static void four_threads_and_the_device_steers(void)
{
	all_talk(4, STEER_DEVICE);
}

/* Control and four cores, wherever this process may run: on two CPUs they take turns. */
static const char *lcores(void)
{
	static char text[CPU_SETSIZE * 5 + 16];
	size_t at = (size_t)sprintf(text, "(0-%d)@(", RIG_CORES);
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	if (sched_getaffinity(0, sizeof(cpus), &cpus) != 0)
		CPU_SET(0, &cpus);
	for (unsigned int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &cpus))
			at += (size_t)sprintf(text + at, "%u,", i);
	text[at - 1] = ')';
	return text;
}

int main(void)
{
	rig_peers = RIG_PEERS_MAX;
	rig_wire = WIRE_VIRTIO;
	rig_start_on("512", lcores());
	for (unsigned int i = 0; i < STREAMS; i++)
		compose(i);
	RUN(two_threads_steer_by_software);
	RUN(four_threads_steer_by_software);
	RUN(four_threads_and_the_device_steers);
	return check_summary();
}
