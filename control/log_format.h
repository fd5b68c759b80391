/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log_format.h - one event as bytes: a line of logfmt, a line of JSON, a datagram for the journal.
 *
 * Runs on  control. Pure.
 * Returns  the length of what is in @out, which has LOG_FORMAT_ROOM bytes: what does not fit is cut
 *          at the end of a field.
 */
#ifndef CONTROL_LOG_FORMAT_H
#define CONTROL_LOG_FORMAT_H

#include <time.h>

#include "control/log.h"

/* A text is 2 KB at most; JSON needs up to 6 bytes for one of them, the journal has all twice. */
enum log_format_bounds { LOG_FORMAT_ROOM = 6 * 1024 };

struct log_line {
	enum log_level level;
	const char *event, *text; /* @text: logfmt, of one line */
	struct timespec wall;
	uint32_t withheld; /* of this event, before */
	uint32_t lost;     /* lines that found no room where they should have gone */
};

/* @is_marked: "<n>" in front, for whoever reads standard error. */
size_t log_format_logfmt(const struct log_line *l, bool is_marked, char *out);
/* ts, level, event, then the text's fields. */
size_t log_format_json(const struct log_line *l, char *out);
/* The journal's native protocol: MESSAGE (of either format), PRIORITY, SYSLOG_IDENTIFIER,
 * SLUICE_EVENT, and each field as SLUICE_KEY. */
size_t log_format_journal(const struct log_line *l, bool is_json, char *out);

const char *log_format_level(enum log_level level);

#endif
