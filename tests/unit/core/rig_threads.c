/* SPDX-License-Identifier: BSD-3-Clause */
/* rig_threads.c - the rig with each core on a thread of its own: real time instead of turns. */
#include <sched.h>

#include <rte_cycles.h>

#include "tests/unit/core/far.h"

/* Rounding included: on a machine long up that makes seconds. */
uint64_t rig_clock_us(void)
{
	const uint64_t scale = (UINT64_C(1000000) << 32) / rte_get_tsc_hz();

	return (uint64_t)((unsigned __int128)rte_rdtsc() * scale >> 32);
}

void rig_launch(void)
{
	while (rig_clock_us() < rig.now_us + 1000) /* turns have run ahead of it */
		sched_yield();
	rig.is_live = true;
	for (uint16_t i = 0; i < rig_cores; i++)
		far_must(core_launch(rig.cores[i]), "a core does not start");
}

bool rig_waits(unsigned int turn, unsigned int turns)
{
	static uint64_t since_us;

	if (!rig.is_live)
		return turn < turns;
	if (turn == 0)
		since_us = rig.now_us;
	return rig.now_us - since_us < RIG_PATIENCE_US;
}

/* Who is told that the core has ended ends too. */
static void close_too(void)
{
	for (unsigned int i = 0; i < rig_peers; i++) {
		struct peer *p = &rig.peer[i];

		if (p->tcp == NULL || !p->is_ended || p->has_closed)
			continue;
		p->has_closed = true;
		peer_fin(p);
	}
}

static bool take_stopped(uint16_t core)
{
	bool stopped = false;
	struct event e;

	while (inbox_take_event(rig.inboxes[core], &e)) {
		stopped |= e.kind == EVENT_STOPPED;
		if (e.bytes != NULL)
			inbox_free(e.bytes);
	}
	return stopped;
}

/* One after the other, the first of all first: the others still need its queue. */
void rig_stop(void)
{
	const struct msg stop = {.kind = MSG_STOP};

	for (uint16_t i = 0; i < rig_cores; i++) {
		bool stopped = false;

		rig_order_to(i, &stop);
		for (unsigned int turn = 0; !stopped && rig_waits(turn, 0); turn++) {
			rig_turn();
			close_too();
			stopped = take_stopped(i);
		}
		far_must(stopped, "a core has not stopped");
	}
	for (uint16_t i = 0; i < rig_cores; i++)
		far_must(core_join(rig.cores[i], RIG_PATIENCE_US), "a core's thread does not end");
	/* What the last one has sent. */
	for (unsigned int i = 0; i < rig_cores; i++)
		rig_turn();
	rig.is_live = false;
}
