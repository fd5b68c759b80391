/* SPDX-License-Identifier: BSD-3-Clause */
/* sluicectl_top_test.c - pictures of the relay: the right numbers, on every size of screen. */
#include "control/sluicectl/text.h"
#include "control/sluicectl/top_frame.h"
#include "sluicectl_run.h"

static char text[64 * 1024];

static json_t *core_rows(size_t count)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(
		    rows, json_pack("{s:i, s:f, s:i, s:f, s:i, s:i, s:f}", "core", (int)i,
				    "recent_busy_percent", 42.5, "recent_stanzas", 1234567,
				    "recent_cycles_per_stanza", 1999.5, "recent_frames", 2345678,
				    "conns", 50000, "pool_percent", 51.1));
	return rows;
}

static void fill(struct top_list *l, size_t count)
{
	l->rows = calloc(count > 0 ? count : 1, sizeof(struct top_row *));
	for (; l->count < count; l->count++) {
		struct top_row *r = calloc(1, sizeof(*r));
		char name[96];

		(void)snprintf(name, sizeof(name), "conference%zu.%s", l->count,
			       l->count % 2 == 0 ? "example"
						 : "a-partner-with-a-very-long-name.example");
		r->key = strdup(l->has_streams ? name + 10 : name);
		r->name = strdup(name);
		(void)snprintf(r->kind, sizeof(r->kind), "internal out");
		r->rate[TOP_STANZAS_IN] = (double)(l->count % 7) * 1000;
		r->rate[TOP_BYTES_OUT] = (double)(l->count % 5) * 1e6;
		l->rows[l->count] = r;
	}
}

static struct top_view view_of(size_t cores, size_t partners, size_t streams)
{
	struct top_view v = {.now = {.at_us = 3000000,
				     .version = "0.1.0",
				     .state = "running",
				     .uptime_s = 93784,
				     .partners = (long long)partners,
				     .gateways = 2,
				     .streams = (long long)streams,
				     .law = {5000, 4800, 0, 101, 0, 7},
				     .bytes = {4000000, 2000, 0, 0},
				     .cores = core_rows(cores)},
			     .before = {.at_us = 1000000, .law = {1000, 900, 0, 100}},
			     .list[1].has_streams = true};

	fill(&v.list[0], partners);
	fill(&v.list[1], streams);
	sluicectl_top_list_sort(&v.list[0], v.sort);
	sluicectl_top_list_sort(&v.list[1], v.sort);
	return v;
}

static void drop(struct top_view *v)
{
	sluicectl_top_sample_clear(&v->now);
	sluicectl_top_list_clear(&v->list[0]);
	sluicectl_top_list_clear(&v->list[1]);
}

/* Draws it; how many lines. */
static size_t draw(struct top_view *v, size_t rows, size_t columns)
{
	FILE *f = tmpfile();
	size_t lines = 0;

	sluicectl_top_frame(f, v, rows, columns);
	read_back(f, text, sizeof(text));
	for (const char *at = text; *at != '\0'; at++)
		lines += *at == '\n';
	return lines;
}

static size_t widest(void)
{
	size_t most = 0;
	char *rest = text;

	for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
		const size_t n = sluicectl_text_width(line + (line[0] == TOP_HEADING));

		most = n > most ? n : most;
	}
	return most;
}

static void shows_rates(void)
{
	struct top_view v = view_of(1, 3, 2);

	CHECK_EQ(draw(&v, 24, 80), 24);
	CHECK(strstr(text,
		     "sluice 0.1.0  running  up 1d 02:03:04  3 partners  2 gateways  "
		     "2 streams\n"
		     "edge 2000 KB/s in, 1 KB/s out; internal 0 KB/s in, 0 KB/s out\n") == text);
	CHECK(strstr(text,
		     "a second        2000        1950         0.0         0.5         0.0         "
		     "-\n"
		     "total           5000        4800           0         101           0         "
		     "7\n") != NULL);
	CHECK(
	    strstr(text, "\n   0   42.5    1234567       1999.5   2345678        50000   51.1\n") !=
	    NULL);
	CHECK(strstr(text, "\x01PARTNER 1-3 OF 3 *") != NULL);
	CHECK(strstr(text, "\x01STREAM 1-2 OF 2  LEG") != NULL);
	CHECK(strstr(text, "QUEUED") == NULL);
	CHECK(strstr(text, "\x01q quit  s sort: stanzas  p pause  ") != NULL);
	(void)draw(&v, 24, 120);
	CHECK(strstr(text, "QUEUED BYTES  IDLE S\n") != NULL);
	drop(&v);
}

