/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table.h - JSON rows as a table for people: columns as wide as their widest cell,
 * numbers to the right, no blank at a line's end, no byte that a terminal could take for an order.
 * On a terminal no line is longer than that is wide (table_fit.h).
 *
 * Runs on  sluicectl.
 */
#ifndef CONTROL_SLUICECTL_TABLE_H
#define CONTROL_SLUICECTL_TABLE_H

#include <jansson.h>
#include <stdio.h>

#include "dataplane/base/base.h"

enum { TABLE_COLUMNS_MAX = 16 };

struct table_column {
	const char *title;
	const char *key; /* of a row; "a/b" shows both with a slash between */
};

/* Up to the column without a title. Nothing but @empty, on a line of its own, where @rows has none.
 */
void sluicectl_table_print(FILE *out, const struct table_column *columns, const json_t *rows,
			   const char *empty);
/* The same on @room columns; @is_picture: it is a part of one, so titles have one line, and what
 * had no room is not named below. */
void sluicectl_table_print_in(FILE *out, size_t room, const struct table_column *columns,
			      const json_t *rows, bool is_picture);
/* Columns of the terminal that @out is: $COLUMNS, else what the terminal says; SIZE_MAX for
 * anything else. */
size_t sluicectl_table_room(FILE *out);
/* One value as a cell says it; @out is returned. */
const char *sluicectl_table_cell(const json_t *row, const char *key, char *out, size_t room);

#endif
