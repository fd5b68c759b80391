/* SPDX-License-Identifier: BSD-3-Clause */
/* show_metrics.c - the metrics as the endpoint has them, and the table that says what they are. */
#include <string.h>

#include "control/metrics/collect.h"
#include "control/metrics/metrics.h"
#include "control/operator/show.h"

enum { ROW_BITS = 32, METRIC_ROWS_PER_PAGE = 100 };

static json_t *labels_of(const struct metric *m)
{
	char text[128] = "";

	for (size_t i = 0; i < m->label_count; i++) {
		if (i > 0)
			strcat(text, ",");
		strncat(text, m->labels[i], sizeof(text) - strlen(text) - 2);
	}
	return json_string(text);
}

static void describe(struct answer *a)
{
	json_t *rows = json_array();

	for (unsigned int i = 0; i < METRIC_COUNT; i++) {
		const struct metric *m = collect_metric((enum metric_id)i);

		json_array_append_new(rows,
				      json_pack("{s:s, s:s, s:s, s:o, s:s}", "name", m->name,
						"type", collect_type_name(m->type), "unit", m->unit,
						"labels", labels_of(m), "text", m->text));
	}
	a->data = json_pack("{s:o}", "metrics", rows);
}

static void add_sample(void *to, const struct metric_sample *s)
{
	const struct metric *m = collect_metric(s->id);
	json_t *labels = json_object();

	for (size_t i = 0; i < m->label_count; i++)
		json_object_set_new(labels, m->labels[i], answer_string(s->value[i]));
	if (s->le != NULL)
		json_object_set_new(labels, "le", json_string(s->le));
	json_array_append_new(
	    to, json_pack("{s:o, s:o, s:o}", "name", json_sprintf("%s%s", m->name, s->suffix),
			  "labels", labels, "value",
			  s->is_real ? json_real(s->real) : json_integer((json_int_t)s->n)));
}

void show_metrics(const struct request *r, struct answer *a)
{
	/* A cursor is where to go on, and 1, so that it is never 0. */
	const uint64_t from = r->cursor > 0 ? r->cursor - 1 : 0;
	struct collect_cursor at = {(uint32_t)(from >> ROW_BITS), (uint32_t)from};
	json_t *rows;
	bool more = true;

	if (answer_flag(r, "describe")) {
		describe(a);
		return;
	}
	census_ask(metrics_census(daemon_metrics(r->daemon)));
	rows = json_array();
	for (unsigned int i = 0; more && i < METRIC_ROWS_PER_PAGE; i++)
		more = collect_step(r->daemon, &at, add_sample, rows);
	a->data = json_pack("{s:o}", "samples", rows);
	a->cursor = more ? ((uint64_t)at.metric << ROW_BITS | at.row) + 1 : 0;
}
