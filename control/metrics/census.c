/* SPDX-License-Identifier: BSD-3-Clause */
/* census.c - a walk over all connections in slices; the last whole one is what counts. */
#include <stdlib.h>
#include <string.h>

#include "control/loop.h"
#include "control/memory.h"
#include "control/metrics/census.h"

enum {
	SLICE_SLOTS = 2048,   /* in one turn of control's loop: less than a millisecond */
	AT_ONCE_SLOTS = 8192, /* of all cores: so many are looked at on the spot */
};
#define SLICE_US    UINT64_C(10000)
#define REST_US     UINT64_C(3000000)  /* from the end of one to the start of the next */
#define INTEREST_US UINT64_C(60000000) /* behind the last question */

struct counts {
	uint64_t queued[PARTNERS_MAX][IFACE_COUNT];
};

struct census {
	struct loop_timer timer;
	struct daemon *daemon;
	struct counts *last, *next; /* last: NULL before the first is finished */
	uint64_t asked_us;
	uint16_t core;
	uint32_t slot;
	bool is_running; /* the timer is set */
};

static void look(struct census *s, struct session_load *load)
{
	if (sessions_look(daemon_sessions(s->daemon), s->core, s->slot, load))
		s->next->queued[load->partner.n][load->leg] += load->queued_bytes;
}

/* True when the last slot of the last core has been looked at. */
static bool walk(struct census *s, uint32_t most)
{
	const uint32_t slots = sessions_slots(daemon_sessions(s->daemon));
	struct session_load load;

	for (; most > 0; most--) {
		if (s->slot >= slots) {
			s->slot = 0;
			s->core++;
		}
		if (s->core >= daemon_cores(s->daemon))
			return true;
		look(s, &load);
		s->slot++;
	}
	return false;
}

static void finish(struct census *s)
{
	struct counts *old = s->last;

	s->last = s->next;
	s->next = old != NULL ? old : memory_get(sizeof(*old));
	memset(s->next, 0, sizeof(*s->next));
	s->core = 0;
	s->slot = 0;
}

static void on_due(struct loop_timer *t)
{
	struct census *s = CONTAINER_OF(t, struct census, timer);
	const uint64_t now_us = loop_now_us(daemon_loop(s->daemon));
	bool is_done;

	if (now_us - s->asked_us > INTEREST_US) {
		s->is_running = false;
		return;
	}
	is_done = walk(s, SLICE_SLOTS);
	if (is_done)
		finish(s);
	loop_at(daemon_loop(s->daemon), t, now_us + (is_done ? REST_US : SLICE_US));
}

struct census *census_make(struct daemon *d)
{
	struct census *s = memory_get(sizeof(*s));

	s->daemon = d;
	s->timer.due = on_due;
	s->next = memory_get(sizeof(*s->next));
	return s;
}

void census_free(struct census *s)
{
	if (s == NULL)
		return;
	loop_cancel(daemon_loop(s->daemon), &s->timer);
	free(s->last);
	free(s->next);
	free(s);
}

void census_ask(struct census *s)
{
	const uint64_t slots = sessions_slots(daemon_sessions(s->daemon));

	s->asked_us = loop_now_us(daemon_loop(s->daemon));
	if (s->is_running)
		return;
	s->is_running = true;
	s->core = 0;
	s->slot = 0;
	memset(s->next, 0, sizeof(*s->next));
	if (slots * daemon_cores(s->daemon) <= AT_ONCE_SLOTS && walk(s, AT_ONCE_SLOTS + 1))
		finish(s);
	loop_at(daemon_loop(s->daemon), &s->timer, s->asked_us + SLICE_US);
}

bool census_is_taken(const struct census *s)
{
	return s->last != NULL;
}

uint64_t census_queued(const struct census *s, struct partner_id partner, enum iface leg)
{
	return s->last->queued[partner.n][leg];
}
