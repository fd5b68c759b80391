/* SPDX-License-Identifier: BSD-3-Clause */
/* turn.h - the device's side of a turn: frames in and out. Runs on the core. */
#ifndef DATAPLANE_CORE_TURN_H
#define DATAPLANE_CORE_TURN_H

#include "dataplane/core/core_state.h"

/* Takes @m, a frame received on @iface: through net to TCP. */
void turn_frame(struct core *c, enum iface iface, struct rte_mbuf *m);
/* One burst of each port, through net to TCP. Returns frames. */
unsigned int turn_receive(struct core *c);
/* What TCP and net have made goes out; what the device does not take waits. Returns frames. */
unsigned int turn_transmit(struct core *c);

#endif
