/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * top.h - "top": the relay live on a whole screen, or one picture of it as text.
 *
 * Runs on  sluicectl. Leaves the terminal as it was, however it ends.
 */
#ifndef CONTROL_SLUICECTL_TOP_H
#define CONTROL_SLUICECTL_TOP_H

#include "control/sluicectl/ask.h"

/* @args: of own.c's syntax. The exit code. */
int sluicectl_top(struct asker *a, const json_t *args);

#endif
