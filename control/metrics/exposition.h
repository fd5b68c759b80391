/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * exposition.h - all metrics as text: OpenMetrics 1.0.0, or the older format of Prometheus (0.0.4)
 * for those who do not ask for it. Written piece by piece, so that a slow reader of a long text
 * holds only a piece of it.
 *
 * Runs on  control.
 */
#ifndef CONTROL_METRICS_EXPOSITION_H
#define CONTROL_METRICS_EXPOSITION_H

#include "control/metrics/collect.h"

enum exposition_format { EXPOSITION_PROMETHEUS, EXPOSITION_OPENMETRICS };

struct exposition;

/* What the HTTP header Accept (NULL: none) prefers. */
enum exposition_format exposition_choose(const char *accept);
/* "application/openmetrics-text; version=1.0.0; charset=utf-8" */
const char *exposition_type(enum exposition_format f);

/* NULL without memory. */
MUST_USE struct exposition *exposition_make(struct daemon *d, enum exposition_format f);
void exposition_free(struct exposition *x);

/*
 * exposition_read - the next bytes of the text.
 *
 * Returns  how many, at most @room; 0 at the end; -1 when the configuration has changed meanwhile,
 *          or memory is short: then the text is worth nothing.
 */
MUST_USE int exposition_read(struct exposition *x, char *out, size_t room);

#endif
