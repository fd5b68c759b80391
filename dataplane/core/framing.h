/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * framing.h - the framer's finds, taken one by one: header, element, footer, error; and the bytes
 * of an element that is not complete, carried from one read to the next.
 *
 * Runs on  the core that owns the connection.
 */
#ifndef DATAPLANE_CORE_FRAMING_H
#define DATAPLANE_CORE_FRAMING_H

#include "dataplane/core/core_state.h"

/* Returns how many of @bytes were read: fewer than all when the connection may not read on. */
size_t framing_feed(struct core *c, struct conn *k, struct span bytes);

/*
 * The turn of @k is over, and the core's framer is the next connection's: what this one still needs
 * of it is kept. Behind each run of framing_feed().
 */
void framing_pause(struct core *c, struct conn *k);

/* A new stream begins at the next byte, or none: all that is kept of the present one goes. */
void framing_restart(struct core *c, struct conn *k);

#endif
