/* SPDX-License-Identifier: BSD-3-Clause */
/* table.c - aligned text out of JSON rows. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "control/sluicectl/table.h"
#include "control/sluicectl/table_fit.h"
#include "control/sluicectl/text.h"

enum { CELL_BYTES = 1024, WORD_BYTES = 24 };

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

	bool has_any = false;

	out[0] = '\0';
	for (const char *at = key;; at++) {
		size_t length = strcspn(at, "/");
		const size_t used = strlen(out);
		const json_t *value;

		(void)snprintf(one, sizeof(one), "%.*s", (int)length, at);
		value = json_object_get(row, one);
		if (!json_is_array(value))
			append_value(value, out, room);
		for (size_t i = 0; i < json_array_size(value); i++) {
			append(out, room, i > 0 ? "," : "");
			append_value(json_array_get(value, i), out, room);
		}
		has_any |= out[used] != '\0';
		append(out, room, out[used] != '\0' ? "" : "-");
		at += length;
		if (*at == '\0')
			break;
		append(out, room, "/");
	}
	if (!has_any)
		(void)snprintf(out, room, "-");
	disarm(out);
	return out;
}

size_t sluicectl_table_room(FILE *out)
{
	const char *told = getenv("COLUMNS");
	const long columns = told != NULL ? strtol(told, NULL, 10) : 0;
	struct winsize size;

	if (!isatty(fileno(out)))
		return SIZE_MAX;
	if (columns > 0)
		return (size_t)columns;
	return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* --- what is to be printed --- */

struct table {
	const struct table_column *columns;
	const json_t *rows;
	struct table_layout layout;
	bool is_right[TABLE_COLUMNS_MAX];
};

/* 7, 7.5, -, or several of them with slashes between; an address is none. */
static bool is_number(const char *cell)
{
	for (;; cell++) {
		if (*cell == '-')
			cell++;
		cell += strspn(cell, "0123456789");
		if (*cell == '.')
			cell += 1 + strspn(cell + 1, "0123456789");
		if (*cell != '/')
			return *cell == '\0';
	}
}

/* A number, an address, a time, a word of ours: what is left of one that was cut would be another.
 * Domains, lists and sentences have dots, commas and blanks. */
static bool is_exact(const char *cell)
{
	return cell[strspn(cell, "0123456789abcdefABCDEF.:/- ")] == '\0' ||
	       (strpbrk(cell, " .,@") == NULL && strlen(cell) <= WORD_BYTES);
}

static void measure(struct table *t)
{
	struct table_layout *l = &t->layout;
	char cell[CELL_BYTES];
	const json_t *row;
	size_t i;

	for (; l->count < TABLE_COLUMNS_MAX && t->columns[l->count].title != NULL; l->count++) {
		const size_t c = l->count;

		l->title[c] = t->columns[c].title;
		t->is_right[c] = l->is_exact[c] = true;
		json_array_foreach(t->rows, i, row)
		{
			const size_t n = sluicectl_text_width(
			    sluicectl_table_cell(row, t->columns[c].key, cell, sizeof(cell)));

			l->cell[c] = n > l->cell[c] ? n : l->cell[c];
			t->is_right[c] &= is_number(cell);
			l->is_exact[c] &= is_exact(cell);
		}
	}
}

/* --- lines --- */

static void put(FILE *out, const struct table *t, size_t c, const char *text)
{
	const size_t wide = sluicectl_text_width(text), width = t->layout.width[c];
	const int pad = width > wide ? (int)(width - wide) : 0;

	if (c > 0)
		fprintf(out, "%*s", TABLE_GAP, "");
	if (t->is_right[c])
		fprintf(out, "%*s%s", pad, "", text);
	else
		fprintf(out, "%s%*s", text, pad, "");
}

static bool is_split(const struct table_layout *l, size_t c)
{
	return l->has_two_lines && sluicectl_text_width(l->title[c]) > l->width[c];
}

/* What stands in the upper or lower line of titles. */
static void put_title(FILE *out, const struct table *t, size_t c, bool is_upper)
{
	const char *title = t->layout.title[c];
	const size_t split = is_split(&t->layout, c) ? sluicectl_table_fit_split(title) : 0;
	char part[64];

	if (is_upper)
		(void)snprintf(part, sizeof(part), "%.*s", (int)split, title);
	else
		(void)snprintf(part, sizeof(part), "%s", title + split + (split > 0));
	put(out, t, c, part);
}

