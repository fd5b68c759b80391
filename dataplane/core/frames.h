/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * frames.h - frames between a core, its queues and the other cores: what belongs to another is
 * passed on, what others have found for this one, or cannot send themselves, is taken.
 *
 * Runs on  the core. A core that is alone polls and sends, and nothing else.
 */
#ifndef DATAPLANE_CORE_FRAMES_H
#define DATAPLANE_CORE_FRAMES_H

#include "dataplane/core/core_state.h"

/* One burst of its queue of @iface, less what is another core's. @polled: frames that came. */
unsigned int frames_receive(struct core *c, enum iface iface, struct rte_mbuf **frames,
			    unsigned int *polled);
/* Frames not sent stay the caller's. */
uint16_t frames_send(struct core *c, enum iface iface, struct rte_mbuf **frames, uint16_t count);
/* What other cores have passed to this one, in both directions, and the addresses of neighbours
 * that they have heard. Returns how much. */
unsigned int frames_cross(struct core *c);
/* Addresses of neighbours that this core has heard go to the others. */
void frames_tell_neighbours(struct core *c);

#endif
