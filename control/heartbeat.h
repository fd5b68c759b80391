/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * heartbeat.h - do all cores move? Looked at every second.
 *
 * Runs on  control.
 */
#ifndef CONTROL_HEARTBEAT_H
#define CONTROL_HEARTBEAT_H

#include "control/loop.h"
#include "dataplane/core/core.h"

struct heartbeat;

/* @loop and @cores borrowed. Never NULL. */
MUST_USE struct heartbeat *heartbeat_make(struct loop *loop, struct core *const *cores,
					  size_t count);
void heartbeat_free(struct heartbeat *h);

/* For how long core @index has been seen to stand still: 0 for one that moves. */
uint64_t heartbeat_still_us(const struct heartbeat *h, size_t index);

#endif
