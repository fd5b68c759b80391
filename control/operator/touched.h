/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * touched.h - what a command that ends streams says about them, in the same fields each.
 *
 * Runs on  control.
 */
#ifndef CONTROL_OPERATOR_TOUCHED_H
#define CONTROL_OPERATOR_TOUCHED_H

#include "control/operator/answer.h"

/* {"streams_closed":2, "ids":["er..."], "ids_left_out":0, "spread_s":0} into @data */
void touched_streams(json_t *data, const struct sessions_closed *c);

#endif
