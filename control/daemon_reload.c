/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * daemon_reload.c - another configuration in place of the running one: all that is made of it first,
 * so that nothing can fail in the middle, then the swap.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "control/daemon_state.h"
#include "control/log.h"
#include "control/memory.h"

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
