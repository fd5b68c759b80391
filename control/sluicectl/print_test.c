/* SPDX-License-Identifier: BSD-3-Clause */
/* print_test.c - verdicts of a test, and of what is explained: one a line, what to do below it. */
#include <string.h>
#include <time.h>

#include "control/sluicectl/print_test.h"
#include "control/sluicectl/table.h"

enum { INDENT = 26, WIDTH = 80 };

/* At blanks, into lines of WIDTH. */
static void print_wrapped(FILE *out, const char *text)
{
	size_t column = INDENT;

	while (*text != '\0') {
		const size_t len = strcspn(text, " ");

		if (column > INDENT && column + 1 + len > WIDTH) {
			fprintf(out, "\n%*s", INDENT, "");
			column = INDENT;
		} else if (column > INDENT) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", (int)len, text);
		column += len;
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

bool sluicectl_print_verdict(FILE *out, const json_t *data)
{
	char verdict[16], step[64], text[2048];

	if (json_object_get(data, "step") == NULL || json_object_get(data, "verdict") == NULL)
		return false;
	(void)sluicectl_table_cell(data, "verdict", verdict, sizeof(verdict));
	(void)sluicectl_table_cell(data, "step", step, sizeof(step));
	fprintf(out, "%-4s  %-19s ", verdict, step);
	print_wrapped(out, sluicectl_table_cell(data, "detail", text, sizeof(text)));
	if (json_string_length(json_object_get(data, "hint")) == 0)
		return true;
	fprintf(out, "%*s", INDENT, "");
	(void)snprintf(text, sizeof(text), "-> ");
	(void)sluicectl_table_cell(data, "hint", text + 3, sizeof(text) - 3);
	print_wrapped(out, text);
	return true;
}

void sluicectl_print_passed(FILE *out, const json_t *data)
{
	const char *name = json_string_value(json_object_get(data, "partner"));
	char cell[512];

	(void)sluicectl_table_cell(data, name != NULL ? "partner" : "gateway", cell, sizeof(cell));
	fprintf(out, "%s: %lld ok, %lld warnings, %lld failed\n", cell,
		(long long)json_integer_value(json_object_get(data, "steps_ok")),
		(long long)json_integer_value(json_object_get(data, "steps_warn")),
		(long long)json_integer_value(json_object_get(data, "steps_failed")));
}

void sluicectl_print_steps(FILE *out, const json_t *data)
{
	const json_t *steps = json_object_get(data, "steps");
	char result[32], how[512];
	json_t *step;
	size_t i;

	json_array_foreach(steps, i, step)
	{
		(void)sluicectl_print_verdict(out, step);
	}
	if (json_object_get(data, "result") == NULL)
		return;
	(void)sluicectl_table_cell(data, "result", result, sizeof(result));
	(void)sluicectl_table_cell(data, "how", how, sizeof(how));
	fprintf(out, "=> %s: %s\n", result, how);
}

/* Seconds since 1970 as a time of day, where the name says that they are. */
static const char *print_value(const json_t *row, const char *key, char *out, size_t room)
{
	static const char ending[] = "_unix_s";
	const size_t len = strlen(key), tail = sizeof(ending) - 1;
	const json_t *value = json_object_get(row, key);
	const time_t at = (time_t)json_integer_value(value);
	struct tm local;

	if (len <= tail || strcmp(key + len - tail, ending) != 0 || !json_is_integer(value))
		return sluicectl_table_cell(row, key, out, room);
	if (at == 0 || localtime_r(&at, &local) == NULL ||
	    strftime(out, room, "%F %T", &local) == 0)
		(void)snprintf(out, room, "never");
	return out;
}

static void print_field(FILE *out, const char *prefix, const json_t *row, const char *key)
{
	char name[64], cell[1024];
	size_t len = strlen(key);

	if (len > 7 && strcmp(key + len - 7, "_unix_s") == 0)
		len -= 7;
	(void)snprintf(name, sizeof(name), "%s%s%.*s", prefix, prefix[0] != '\0' ? "_" : "",
		       (int)len, key);
	fprintf(out, "%-24s %s\n", name, print_value(row, key, cell, sizeof(cell)));
}

void sluicectl_print_from(FILE *out, const json_t *row, const char *from)
{
	const char *key, *inner;
	json_t *value, *deeper;
	bool has_begun = false;

	json_object_foreach((json_t *)(uintptr_t)row, key, value)
	{
		has_begun = has_begun || strcmp(key, from) == 0;
		if (!has_begun)
			continue;
		if (!json_is_object(value)) {
			print_field(out, "", row, key);
			continue;
		}
		json_object_foreach(value, inner, deeper)
		{
			print_field(out, key, value, inner);
		}
	}
}
