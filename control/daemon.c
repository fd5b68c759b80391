/* SPDX-License-Identifier: BSD-3-Clause */
/* daemon.c - the relay as a process: what it starts, in order, what it does while it runs, and the
 * reload. */
#include <errno.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "control/daemon_state.h"
#include "control/log.h"
#include "control/memory.h"

#define STOP_PATIENCE_US UINT64_C(10000000)
/* Of one core between two looks at timers, signals and the operator: what a peer can make a core
 * tell has no end of its own. */
#define EVENTS_PER_TURN 256

static void on_core_event(struct daemon *d, uint16_t core, struct event *e)
{
	switch ((int)e->kind) {
	case EVENT_LINK_WANTED:
		links_wanted(d->links, core, e);
		break;
	case EVENT_ROUTES_IN_USE:
		daemon_route_unused(d, e->routes);
		break;
	case EVENT_STOPPED:
		d->stopped++;
		break;
	default:
		sessions_on_event(d->sessions, e);
		break;
	}
}

void daemon_events_ready(struct loop_watch *w, uint32_t events)
{
	struct core_watch *cw = CONTAINER_OF(w, struct core_watch, watch);
	struct daemon *d = cw->daemon;
	struct event e;

	(void)events;
	inbox_ack(d->inbox[cw->core]);
	for (unsigned int i = 0; i < EVENTS_PER_TURN; i++) {
		if (!inbox_take_event(d->inbox[cw->core], &e))
			return;
		on_core_event(d, cw->core, &e);
	}
	/* There may be more, and the core need not wake us for it: we do. */
	(void)eventfd_write(w->fd, 1);
}

void daemon_signal_ready(struct loop_watch *w, uint32_t events)
{
	struct daemon *d = CONTAINER_OF(w, struct daemon, signals);
	struct signalfd_siginfo info;
	unsigned int closed;

	(void)events;
	while (read(w->fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo != SIGHUP)
			daemon_stop(d);
		else if (!daemon_reload(d, stderr, &closed))
			log_event(LOG_LEVEL_ERROR, "reload_refused", "running=%016llx",
				  (unsigned long long)d->config->hash);
	}
}

void daemon_run(struct daemon *d)
{
	while (!d->stopping || (d->stopped < d->cores && loop_now_us(d->loop) < d->stop_by_us)) {
		loop_turn(d->loop);
		orders_flush(d->orders);
	}
	if (d->stopped < d->cores)
		log_event(LOG_LEVEL_WARNING, "stop_unclean", "cores_left=%u",
			  d->cores - d->stopped);
}

void daemon_stop(struct daemon *d)
{
	const struct msg m = {.kind = MSG_STOP};

	if (d->stopping)
		return;
	log_event(LOG_LEVEL_NOTICE, "stopping", "uptime_s=%llu",
		  (unsigned long long)daemon_uptime_s(d));
	d->stopping = true;
	d->stop_by_us = loop_now_us(d->loop) + STOP_PATIENCE_US;
	for (uint16_t i = 0; i < d->cores; i++)
		orders_give(d->orders, i, &m);
}

/* Each core says once that it has left @route; the last one frees it. */
void daemon_route_unused(struct daemon *d, const struct route *route)
{
	for (struct retired_route **at = &d->retired; *at != NULL; at = &(*at)->next) {
		struct retired_route *r = *at;

		if (r->route != route || --r->cores_left > 0)
			continue;
		*at = r->next;
		route_free(r->route);
		free(r);
		return;
	}
}

static void publish(struct daemon *d, struct route *next)
{
	struct retired_route *r = memory_get(sizeof(*r));
	const struct msg m = {.kind = MSG_ROUTES, .routes = next};

	r->route = d->route;
	r->cores_left = d->cores;
	r->next = d->retired;
	d->retired = r;
	d->route = next;
	for (uint16_t i = 0; i < d->cores; i++)
		orders_give(d->orders, i, &m);
}

static bool make_next(struct daemon *d, const struct config *next, FILE *report,
		      struct tls_ctx *tls[IFACE_COUNT], struct route **route)
{
	char error[256];

	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		tls[i] = daemon_make_tls(next, (enum iface)i, error);
		if (tls[i] != NULL)
			continue;
		fprintf(report, "%s:1: error: %s\n", next->path, error);
		goto undo;
	}
	*route = domains_route(d->domains, next);
	if (*route != NULL)
		return true;
	fprintf(report, "%s:1: error: no memory for the routes\n", next->path);
undo:
	for (unsigned int i = 0; i < IFACE_COUNT; i++)
		tls_ctx_drop(tls[i]);
	return false;
}

bool daemon_reload(struct daemon *d, FILE *report, unsigned int *closed)
{
	struct tls_ctx *tls[IFACE_COUNT] = {NULL};
	struct config *next = config_load(d->config->path, report), *before = d->config;
	struct route *route;
	char what[256];

	*closed = 0;
	if (next == NULL || !make_next(d, next, report, tls, &route)) {
		log_event(LOG_LEVEL_ERROR, "reload_failed", "file=%s", before->path);
		config_free(next);
		return false;
	}
	if (config_needs_restart(before, next, what, sizeof(what)))
		fprintf(report, "%s:1: warning: needs a restart to change: %s\n", next->path, what);
	d->config = next;
	d->loaded_unix_s = (uint64_t)time(NULL);
	daemon_apply_log(next);
	publish(d, route);
	links_reload(d->links, next);
	*closed = sessions_reload(d->sessions, next, tls);
	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		tls_ctx_drop(d->tls[i]);
		d->tls[i] = tls[i];
	}
	config_free(before);
	log_event(LOG_LEVEL_NOTICE, "reloaded", "file=%s hash=%016llx streams_closed=%u",
		  next->path, (unsigned long long)next->hash, *closed);
	return true;
}

const struct config *daemon_config(const struct daemon *d)
{
	return d->config;
}

struct sessions *daemon_sessions(struct daemon *d)
{
	return d->sessions;
}

struct loop *daemon_loop(struct daemon *d)
{
	return d->loop;
}

size_t daemon_cores(const struct daemon *d)
{
	return d->cores;
}

const struct core *daemon_core(const struct daemon *d, size_t index)
{
	return d->core[index];
}

size_t daemon_ports(const struct daemon *d, enum iface iface)
{
	return d->ports[iface].count;
}

const struct port *daemon_port(const struct daemon *d, enum iface iface, size_t index)
{
	return &d->ports[iface].port[index];
}

enum steer_way daemon_steering(const struct daemon *d, enum iface iface)
{
	return d->steer.iface[iface].way;
}

uint64_t daemon_uptime_s(const struct daemon *d)
{
	return (loop_now_us(d->loop) - d->started_us) / 1000000;
}

uint64_t daemon_loaded_unix_s(const struct daemon *d)
{
	return d->loaded_unix_s;
}
