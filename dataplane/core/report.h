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

/* Takes e->bytes. Fills in e->conn. */
void report_conn(struct core *c, struct conn *k, struct event *e);
/* An event of the core's own: at most CORE_PENDING_MAX may wait. */
void report_core(struct core *c, const struct event *e);
/* Tries what waits at @k. True when nothing is left. */
bool report_retry(struct core *c, struct conn *k);
void report_retry_core(struct core *c);

/* Event @kind without further fields. */
void report_kind(struct core *c, struct conn *k, enum event_kind kind);
void report_drop(struct core *c, struct conn *k, enum event_kind kind, enum drop drop);
/* EVENT_CLOSED. */
void report_closed(struct core *c, struct conn *k);

#endif
