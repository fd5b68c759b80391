/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log_limit.h - which lines are withheld: one that says just what its event's last line said,
 * within LOG_REPEAT_US; and beyond LOG_BURST lines of one event within LOG_WINDOW_US. The event's
 * next line that passes tells how many were; where none comes, log_limit_rest() does.
 *
 * Runs on  control. Pure: time is passed in.
 */
#ifndef CONTROL_LOG_LIMIT_H
#define CONTROL_LOG_LIMIT_H

#include "dataplane/base/base.h"

enum log_limits {
	LOG_EVENTS = 128, /* kinds of event; those beyond share the last row */
	LOG_EVENT_MAX = 32,
	LOG_BURST = 200, /* lines */
	LOG_WINDOW_US = 1000000,
	LOG_REPEAT_US = 10000000,
};

struct log_limit {
	struct {
		uint64_t event, text; /* hashes */
		uint64_t window_us, last_us;
		uint32_t lines, withheld;
		char name[LOG_EVENT_MAX]; /* of the event */
	} rows[LOG_EVENTS];
	size_t count;
};

struct log_said {
	const char *event, *text;
	bool may_repeat; /* each is worth a line, as of what an operator has done */
};

/* May the line go out? @withheld: how many of this event did not since the last that did. */
MUST_USE bool log_limit_pass(struct log_limit *l, const struct log_said *said, uint64_t now_us,
			     uint32_t *withheld);

/* An event of which lines were withheld and none has passed for LOG_REPEAT_US; NULL when there is
 * none. @withheld: how many, which are told herewith. */
MUST_USE const char *log_limit_rest(struct log_limit *l, uint64_t now_us, uint32_t *withheld);

#endif
