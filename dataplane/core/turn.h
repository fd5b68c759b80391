/* SPDX-License-Identifier: BSD-3-Clause */
/* turn.h - the device's side of a turn: frames in and out. Runs on the core. */
#ifndef DATAPLANE_CORE_TURN_H
#define DATAPLANE_CORE_TURN_H

#include "dataplane/core/core_state.h"

/* Segments between net and TCP. Not to be kept: turn_segments() ends what turn_frame() began. */
struct turn_burst {
	struct rte_mbuf *m[BURST_MAX];
	struct tcp_packet packet[BURST_MAX];
	unsigned int count;
};

/* Takes @m, a frame received on @iface, through net; a segment waits in @b, which has room. */
void turn_frame(struct core *c, struct turn_burst *b, enum iface iface, struct rte_mbuf *m);
/* What waits goes to TCP, all at once. */
void turn_segments(struct core *c, struct turn_burst *b);
/* One burst of each port, through net to TCP. Returns frames. */
unsigned int turn_receive(struct core *c);
/* What TCP and net have made goes out; what the device does not take waits. Returns frames. */
unsigned int turn_transmit(struct core *c);

#endif
