/* SPDX-License-Identifier: BSD-3-Clause */
/* daemon_change.c - run-time changes: made at once, saved where that is asked for, undone when they
 * are over. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/config_save.h"
#include "control/daemon_state.h"
#include "control/log.h"

#define SECOND_US UINT64_C(1000000)

FILE *daemon_change_open(struct daemon_change *c)
{
	size_t *len = &c->complaints_len;

	*c = (struct daemon_change){.code = EXIT_OK};
	return open_memstream(&c->complaints, len);
}

bool daemon_change_refuse(struct daemon_change *c, enum exit_code code, const char *text)
{
	c->code = code;
	(void)snprintf(c->error, sizeof(c->error), "%s", text);
	return false;
}

void daemon_change_free(struct daemon_change *c)
{
	free(c->complaints);
	c->complaints = NULL;
	config_diff_free(&c->diff);
	overlay_free(c->changes);
	c->changes = NULL;
}

static void overlay_is_due(struct loop_timer *t);

static void await_overlay(struct daemon *d)
{
	const uint64_t due_us = overlay_due_us(d->overlay);

	d->overlay_due.due = overlay_is_due;
	if (due_us == UINT64_MAX)
		loop_cancel(d->loop, &d->overlay_due);
	else
		loop_at(d->loop, &d->overlay_due, due_us);
}

void daemon_use_overlay(struct daemon *d, struct overlay *o, struct daemon_change *c)
{
	overlay_free(c->changes);
	c->changes = overlay_copy(o);
	(void)overlay_sweep(o);
	overlay_free(d->overlay);
	d->overlay = o;
	await_overlay(d);
}

/* Saved first: the configuration is then of the file as it will be. */
static struct config *make_saved(struct daemon *d, struct overlay *o, uint64_t command,
				 FILE *report, struct daemon_change *c)
{
	struct config_save save;
	struct config *next = NULL;

	c->code = EXIT_FAILED;
	if (!config_save_prepare(&save, d->config, o, command, c->error)) {
		config_save_close(&save);
		return NULL;
	}
	(void)overlay_forget_command(o, command);
	next = config_make_again(d->config, save.source, o, report);
	if (next != NULL && !config_save_write(&save, c->error)) {
		config_free(next);
		next = NULL;
	} else if (next != NULL) {
		(void)snprintf(c->saved, sizeof(c->saved), "%.511s", save.path);
		c->code = EXIT_OK;
	}
	config_save_close(&save);
	return next;
}

bool daemon_change(struct daemon *d, struct overlay *o, const char *domain, uint64_t save,
		   struct daemon_change *c)
{
	FILE *report = daemon_change_open(c);
	struct config *next;

	if (report == NULL || (save != 0 && d->undo.is_waiting)) {
		if (report != NULL)
			fclose(report);
		overlay_free(o);
		return daemon_change_refuse(c, EXIT_FAILED,
					    report == NULL ? "no memory" : DAEMON_WAITS);
	}
	next = save != 0 ? make_saved(d, o, save, report, c)
			 : config_make_again(d->config, d->config->source, o, report);
	fclose(report);
	if (next == NULL) {
		overlay_free(o);
		if (c->error[0] == '\0')
			c->code = EXIT_FAILED;
		return false;
	}
	if (d->undo.dropped != NULL)
		(void)overlay_forget_partner(d->undo.dropped, domain);
	return daemon_take(d, next, o, d->tls, c);
}

static void overlay_is_due(struct loop_timer *t)
{
	struct daemon *d = CONTAINER_OF(t, struct daemon, overlay_due);
	struct overlay *o = overlay_copy(d->overlay);
	const uint64_t now_us = loop_now_us(d->loop);
	struct daemon_change c;
	char words[400];

	for (size_t i = 0; i < o->count; i++)
		if (o->list[i].until_us <= now_us)
			log_event(LOG_LEVEL_NOTICE, "change_over", "change=\"%s\" uid=%u",
				  overlay_words(&o->list[i], words, sizeof(words)),
				  (unsigned int)o->list[i].uid);
	(void)overlay_forget_old(o, now_us);
	if (!daemon_change(d, o, "", 0, &c)) {
		log_event(LOG_LEVEL_ERROR, "change_stays", "why=%s retry_s=60", c.error);
		loop_at(d->loop, &d->overlay_due, now_us + 60 * SECOND_US);
	}
	daemon_change_free(&c);
}

struct blocks *daemon_blocks(struct daemon *d)
{
	return &d->blocks;
}

const struct overlay *daemon_overlay(const struct daemon *d)
{
	return d->overlay;
}

const struct config *daemon_started(const struct daemon *d)
{
	return d->started;
}
