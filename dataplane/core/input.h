/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * input.h - bytes on their way into one connection: TCP's list of mbufs, through records where the
 * transport is SECURE, to the framer. Reading stops at exactly the byte where the connection
 * pauses, parks or finds the event ring full, and goes on from there.
 *
 * Runs on  the core that owns the connection.
 */
#ifndef DATAPLANE_CORE_INPUT_H
#define DATAPLANE_CORE_INPUT_H

#include "dataplane/core/core_state.h"

/* At most TURN_BYTES_MAX of what is there; the rest waits for its next turn. */
void input_run(struct core *c, struct conn *k);

/* Does anything but white space wait to be read? Then the peer has pipelined behind STARTTLS. */
bool input_is_smuggled(const struct conn *k);
/* The white space goes. */
void input_discard(struct core *c, struct conn *k);

#endif
