/* SPDX-License-Identifier: BSD-3-Clause */
/* collect.c - the table of metrics.def, and one step through it. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "control/metrics/collect_row.h"

static const struct row {
	struct metric metric;
	const char *labels; /* as metrics.def has them */
	bool (*collect)(const struct collection *c, uint64_t row);
} table[METRIC_COUNT] = {
#define METRIC(id, name_, type_, unit_, labels_, by, text_)                                        \
	[METRIC_##id] = {                                                                          \
	    {.name = METRIC_PREFIX name_, .type = METRIC_##type_, .unit = unit_, .text = text_},   \
	    labels_,                                                                               \
	    collect_##by},
#include "control/metrics/metrics.def"
#undef METRIC
};

static struct metric metrics[METRIC_COUNT];
static char names[METRIC_COUNT][96]; /* of labels, each ended by 0 */

/* Before main(), so that every thread finds the labels apart. */
__attribute__((constructor)) static void split_labels(void)
{
	for (unsigned int i = 0; i < METRIC_COUNT; i++) {
		struct metric *m = &metrics[i];
		char *rest = names[i];

		*m = table[i].metric;
		(void)snprintf(names[i], sizeof(names[i]), "%s", table[i].labels);
		while (rest != NULL && *rest != '\0' && m->label_count < METRIC_LABELS_MAX)
			m->labels[m->label_count++] = strsep(&rest, ",");
	}
}

const struct metric *collect_metric(enum metric_id id)
{
	return &metrics[id];
}

const char *collect_type_name(enum metric_type t)
{
	static const char *const type_names[] = {[METRIC_COUNTER] = "counter",
						 [METRIC_GAUGE] = "gauge",
						 [METRIC_HISTOGRAM] = "histogram",
						 [METRIC_INFO] = "info"};

	return type_names[t];
}

static const char *suffix_of(const struct metric *m)
{
	if (m->type == METRIC_COUNTER)
		return "_total";
	return m->type == METRIC_INFO ? "_info" : "";
}

static void give(const struct collection *c, struct metric_sample *s, va_list labels)
{
	const struct metric *m = collect_metric(c->id);

	s->id = c->id;
	s->suffix = suffix_of(m);
	for (size_t i = 0; i < m->label_count; i++)
		s->value[i] = va_arg(labels, const char *);
	c->sink(c->to, s);
}

void collect_n(const struct collection *c, uint64_t n, ...)
{
	struct metric_sample s = {.n = n};
	va_list labels;

	va_start(labels, n);
	give(c, &s, labels);
	va_end(labels);
}

void collect_real(const struct collection *c, double real, ...)
{
	struct metric_sample s = {.is_real = true, .real = real};
	va_list labels;

	va_start(labels, real);
	give(c, &s, labels);
	va_end(labels);
}

/* Seconds as OpenMetrics wants a bound: always a float. */
static const char *bound_text(uint32_t us, char text[32])
{
	(void)snprintf(text, 32, "%g", (double)us / 1e6);
	if (strpbrk(text, ".e") == NULL)
		(void)strcat(text, ".0");
	return text;
}

void collect_classes(const struct collection *c, const struct collect_histogram *h)
{
	struct metric_sample s = {.id = c->id, .suffix = "_bucket"};
	char text[32];

	for (size_t i = 0; i <= h->bounds; i++) {
		s.n += h->counts[i];
		s.le = i < h->bounds ? bound_text(h->bounds_us[i], text) : "+Inf";
		c->sink(c->to, &s);
	}
	s.suffix = "_count";
	s.le = NULL;
	c->sink(c->to, &s);
	s = (struct metric_sample){
	    .id = c->id, .suffix = "_sum", .is_real = true, .real = (double)h->sum_us / 1e6};
	c->sink(c->to, &s);
}

bool collect_partner(const struct collection *c, uint64_t row, struct collect_partner *p)
{
	const struct policy *policy = daemon_config(c->daemon)->policy;

	*p = (struct collect_partner){.name = "_other", .is_counted = true};
	if (row == 0)
		return true;
	if (row > policy->partner_count)
		return false;
	p->name = policy->partners[row - 1].domain;
	p->id = policy->partners[row - 1].id;
	p->is_counted = p->id.n != 0;
	return true;
}

bool collect_step(struct daemon *d, struct collect_cursor *at, collect_sink *sink, void *to)
{
	while (at->metric < METRIC_COUNT) {
		const struct collection c = {d, (enum metric_id)at->metric, sink, to};

		if (table[at->metric].collect(&c, at->row)) {
			at->row++;
			return true;
		}
		at->metric++;
		at->row = 0;
	}
	return false;
}
