/* SPDX-License-Identifier: BSD-3-Clause */
/* log_limit.c - withholds repeats and floods of one event, and counts them. */
#include <stdio.h>

#include "control/log_limit.h"

static uint64_t hash_of(const char *text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *text != '\0'; text++)
		h = (h ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
	return h;
}

static size_t row_of(struct log_limit *l, const char *event)
{
	const uint64_t hash = hash_of(event);

	for (size_t i = 0; i < l->count; i++)
		if (l->rows[i].event == hash)
			return i;
	if (l->count == LOG_EVENTS)
		return LOG_EVENTS - 1;
	l->rows[l->count].event = hash;
	(void)snprintf(l->rows[l->count].name, LOG_EVENT_MAX, "%s", event);
	return l->count++;
}

bool log_limit_pass(struct log_limit *l, const struct log_said *said, uint64_t now_us,
		    uint32_t *withheld)
{
	const size_t at = row_of(l, said->event);
	const uint64_t text = hash_of(said->text);
	const bool fresh = l->rows[at].last_us == 0;
	const bool repeat = !fresh && !said->may_repeat && text == l->rows[at].text &&
			    now_us - l->rows[at].last_us < LOG_REPEAT_US;

	if (fresh || now_us - l->rows[at].window_us >= LOG_WINDOW_US) {
		l->rows[at].window_us = now_us;
		l->rows[at].lines = 0;
	}
	if (repeat || l->rows[at].lines >= LOG_BURST) {
		l->rows[at].withheld++;
		return false;
	}
	*withheld = l->rows[at].withheld;
	l->rows[at].withheld = 0;
	l->rows[at].lines++;
	l->rows[at].text = text;
	l->rows[at].last_us = now_us;
	return true;
}

const char *log_limit_rest(struct log_limit *l, uint64_t now_us, uint32_t *withheld)
{
	for (size_t i = 0; i < l->count; i++) {
		if (l->rows[i].withheld == 0 || now_us - l->rows[i].last_us < LOG_REPEAT_US)
			continue;
		*withheld = l->rows[i].withheld;
		l->rows[i].withheld = 0;
		l->rows[i].last_us = now_us;
		return l->rows[i].name;
	}
	return NULL;
}
