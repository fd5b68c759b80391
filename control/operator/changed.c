/* SPDX-License-Identifier: BSD-3-Clause */
/* changed.c - a struct daemon_change as an answer. */
#include <stdio.h>
#include <string.h>

#include "control/operator/changed.h"
#include "control/operator/touched.h"

json_t *changed_rows(const struct config_diff *d)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < d->count; i++) {
		const struct config_diff_row *r = &d->rows[i];
		json_t *row = json_pack("{s:s}", "what", config_diff_kind_name(r->kind));

		json_object_set_new(row, "key", answer_string(r->key));
		json_object_set_new(row, "from", answer_string(r->from));
		json_object_set_new(row, "to", answer_string(r->to));
		json_array_append_new(rows, row);
	}
	return rows;
}

json_t *changed_overlay(const struct request *r, const struct overlay *o)
{
	const uint64_t now_us = loop_now_us(daemon_loop(r->daemon));
	json_t *rows = json_array();
	char words[640];

	for (size_t i = 0; o != NULL && i < o->count; i++) {
		const struct overlay_change *c = &o->list[i];
		json_t *row = json_object();

		json_object_set_new(row, "change",
				    answer_string(overlay_words(c, words, sizeof(words))));
		json_object_set_new(row, "what", json_string(overlay_fate_text(c->fate)));
		json_object_set_new(
		    row, "left_s",
		    c->until_us == UINT64_MAX
			? json_null()
			: json_integer(c->until_us > now_us
					   ? (json_int_t)((c->until_us - now_us) / 1000000)
					   : 0));
		json_object_set_new(row, "at_unix_s", json_integer((json_int_t)c->at_unix_s));
		json_object_set_new(row, "uid", json_integer((json_int_t)c->uid));
		json_array_append_new(rows, row);
	}
	return rows;
}

static void add_counts(json_t *data, const struct config_diff *d)
{
	json_object_set_new(data, "unchanged", json_integer((json_int_t)d->unchanged));
	json_object_set_new(data, "partners",
			    json_pack("{s:I, s:I, s:I, s:I, s:I}", "added",
				      (json_int_t)d->partners[CONFIG_DIFF_ADDED], "removed",
				      (json_int_t)d->partners[CONFIG_DIFF_REMOVED], "stricter",
				      (json_int_t)d->partners[CONFIG_DIFF_STRICTER], "looser",
				      (json_int_t)d->partners[CONFIG_DIFF_LOOSER], "changed",
				      (json_int_t)d->partners[CONFIG_DIFF_CHANGED]));
	json_object_set_new(data, "changes_left_out", json_integer((json_int_t)d->left_out));
	json_object_set_new(data, "changes", changed_rows(d));
}

/* The first error's sentence, without its place. */
static void take_error(struct answer *a, const struct daemon_change *c)
{
	const char *at = c->complaints != NULL ? strstr(c->complaints, ": error: ") : NULL;

	a->code = c->code != EXIT_OK ? c->code : EXIT_FAILED;
	if (c->error[0] != '\0' || at == NULL) {
		(void)snprintf(a->error, sizeof(a->error), "%s",
			       c->error[0] != '\0' ? c->error : "nothing has changed");
		return;
	}
	at += strlen(": error: ");
	(void)snprintf(a->error, sizeof(a->error), "%.*s", (int)strcspn(at, "\n"), at);
}

static json_t *complaints_of(const struct daemon_change *c, const char *mention)
{
	json_t *lines = json_array();
	char *rest = NULL;

	for (char *line = c->complaints != NULL ? strtok_r(c->complaints, "\n", &rest) : NULL;
	     line != NULL; line = strtok_r(NULL, "\n", &rest))
		if (mention == NULL || strstr(line, mention) != NULL)
			json_array_append_new(lines, answer_string(line));
	return lines;
}

void changed_answer(struct answer *a, json_t *data, struct daemon_change *c, bool good,
		    const char *mention)
{
	if (good) {
		add_counts(data, &c->diff);
		touched_streams(data, &c->closed);
	} else {
		take_error(a, c);
	}
	if (c->saved[0] != '\0')
		json_object_set_new(data, "saved", answer_string(c->saved));
	json_object_set_new(data, "complaints", complaints_of(c, mention));
	daemon_change_free(c);
	a->data = data;
}
