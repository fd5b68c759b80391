/* SPDX-License-Identifier: BSD-3-Clause */
/* launch_test.c - the loop on an lcore of its own, beside control: starts, answers, stops. */
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
	rig_order(&stop);
	CHECK(wait_event(&e));
	CHECK_EQ(e.kind, EVENT_STOPPED);
	CHECK(core_join(rig.core, 10000000));
	CHECK(stat_read(&rig.core->stats.busy_turns) >= 1);
	CHECK(stat_read(&rig.core->stats.busy_tsc) > 0);
	rig_close();
}

int main(void)
{
	rig_start();
	RUN(runs_and_stops);
	return check_summary();
}
