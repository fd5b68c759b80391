/* SPDX-License-Identifier: BSD-3-Clause */
/* watchdog.c - compares the cores' turns with those of the last sign of life. */
#include "control/watchdog.h"

bool watchdog_all_moved(struct watchdog *h, const uint64_t *counts, size_t cores)
{
	for (size_t i = 0; i < cores; i++)
		if (counts[i] == h->vouched[i])
			return false;
	for (size_t i = 0; i < cores; i++)
		h->vouched[i] = counts[i];
	return true;
}
