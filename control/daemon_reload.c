/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * daemon_reload.c - another configuration in place of the running one: all that is made of it
 * first, so that nothing can fail in the middle, then the swap.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/daemon_ask.h"
#include "control/daemon_state.h"
#include "control/log.h"
#include "control/memory.h"
#include "control/notify.h"
#include "control/secret.h"

#define DIALBACK_GRACE_US UINT64_C(600000000) /* for keys by a secret that a reload has changed */

#define SECOND_US UINT64_C(1000000)

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

static void drop_tls(struct tls_ctx *tls[IFACE_COUNT])
{
	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		tls_ctx_drop(tls[i]);
		tls[i] = NULL;
	}
}

static void hold_tls(struct tls_ctx *out[IFACE_COUNT], struct tls_ctx *const tls[IFACE_COUNT])
{
	for (unsigned int i = 0; i < IFACE_COUNT; i++)
		out[i] = tls_ctx_hold(tls[i]);
}

static bool make_tls(const struct config *next, FILE *report, struct tls_ctx *tls[IFACE_COUNT])
{
	char error[256];

	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		tls[i] = daemon_make_tls(next, (enum iface)i, error);
		if (tls[i] != NULL)
			continue;
		fprintf(report, "%s:1: error: %s\n", next->path, error);
		drop_tls(tls);
		return false;
	}
	return true;
}

/* The one of the start, the running one and the one to go back to may be the same. */
static void forget_config(const struct daemon *d, struct config *c)
{
	if (c != d->started && c != d->config && c != d->undo.config)
		config_free(c);
}

static void forget_undo(struct daemon *d)
{
	struct config *c = d->undo.config;

	loop_cancel(d->loop, &d->undo.timer);
	drop_tls(d->undo.tls);
	overlay_free(d->undo.dropped);
	d->undo = (struct daemon_undo){.config = NULL};
	forget_config(d, c);
}

bool daemon_take(struct daemon *d, struct config *next, struct overlay *o,
		 struct tls_ctx *const tls[IFACE_COUNT], struct daemon_change *c)
{
	struct route *route = domains_route(d->domains, next);
	struct config *before = d->config;
	struct tls_ctx *held[IFACE_COUNT];
	char error[256], quoted[300];

	if (route == NULL) {
		(void)snprintf(c->error, sizeof(c->error),
			       "no memory for the routes, or too many "
			       "domains since the start: restart");
		c->code = EXIT_FAILED;
		config_free(next);
		overlay_free(o);
		return false;
	}
	secret_carry(next->policy, before->policy, loop_now_us(d->loop), DIALBACK_GRACE_US);
	config_diff_make(&c->diff, d->started, before, next);
	next->policy->blocks = &d->blocks;
	d->config = next;
	daemon_use_overlay(d, o, c);
	if (!daemon_apply_log(next, error))
		log_event(LOG_LEVEL_ERROR, "log_not_opened", "text=%s",
			  log_quote(error, quoted, sizeof(quoted)));
	publish(d, route);
	gateways_reload(d->gateways, next->policy);
	links_reload(d->links, next);
	sessions_reload(d->sessions, next, tls, &c->closed);
	c->old_certificate = sessions_on_old_certificate(d->sessions);
	hold_tls(held, tls);
	drop_tls(d->tls);
	memcpy(d->tls, held, sizeof(held));
	forget_config(d, before);
	return true;
}

/* --- reload --- */

static void confirm_is_over(struct loop_timer *t)
{
	struct daemon_undo *u = CONTAINER_OF(t, struct daemon_undo, timer);
	struct daemon *d = CONTAINER_OF(u, struct daemon, undo);
	struct daemon_change c;

	log_event(LOG_LEVEL_WARNING, "not_confirmed", "hash=%016llx",
		  (unsigned long long)d->config->hash);
	if (!daemon_rollback(d, &c)) {
		/* Nobody is there to mend them: without the run-time changes it is one that has
		 * run. */
		log_event(LOG_LEVEL_ERROR, "run_time_changes_lost", "count=%zu why=%s",
			  d->overlay->count, c.error);
		daemon_change_free(&c);
		overlay_free(d->overlay);
		d->overlay = overlay_make();
		(void)overlay_forget_all(d->undo.dropped);
		if (!daemon_rollback(d, &c))
			log_event(LOG_LEVEL_ERROR, "rollback_failed", "why=%s", c.error);
	}
	d->undo.is_waiting = false;
	daemon_change_free(&c);
}

