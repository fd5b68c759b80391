/* SPDX-License-Identifier: BSD-3-Clause */
/* print_watch.c - time, stream, direction, element. */
#include <time.h>

#include "control/sluicectl/print_watch.h"
#include "control/sluicectl/table.h"

static const char *cell(const json_t *data, const char *key, char *out, size_t room)
{
	return sluicectl_table_cell(data, key, out, room);
}

/* "12:03:04.123456", local time. */
static void print_clock(FILE *out, const json_t *data)
{
	const long long us = (long long)json_integer_value(json_object_get(data, "at_unix_us"));
	const time_t t = (time_t)(us / 1000000);
	char text[16] = "--:--:--";
	struct tm local;

	if (localtime_r(&t, &local) != NULL)
		(void)strftime(text, sizeof(text), "%T", &local);
	fprintf(out, "%s.%06lld", text, us % 1000000);
}

static void print_begin(FILE *out, const json_t *data)
{
	char what[16], name[300], streams[24];

	cell(data, "watching", what, sizeof(what));
	cell(data, "name", name, sizeof(name));
	if (json_string_length(json_object_get(data, "name")) == 0)
		name[0] = '\0';
	fprintf(out, "watching %s%s%s: %s streams now; Ctrl-C ends it\n", what,
		name[0] != '\0' ? " " : "", name, cell(data, "streams", streams, sizeof(streams)));
}

bool sluicectl_print_watch(FILE *out, const json_t *data)
{
	const bool is_note = json_object_get(data, "note") != NULL;
	char text[4096];

	if (json_object_get(data, "watching") != NULL) {
		print_begin(out, data);
		return true;
	}
	if (json_object_get(data, "stanzas_lost") != NULL) {
		fprintf(out, "-- %s stanzas passed that are not shown: too many at once\n",
			cell(data, "stanzas_lost", text, sizeof(text)));
		return true;
	}
	if (!is_note && json_object_get(data, "element") == NULL)
		return false;
	print_clock(out, data);
	fprintf(out, " %-16s", cell(data, "stream", text, sizeof(text)));
	fprintf(out, " %-3s ", is_note ? "--" : cell(data, "direction", text, sizeof(text)));
	fprintf(out, "%s\n", cell(data, is_note ? "note" : "element", text, sizeof(text)));
	return true;
}
