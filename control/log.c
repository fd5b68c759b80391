/* SPDX-License-Identifier: BSD-3-Clause */
/* log.c - which events become lines; log_format.c says how they look, log_sink.c where they go. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "control/log.h"
#include "control/log_fields.h"
#include "control/log_format.h"
#include "control/log_limit.h"
#include "control/log_sink.h"

/* Fields that name the other side of a stream, a want, a command. */
static const char *const naming[] = {"remote", "claimed", "partner", "domain", "from", "to"};

struct override {
	enum log_level level; /* 0: the place is free */
	uint64_t until_us;    /* UINT64_MAX: no end */
	char names[LOG_OVERRIDE_NAMES_MAX][DOMAIN_TEXT_MAX + 1];
	const char *list[LOG_OVERRIDE_NAMES_MAX + 1];
};

static struct {
	enum log_level level;
	bool is_json;
	struct override all, partner[LOG_OVERRIDES_MAX];
	size_t overrides; /* in force */
	struct log_limit limit;
	uint64_t lines, withheld, lost;
	uint32_t lost_now; /* not told yet */
} state = {.level = LOG_LEVEL_INFO};

static const enum log_level levels[] = {LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_NOTICE,
					LOG_LEVEL_INFO, LOG_LEVEL_DEBUG};

static uint64_t clock_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

bool log_level_parse(const char *text, enum log_level *out)
{
	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (strcmp(log_format_level(levels[i]), text) == 0) {
			*out = levels[i];
			return true;
		}
	return false;
}

const char *log_level_name(enum log_level level)
{
	return log_format_level(level);
}

void log_set_json(bool is_json)
{
	state.is_json = is_json;
}

/* --- lines --- */

/* Whatever got into a value unquoted, one event stays one line. */
static void flatten(char *line)
{
	for (; *line != '\0'; line++)
		if ((uint8_t)*line < ' ' || *line == 0x7f)
			*line = ' ';
}

static size_t format_line(const struct log_line *l, enum log_sink to, char *out)
{
	if (to == LOG_SINK_JOURNAL)
		return log_format_journal(l, state.is_json, out);
	if (state.is_json)
		return log_format_json(l, out);
	return log_format_logfmt(l, to == LOG_SINK_STDERR, out);
}

static void write_line(enum log_level level, const char *event, const char *text, uint32_t withheld)
{
	static char bytes[LOG_FORMAT_ROOM + 1];
	struct log_line line = {level, event, text, {0}, withheld, state.lost_now};

	(void)clock_gettime(CLOCK_REALTIME, &line.wall);
	if (log_sink_write(bytes, format_line(&line, log_sink_now(), bytes))) {
		state.lines++;
		state.lost_now = 0;
		return;
	}
	/* A log that is full or gone must not stop the relay. */
	state.lost++;
	state.lost_now++;
}

/* --- what an operator has asked for --- */

void log_set_level(enum log_level level)
{
	state.level = level;
	state.overrides = 0;
	state.all.level = (enum log_level)0;
	for (size_t i = 0; i < ARRAY_LEN(state.partner); i++)
		state.partner[i].level = (enum log_level)0;
}

static bool has_ended(const struct override *o, uint64_t now_us)
{
	return (int)o->level != 0 && now_us >= o->until_us;
}

static void end(struct override *o, const char *partner)
{
	char text[DOMAIN_TEXT_MAX + 64];

	o->level = (enum log_level)0;
	state.overrides--;
	(void)snprintf(text, sizeof(text), "level=%s partner=%s", log_format_level(state.level),
		       partner);
	write_line(LOG_LEVEL_NOTICE, "log_level_ended", text, 0);
}

static void end_what_is_due(uint64_t now_us)
{
	if (has_ended(&state.all, now_us))
		end(&state.all, "all");
	for (size_t i = 0; i < ARRAY_LEN(state.partner); i++)
		if (has_ended(&state.partner[i], now_us))
			end(&state.partner[i], state.partner[i].names[0]);
}

/* The one of that partner, or a free one, or NULL. */
static struct override *place_for(const char *partner)
{
	struct override *free_one = NULL;

