/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * wheel.c - the timing wheel. A slot says when to look at a timer again, its due_us when to fire
 * it: that is why moving one later needs no re-linking.
 */
#include "dataplane/base/wheel.h"

#define DUE_MASK ((UINT64_C(1) << 56) - 1) /* two thousand years */

#define NEAR_BITS   8
#define MIDDLE_BITS 8
#define MIDDLE_TICK (UINT64_C(1) << NEAR_BITS)                 /* ticks of one middle slot */
#define FAR_TICK    (UINT64_C(1) << (NEAR_BITS + MIDDLE_BITS)) /* ticks of one far slot */

#define FINE_US 64 /* of one slot of the present tick */

_Static_assert(WHEEL_TICK_US <= FINE_US * WHEEL_FINE, "the present tick has no slot for its end");
_Static_assert(WHEEL_NEAR == 1 << NEAR_BITS && WHEEL_MIDDLE == 1 << MIDDLE_BITS, "wheel sizes");

static void push(struct wheel_timer **head, struct wheel_timer *t)
{
	t->next = *head;
	if (t->next != NULL)
		t->next->link = &t->next;
	t->link = head;
	*head = t;
}

static void unlink_timer(struct wheel_timer *t)
{
	*t->link = t->next;
	if (t->next != NULL)
		t->next->link = t->link;
	t->link = NULL;
}

/* Due in the present tick, or before it. */
static void place_now(struct wheel *w, struct wheel_timer *t)
{
	const uint64_t start_us = w->tick * WHEEL_TICK_US;
	const uint64_t into_us = t->due_us > start_us ? t->due_us - start_us : 0;

	if (t->due_us < w->soonest_us)
		w->soonest_us = t->due_us;
	push(&w->fine[into_us / FINE_US], t);
}

/* Into the slot at which it is looked at next. */
static void place(struct wheel *w, struct wheel_timer *t)
{
	uint64_t tick = t->due_us / WHEEL_TICK_US;

	if (tick <= w->tick) {
		place_now(w, t);
		return;
	}
	if (tick - w->tick >= FAR_TICK * WHEEL_FAR)
		tick = w->tick + FAR_TICK * WHEEL_FAR - 1;
	if (tick - w->tick < MIDDLE_TICK)
		push(&w->near[tick % WHEEL_NEAR], t);
	else if (tick - w->tick < FAR_TICK)
		push(&w->middle[tick / MIDDLE_TICK % WHEEL_MIDDLE], t);
	else
		push(&w->far[tick / FAR_TICK % WHEEL_FAR], t);
}

/* Gives each timer of a slot its place anew; those due at @now_us go to the due list. */
static void sort_slot(struct wheel *w, struct wheel_timer **slot, uint64_t now_us)
{
	struct wheel_timer *t = *slot, *next;

	*slot = NULL;
	for (; t != NULL; t = next) {
		next = t->next;
		if (t->due_us <= now_us)
			push(&w->due, t);
		else
			place(w, t);
	}
}

/* Of the present tick only the slot that @now_us lies in is looked at more than once. */
static void sort_present(struct wheel *w, uint64_t now_us)
{
	uint64_t begin_us = w->tick * WHEEL_TICK_US;

	w->soonest_us = UINT64_MAX;
	for (int i = 0; i < WHEEL_FINE; i++, begin_us += FINE_US) {
		if (w->fine[i] == NULL)
			continue;
		if (begin_us > now_us) {
			w->soonest_us = begin_us < w->soonest_us ? begin_us : w->soonest_us;
			return;
		}
		sort_slot(w, &w->fine[i], now_us);
	}
}

/* To the next tick up to @now_us's that brings something. The one that ends has nothing left:
 * soonest_us would have told. What the new one gets has told soonest_us when to look. */
static void advance(struct wheel *w, uint64_t now_us)
{
	const uint64_t last = now_us / WHEEL_TICK_US;

	do
		w->tick++;
	while (w->near[w->tick % WHEEL_NEAR] == NULL && w->tick % MIDDLE_TICK != 0 &&
	       w->tick < last);
	if (w->tick % FAR_TICK == 0)
		sort_slot(w, &w->far[w->tick / FAR_TICK % WHEEL_FAR], now_us);
	if (w->tick % MIDDLE_TICK == 0)
		sort_slot(w, &w->middle[w->tick / MIDDLE_TICK % WHEEL_MIDDLE], now_us);
	sort_slot(w, &w->near[w->tick % WHEEL_NEAR], now_us);
}

void wheel_init(struct wheel *w, uint64_t now_us)
{
	*w = (struct wheel){.tick = now_us / WHEEL_TICK_US, .soonest_us = UINT64_MAX};
}

void wheel_set(struct wheel *w, struct wheel_timer *t, uint64_t due_us)
{
	if (wheel_is_armed(t)) {
		if (due_us >= t->due_us) {
			t->due_us = due_us & DUE_MASK;
			return;
		}
		unlink_timer(t);
	} else {
		w->armed++;
	}
	t->due_us = due_us & DUE_MASK;
	place(w, t);
}

void wheel_cancel(struct wheel *w, struct wheel_timer *t)
{
	if (!wheel_is_armed(t))
		return;
	unlink_timer(t);
	w->armed--;
}

/* The due list may hold timers that were moved later since. */
static struct wheel_timer *take_due(struct wheel *w, uint64_t now_us)
{
	struct wheel_timer *t;

	while ((t = w->due) != NULL) {
		unlink_timer(t);
		if (t->due_us <= now_us) {
			w->armed--;
			return t;
		}
		place(w, t);
	}
	return NULL;
}

struct wheel_timer *wheel_next(struct wheel *w, uint64_t now_us)
{
	const uint64_t now_tick = now_us / WHEEL_TICK_US;
	struct wheel_timer *t;

	for (;;) {
		t = take_due(w, now_us);
		if (t != NULL)
			return t;
		if (w->soonest_us <= now_us) {
			sort_present(w, now_us);
		} else if (w->armed == 0) {
			w->tick = now_tick > w->tick ? now_tick : w->tick;
			return NULL;
		} else if (w->tick < now_tick) {
			advance(w, now_us);
		} else {
			return NULL;
		}
	}
}
