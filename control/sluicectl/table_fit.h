/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table_fit.h - a table's columns on a screen that may be too narrow for them.
 *
 * In this order: titles of two words take two lines; text gives way, the widest column first (the
 * last one goes on in further lines, any other ends in an ellipsis); columns are left out, from the
 * right. A number, an address or a word of ours is never cut: what is left of it would be another.
 *
 * Runs on  sluicectl. Pure.
 */
#ifndef CONTROL_SLUICECTL_TABLE_FIT_H
#define CONTROL_SLUICECTL_TABLE_FIT_H

#include "control/sluicectl/table.h"

enum { TABLE_GAP = 2 }; /* blanks between two columns */

struct table_layout {
	/* in */
	size_t count; /* columns there are */
	const char *title[TABLE_COLUMNS_MAX];
	size_t cell[TABLE_COLUMNS_MAX]; /* width of the widest, without the title */
	bool is_exact[TABLE_COLUMNS_MAX];
	bool may_fold; /* titles */

	/* out */
	size_t shown; /* columns that have room, at least one */
	size_t width[TABLE_COLUMNS_MAX];
	bool has_two_lines; /* of titles */
};

/* @room: columns of the screen. */
void sluicectl_table_fit(struct table_layout *l, size_t room);
/* Where the second line of a title begins: at its end where it has but one. */
size_t sluicectl_table_fit_split(const char *title);

#endif
