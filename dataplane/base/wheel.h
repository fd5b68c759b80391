/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * wheel.h - hierarchical timing wheel over intrusive timers: 256 slots of 1 ms, 256 of 256 ms,
 * 64 of 65 s (Varghese, Lauck 1987).
 *
 * A timer fires at the first wheel_next() whose time is at or past its due time, never early and at
 * most one tick (1 ms) late. Moving a timer to a later time is free: the slot re-checks and
 * re-links.
 *
 * Runs on  the core that owns it. No callback: wheel_next() hands out what is due, one by one.
 * Owns     nothing: a timer lies inside the struct it belongs to, which must cancel before it dies.
 */
#ifndef DATAPLANE_BASE_WHEEL_H
#define DATAPLANE_BASE_WHEEL_H

#include "dataplane/base/base.h"

#define WHEEL_TICK_US 1000
#define WHEEL_NEAR    256
#define WHEEL_MIDDLE  256
#define WHEEL_FAR     64

struct wheel_timer {
	struct wheel_timer *next, **link; /* link is NULL while idle */
	uint64_t due_us : 56;
	uint64_t kind : 8; /* the user's: tells wheel_next()'s caller what struct it is in */
};

struct wheel {
	uint64_t tick;       /* last tick wheel_next() has looked at, in WHEEL_TICK_US */
	uint64_t soonest_us; /* nothing in the present tick's slot is due before */
	uint32_t armed;      /* timers linked */
	struct wheel_timer *due;
	struct wheel_timer *near[WHEEL_NEAR], *middle[WHEEL_MIDDLE], *far[WHEEL_FAR];
};

void wheel_init(struct wheel *w, uint64_t now_us);

/* Arms @t, or moves it. A due time in the past fires at the next wheel_next(). Beyond 70 minutes it
 * is re-linked. */
void wheel_set(struct wheel *w, struct wheel_timer *t, uint64_t due_us);

/* Idle timers may be cancelled too. */
void wheel_cancel(struct wheel *w, struct wheel_timer *t);

static inline bool wheel_is_armed(const struct wheel_timer *t)
{
	return t->link != NULL;
}

/* The next timer due at @now_us, now idle, or NULL. Time never goes back. */
struct wheel_timer *wheel_next(struct wheel *w, uint64_t now_us);

#endif
