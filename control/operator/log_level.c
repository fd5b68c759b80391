/* SPDX-License-Identifier: BSD-3-Clause */
/* log_level.c - "show log-level" and "set log-level": what is logged now, of all or of one partner.
 */
#include <string.h>

#include "control/log.h"
#include "control/log_sink.h"
#include "control/operator/answer.h"

static const char *where(void)
{
	switch (log_sink_now()) {
	case LOG_SINK_JOURNAL:
		return "journal";
	case LOG_SINK_FILE:
		return "file";
	case LOG_SINK_STDERR:
		break;
	}
	return "stderr";
}

static json_t *override_row(const struct log_override_view *v)
{
	json_t *row = json_pack("{s:s, s:o}", "level", log_level_name(v->level), "partner",
				answer_string(v->partner[0] != '\0' ? v->partner : "all"));

	json_object_set_new(row, "left_s",
			    v->left_s > 0 ? json_integer((json_int_t)v->left_s) : json_null());
	return row;
}

static json_t *view(void)
{
	json_t *overrides = json_array();
	struct log_view v;

	log_read(&v);
	for (size_t i = 0; i < v.override_count; i++)
		json_array_append_new(overrides, override_row(&v.overrides[i]));
	return json_pack("{s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:o}", "level",
			 log_level_name(v.level), "format", v.is_json ? "json" : "logfmt", "to",
			 where(), "file", answer_string(log_sink_path()), "lines",
			 (json_int_t)v.lines, "withheld", (json_int_t)v.withheld, "lost",
			 (json_int_t)v.lost, "overrides", overrides);
}

void log_level_show(const struct request *r, struct answer *a)
{
	(void)r;
	a->data = view();
}

/* The domains of @p, the primary one first; NULL-terminated. */
static void list_domains(const struct partner *p, const char *names[LOG_OVERRIDE_NAMES_MAX + 1])
{
	size_t n = 0;

	names[n++] = p->domain;
	for (size_t i = 0; p->additional_domains != NULL && p->additional_domains[i] != NULL; i++)
		if (n < LOG_OVERRIDE_NAMES_MAX)
			names[n++] = p->additional_domains[i];
	names[n] = NULL;
}

void log_level_set(const struct request *r, struct answer *a)
{
	const char *text = answer_text(r, "level"), *domain = answer_text(r, "partner");
	const char *names[LOG_OVERRIDE_NAMES_MAX + 1];
	const struct partner *p = NULL;
	enum log_level level;

	if (!log_level_parse(text, &level)) {
		answer_refuse(a, EXIT_USAGE,
			      "no level %.32s: there are error, warning, notice, info and debug",
			      text);
		return;
	}
	if (domain != NULL) {
		p = answer_partner(r, domain, a);
		if (p == NULL)
			return;
		list_domains(p, names);
	}
	if (!log_override(level, answer_number(r, "for", 0), p != NULL ? names : NULL)) {
		answer_refuse(a, EXIT_FAILED,
			      "%d partners have a level of their own already: reload ends them, or "
			      "wait for one to end (show log-level)",
			      LOG_OVERRIDES_MAX);
		return;
	}
	a->data = view();
}
