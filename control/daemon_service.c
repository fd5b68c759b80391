/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * daemon_service.c - once a second, or more often where the service manager wants it: a sign of
 * life where every core gives one, a line of status, what the log has withheld.
 *
 * By a timerfd: timers of the loop would make it turn a hundred times a second.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "control/daemon_state.h"
#include "control/log.h"
#include "control/memory.h"
#include "control/notify.h"
#include "control/watchdog.h"

enum {
	TICK_US = 1000 * 1000,
	TICK_US_MIN = 10 * 1000,
	TICKS_PER_WATCHDOG = 3, /* one that comes late is no death */
	FEW_STREAMS = 2000,     /* so many are looked through each time, more than that */
	TICKS_PER_LOOK = 10,    /* only so often */
};

struct service {
	struct loop_watch watch;
	struct daemon *daemon;
	struct watchdog watchdog;
	uint64_t ticks;
	unsigned int gateways_up;
	char status[128];
};

static void vouch(struct service *s)
{
	const struct daemon *d = s->daemon;
	uint64_t counts[CORES_MAX];

	for (size_t i = 0; i < d->cores; i++)
		counts[i] = core_heartbeat(d->core[i]);
	/* Cores that leave their loop move no more; the stop has a bound of its own. */
	if (d->stopping || watchdog_all_moved(&s->watchdog, counts, d->cores))
		notify_alive();
}

static uint64_t count_streams(const struct daemon *d)
{
	uint64_t n = 0;

	for (size_t i = 0; i < d->cores; i++)
		n += stat_read(&core_stats(d->core[i])->streams_granted);
	return n;
}

static void tell_status(struct service *s)
{
	const struct policy *p = s->daemon->config->policy;
	const uint64_t streams = count_streams(s->daemon);
	char text[sizeof(s->status)];

	if (streams <= FEW_STREAMS || s->ticks % TICKS_PER_LOOK == 0)
		s->gateways_up = sessions_gateways_up(s->daemon->sessions);
	(void)snprintf(text, sizeof(text), "%zu partners, %llu streams, %u/%zu gateways",
		       p->partner_count, (unsigned long long)streams, s->gateways_up,
		       p->gateway_count);
	if (s->daemon->stopping || strcmp(text, s->status) == 0)
		return;
	(void)snprintf(s->status, sizeof(s->status), "%s", text);
	notify_status(text);
}

static void tick(struct loop_watch *w, uint32_t events)
{
	struct service *s = CONTAINER_OF(w, struct service, watch);
	uint64_t times;

	(void)events;
	if (read(w->fd, &times, sizeof(times)) != (ssize_t)sizeof(times))
		return;
	vouch(s);
	tell_status(s);
	log_tick();
	s->ticks++;
}

/* -1, with errno. */
static int make_timer(void)
{
	const uint64_t watchdog_us = notify_watchdog_us();
	uint64_t us = TICK_US;
	struct itimerspec every;
	int fd;

	if (watchdog_us > 0 && watchdog_us / TICKS_PER_WATCHDOG < us)
		us = watchdog_us / TICKS_PER_WATCHDOG;
	if (us < TICK_US_MIN)
		us = TICK_US_MIN;
	every.it_interval.tv_sec = (time_t)(us / 1000000);
	every.it_interval.tv_nsec = (long)(us % 1000000 * 1000);
	every.it_value = every.it_interval;
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (fd >= 0)
		(void)timerfd_settime(fd, 0, &every, NULL);
	return fd;
}

bool daemon_start_service(struct daemon *d, char *error)
{
	struct service *s = memory_get(sizeof(*s));

	s->daemon = d;
	s->watch = (struct loop_watch){make_timer(), tick};
	if (s->watch.fd < 0 || !loop_watch(d->loop, &s->watch, EPOLLIN)) {
		(void)snprintf(error, 256, "cannot make a timer: %s", strerror(errno));
		if (s->watch.fd >= 0)
			close(s->watch.fd);
		free(s);
		return false;
	}
	d->service = s;
	notify_ready();
	tell_status(s);
	return true;
}

void daemon_stop_service(struct daemon *d)
{
	loop_unwatch(d->loop, &d->service->watch);
	close(d->service->watch.fd);
	free(d->service);
	d->service = NULL;
}
