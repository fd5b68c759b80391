/* SPDX-License-Identifier: BSD-3-Clause */
/* print_change.c - changes, first what was done, then each key of it. */
#include "control/sluicectl/print_change.h"
#include "control/sluicectl/table.h"

static long long number_of(const json_t *data, const char *key)
{
	return (long long)json_integer_value(json_object_get(data, key));
}

static bool has(const json_t *data, const char *key)
{
	return json_object_get(data, key) != NULL;
}

static void print_lines(FILE *out, const json_t *lines)
{
	json_t *line;
	size_t i;

	json_array_foreach(lines, i, line) fprintf(out, "%s\n", json_string_value(line));
}

static void print_differences(FILE *out, const json_t *rows, const char *from, const char *to)
{
	const struct table_column columns[] = {
	    {"WHAT", "what"}, {"KEY", "key"}, {from, "from"}, {to, "to"}, {NULL, NULL}};

	if (json_array_size(rows) > 0)
		sluicectl_table_print(out, columns, rows, "");
}

static void print_run_time(FILE *out, const json_t *rows)
{
	static const struct table_column columns[] = {{"RUN-TIME CHANGE", "change"},
						      {"RELOAD", "what"},
						      {"LEFT (S)", "left_s"},
						      {"UID", "uid"},
						      {NULL, NULL}};

	if (json_array_size(rows) > 0)
		sluicectl_table_print(out, columns, rows, "");
}

static void print_ids(FILE *out, const json_t *data)
{
	const json_t *ids = json_object_get(data, "ids");
	char cell[4096];

	if (json_array_size(ids) > 0)
		fprintf(out, "streams: %s%s\n",
			sluicectl_table_cell(data, "ids", cell, sizeof(cell)),
			number_of(data, "ids_left_out") > 0 ? ", and more" : "");
}

/* "applied, hash 0123, 3 streams closed" */
static void print_summary(FILE *out, const json_t *data)
{
	char cell[1024];

	if (json_is_true(json_object_get(data, "applied"))) {
		fputs("applied", out);
		if (has(data, "hash"))
			fprintf(out, ", hash %s",
				sluicectl_table_cell(data, "hash", cell, sizeof(cell)));
		fprintf(out, ", %lld streams closed", number_of(data, "streams_closed"));
		if (number_of(data, "spread_s") > 0)
			fprintf(out, " over %lld s", number_of(data, "spread_s"));
		fputc('\n', out);
	} else if (json_is_true(json_object_get(data, "checked"))) {
		fputs("good; nothing was changed\n", out);
	}
	if (has(data, "saved"))
		fprintf(out, "saved in %s\n",
			sluicectl_table_cell(data, "saved", cell, sizeof(cell)));
	if (number_of(data, "expires_s") > 0)
		fprintf(out, "undone by itself in %lld s\n", number_of(data, "expires_s"));
}

static void print_notes(FILE *out, const json_t *data)
{
	if (number_of(data, "changes_left_out") > 0)
		fprintf(out, "and %lld more\n", number_of(data, "changes_left_out"));
	if (has(data, "unchanged"))
		fprintf(out, "%lld values unchanged\n", number_of(data, "unchanged"));
	if (number_of(data, "streams_on_old_certificate") > 0)
		fprintf(out, "%lld streams still use the certificate before\n",
			number_of(data, "streams_on_old_certificate"));
	if (number_of(data, "confirm_within_s") > 0)
		fprintf(out, "rolls back in %lld s by itself: config confirm keeps it\n",
			number_of(data, "confirm_within_s"));
}

void sluicectl_print_change(FILE *out, const json_t *data)
{
	print_lines(out, json_object_get(data, "complaints"));
	if (!has(data, "changes"))
		return; /* refused */
	print_summary(out, data);
	print_ids(out, data);
	print_differences(out, json_object_get(data, "changes"), "FROM", "TO");
	print_run_time(out, json_object_get(data, "run_time_changes"));
	print_notes(out, data);
}

void sluicectl_print_touched(FILE *out, const json_t *data)
{
	fprintf(out, "%lld streams closed", number_of(data, "streams_closed"));
	if (number_of(data, "spread_s") > 0)
		fprintf(out, " over %lld s", number_of(data, "spread_s"));
	fputc('\n', out);
	print_ids(out, data);
}

void sluicectl_print_blocked(FILE *out, const json_t *data)
{
	static const struct table_column columns[] = {
	    {"TARGET", "target"}, {"LEFT (S)", "left_s"}, {"REFUSED", "refused"},
	    {"UID", "uid"},       {"TEXT", "text"},       {NULL, NULL}};

	sluicectl_table_print(out, columns, json_object_get(data, "blocked"), "nothing is blocked");
}

void sluicectl_print_config(FILE *out, const json_t *data)
{
	static const struct table_column columns[] = {
	    {"KEY", "key"}, {"VALUE", "value"}, {NULL, NULL}};

	print_lines(out, json_object_get(data, "complaints"));
	if (has(data, "values"))
		sluicectl_table_print(out, columns, json_object_get(data, "values"), "nothing");
	if (!has(data, "differences"))
		return;
	if (json_array_size(json_object_get(data, "differences")) == 0)
		fputs("the file says what runs\n", out);
	print_differences(out, json_object_get(data, "differences"), "RUNNING", "FILE");
	if (number_of(data, "differences_left_out") > 0)
		fprintf(out, "and %lld more\n", number_of(data, "differences_left_out"));
	print_run_time(out, json_object_get(data, "run_time_changes"));
	if (number_of(data, "confirm_left_s") > 0)
		fprintf(out, "the last reload is rolled back in %lld s: config confirm keeps it\n",
			number_of(data, "confirm_left_s"));
}
