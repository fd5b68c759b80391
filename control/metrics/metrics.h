/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * metrics.h - what offers the metrics to the outside: HTTP on a TCP address and on a unix socket,
 * DPDK telemetry, each where it is configured.
 *
 * Runs on  control. A scraper that is slow, or hostile, delays nothing: connections are few, each
 * has a deadline, and its text is written as it is read.
 */
#ifndef CONTROL_METRICS_METRICS_H
#define CONTROL_METRICS_METRICS_H

#include "control/daemon.h"
#include "control/metrics/census.h"

struct metrics;

/* NULL, with a sentence in @error (256 bytes), when it cannot listen where the configuration says.
 */
MUST_USE struct metrics *metrics_make(struct daemon *d, char *error);
void metrics_free(struct metrics *m);

struct census *metrics_census(struct metrics *m);

#endif
