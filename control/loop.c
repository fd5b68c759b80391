/* SPDX-License-Identifier: BSD-3-Clause */
/* loop.c - epoll for descriptors, the timing wheel for timers, one thread for both. */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "control/loop.h"

#define READY_MAX    64
#define LONGEST_MS   1000
#define TIMERS_IN_MS 10 /* with timers armed the wheel is looked at this often */

struct loop {
	int epoll;
	uint64_t now_us;
	struct wheel wheel;
	struct epoll_event ready[READY_MAX];
	int ready_count;
};

static uint64_t clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

struct loop *loop_make(void)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0) {
		free(l);
		return NULL;
	}
	l->now_us = clock_us();
	wheel_init(&l->wheel, l->now_us);
	return l;
}

void loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	close(l->epoll);
	free(l);
}

bool loop_watch(struct loop *l, struct loop_watch *w, uint32_t epoll_events)
{
	struct epoll_event e = {.events = epoll_events, .data.ptr = w};

	return epoll_ctl(l->epoll, EPOLL_CTL_ADD, w->fd, &e) == 0;
}

void loop_rewatch(struct loop *l, struct loop_watch *w, uint32_t epoll_events)
{
	struct epoll_event e = {.events = epoll_events, .data.ptr = w};

	(void)epoll_ctl(l->epoll, EPOLL_CTL_MOD, w->fd, &e);
}

void loop_unwatch(struct loop *l, struct loop_watch *w)
{
	(void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, NULL);
	/* It may stand further down in the batch being served: its memory can go away now. */
	for (int i = 0; i < l->ready_count; i++)
		if (l->ready[i].data.ptr == w)
			l->ready[i].data.ptr = NULL;
}

void loop_at(struct loop *l, struct loop_timer *t, uint64_t due_us)
{
	wheel_set(&l->wheel, &t->timer, due_us);
}

void loop_cancel(struct loop *l, struct loop_timer *t)
{
	wheel_cancel(&l->wheel, &t->timer);
}

uint64_t loop_now_us(const struct loop *l)
{
	return l->now_us;
}

static void serve_timers(struct loop *l)
{
	struct wheel_timer *due;

	while ((due = wheel_next(&l->wheel, l->now_us)) != NULL) {
		struct loop_timer *t = CONTAINER_OF(due, struct loop_timer, timer);

		t->due(t);
	}
}

void loop_turn(struct loop *l)
{
	const int wait_ms = l->wheel.armed > 0 ? TIMERS_IN_MS : LONGEST_MS;
	const int n = epoll_wait(l->epoll, l->ready, READY_MAX, wait_ms);

	l->ready_count = n > 0 ? n : 0;
	l->now_us = clock_us();
	for (int i = 0; i < l->ready_count; i++) {
		struct loop_watch *w = l->ready[i].data.ptr;

		if (w != NULL)
			w->ready(w, l->ready[i].events);
	}
	l->ready_count = 0;
	serve_timers(l);
}
