/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log.h - one line an event, logfmt, to standard error (journald reads its "<n>" priority). Repeats
 *are withheld and counted.
 *
 *	log_event(LOG_LEVEL_NOTICE, "stream_refused", "stream=%s domain=%s reason=%s", id, domain,
 *drop_name(d));
 *
 * Values from the wire go through log_quote(). No message body ever reaches this file.
 *
 * Runs on  control.
 */
#ifndef CONTROL_LOG_H
#define CONTROL_LOG_H

#include "dataplane/base/base.h"

enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7
};

void log_set_level(enum log_level level);
MUST_USE bool log_level_parse(const char *text, enum log_level *out);
void log_event(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* @text as one logfmt value: quoted where it must be, control characters escaped, cut at @room.
 * Returns @out. */
const char *log_quote(const char *text, char *out, size_t room);

#endif