/* What the file holds now, and what comes of it. False after complaints. */
static bool read_next(struct daemon *d, FILE *report, struct overlay *o, struct config **next,
		      struct tls_ctx *tls[IFACE_COUNT])
{
	char what[256];

	*next = config_reload(d->config->path, o, report);
	if (*next == NULL || !make_tls(*next, report, tls) ||
	    !config_keep_random(*next, d->config)) {
		config_free(*next);
		return false;
	}
	if (config_needs_restart(d->started, *next, what, sizeof(what)))
		fprintf(report, "%s:1: warning: needs a restart to change: %s\n", (*next)->path,
			what);
	return true;
}

static bool reload_failed(struct daemon *d, bool check_only, struct daemon_change *c)
{
	if (!check_only)
		d->reload_failed = true;
	if (!check_only)
		log_event(LOG_LEVEL_ERROR, "reload_failed", "file=%s", d->config->path);
	return daemon_change_refuse(
	    c, EXIT_BAD_CONFIG,
	    check_only ? "the file has errors: a reload would be refused"
		       : "the file has errors and nothing has changed: correct them and reload "
			 "again");
}

/* What a reload drops of the run-time changes comes back with a rollback. */
static void remember(struct daemon *d, struct config *before,
		     struct tls_ctx *const tls[IFACE_COUNT], const struct overlay *changes)
{
	struct daemon_undo *u = &d->undo;

	u->config = before;
	u->dropped = overlay_make();
	hold_tls(u->tls, tls);
	for (size_t i = 0; i < changes->count; i++)
		if (changes->list[i].fate != OVERLAY_KEPT &&
		    !overlay_add(u->dropped, &changes->list[i]))
			break;
}

static void await_confirmation(struct daemon *d, uint64_t within_s, struct daemon_change *c)
{
	d->undo.timer.due = confirm_is_over;
	d->undo.is_waiting = within_s > 0;
	d->undo.until_us = loop_now_us(d->loop) + within_s * SECOND_US;
	c->confirm_within_s = within_s;
	if (within_s > 0)
		loop_at(d->loop, &d->undo.timer, d->undo.until_us);
}

static bool reload_into(struct daemon *d, struct config *next, struct overlay *o,
			struct tls_ctx *tls[IFACE_COUNT], uint64_t within_s,
			struct daemon_change *c)
{
	struct tls_ctx *tls_before[IFACE_COUNT];
	struct config *before = d->config;

	forget_undo(d);
	d->undo.config = before; /* or daemon_take() would free it */
	hold_tls(tls_before, d->tls);
	if (!daemon_take(d, next, o, tls, c)) {
		drop_tls(tls_before);
		forget_undo(d);
		return false;
	}
	daemon_cert_abort(d); /* it was made for the configuration before */
	remember(d, before, tls_before, c->changes);
	drop_tls(tls_before);
	d->reload_failed = false;
	d->loaded_unix_s = (uint64_t)time(NULL);
	await_confirmation(d, within_s, c);
	log_event(LOG_LEVEL_NOTICE, "reloaded",
		  "file=%s hash=%016llx streams_closed=%u confirm_within_s=%llu", next->path,
		  (unsigned long long)next->hash, c->closed.count, (unsigned long long)within_s);
	return true;
}

static bool reload(struct daemon *d, bool check_only, uint64_t within_s, struct daemon_change *c)
{
	struct tls_ctx *tls[IFACE_COUNT] = {NULL};
	FILE *report = daemon_change_open(c);
	struct config *next = NULL;
	struct overlay *o;
	bool good;

	if (report == NULL)
		return daemon_change_refuse(c, EXIT_FAILED, "no memory");
	if (d->undo.is_waiting && !check_only) {
		fclose(report);
		return daemon_change_refuse(c, EXIT_FAILED, DAEMON_WAITS);
	}
	o = overlay_copy(d->overlay);
	good = read_next(d, report, o, &next, tls);
	fclose(report);
	if (!good) {
		overlay_free(o);
		return reload_failed(d, check_only, c);
	}
	if (check_only) {
		config_diff_make(&c->diff, d->started, d->config, next);
		c->changes = o;
		config_free(next);
	} else {
		good = reload_into(d, next, o, tls, within_s, c);
	}
	drop_tls(tls);
	return good;
}

