/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * order.h - control's orders (msg.h), carried out.
 *
 * Runs on  the core, between reading frames and reading connections.
 */
#ifndef DATAPLANE_CORE_ORDER_H
#define DATAPLANE_CORE_ORDER_H

#include "dataplane/core/core_state.h"

/* At most CORE_ORDERS_PER_TURN. Returns how many. */
unsigned int order_run(struct core *c);
/* MSG_STOP was ordered: ends it when all is acknowledged, or the time is over. */
void order_run_stop(struct core *c);

#endif
