/* SPDX-License-Identifier: BSD-3-Clause */
/* exposition.c - families with their HELP, TYPE and UNIT, and their samples, a row at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/metrics/exposition.h"

struct exposition {
	struct daemon *daemon;
	enum exposition_format format;
	struct collect_cursor at;
	uint64_t loaded_unix_s; /* with which configuration it was begun */
	const struct config *config;
	int family; /* whose head was written last, -1: none yet */
	bool is_over;
	char *text; /* written, but not read yet */
	size_t len, read;
	FILE *out; /* appends to it */
};

/* The value of a parameter of one media range in @accept, in thousandths; @otherwise where it is
 * not there. */
static unsigned int quality(const char *range, size_t len)
{
	for (const char *p = range; p < range + len; p++) {
		char *end;
		double q;

		if (*p != ';')
			continue;
		p++;
		while (p < range + len && (*p == ' ' || *p == '\t'))
			p++;
		if (p + 2 >= range + len || (*p != 'q' && *p != 'Q') || p[1] != '=')
			continue;
		q = strtod(p + 2, &end);
		return q > 0 && q <= 1 ? (unsigned int)(q * 1000) : 0;
	}
	return 1000;
}

static bool is_type(const char *range, size_t len, const char *type)
{
	const size_t n = strlen(type);

	return len >= n && strncasecmp(range, type, n) == 0 &&
	       (len == n || range[n] == ';' || range[n] == ' ');
}

enum exposition_format exposition_choose(const char *accept)
{
	unsigned int open = 0, plain = 0;

	while (accept != NULL && *accept != '\0') {
		const char *range = accept + strspn(accept, " \t,");
		const size_t len = strcspn(range, ",");
		const unsigned int q = quality(range, len);

		if (is_type(range, len, "application/openmetrics-text"))
			open = q > open ? q : open;
		else if (is_type(range, len, "text/plain") || is_type(range, len, "text/*"))
			plain = q > plain ? q : plain;
		accept = range + len;
	}
	return open > 0 && open >= plain ? EXPOSITION_OPENMETRICS : EXPOSITION_PROMETHEUS;
}

const char *exposition_type(enum exposition_format f)
{
	return f == EXPOSITION_OPENMETRICS
		   ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
		   : "text/plain; version=0.0.4; charset=utf-8";
}

struct exposition *exposition_make(struct daemon *d, enum exposition_format f)
{
	struct exposition *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->daemon = d;
	x->format = f;
	x->family = -1;
	x->config = daemon_config(d);
	x->loaded_unix_s = daemon_loaded_unix_s(d);
	x->out = open_memstream(&x->text, &x->len);
	if (x->out != NULL)
		return x;
	free(x);
	return NULL;
}

void exposition_free(struct exposition *x)
{
	if (x == NULL)
		return;
	fclose(x->out);
	free(x->text);
	free(x);
}

/* In OpenMetrics a family has its bare name; in the older format that of its samples. */
static const char *family_suffix(const struct exposition *x, const struct metric *m)
{
	if (x->format == EXPOSITION_OPENMETRICS)
		return "";
	if (m->type == METRIC_COUNTER)
		return "_total";
	return m->type == METRIC_INFO ? "_info" : "";
}

static void write_head(const struct exposition *x, const struct metric *m)
{
	const bool is_open = x->format == EXPOSITION_OPENMETRICS;
	const char *suffix = family_suffix(x, m), *type = collect_type_name(m->type);

	if (!is_open && m->type == METRIC_INFO)
		type = "gauge";
	fprintf(x->out, "# HELP %s%s %s\n", m->name, suffix, m->text);
	fprintf(x->out, "# TYPE %s%s %s\n", m->name, suffix, type);
	if (is_open && m->unit[0] != '\0')
		fprintf(x->out, "# UNIT %s %s\n", m->name, m->unit);
}

static void write_value(FILE *out, const char *value)
{
	for (const char *p = value; *p != '\0'; p++)
		if (*p == '\n')
			fputs("\\n", out);
		else if (*p == '"' || *p == '\\')
			fprintf(out, "\\%c", *p);
		else
			fputc(*p, out);
}

static void write_labels(FILE *out, const struct metric *m, const struct metric_sample *s)
{
	const char *before = "{";

	for (size_t i = 0; i < m->label_count; i++, before = ",") {
		fprintf(out, "%s%s=\"", before, m->labels[i]);
		write_value(out, s->value[i]);
		fputc('"', out);
	}
	if (s->le != NULL) {
		fprintf(out, "%sle=\"%s\"", before, s->le);
		before = ",";
	}
	if (*before == ',')
		fputc('}', out);
}

static void write_sample(void *to, const struct metric_sample *s)
{
	struct exposition *x = to;
	const struct metric *m = collect_metric(s->id);

	if (x->family != (int)s->id)
		write_head(x, m);
	x->family = (int)s->id;
	fprintf(x->out, "%s%s", m->name, s->suffix);
	write_labels(x->out, m, s);
	if (s->is_real)
		fprintf(x->out, " %.9g\n", s->real);
	else
		fprintf(x->out, " %llu\n", (unsigned long long)s->n);
}

static void write_more(struct exposition *x)
{
	if (collect_step(x->daemon, &x->at, write_sample, x))
		return;
	if (x->format == EXPOSITION_OPENMETRICS)
		fputs("# EOF\n", x->out);
	x->is_over = true;
}

static bool is_same_configuration(const struct exposition *x)
{
	return x->config == daemon_config(x->daemon) &&
	       x->loaded_unix_s == daemon_loaded_unix_s(x->daemon);
}

int exposition_read(struct exposition *x, char *out, size_t room)
{
	size_t n;

	if (!is_same_configuration(x))
		return -1;
	while (!x->is_over && x->len - x->read < room) {
		write_more(x);
		if (fflush(x->out) != 0)
			return -1;
	}
	n = min_size(room, x->len - x->read);
	memcpy(out, x->text + x->read, n);
	x->read += n;
	if (x->read == x->len) {
		rewind(x->out);
		x->read = x->len = 0;
	}
	return (int)n;
}
