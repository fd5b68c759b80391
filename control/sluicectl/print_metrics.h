/* SPDX-License-Identifier: BSD-3-Clause */
/* print_metrics.h - show metrics: samples as monitoring systems write them, or what they are. */
#ifndef CONTROL_SLUICECTL_PRINT_METRICS_H
#define CONTROL_SLUICECTL_PRINT_METRICS_H

#include <jansson.h>
#include <stdio.h>

void sluicectl_print_metrics(FILE *out, const json_t *data);

#endif
