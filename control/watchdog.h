/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * watchdog.h - is every core alive? Each counts its turns; one that has not counted since it was
 * last vouched for is not.
 *
 * Runs on  control. Pure: the counts are passed in.
 */
#ifndef CONTROL_WATCHDOG_H
#define CONTROL_WATCHDOG_H

#include "dataplane/base/base.h"
#include "dataplane/base/bounds.h"

struct watchdog {
	uint64_t vouched[CORES_MAX]; /* the counts when it last said true; at first 0 */
};

/*
 * watchdog_all_moved - may the service manager be told that all is well?
 *
 * @counts  of @cores cores
 * Returns  true when every one has moved since this last returned true; one that stands still is
 *          not forgiven because the others have moved twice.
 */
MUST_USE bool watchdog_all_moved(struct watchdog *h, const uint64_t *counts, size_t cores);

#endif
