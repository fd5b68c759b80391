/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * batch.h - commands from a file, one a line (words.h).
 *
 * Runs on  sluicectl.
 */
#ifndef CONTROL_SLUICECTL_BATCH_H
#define CONTROL_SLUICECTL_BATCH_H

#include "control/sluicectl/ask.h"

/*
 * @file    "-": standard input
 * Returns  the exit code of the first command that failed, EXIT_OK when none did.
 */
int sluicectl_batch(struct asker *a, const char *file);

#endif
