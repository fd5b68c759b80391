/* SPDX-License-Identifier: BSD-3-Clause */
/* table.c - aligned text out of JSON rows. */
#include <string.h>

#include "control/sluicectl/table.h"

enum { CELL_BYTES = 256 };

static void append(char *out, size_t room, const char *text)
{
	const size_t used = strlen(out);

	(void)snprintf(out + used, room - used, "%s", text);
}

static void append_value(const json_t *value, char *out, size_t room)
{
	const size_t used = strlen(out);

	if (json_is_string(value))
		append(out, room, json_string_value(value));
	else if (json_is_integer(value))
		(void)snprintf(out + used, room - used, "%lld",
			       (long long)json_integer_value(value));
	else if (json_is_real(value))
		(void)snprintf(out + used, room - used, "%.1f", json_real_value(value));
	else if (json_is_boolean(value))
		append(out, room, json_is_true(value) ? "yes" : "no");
}

/* A partner chose some of these bytes. C0, DEL and C1 (0xc2 0x80..0x9f) steer terminals. */
static void disarm(char *text)
{
	for (uint8_t *at = (uint8_t *)text; *at != '\0'; at++) {
		if (*at < ' ' || *at == 0x7f)
			*at = '?';
		if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0)
			at[0] = at[1] = '?';
	}
}

const char *sluicectl_table_cell(const json_t *row, const char *key, char *out, size_t room)
{
	char one[64];

	out[0] = '\0';
	for (const char *at = key;; at++) {
		size_t length = strcspn(at, "/");
		const json_t *value;

		(void)snprintf(one, sizeof(one), "%.*s", (int)length, at);
		value = json_object_get(row, one);
		if (!json_is_array(value))
			append_value(value, out, room);
		for (size_t i = 0; i < json_array_size(value); i++) {
			append(out, room, i > 0 ? "," : "");
			append_value(json_array_get(value, i), out, room);
		}
		at += length;
		if (*at == '\0')
			break;
		append(out, room, "/");
	}
	if (out[0] == '\0')
		append(out, room, "-");
	disarm(out);
	return out;
}

/* Columns on a screen: a character of UTF-8 counts once. */
static size_t width_of(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((uint8_t)*text & 0xc0) != 0x80;
	return n;
}

static void print_cell(FILE *out, const char *text, size_t width, bool right, bool last)
{
	const size_t pad = width - width_of(text);

	if (right)
		fprintf(out, "%*s", (int)pad, "");
	fputs(text, out);
	if (last)
		fputc('\n', out);
	else
		fprintf(out, "%*s", (int)(right ? 2 : pad + 2), "");
}

void sluicectl_table_print(FILE *out, const struct table_column *columns, const json_t *rows,
			   const char *empty)
{
	size_t width[TABLE_COLUMNS_MAX], count = 0, i;
	bool right[TABLE_COLUMNS_MAX];
	const json_t *row;
	char cell[CELL_BYTES];

	if (json_array_size(rows) == 0) {
		fprintf(out, "%s\n", empty);
		return;
	}
	for (; count < TABLE_COLUMNS_MAX && columns[count].title != NULL; count++) {
		width[count] = strlen(columns[count].title);
		right[count] = true;
		json_array_foreach(rows, i, row)
		{
			const size_t n = width_of(
			    sluicectl_table_cell(row, columns[count].key, cell, sizeof(cell)));

			width[count] = n > width[count] ? n : width[count];
			right[count] &= cell[strspn(cell, "0123456789./-")] == '\0';
		}
	}
	for (size_t c = 0; c < count; c++)
		print_cell(out, columns[c].title, width[c], right[c], c + 1 == count);
	json_array_foreach(rows, i, row) for (size_t c = 0; c < count; c++)
	    print_cell(out, sluicectl_table_cell(row, columns[c].key, cell, sizeof(cell)), width[c],
		       right[c], c + 1 == count);
}
