/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_diff.h - what is different between two configurations, key by key and partner by partner.
 *
 * Runs on  control. Pure.
 * Owns     config_diff_free() frees its rows.
 */
#ifndef CONTROL_CONFIG_DIFF_H
#define CONTROL_CONFIG_DIFF_H

#include "control/config_values.h"

enum { CONFIG_DIFF_ROWS_MAX = 500 };

enum config_diff_kind {
	CONFIG_DIFF_CHANGED,
	CONFIG_DIFF_RESTART, /* in force from the next start on */
	CONFIG_DIFF_ADDED,
	CONFIG_DIFF_REMOVED,
	CONFIG_DIFF_STRICTER, /* a partner who may do less in some point */
	CONFIG_DIFF_LOOSER,   /* or more, and less in none */
	CONFIG_DIFF_KINDS
};

struct config_diff_row {
	enum config_diff_kind kind;
	char key[CONFIG_KEY_MAX]; /* of a partner added or removed: without an attribute */
	char from[128], to[128];  /* cut */
};

struct config_diff {
	struct config_diff_row *rows;
	size_t count, left_out, unchanged; /* left_out: beyond CONFIG_DIFF_ROWS_MAX */
	size_t partners[CONFIG_DIFF_KINDS];
};

/*
 * config_diff_make - from @now to @next.
 *
 * @started  the configuration of the process's start: of what needs a restart it is the one in
 * force
 */
void config_diff_make(struct config_diff *d, const struct config *started, const struct config *now,
		      const struct config *next);
void config_diff_free(struct config_diff *d);
/* "applied", "needs restart", "added", "removed", "stricter", "looser" */
const char *config_diff_kind_name(enum config_diff_kind kind);

#endif
