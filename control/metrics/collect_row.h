/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * collect_row.h - what the collect_*.c files share: how a collector says its samples.
 *
 * A collector gives the samples of one row and says whether that row exists. Most have one row.
 *
 * Runs on  control.
 */
#ifndef CONTROL_METRICS_COLLECT_ROW_H
#define CONTROL_METRICS_COLLECT_ROW_H

#include "control/metrics/collect.h"
#include "control/policy.h"

struct collection {
	struct daemon *daemon;
	enum metric_id id;
	collect_sink *sink;
	void *to;
};

/* A value with its labels, as many as the metric has, in their order. */
void collect_n(const struct collection *c, uint64_t n, ...);
void collect_real(const struct collection *c, double real, ...);

struct collect_histogram {
	const uint32_t *bounds_us; /* upper ends, included; behind the last is one more class */
	size_t bounds;
	const uint64_t *counts; /* of each class */
	uint64_t sum_us;
};
void collect_classes(const struct collection *c, const struct collect_histogram *h);

/* Row 0: _other; then the partners in the order of the configuration. */
struct collect_partner {
	const char *name;
	struct partner_id id;
	bool is_counted; /* false: it has no number of its own, and counts as _other */
};
MUST_USE bool collect_partner(const struct collection *c, uint64_t row, struct collect_partner *p);

static inline const char *collect_direction(unsigned int d)
{
	return d == 0 ? "in" : "out";
}

static inline const char *collect_leg(unsigned int leg)
{
	return leg == IFACE_EDGE ? "edge" : "internal";
}

#define METRIC(id, name, type, unit, labels, by, text)                                             \
	bool collect_##by(const struct collection *c, uint64_t row);
#include "control/metrics/metrics.def"
#undef METRIC

#endif
