/* SPDX-License-Identifier: BSD-3-Clause */
/* show_config.c - the configuration as it runs, as the file has it, and where the two differ. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/operator/changed.h"

enum { PAGE_ROWS = 1000 /* a file is read anew for each page */ };

static json_t *row_of(const struct config_value *v)
{
	json_t *row = json_object();

	json_object_set_new(row, "key", answer_string(v->key));
	json_object_set_new(row, "value", answer_string(v->value));
	json_object_set_new(row, "needs_restart", json_boolean(v->needs_restart));
	return row;
}

/* The @n-th row of all; what needs a restart is @started's. False at the end. */
static bool get(const struct config *c, const struct config *started, uint64_t n,
		struct config_value *out)
{
	const size_t first = config_values_count(c);
	const struct policy *p = c->policy;

	if (n < first) {
		config_values_get(c, n, out);
		if (out->needs_restart)
			config_values_get(started, n, out);
		return true;
	}
	n -= first;
	if (n >= p->partner_count * CONFIG_PARTNER_VALUES)
		return false;
	config_values_partner(c, &p->partners[n / CONFIG_PARTNER_VALUES], n % CONFIG_PARTNER_VALUES,
			      out);
	return true;
}

static void answer_values(const struct request *r, struct answer *a, const struct config *c,
			  const struct config *started)
{
	json_t *rows = json_array();
	uint64_t at = r->cursor;
	struct config_value v;

	while (at - r->cursor < PAGE_ROWS && get(c, started, at, &v)) {
		json_array_append_new(rows, row_of(&v));
		at++;
	}
	a->data = json_pack("{s:o}", "values", rows);
	if (get(c, started, at, &v))
		a->cursor = at;
}

static void answer_diff(const struct request *r, struct answer *a, struct config *file)
{
	struct config_diff d;

	config_diff_make(&d, daemon_started(r->daemon), daemon_config(r->daemon), file);
	a->data = json_pack("{s:o, s:o, s:I, s:I}", "differences", changed_rows(&d),
			    "run_time_changes", changed_overlay(r, daemon_overlay(r->daemon)),
			    "differences_left_out", (json_int_t)d.left_out, "confirm_left_s",
			    (json_int_t)daemon_confirm_left_s(r->daemon));
	config_diff_free(&d);
}

/* The file as it is now. NULL, and the answer says what is wrong with it. */
static struct config *load(const struct request *r, struct answer *a)
{
	char *text = NULL, *rest = NULL;
	json_t *lines = json_array();
	struct config *c = NULL;
	size_t len = 0;
	FILE *report = open_memstream(&text, &len);

	if (report != NULL) {
		c = config_load(daemon_config(r->daemon)->path, report);
		fclose(report);
	}
	for (char *line = strtok_r(text, "\n", &rest); c == NULL && line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		json_array_append_new(lines, answer_string(line));
	free(text);
	if (c != NULL) {
		json_decref(lines);
		return c;
	}
	answer_refuse(a, EXIT_BAD_CONFIG,
		      "the file has errors: what runs is another, see show config running");
	a->data = json_pack("{s:o}", "complaints", lines);
	return NULL;
}

void show_config(const struct request *r, struct answer *a)
{
	const bool file = answer_flag(r, "file"), diff = answer_flag(r, "diff");
	struct config *c;

	if (answer_flag(r, "running") + file + diff > 1) {
		answer_refuse(a, EXIT_USAGE, "expected one of running, file, diff");
		return;
	}
	if (!file && !diff) {
		answer_values(r, a, daemon_config(r->daemon), daemon_started(r->daemon));
		return;
	}
	/* It is read for each asker: who may only look must not keep control busy by that. */
	if (r->level < LEVEL_OPERATOR) {
		answer_refuse(a, EXIT_NOT_PERMITTED,
			      "not permitted: reading the file takes operator rights; show config "
			      "running does not");
		return;
	}
	c = load(r, a);
	if (c == NULL)
		return;
	if (file)
		answer_values(r, a, c, c);
	else
		answer_diff(r, a, c);
	config_free(c);
}
