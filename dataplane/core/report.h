/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * report.h - events to control; one that finds the ring full waits at its connection, which reads
 * nothing meanwhile, so none is lost and none overtakes another.
 *
 * Runs on  the core.
 */
#ifndef DATAPLANE_CORE_REPORT_H
#define DATAPLANE_CORE_REPORT_H

#include "dataplane/core/core_state.h"

/* Event @kind about @k; what it says beyond that is read off the connection. */
void report_kind(struct core *c, struct conn *k, enum event_kind kind);
void report_drop(struct core *c, struct conn *k, enum event_kind kind, enum drop drop);
/* EVENT_FRAMER_ERROR. */
void report_framer(struct core *c, struct conn *k, enum framer_result error);
/* Takes @bytes. */
void report_bytes(struct core *c, struct conn *k, enum event_kind kind, struct rte_mbuf *bytes);
/* An event of the core's own: at most CORE_PENDING_MAX may wait. */
void report_core(struct core *c, const struct event *e);
/* Tries what waits at @k. True when nothing is left. */
bool report_retry(struct core *c, struct conn *k);
void report_retry_core(struct core *c);

#endif
