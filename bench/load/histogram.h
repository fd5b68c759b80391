/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * histogram.h - how often each latency was seen, to three significant digits, in constant memory:
 * linear steps within each power of two, so that no value is off by more than one part in 1,024.
 *
 * Runs on  any thread, one at a time.
 * Owns     nothing but itself: 264 KB, the caller's.
 */
#ifndef BENCH_LOAD_HISTOGRAM_H
#define BENCH_LOAD_HISTOGRAM_H

#include "dataplane/base/base.h"

enum histogram_bounds {
	HISTOGRAM_STEPS = 1024,    /* in each power of two, from 2,048 on */
	HISTOGRAM_VALUE_BITS = 42, /* nanoseconds: more than an hour */
	HISTOGRAM_SLOTS = (HISTOGRAM_VALUE_BITS - 9) * HISTOGRAM_STEPS,
};

struct histogram {
	uint64_t count, max;
	uint64_t slots[HISTOGRAM_SLOTS];
};

/* What is beyond 2^HISTOGRAM_VALUE_BITS is counted as that; max stays exact. */
void histogram_add(struct histogram *h, uint64_t value);
void histogram_merge(struct histogram *into, const struct histogram *from);
/* The smallest value that @share (0..1) of all values do not exceed; 0 when there is none. */
uint64_t histogram_at(const struct histogram *h, double share);

#endif