bool daemon_reload(struct daemon *d, bool check_only, uint64_t within_s, struct daemon_change *c)
{
	bool good;

	if (check_only)
		return reload(d, true, within_s, c);
	notify_reloading();
	good = reload(d, false, within_s, c);
	notify_ready();
	return good;
}

bool daemon_check_file(struct daemon *d, const char *path, struct daemon_change *c)
{
	struct tls_ctx *tls[IFACE_COUNT] = {NULL};
	FILE *report = daemon_change_open(c);
	struct config *next;
	bool good;

	if (report == NULL)
		return daemon_change_refuse(c, EXIT_FAILED, "no memory");
	next = config_load(path, report);
	good = next != NULL && make_tls(next, report, tls);
	fclose(report);
	drop_tls(tls);
	if (good)
		config_diff_make(&c->diff, d->started, d->config, next);
	config_free(next);
	return good || daemon_change_refuse(c, EXIT_BAD_CONFIG, "the file has errors");
}

/* Nobody waits for an answer. */
static void log_complaints(char *text)
{
	char *rest = NULL, quoted[1024];

	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		log_event(strstr(line, ": error: ") != NULL ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING,
			  "config", "text=%s", log_quote(line, quoted, sizeof(quoted)));
}

void daemon_reload_by_signal(struct daemon *d)
{
	struct daemon_change c;

	if (!daemon_reload(d, false, 0, &c))
		log_event(LOG_LEVEL_ERROR, "reload_refused", "running=%016llx",
			  (unsigned long long)d->config->hash);
	if (c.complaints != NULL)
		log_complaints(c.complaints);
	daemon_change_free(&c);
}

/* --- back --- */

bool daemon_confirm(struct daemon *d)
{
	const bool was_waiting = d->undo.is_waiting;

	d->undo.is_waiting = false;
	loop_cancel(d->loop, &d->undo.timer);
	return was_waiting;
}

uint64_t daemon_confirm_left_s(const struct daemon *d)
{
	const uint64_t now_us = loop_now_us(d->loop);

	if (!d->undo.is_waiting)
		return 0;
	return d->undo.until_us > now_us ? (d->undo.until_us - now_us) / SECOND_US + 1 : 1;
}

bool daemon_rollback(struct daemon *d, struct daemon_change *c)
{
	struct tls_ctx *tls[IFACE_COUNT];
	FILE *report = daemon_change_open(c);
	struct config *next;
	struct overlay *o;
	bool good;

	if (report == NULL || d->undo.config == NULL) {
		if (report != NULL)
			fclose(report);
		return daemon_change_refuse(c, EXIT_FAILED,
					    report == NULL
						? "no memory"
						: "there is nothing to go back to: no reload since "
						  "the start or the last rollback");
	}
	o = overlay_copy(d->undo.dropped);
	for (size_t i = 0; i < d->overlay->count; i++)
		if (!overlay_add(o, &d->overlay->list[i]))
			break;
	o->commands = d->overlay->commands;
	next = config_make_again(d->undo.config, d->undo.config->source, o, report);
	fclose(report);
	if (next == NULL) {
		overlay_free(o);
		return daemon_change_refuse(
		    c, EXIT_FAILED,
		    "the run-time changes made since do not go with the configuration "
		    "before: take them back first");
	}
	hold_tls(tls, d->undo.tls);
	good = daemon_take(d, next, o, tls, c);
	drop_tls(tls);
	if (good) {
		forget_undo(d);
		log_event(LOG_LEVEL_NOTICE, "rolled_back", "hash=%016llx streams_closed=%u",
			  (unsigned long long)d->config->hash, c->closed.count);
	}
	return good;
}

bool daemon_changes_start(struct daemon *d, char *error)
{
	(void)error;
	d->started = d->config;
	d->config->policy->blocks = &d->blocks;
	d->overlay = overlay_make();
	return true;
}

void daemon_changes_stop(struct daemon *d)
{
	struct config *started = d->started;

	forget_undo(d);
	loop_cancel(d->loop, &d->overlay_due);
	overlay_free(d->overlay);
	d->overlay = NULL;
	d->started = NULL;
	forget_config(d, started);
}
