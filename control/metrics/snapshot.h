/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * snapshot.h - all samples of one moment, to be read by another thread.
 *
 * Runs on  control fills it; once given away it is never changed again, and any thread may read it.
 */
#ifndef CONTROL_METRICS_SNAPSHOT_H
#define CONTROL_METRICS_SNAPSHOT_H

#include "control/metrics/collect.h"

enum { SNAPSHOT_KEY_MAX = 96 };

struct snapshot_value {
	enum metric_id id;
	const char *partner;        /* its label, NULL where the metric has none; the snapshot's */
	char key[SNAPSHOT_KEY_MAX]; /* of its other labels and the suffix of a histogram */
	bool is_real;
	uint64_t n;
	double real;
};

struct snapshot {
	struct snapshot_value *values; /* those of one metric together */
	size_t count, room;
	char **partners; /* in the order of the configuration, _other first */
	size_t partner_count, partner_room;
	struct collect_cursor at;
	const struct config *config;
	uint64_t loaded_unix_s;
};

/* Never NULL. */
struct snapshot *snapshot_make(struct daemon *d);
void snapshot_free(struct snapshot *s);

/*
 * snapshot_take - some more rows.
 *
 * @rows    at most
 * Returns  true when it is complete. It begins anew when the configuration has changed.
 */
MUST_USE bool snapshot_take(struct snapshot *s, struct daemon *d, unsigned int rows);

#endif
