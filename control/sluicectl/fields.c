/* SPDX-License-Identifier: BSD-3-Clause */
/* fields.c - values first, then what is in the object's objects, then lists. */
#include <ctype.h>
#include <string.h>

#include "control/sluicectl/fields.h"
#include "control/sluicectl/table.h"

enum { TITLE_BYTES = 32, CELL_BYTES = 1024 };

static bool has_rows(const json_t *value)
{
	return json_is_object(json_array_get(value, 0));
}

/* A title and a blank line, if something stands above. */
static void begin_block(FILE *out, const char *key, bool *is_first)
{
	if (!*is_first)
		fputc('\n', out);
	*is_first = false;
	fprintf(out, "%s:\n", key);
}

static void put_value(FILE *out, const json_t *data, const char *key, const char *indent)
{
	char cell[CELL_BYTES];

	fprintf(out, "%s%-20s %s\n", indent, key,
		sluicectl_table_cell(data, key, cell, sizeof(cell)));
}

/* Values of the object itself, and short lists of them. */
static bool put_values(FILE *out, const json_t *data, const char *indent)
{
	bool has_any = false;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)data, key, value)
	{
		if (json_is_object(value) || json_is_array(value))
			continue;
		put_value(out, data, key, indent);
		has_any = true;
	}
	return has_any;
}

/* The fields of its rows, in the order in which they are first seen. */
static void put_rows(FILE *out, const json_t *rows)
{
	struct table_column columns[TABLE_COLUMNS_MAX + 1] = {{NULL, NULL}};
	char titles[TABLE_COLUMNS_MAX][TITLE_BYTES];
	const char *name;
	json_t *field;
	size_t n = 0;

	json_object_foreach(json_array_get(rows, 0), name, field)
	{
		if (n == TABLE_COLUMNS_MAX)
			break;
		(void)snprintf(titles[n], TITLE_BYTES, "%s", name);
		for (char *at = titles[n]; *at != '\0'; at++)
			*at = *at == '_' ? ' ' : (char)toupper((unsigned char)*at);
		columns[n] = (struct table_column){titles[n], name};
		n++;
	}
	sluicectl_table_print(out, columns, rows, "none");
}

static void put_list(FILE *out, const json_t *list)
{
	char cell[CELL_BYTES];
	json_t *value, *one = json_object();
	size_t i;

	json_array_foreach(list, i, value)
	{
		json_object_set(one, "value", value);
		fprintf(out, "  %s\n", sluicectl_table_cell(one, "value", cell, sizeof(cell)));
	}
	json_decref(one);
}

void sluicectl_fields_print(FILE *out, const json_t *data)
{
	bool is_first = !put_values(out, data, "");
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)data, key, value)
	{
		if (json_is_object(value)) {
			begin_block(out, key, &is_first);
			(void)put_values(out, value, "  ");
		} else if (has_rows(value)) {
			begin_block(out, key, &is_first);
			put_rows(out, value);
		} else if (json_array_size(value) > 0) {
			begin_block(out, key, &is_first);
			put_list(out, value);
		} else if (json_is_array(value)) {
			fprintf(out, "%-20s none\n", key);
			is_first = false;
		}
	}
}
