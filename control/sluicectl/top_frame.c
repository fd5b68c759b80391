/* SPDX-License-Identifier: BSD-3-Clause */
/* top_frame.c - numbers in tables, as many rows as there is room for. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "control/sluicectl/table.h"
#include "control/sluicectl/text.h"
#include "control/sluicectl/top_frame.h"

/* Lines besides the rows of cores, partners and streams: two of totals, three of the law, titles
 * of the three tables, blank lines between, keys. */
enum { FIXED_LINES = 13, ROWS_MIN = 16, LIST_ROWS = 10 };

/* Streams have all their columns on a screen of WIDE, on others the first SHORT. */
enum { WIDE = 110, SHORT = 7 };

struct frame {
	FILE *out;
	struct top_view *view;
	size_t columns, left; /* lines there is room for */
};

static void put_line(struct frame *f, const char *text)
{
	if (f->left == 0)
		return;
	f->left--;
	if (text[0] == TOP_HEADING) {
		fputc(TOP_HEADING, f->out);
		text++;
	}
	fprintf(f->out, "%.*s\n", (int)sluicectl_text_fit(text, f->columns), text);
}

__attribute__((format(printf, 2, 3))) static void say(struct frame *f, const char *format, ...)
{
	char line[1024];
	va_list values;

	va_start(values, format);
	(void)vsnprintf(line, sizeof(line), format, values);
	va_end(values);
	put_line(f, line);
}

/* Takes @rows. Its first line is a heading. */
static void put_table(struct frame *f, const struct table_column *columns, json_t *rows)
{
	char *text = NULL, *rest = NULL, heading[1024];
	size_t len = 0;
	FILE *lines = open_memstream(&text, &len);

	if (lines != NULL) {
		sluicectl_table_print_in(lines, f->columns, columns, rows, true);
		fclose(lines);
		for (char *line = strtok_r(text, "\n", &rest); line != NULL;
		     line = strtok_r(NULL, "\n", &rest)) {
			(void)snprintf(heading, sizeof(heading), "%c%s", TOP_HEADING, line);
			put_line(f, line == text ? heading : line);
		}
		free(text);
	}
	json_decref(rows);
}

/* --- totals --- */

static double seconds(const struct top_view *v)
{
	return v->before.at_us != 0 ? (double)(v->now.at_us - v->before.at_us) / 1e6 : 0;
}

static double rate(const struct top_view *v, uint64_t now, uint64_t before)
{
	const double s = seconds(v);

	return s > 0 && now > before ? (double)(now - before) / s : 0;
}

/* 0.5, 12.3, 1234: small rates matter, too. */
static json_t *number(double n)
{
	return n < 99.95 ? json_sprintf("%.1f", n) : json_sprintf("%.0f", n);
}

static void put_head(struct frame *f)
{
	const struct top_sample *s = &f->view->now;
	const struct top_view *v = f->view;
	double kb[4];

	say(f,
	    "sluice %s  %s  up %lldd %02lld:%02lld:%02lld  %lld partners  %lld gateways  "
	    "%lld streams",
	    s->version, s->state, s->uptime_s / 86400, s->uptime_s / 3600 % 24,
	    s->uptime_s / 60 % 60, s->uptime_s % 60, s->partners, s->gateways, s->streams);
	for (size_t i = 0; i < ARRAY_LEN(kb); i++)
		kb[i] = rate(v, s->bytes[i], v->before.bytes[i]) / 1000;
	if (v->trouble[0] != '\0')
		say(f, "! %s", v->trouble);
	else
		say(f, "edge %.0f KB/s in, %.0f KB/s out; internal %.0f KB/s in, %.0f KB/s out%s",
		    kb[0], kb[1], kb[2], kb[3], v->is_paused ? "  PAUSED" : "");
	put_line(f, "");
}

static void put_law(struct frame *f)
{
	static const struct table_column columns[] = {
	    {"STANZAS ", "of"},  {"  ACCEPTED", "0"}, {" DELIVERED", "1"}, {"  ANSWERED", "2"},
	    {"   BOUNCED", "3"}, {"   DROPPED", "4"}, {"    HELD", "5"},   {NULL, NULL}};
	const struct top_view *v = f->view;
	json_t *second = json_pack("{s:s}", "of", "a second"),
	       *total = json_pack("{s:s}", "of", "total");
	char key[2] = "0";

	for (int i = 0; i < TOP_TERMS; i++, key[0]++) {
		json_object_set_new(total, key, json_integer((json_int_t)v->now.law[i]));
		json_object_set_new(second, key,
				    i == TOP_HELD
					? json_string("-")
					: number(rate(v, v->now.law[i], v->before.law[i])));
	}
	put_table(f, columns, json_pack("[o, o]", second, total));
	put_line(f, "");
}

