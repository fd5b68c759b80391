/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * collect.h - the values of metrics.def, read from where they are counted, a row at a time: no
 * metric of thousands of partners need be collected in one go.
 *
 * Runs on  control.
 * Cost     a row is O(1), but for a partner's reasons (tally.h) and the few rows of everything
 * else.
 */
#ifndef CONTROL_METRICS_COLLECT_H
#define CONTROL_METRICS_COLLECT_H

#include "control/daemon.h"

#define METRIC_PREFIX "sluice_"

enum collect_bounds { METRIC_LABELS_MAX = 5, METRIC_VALUE_MAX = 255 };

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_INFO };

enum metric_id {
#define METRIC(id, name, type, unit, labels, by, text) METRIC_##id,
#include "control/metrics/metrics.def"
#undef METRIC
	METRIC_COUNT
};

struct metric {
	const char *name; /* of the family, with the prefix */
	enum metric_type type;
	const char *unit;
	const char *labels[METRIC_LABELS_MAX]; /* NULL behind the last */
	size_t label_count;
	const char *text;
};

const struct metric *collect_metric(enum metric_id id);
const char *collect_type_name(enum metric_type t); /* "counter" */

/* One sample. Texts are borrowed. */
struct metric_sample {
	enum metric_id id;
	const char *suffix;                   /* "_total", "_bucket", ..., "" */
	const char *value[METRIC_LABELS_MAX]; /* of each label */
	const char *le;                       /* of a bucket; NULL elsewhere */
	bool is_real;
	uint64_t n;
	double real;
};

typedef void collect_sink(void *to, const struct metric_sample *s);

/* Where a collection has come to. All 0: at the start. */
struct collect_cursor {
	uint32_t metric; /* METRIC_COUNT: done */
	uint64_t row;
};

/*
 * collect_step - the samples of one row, if there is one, then on to the next.
 *
 * Returns  false, and nothing is given, when there are no more rows of any metric.
 */
MUST_USE bool collect_step(struct daemon *d, struct collect_cursor *at, collect_sink *sink,
			   void *to);

/* A metric's own cursor: whether it is at its first row. */
static inline bool collect_is_first(const struct collect_cursor *at)
{
	return at->row == 0;
}

#endif