	for (size_t i = 0; i < ARRAY_LEN(state.partner); i++) {
		struct override *o = &state.partner[i];

		if ((int)o->level == 0)
			free_one = free_one != NULL ? free_one : o;
		else if (strcmp(o->names[0], partner) == 0)
			return o;
	}
	return free_one;
}

bool log_override(enum log_level level, uint64_t seconds, const char *const *domains)
{
	const uint64_t now_us = clock_us();
	struct override *o;
	size_t n = 0;

	end_what_is_due(now_us);
	o = domains == NULL ? &state.all : place_for(domains[0]);
	if (o == NULL)
		return false;
	state.overrides += (int)o->level == 0;
	o->level = level;
	o->until_us = seconds == 0 ? UINT64_MAX : now_us + seconds * 1000000;
	for (; domains != NULL && domains[n] != NULL && n < LOG_OVERRIDE_NAMES_MAX; n++) {
		(void)snprintf(o->names[n], sizeof(o->names[n]), "%s", domains[n]);
		o->list[n] = o->names[n];
	}
	o->list[n] = NULL;
	return true;
}

static bool names_one_of(const char *text, const char *const *names)
{
	for (size_t i = 0; i < ARRAY_LEN(naming); i++)
		if (log_fields_has(text, naming[i], names))
			return true;
	return false;
}

bool log_wants(enum log_level level)
{
	bool may = level <= state.level;

	if (state.overrides == 0)
		return may;
	end_what_is_due(clock_us());
	may = level <= ((int)state.all.level != 0 ? state.all.level : state.level);
	for (size_t i = 0; i < ARRAY_LEN(state.partner) && !may; i++)
		may = (int)state.partner[i].level != 0 && level <= state.partner[i].level;
	return may;
}

/* And this one? A partner's own level goes before that of all. */
static bool is_wanted(enum log_level level, const char *text)
{
	if (state.overrides == 0)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(state.partner); i++) {
		const struct override *o = &state.partner[i];

		if ((int)o->level != 0 && names_one_of(text, o->list))
			return level <= o->level;
	}
	return level <= ((int)state.all.level != 0 ? state.all.level : state.level);
}

static void view_one(struct log_view *v, const struct override *o, const char *partner)
{
	struct log_override_view *to = &v->overrides[v->override_count];

	if ((int)o->level == 0)
		return;
	to->level = o->level;
	to->left_s = o->until_us == UINT64_MAX ? 0 : (o->until_us - clock_us()) / 1000000 + 1;
	(void)snprintf(to->partner, sizeof(to->partner), "%s", partner);
	v->override_count++;
}

void log_read(struct log_view *out)
{
	end_what_is_due(clock_us());
	*out = (struct log_view){.level = state.level,
				 .is_json = state.is_json,
				 .lines = state.lines,
				 .withheld = state.withheld,
				 .lost = state.lost};
	view_one(out, &state.all, "");
	for (size_t i = 0; i < ARRAY_LEN(state.partner); i++)
		view_one(out, &state.partner[i], state.partner[i].names[0]);
}

/* --- events --- */

/* What somebody has asked for: each time is worth a line. */
static bool is_act(const char *event)
{
	static const char *const acts[] = {"operator", "reload_failed", "reload_refused",
					   "reloaded"};

	for (size_t i = 0; i < ARRAY_LEN(acts); i++)
		if (strcmp(acts[i], event) == 0)
			return true;
	return false;
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
	char text[LOG_VALUE_MAX];
	const struct log_said said = {event, text, is_act(event)};
	uint32_t withheld = 0;
	va_list args;

	if (!log_wants(level))
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	flatten(text);
	if (!is_wanted(level, text))
		return;
	if (!log_limit_pass(&state.limit, &said, clock_us(), &withheld)) {
		state.withheld++;
		return;
	}
	write_line(level, event, text, withheld);
}

void log_tick(void)
{
	const uint64_t now_us = clock_us();
	char text[64];
	const char *event;
	uint32_t withheld;

	end_what_is_due(now_us);
	while ((event = log_limit_rest(&state.limit, now_us, &withheld)) != NULL) {
		(void)snprintf(text, sizeof(text), "of_event=%s", event);
		write_line(LOG_LEVEL_NOTICE, "repeated", text, withheld);
	}
}