static void put_cores(struct frame *f, size_t count)
{
	static const struct table_column columns[] = {{"CORE", "core"},
						      {"BUSY%", "recent_busy_percent"},
						      {"STANZAS/S", "recent_stanzas"},
						      {"CYCLES EACH", "recent_cycles_per_stanza"},
						      {"FRAMES/S", "recent_frames"},
						      {"CONNECTIONS", "conns"},
						      {"POOL%", "pool_percent"},
						      {NULL, NULL}};
	json_t *rows = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append(rows, json_array_get(f->view->now.cores, i));
	put_table(f, columns, rows);
	if (count < json_array_size(f->view->now.cores))
		say(f, "and %zu cores more", json_array_size(f->view->now.cores) - count);
	put_line(f, "");
}

/* --- partners and streams --- */

static json_t *row_json(const struct top_row *r)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:I, s:I}", "key", r->key, "name",
			 r->name != NULL ? r->name : "", "kind", r->kind, "stanzas_in",
			 number(r->rate[TOP_STANZAS_IN]), "stanzas_out",
			 number(r->rate[TOP_STANZAS_OUT]), "kb_in",
			 number(r->rate[TOP_BYTES_IN] / 1000), "kb_out",
			 number(r->rate[TOP_BYTES_OUT] / 1000), "queued",
			 (json_int_t)r->queued_bytes, "idle", (json_int_t)r->idle_s);
}

/* "> PARTNER 11-20 OF 400": which rows, and whether the arrow keys move them. */
static void title_of(const struct frame *f, unsigned int list, size_t first, size_t count,
		     char out[64])
{
	const struct top_view *v = f->view;

	(void)snprintf(out, 64, "%s %zu-%zu OF %zu%s", list == 0 ? "PARTNER" : "STREAM",
		       count > 0 ? first + 1 : 0, first + count, v->list[list].count,
		       v->focus == list ? " *" : "");
}

static void put_list(struct frame *f, unsigned int list, size_t room)
{
	struct top_view *v = f->view;
	const struct top_list *l = &v->list[list];
	const size_t most = l->count > room ? l->count - room : 0;
	const size_t first = v->scroll[list] < most ? v->scroll[list] : most;
	const size_t count = l->count - first < room ? l->count - first : room;
	json_t *rows = json_array();
	char title[64];
	const struct table_column partners[] = {{title, "key"},
						{"STREAMS     ", "kind"},
						{"   IN/S", "stanzas_in"},
						{"  OUT/S", "stanzas_out"},
						{"IN KB/S", "kb_in"},
						{"OUT KB/S", "kb_out"},
						{NULL, NULL}};
	struct table_column streams[] = {{title, "key"},
					 {"LEG", "kind"},
					 {"REMOTE", "name"},
					 {"   IN/S", "stanzas_in"},
					 {"  OUT/S", "stanzas_out"},
					 {"IN KB/S", "kb_in"},
					 {"OUT KB/S", "kb_out"},
					 {"QUEUED BYTES", "queued"},
					 {"IDLE S", "idle"},
					 {NULL, NULL}};

	if (f->columns < WIDE)
		streams[SHORT] = streams[ARRAY_LEN(streams) - 1];
	v->scroll[list] = first;
	v->shown[list] = room;
	title_of(f, list, first, count, title);
	for (size_t i = first; i < first + count; i++)
		json_array_append_new(rows, row_json(l->rows[i]));
	put_table(f, list == 0 ? partners : streams, rows);
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Rows of cores, partners and streams for what is left of the screen. */
static void share(const struct top_view *v, size_t rows, size_t *cores, size_t room[2])
{
	const size_t all = json_array_size(v->now.cores);
	size_t left = rows - FIXED_LINES;

	*cores = smaller(all, left / 3);
	left -= *cores + (*cores < all); /* a line says that there are more */
	room[0] = smaller(v->list[0].count, left / 2);
	room[1] = smaller(v->list[1].count, left - room[0]);
	room[0] = smaller(v->list[0].count, left - room[1]);
}

void sluicectl_top_frame(FILE *out, struct top_view *v, size_t rows, size_t columns)
{
	static const char *const sorts[TOP_SORTS] = {"stanzas", "bytes", "name"};
	struct frame f = {out, v, columns,
			  rows > 0 ? rows - 1 : SIZE_MAX}; /* the last is for keys */
	size_t cores = json_array_size(v->now.cores), room[2] = {LIST_ROWS, LIST_ROWS};

	if (rows > 0 && rows < ROWS_MIN) {
		put_head(&f);
		f.left = 1;
		say(&f, "a window of %d lines or more shows more", ROWS_MIN);
		return;
	}
	if (rows > 0)
		share(v, rows, &cores, room);
	put_head(&f);
	put_law(&f);
	put_cores(&f, cores);
	put_list(&f, 0, room[0]);
	put_line(&f, "");
	put_list(&f, 1, room[1]);
	if (rows == 0)
		return;
	while (f.left > 0)
		put_line(&f, "");
	f.left = 1;
	say(&f, "%cq quit  s sort: %s  p %s  TAB other list  arrows, PgUp, PgDn scroll",
	    TOP_HEADING, sorts[v->sort], v->is_paused ? "go on" : "pause");
}
