/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log.h - one line an event, logfmt or JSON, to the journal, standard error or a file
 * (log_sink.h). Repeats are withheld and counted (log_limit.h).
 *
 *	log_event(LOG_LEVEL_NOTICE, "dns_failed", "domain=%s result=%s", domain, result);
 *
 * A text is logfmt whatever the format: JSON and the journal's fields are made from it. What the
 * wire or a file said goes through log_quote(). A line about a stream begins with stream=ID. No
 * message body ever reaches this file.
 *
 * What is logged is what the configuration says (log_set_level()), unless an operator has asked for
 * more or less since: for some time, or for one partner alone (log_override()).
 *
 * Runs on  control.
 */
#ifndef CONTROL_LOG_H
#define CONTROL_LOG_H

#include "dataplane/base/base.h"
#include "dataplane/base/bounds.h"

enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7
};

enum log_bounds {
	LOG_OVERRIDES_MAX = 8,
	LOG_OVERRIDE_NAMES_MAX = 16, /* domains of one partner that are looked for */
};

/* The configuration's. Ends all that log_override() said. */
void log_set_level(enum log_level level);
void log_set_json(bool is_json);
MUST_USE bool log_level_parse(const char *text, enum log_level *out);
const char *log_level_name(enum log_level level);

void log_event(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* May a line of @level be wanted? Before working out an expensive one. */
bool log_wants(enum log_level level);
/* Now and then: says what was withheld of events that have not come again. */
void log_tick(void);

/* @text as one logfmt value: quoted where it must be, control characters escaped, cut at @room.
 * Returns @out. */
const char *log_quote(const char *text, char *out, size_t room);

/*
 * log_override - until log_set_level(), or for @seconds (0: no end), @level holds.
 *
 * @domains  of one partner, its primary domain first, NULL-terminated: for lines that name one of
 *           them. NULL: for all others.
 * Returns   false when as many partners as can be have a level of their own.
 */
MUST_USE bool log_override(enum log_level level, uint64_t seconds, const char *const *domains);

struct log_override_view {
	enum log_level level;
	uint64_t left_s;                   /* 0: no end */
	char partner[DOMAIN_TEXT_MAX + 1]; /* "": all */
};

/* For show log-level. */
struct log_view {
	enum log_level level; /* the configuration's */
	bool is_json;
	struct log_override_view overrides[LOG_OVERRIDES_MAX + 1];
	size_t override_count;
	uint64_t lines, withheld, lost;
};
void log_read(struct log_view *out);

#endif
