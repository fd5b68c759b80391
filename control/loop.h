/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * loop.h - control's event loop: epoll over a few file descriptors, and timers.
 *
 * Runs on  control. Callbacks are fine here: nothing of the fast path comes by.
 * Owns     watches and timers lie in their user's structs.
 */
#ifndef CONTROL_LOOP_H
#define CONTROL_LOOP_H

#include "dataplane/base/wheel.h"

struct loop;

struct loop_watch {
	int fd;
	void (*ready)(struct loop_watch *w, uint32_t epoll_events);
};

struct loop_timer {
	struct wheel_timer timer;
	void (*due)(struct loop_timer *t);
};

/* NULL when the kernel refuses. */
MUST_USE struct loop *loop_make(void);
void loop_free(struct loop *l);

/* @epoll_events: EPOLLIN, EPOLLOUT. False when the kernel refuses. */
MUST_USE bool loop_watch(struct loop *l, struct loop_watch *w, uint32_t epoll_events);
void loop_rewatch(struct loop *l, struct loop_watch *w, uint32_t epoll_events);
void loop_unwatch(struct loop *l, struct loop_watch *w);

void loop_at(struct loop *l, struct loop_timer *t, uint64_t due_us);
void loop_cancel(struct loop *l, struct loop_timer *t);

/* Monotonic microseconds, as of this turn. */
uint64_t loop_now_us(const struct loop *l);
/* One turn: waits at most until the next timer, or 1 s. */
void loop_turn(struct loop *l);

#endif
