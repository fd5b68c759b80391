/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * orders.h - control's side of the order ring of each core: what finds the ring full waits here, in
 * order, and goes out on a later turn. So no order is ever lost and control never blocks.
 *
 * Runs on  control.
 * Owns     pointers inside a waiting order, until the ring has taken it.
 */
#ifndef CONTROL_ORDERS_H
#define CONTROL_ORDERS_H

#include "dataplane/core/inbox.h"

struct orders;

/* @inboxes borrowed. NULL without memory. */
MUST_USE struct orders *orders_make(struct inbox *const *inboxes, size_t cores);
void orders_free(struct orders *o);

/* Takes @m's pointers. The core is @m->conn.core but for orders that name no connection. */
void orders_give(struct orders *o, uint16_t core, const struct msg *m);
/* As orders_give() for MSG_SEND, MSG_START_TLS, MSG_CLOSE: wraps @len bytes, which stay the
 * caller's. */
void orders_give_bytes(struct orders *o, struct msg *m, const void *bytes, size_t len);
/* Tries what waits. Call once a turn. */
void orders_flush(struct orders *o);
struct inbox *orders_inbox(const struct orders *o, uint16_t core);
size_t orders_cores(const struct orders *o);

#endif
