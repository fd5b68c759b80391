/* SPDX-License-Identifier: BSD-3-Clause */
/* daemon.c - the relay as a process: what it does while it runs, and how it ends. */
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "control/daemon_state.h"
#include "control/log.h"
#include "control/notify.h"

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

static void is_drained(void *user)
{
	daemon_stop(user);
}

void daemon_shut_down(struct daemon *d)
{
	const struct config_drain *c = &d->config->drain;
	const struct drain_times times = {c->stop_spread_s * UINT64_C(1000000),
					  c->stop_deadline_s * UINT64_C(1000000)};

	if (d->shutting_down || d->stopping)
		return;
	d->shutting_down = true;
	notify_stopping();
	if (times.deadline_us == 0)
		daemon_stop(d);
	else
		drain_begin(d->drain, &times, is_drained, d);
}

void daemon_stop(struct daemon *d)
{
	const struct msg m = {.kind = MSG_STOP};

	if (d->stopping)
		return;
	log_event(LOG_LEVEL_NOTICE, "stopping", "uptime_s=%llu",
		  (unsigned long long)daemon_uptime_s(d));
	notify_stopping();
	d->stopping = true;
	d->stop_by_us = loop_now_us(d->loop) + STOP_PATIENCE_US;
	for (uint16_t i = 0; i < d->cores; i++)
		orders_give(d->orders, i, &m);
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

struct gateways *daemon_gateways(struct daemon *d)
{
	return d->gateways;
}

struct drain *daemon_drain(struct daemon *d)
{
	return d->drain;
}

uint64_t daemon_core_still_us(const struct daemon *d, size_t index)
{
	return heartbeat_still_us(d->heartbeat, index);
}

uint64_t daemon_certificate_ends_unix_s(const struct daemon *d, enum iface iface)
{
	return tls_ctx_ends_unix_s(d->tls[iface]);
}

const char *daemon_state(const struct daemon *d)
{
	return d->shutting_down || d->stopping ? "stopping" : drain_state(d->drain);
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
