/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log_limit.h - which lines are withheld: one that says just what its event's last line said,
 * within LOG_REPEAT_US; and beyond LOG_BURST lines of one event within LOG_WINDOW_US. The event's
 * next line that passes tells how many were.
 *
 * Runs on  control. Pure: time is passed in.
 */
#ifndef CONTROL_LOG_LIMIT_H
#define CONTROL_LOG_LIMIT_H

#include "dataplane/base/base.h"

enum log_limits {
	LOG_EVENTS = 128, /* kinds of event; those beyond share the last row */
	LOG_BURST = 200,  /* lines */
	LOG_WINDOW_US = 1000000,
	LOG_REPEAT_US = 10000000,
};

struct log_limit {
	struct {
		uint64_t event, text; /* hashes */
		uint64_t window_us, last_us;
		uint32_t lines, withheld;
	} rows[LOG_EVENTS];
	size_t count;
};

/* May the line go out? @withheld: how many of this event did not since the last that did. */
MUST_USE bool log_limit_pass(struct log_limit *l, const char *event, const char *text,
			     uint64_t now_us, uint32_t *withheld);

#endif
