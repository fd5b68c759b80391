/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * recover.h - the stanzas that a dead connection had not delivered, taken back out of the sealed
 * records that TCP still keeps, and returned to the front of their links.
 *
 * Runs on  the core, before tcp_release().
 * Cost     nothing while connections live: the keys are ours, so no copy is kept on the fast path.
 */
#ifndef DATAPLANE_CORE_RECOVER_H
#define DATAPLANE_CORE_RECOVER_H

#include "dataplane/core/core_state.h"

/* Empties ledger and queue of @k. */
void recover_all(struct core *c, struct conn *k);

#endif