/* From the smallest terminal to a whole screen, from one core to sixteen. */
static void fits_every_screen(void)
{
	static const size_t cores[] = {1, 2, 16}, counts[] = {0, 3, 300};
	static const size_t heights[] = {1, 2, 3, 15, 16, 17, 20, 24, 31, 60},
			    widths[] = {80, 81, 109, 110, 200};

	for (size_t c = 0; c < ARRAY_LEN(cores); c++)
		for (size_t n = 0; n < ARRAY_LEN(counts); n++) {
			struct top_view v = view_of(cores[c], counts[n], counts[n]);

			for (size_t i = 0; i < ARRAY_LEN(heights) * ARRAY_LEN(widths); i++) {
				const size_t rows = heights[i % ARRAY_LEN(heights)];
				const size_t columns = widths[i / ARRAY_LEN(heights)];

				CHECK(draw(&v, rows, columns) <= rows);
				CHECK(strstr(text, rows < 16 ? "16 lines" : "q quit") != NULL);
				CHECK(widest() <= columns);
			}
			drop(&v);
		}
}

/* Where there is room both lists use it. */
static void shares_the_rows(void)
{
	struct top_view v = view_of(2, 500, 500);

	(void)draw(&v, 24, 80);
	CHECK_EQ(v.shown[0], 4);
	CHECK_EQ(v.shown[1], 5);
	(void)draw(&v, 60, 200);
	CHECK_EQ(v.shown[0], 22);
	CHECK_EQ(v.shown[1], 23);
	v.scroll[1] = 1000000;
	(void)draw(&v, 60, 200);
	CHECK_EQ(v.scroll[1], 500 - 23);
	CHECK(strstr(text, "STREAM 478-500 OF 500") != NULL);
	drop(&v);
	v = view_of(1, 2, 500);
	(void)draw(&v, 60, 200);
	CHECK_EQ(v.shown[0], 2);
	CHECK_EQ(v.shown[1], 60 - 13 - 1 - 2);
	drop(&v);
}

static void sorts_its_rows(void)
{
	struct top_view v = view_of(1, 35, 0);

	CHECK_STR(v.list[0].rows[0]->name, "conference13.a-partner-with-a-very-long-name.example");
	sluicectl_top_list_sort(&v.list[0], TOP_BY_BYTES);
	CHECK(v.list[0].rows[0]->rate[TOP_BYTES_OUT] > 3.9e6);
	CHECK(v.list[0].rows[34]->rate[TOP_BYTES_OUT] < 1);
	sluicectl_top_list_sort(&v.list[0], TOP_BY_NAME);
	CHECK_STR(v.list[0].rows[0]->name, "conference0.example");
	CHECK_STR(v.list[0].rows[34]->name, "conference9.a-partner-with-a-very-long-name.example");
	drop(&v);
}

static void says_what_is_wrong(void)
{
	struct top_view v = view_of(1, 1, 1);

	(void)snprintf(v.trouble, sizeof(v.trouble), "no relay listens on there");
	v.is_paused = true;
	(void)draw(&v, 24, 80);
	CHECK(strstr(text, "\n! no relay listens on there\n") != NULL);
	CHECK(strstr(text, "p go on") != NULL);
	drop(&v);
}

static void prints_one_picture(void)
{
	begin(3);
	d->streams = 450;
	stat_set(&d->core[0].stats.law.accepted, 12);
	CHECK_EQ(run("top --once"), 0);
	CHECK(strncmp(out, "sluice 0.", 9) == 0);
	CHECK(strstr(out, "\ntotal             12 ") != NULL);
	CHECK(strstr(out, "PARTNER 1-3 OF 3") != NULL);
	CHECK(strstr(out, "STREAM 1-10 OF 450") != NULL);
	CHECK(strchr(out, '\x01') == NULL && strchr(out, '\x1b') == NULL);
	CHECK(!has_trailing_blank(out));
	CHECK_EQ(run("top"), EXIT_USAGE);
	CHECK_STR(err, "sluicectl: top takes a terminal: top --once prints one picture\n");
	CHECK_EQ(run("top --interval soon"), EXIT_USAGE);
	CHECK_STR(err, "sluicectl: \"soon\" is not a duration, such as 30s, 5m, 2h or 1d\n");
	end();
	d = NULL;
	CHECK_EQ(run("top --once"), EXIT_NO_DAEMON);
	CHECK(strstr(err, "no relay listens on ") != NULL);
}

int main(int argc, char **argv)
{
	if (!run_begin(argc, argv))
		return 2;
	RUN(shows_rates);
	RUN(fits_every_screen);
	RUN(shares_the_rows);
	RUN(sorts_its_rows);
	RUN(says_what_is_wrong);
	RUN(prints_one_picture);
	return run_end();
}
