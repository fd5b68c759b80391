/* SPDX-License-Identifier: BSD-3-Clause */
/* log_fields.c - logfmt read back: for JSON, for the journal's fields, and to find one partner's
 * lines. */
#include <stdlib.h>
#include <string.h>

#include "control/log_fields.h"

/* Fields that are numbers in every line that has them. Not decided by the look of a value: an id
 * that happens to be all digits must not change its type. Sorted. */
static const char *const numbers[] = {
    "body_bytes", "bytes",      "bytes_in", "bytes_out",  "code",        "core",
    "cores",      "cores_left", "count",    "heartbeat",  "lost",        "pid",
    "port",       "queues",     "seconds",  "stanzas_in", "stanzas_out", "streams_closed",
    "uid",        "unsent",     "uptime_s", "withheld",
};

static int order(const void *key, const void *entry)
{
	return strcmp(key, *(const char *const *)entry);
}

static bool is_number(const struct log_field *f)
{
	return f->value[0] != '\0' && strspn(f->value, "0123456789") == strlen(f->value) &&
	       bsearch(f->key, numbers, ARRAY_LEN(numbers), sizeof(numbers[0]), order) != NULL;
}

static void put(struct log_field *f, size_t *n, char c)
{
	if (*n < sizeof(f->value) - 1)
		f->value[(*n)++] = c;
}

/* Behind the opening quote. A line that was cut has no closing one. */
static const char *read_quoted(const char *at, struct log_field *f)
{
	size_t n = 0;

	for (; *at != '\0' && *at != '"'; at++) {
		if (*at != '\\' || at[1] == 'x' || at[1] == '\0') {
			put(f, &n, *at);
			continue;
		}
		at++;
		put(f, &n, *at == 'n' ? '\n' : *at == 't' ? '\t' : *at == 'r' ? '\r' : *at);
	}
	f->value[n] = '\0';
	return *at == '"' ? at + 1 : at;
}

static const char *read_plain(const char *at, struct log_field *f)
{
	size_t n = 0;

	for (; *at != '\0' && *at != ' '; at++)
		put(f, &n, *at);
	f->value[n] = '\0';
	return at;
}

bool log_fields_next(const char **at, struct log_field *out)
{
	const char *p = *at + strspn(*at, " ");
	size_t n = 0;

	if (*p == '\0')
		return false;
	for (; *p != '\0' && *p != ' ' && *p != '='; p++)
		if (n < sizeof(out->key) - 1)
			out->key[n++] = *p;
	out->key[n] = '\0';
	out->value[0] = '\0';
	if (*p == '=')
		p = p[1] == '"' ? read_quoted(p + 2, out) : read_plain(p + 1, out);
	out->is_number = is_number(out);
	*at = p;
	return true;
}

bool log_fields_has(const char *text, const char *key, const char *const *values)
{
	struct log_field f;

	while (log_fields_next(&text, &f)) {
		if (strcmp(f.key, key) != 0)
			continue;
		for (size_t i = 0; values[i] != NULL; i++)
			if (strcmp(values[i], f.value) == 0)
				return true;
	}
	return false;
}