/* A title's words stand one above the other where the table is narrow; one line is the lower. */
static void put_titles(FILE *out, const struct table *t)
{
	const struct table_layout *l = &t->layout;
	bool has_upper = false;

	for (size_t c = 0; c < l->shown; c++)
		has_upper |= is_split(l, c);
	for (int line = has_upper ? 0 : 1; line < 2; line++) {
		for (size_t c = 0; c < l->shown; c++)
			put_title(out, t, c, line == 0);
		fputc('\n', out);
	}
}

/* The end of a text that has no room is "...", in one character. */
static void cut(char *cell, size_t room, size_t width)
{
	size_t keep;

	if (sluicectl_text_width(cell) <= width)
		return;
	keep = sluicectl_text_fit(cell, width - 1);
	(void)snprintf(cell + keep, room - keep, "\xe2\x80\xa6");
}

/* Bytes of @text for one line of @width: up to a blank or behind a comma, if there is one. */
static size_t line_of(const char *text, size_t width)
{
	const size_t most = sluicectl_text_fit(text, width);
	size_t at = most;

	if (text[most] == '\0')
		return most;
	while (at > 0 && text[at] != ' ' && text[at - 1] != ',')
		at--;
	return at > 0 ? at : most > 0 ? most : 1;
}

/* The last column goes on below itself. */
static void put_folded(FILE *out, const struct table *t, size_t c, const char *text)
{
	char line[CELL_BYTES];
	size_t left = 0;

	for (size_t i = 0; i < c; i++)
		left += t->layout.width[i] + TABLE_GAP;
	for (bool is_first = true; is_first || *text != '\0'; is_first = false) {
		const size_t bytes = line_of(text, t->layout.width[c]);

		(void)snprintf(line, sizeof(line), "%.*s", (int)bytes, text);
		if (is_first)
			put(out, t, c, line);
		else
			fprintf(out, "%*s%s", (int)left, "", line);
		fputc('\n', out);
		text += bytes;
		text += strspn(text, " ");
	}
}

static void put_row(FILE *out, const struct table *t, const json_t *row)
{
	const struct table_layout *l = &t->layout;
	char cell[CELL_BYTES];

	for (size_t c = 0; c < l->shown; c++) {
		(void)sluicectl_table_cell(row, t->columns[c].key, cell, sizeof(cell) - 4);
		if (c + 1 == l->count && !l->is_exact[c]) {
			put_folded(out, t, c, cell);
			return;
		}
		cut(cell, sizeof(cell), l->width[c]);
		put(out, t, c, cell);
	}
	fputc('\n', out);
}

/* What was left out is said: a table must not look whole when it is not. */
static void put_note(FILE *out, const struct table *t, size_t room)
{
	const struct table_layout *l = &t->layout;
	char note[CELL_BYTES] = "no room for";
	const char *at = note;

	if (l->shown == l->count)
		return;
	for (size_t c = l->shown; c < l->count; c++) {
		append(note, sizeof(note), c > l->shown ? ", " : " ");
		append(note, sizeof(note), l->title[c]);
	}
	append(note, sizeof(note), " (-j has all)");
	while (*at != '\0') {
		const size_t bytes = line_of(at, room);

		fprintf(out, "%.*s\n", (int)bytes, at);
		at += bytes;
		at += strspn(at, " ");
	}
}

/* Without blanks at the ends of lines. */
static void copy_lines(FILE *out, char *text)
{
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		size_t len = strlen(line);

		while (len > 0 && line[len - 1] == ' ')
			len--;
		fprintf(out, "%.*s\n", (int)len, line);
	}
}

void sluicectl_table_print_in(FILE *out, size_t room, const struct table_column *columns,
			      const json_t *rows, bool is_picture)
{
	struct table t = {.columns = columns, .rows = rows};
	char *text = NULL;
	const json_t *row;
	size_t len = 0, i;
	FILE *lines = open_memstream(&text, &len);

	if (lines == NULL)
		return;
	measure(&t);
	if (t.layout.count > 0) {
		t.layout.may_fold = !is_picture;
		sluicectl_table_fit(&t.layout, room);
		put_titles(lines, &t);
		json_array_foreach(rows, i, row) put_row(lines, &t, row);
		if (!is_picture)
			put_note(lines, &t, room);
	}
	fclose(lines);
	copy_lines(out, text);
	free(text);
}

void sluicectl_table_print(FILE *out, const struct table_column *columns, const json_t *rows,
			   const char *empty)
{
	if (json_array_size(rows) == 0)
		fprintf(out, "%s\n", empty);
	else
		sluicectl_table_print_in(out, sluicectl_table_room(out), columns, rows, false);
}
