/* SPDX-License-Identifier: BSD-3-Clause */
/* top.c - look, draw, wait for a key or for the time of the next look. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control/operator/exit_code.h"
#include "control/sluicectl/signals.h"
#include "control/sluicectl/table.h"
#include "control/sluicectl/top.h"
#include "control/sluicectl/top_screen.h"

enum { INTERVAL_S = 2, INTERVAL_MAX_S = 3600, ONCE_S = 1 };

static uint64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* What is shown moves on by one look. False with a code; the view says why. */
static bool look(struct asker *a, struct top_view *v, int *code)
{
	struct sluicectl_client *c = sluicectl_ask_client(a, code, v->trouble);
	const uint64_t at_us = now_us();
	struct top_sample fresh;

	if (c == NULL || !sluicectl_top_sample_take(&fresh, c, at_us, code, v->trouble)) {
		sluicectl_ask_end(a);
		return false;
	}
	sluicectl_top_sample_clear(&v->before);
	v->before = v->now;
	v->now = fresh;
	v->trouble[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(v->list); i++)
		if (!sluicectl_top_list_look(&v->list[i], c, at_us, code, v->trouble)) {
			sluicectl_ask_end(a);
			return false;
		}
	return true;
}

static void sort(struct top_view *v)
{
	for (size_t i = 0; i < ARRAY_LEN(v->list); i++)
		sluicectl_top_list_sort(&v->list[i], v->sort);
}

static void scroll(struct top_view *v, enum top_key key)
{
	size_t *at = &v->scroll[v->focus];
	const size_t page = v->shown[v->focus] > 0 ? v->shown[v->focus] : 1;

	if (key == TOP_KEY_UP)
		*at -= *at > 0;
	else if (key == TOP_KEY_DOWN)
		++*at; /* the frame knows where the end is */
	else if (key == TOP_KEY_PAGE_UP)
		*at -= *at < page ? *at : page;
	else if (key == TOP_KEY_PAGE_DOWN)
		*at += page;
	else
		*at = key == TOP_KEY_HOME ? 0 : v->list[v->focus].count;
}

/* False for the end. */
static bool press(struct top_view *v, enum top_key key)
{
	if (key == TOP_KEY_QUIT)
		return false;
	if (key == TOP_KEY_SORT) {
		v->sort = (enum top_sort)((v->sort + 1) % TOP_SORTS);
		sort(v);
	} else if (key == TOP_KEY_PAUSE) {
		v->is_paused = !v->is_paused;
	} else if (key == TOP_KEY_LIST) {
		v->focus = 1 - v->focus;
	} else if (key >= TOP_KEY_UP) {
		scroll(v, key);
	}
	return true;
}

/* Keys and signals until @until_us. False for the end. */
static bool wait_until(struct top_view *v, uint64_t until_us)
{
	for (;;) {
		const uint64_t now = now_us();
		const int left_ms = now < until_us ? (int)((until_us - now + 999) / 1000) : 0;
		const int ready = sluicectl_signals_wait(STDIN_FILENO, POLLIN, left_ms);
		enum top_key key;

		if (sluicectl_signals_have(SIGNAL_INTERRUPT | SIGNAL_END) != 0 ||
		    (ready < 0 && errno != EINTR))
			return false;
		if (ready == 0)
			return true;
		if (sluicectl_signals_take(SIGNAL_RESIZE) != 0)
			sluicectl_top_screen_resize();
		if (sluicectl_signals_take(SIGNAL_RESUME) != 0)
			sluicectl_top_screen_spoiled();
		key = sluicectl_top_screen_key();
		if (key == TOP_KEY_NONE && ready > 0)
			return false; /* the terminal has gone */
		for (; key != TOP_KEY_NONE; key = sluicectl_top_screen_key())
			if (!press(v, key))
				return false;
		sluicectl_top_screen_draw(v);
	}
}

static int watch(struct asker *a, struct top_view *v, uint64_t interval_us)
{
	int code = EXIT_OK;
	uint64_t next_us;

	sluicectl_signals_hold();
	if (!sluicectl_top_screen_open()) {
		sluicectl_ask_complain(a, "this terminal cannot show a whole screen: top --once");
		return EXIT_FAILED;
	}
	do {
		next_us = now_us() + interval_us;
		if (!v->is_paused)
			(void)look(a, v, &code);
		sort(v);
		sluicectl_top_screen_draw(v);
	} while (wait_until(v, next_us));
	sluicectl_top_screen_close();
	(void)sluicectl_signals_take(SIGNAL_INTERRUPT);
	return EXIT_OK;
}

static int once(struct asker *a, struct top_view *v, uint64_t interval_us)
{
	const uint64_t until_us = now_us() + interval_us;
	char *text = NULL, *rest = NULL;
	int code = EXIT_OK;
	size_t len = 0;
	uint64_t now;
	FILE *f;

	while ((now = now_us()) < until_us)
		if (sluicectl_signals_wait(-1, 0, (int)((until_us - now + 999) / 1000)) < 0)
			return EXIT_FAILED;
	if (!look(a, v, &code)) {
		sluicectl_ask_complain(a, v->trouble);
		return code;
	}
	sort(v);
	f = open_memstream(&text, &len);
	if (f == NULL)
		return EXIT_FAILED;
	sluicectl_top_frame(f, v, 0, sluicectl_table_room(stdout));
	fclose(f);
	rest = text;
	while (*rest != '\0') {
		const char *line = strsep(&rest, "\n"); /* each line of a frame has its end */

		puts(line[0] == TOP_HEADING ? line + 1 : line);
	}
	free(text);
	return code;
}

int sluicectl_top(struct asker *a, const json_t *args)
{
	const bool is_once = json_is_true(json_object_get(args, "once"));
	const json_int_t asked = json_integer_value(json_object_get(args, "interval"));
	const uint64_t s = asked > INTERVAL_MAX_S ? INTERVAL_MAX_S
			   : asked > 0            ? (uint64_t)asked
			   : is_once              ? ONCE_S
						  : INTERVAL_S;
	struct top_view v = {.list[1].has_streams = true};
	int code;

	if (!is_once && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))) {
		sluicectl_ask_complain(a, "top takes a terminal: top --once prints one picture");
		return EXIT_USAGE;
	}
	if (look(a, &v, &code))
		code = is_once ? once(a, &v, s * 1000000) : watch(a, &v, s * 1000000);
	else
		sluicectl_ask_complain(a, v.trouble);
	sluicectl_top_sample_clear(&v.now);
	sluicectl_top_sample_clear(&v.before);
	sluicectl_top_list_clear(&v.list[0]);
	sluicectl_top_list_clear(&v.list[1]);
	return code;
}
