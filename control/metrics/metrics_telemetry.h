/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * metrics_telemetry.h - the metrics on DPDK's telemetry socket (dpdk-telemetry.py, telegraf):
 *
 *	/sluice/metrics            names;  /sluice/metrics,NAME: one, all partners together
 *	/sluice/partners           names;  /sluice/partners,DOMAIN: all that is one partner's
 *	/sluice/streams /sluice/law /sluice/drops /sluice/tcp /sluice/cores
 *
 * A key is the metric's name, where several are told, and the values of its labels, joined by "/";
 * DPDK lets a key have letters, digits and "_" besides, so all else becomes "_".
 *
 * Runs on  control, which takes snapshots, in slices, while somebody has asked within a minute.
 *          DPDK's own threads answer from the last whole one; one lock guards which that is, and no
 *          core ever takes it.
 */
#ifndef CONTROL_METRICS_METRICS_TELEMETRY_H
#define CONTROL_METRICS_METRICS_TELEMETRY_H

#include "control/metrics/census.h"

struct metrics_telemetry;

/* One at a time in a process. NULL, with a sentence in @error (256 bytes). */
MUST_USE struct metrics_telemetry *metrics_telemetry_make(struct daemon *d, struct census *s,
							  char *error);
/* From then on questions get empty answers. */
void metrics_telemetry_free(struct metrics_telemetry *t);

#endif
