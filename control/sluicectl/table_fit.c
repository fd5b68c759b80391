/* SPDX-License-Identifier: BSD-3-Clause */
/* table_fit.c - who gives way, and by how much. */
#include <string.h>

#include "control/sluicectl/table_fit.h"
#include "control/sluicectl/text.h"

/* Less says nothing any more. */
enum { CUT_MIN = 12, FOLD_MIN = 24 };

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

size_t sluicectl_table_fit_split(const char *title)
{
	const size_t len = strlen(title);
	size_t best = len, widest = len;

	for (size_t i = 0; i < len; i++)
		if (title[i] == ' ' && larger(i, len - i - 1) < widest) {
			best = i;
			widest = larger(i, len - i - 1);
		}
	return best;
}

static size_t title_width(const char *title, bool in_two_lines)
{
	const size_t split = sluicectl_table_fit_split(title);

	if (!in_two_lines || title[split] == '\0')
		return sluicectl_text_width(title);
	return larger(split, strlen(title) - split - 1);
}

static size_t total(const struct table_layout *l)
{
	size_t sum = 0;

	for (size_t i = 0; i < l->shown; i++)
		sum += l->width[i] + (i > 0 ? TABLE_GAP : 0);
	return sum;
}

static void widen(struct table_layout *l, bool in_two_lines)
{
	l->has_two_lines = in_two_lines;
	for (size_t i = 0; i < l->shown; i++)
		l->width[i] = larger(l->cell[i], title_width(l->title[i], in_two_lines));
}

/* How narrow column @i may become. */
static size_t least(const struct table_layout *l, size_t i)
{
	const size_t text = i + 1 == l->count ? FOLD_MIN : CUT_MIN;
	const size_t title = title_width(l->title[i], l->has_two_lines);

	return l->is_exact[i] || l->cell[i] < text ? l->width[i] : larger(text, title);
}

/* The widest that can give way loses one column. False when none can. */
static bool narrow_one(struct table_layout *l)
{
	size_t widest = l->shown;

	for (size_t i = 0; i < l->shown; i++)
		if (l->width[i] > least(l, i) &&
		    (widest == l->shown || l->width[i] > l->width[widest]))
			widest = i;
	if (widest == l->shown)
		return false;
	l->width[widest]--;
	return true;
}

void sluicectl_table_fit(struct table_layout *l, size_t room)
{
	for (l->shown = l->count;; l->shown--) {
		widen(l, false);
		if (total(l) <= room)
			return;
		widen(l, l->may_fold);
		while (total(l) > room && narrow_one(l))
			continue;
		if (total(l) <= room || l->shown == 1)
			return;
	}
}
