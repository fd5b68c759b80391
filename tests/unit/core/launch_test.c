/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * launch_test.c - the loop on an lcore of its own, beside control: starts, answers, stops; then two
 * and four of them, which pass frames and stanzas to each other.
 */
#include <poll.h>
#include <time.h>

#include "tests/unit/core/rig.h"

/* Waits for the core's wake-up, as control does. False after ten seconds. */
static bool wait_event(struct event *e)
{
	struct pollfd p = {.fd = inbox_fd(rig.inbox), .events = POLLIN};

	while (!inbox_take_event(rig.inbox, e)) {
		if (poll(&p, 1, 10000) != 1)
			return false;
		inbox_ack(rig.inbox);
	}
	return true;
}

/* Two orders may fall into one turn: so the next beat is waited for. False after ten seconds. */
static bool beats_on(uint64_t beats)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (unsigned int i = 0; i < 10000; i++) {
		if (core_heartbeat(rig.core) > beats)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

/* The loop says each second what it did with it. */
static bool tells_a_second(const struct recent_stats *r)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (unsigned int i = 0; i < 10000; i++) {
		if (stat_read(&r->tsc) > 0)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

static void runs_and_stops(void)
{
	struct msg routes = {.kind = MSG_ROUTES}, stop = {.kind = MSG_STOP};
	struct event e;
	uint64_t beats;

	rig_open();
	CHECK(core_launch(rig.core));
	routes.routes = rig.routes;
	rig_order(&routes);
	CHECK(wait_event(&e));
	CHECK_EQ(e.kind, EVENT_ROUTES_IN_USE);
	CHECK(e.routes == rig.routes);
	beats = core_heartbeat(rig.core);
	rig_order(&routes);
	CHECK(wait_event(&e));
	CHECK(beats_on(beats));
	CHECK(tells_a_second(&rig.core->stats.recent));
	CHECK(stat_read(&rig.core->stats.recent.tsc) >= stat_read(&rig.core->stats.tsc_hz));
	CHECK(stat_read(&rig.core->stats.recent.busy_tsc) > 0);
	CHECK(stat_read(&rig.core->stats.recent.busy_tsc) < stat_read(&rig.core->stats.recent.tsc));
	rig_order(&stop);
	CHECK(wait_event(&e));
	CHECK_EQ(e.kind, EVENT_STOPPED);
	CHECK(core_join(rig.core, 10000000));
	CHECK(stat_read(&rig.core->stats.busy_turns) >= 1);
	CHECK(stat_read(&rig.core->stats.busy_tsc) > 0);
	rig_close();
}

/* --- several loops --- */

enum { STANZAS = 2000, PATIENCE_US = 10000000 };

/* Ids that @p has heard: in order, each once. */
static unsigned int heard(const struct peer *p)
{
	const char *at = p->heard;
	unsigned int n = 0;

	while ((at = strstr(at, "id='n")) != NULL) {
		CHECK_EQ(strtol(at + 5, NULL, 10), n);
		n++;
		at++;
	}
	return n;
}

static const char *stanzas(char *out, const char *from, const char *to)
{
	size_t at = 0;

	for (unsigned int i = 0; i < STANZAS; i++)
		at +=
		    (size_t)sprintf(out + at, "<message from='%s' to='%s' id='n%u'/>", from, to, i);
	return out;
}

/* Control's answer to whoever asks: the stream of that side. */
static void serve(const struct peer *partner, const struct peer *gateway)
{
	struct event e;

	for (uint16_t i = 0; i < rig_cores; i++)
		while (inbox_take_event(rig.inboxes[i], &e)) {
			const struct peer *p = e.link.toward == TOWARD_EDGE ? partner : gateway;
			struct msg m = {.kind = MSG_LINK_VIA};

			CHECK_EQ(e.kind, EVENT_LINK_WANTED);
			m.link_via.pair = e.link.pair;
			m.link_via.toward = e.link.toward;
			m.link_via.core = p->id.core;
			rig_order_to(i, &m);
		}
}

/* A partner's stream and a gateway's on different cores, each a thread: all arrives both ways. */
static void crosses(uint16_t cores, uint16_t queues)
{
	static char out[STANZAS * 100], in[STANZAS * 100];
	struct peer *partner, *gateway;
	uint64_t crossed;

	rig_cores = cores;
	rig_queues = queues;
	rig_way = STEER_SOFTWARE;
	rig_start_us = rig_clock_us();
	rig_open();
	/* The streams are made turn by turn, what they carry is not. */
	partner = rig_connect(IFACE_EDGE);
	rig_stream(partner, true, 1, 11, GRANT_FROM_PEER | GRANT_TO_PEER);
	/* On another core, and by a queue that is not its core's. */
	do {
		crossed = STAT_SUM(frames_crossed);
		gateway = rig_connect(IFACE_INTERNAL);
	} while (gateway->id.core == partner->id.core || STAT_SUM(frames_crossed) == crossed);
	rig_stream(gateway, true, 1, 11, GRANT_FROM_PEER | GRANT_TO_PEER);
	rig_launch();
	peer_say(gateway, stanzas(out, "a@contoso.example", "b@partner.example"));
	peer_say(partner, stanzas(in, "b@partner.example", "a@contoso.example"));
	rig_turn();
	for (const uint64_t end = rig.now_us + PATIENCE_US;
	     (heard(partner) < STANZAS || heard(gateway) < STANZAS) && rig.now_us < end;) {
		for (unsigned int i = 0; i < 200; i++)
			rig_turn();
		serve(partner, gateway);
	}
	CHECK_EQ(heard(partner), STANZAS);
	CHECK_EQ(heard(gateway), STANZAS);
	for (const uint64_t end = rig.now_us + 5000000;
	     LAW_SUM(delivered) < 2 * STANZAS && rig.now_us < end;)
		rig_turn();
	CHECK_EQ(LAW_SUM(accepted), 2 * STANZAS);
	CHECK_EQ(LAW_SUM(delivered), 2 * STANZAS);
	CHECK_EQ(STAT_SUM(stanzas_crossed), 2 * STANZAS);
	CHECK(STAT_SUM(frames_crossed) > crossed);
	for (uint16_t i = 0; i < cores; i++)
		CHECK_EQ(law_gap(&core_stats(rig.cores[i])->law), 0);
	rig_stop();
	CHECK(partner->is_ended && gateway->is_ended);
	rig_close();
}

static void two_threads(void)
{
	crosses(2, 2);
}

static void four_threads(void)
{
	crosses(4, 4);
}

/* More threads than queues, as many devices have. */
static void four_threads_and_one_queue(void)
{
	crosses(4, 1);
}

int main(void)
{
	rig_start();
	RUN(runs_and_stops);
	RUN(two_threads);
	RUN(four_threads);
	RUN(four_threads_and_one_queue);
	return check_summary();
}
