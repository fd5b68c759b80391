/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * census.h - the bytes that wait in all connections, by partner and leg. Nobody counts them as they
 * come and go: somebody has to look at every connection, and does so a few thousand at a time.
 *
 * Runs on  control, by a timer of its loop, and only while somebody has asked lately.
 */
#ifndef CONTROL_METRICS_CENSUS_H
#define CONTROL_METRICS_CENSUS_H

#include "control/daemon.h"

struct census;

/* Never NULL. */
struct census *census_make(struct daemon *d);
void census_free(struct census *s);

/* Somebody asks: for a minute from now on it is kept fresh. The first one is taken at once where
 * connections are few. */
void census_ask(struct census *s);
/* Has one been finished? */
bool census_is_taken(const struct census *s);
/* As of the last that was. @partner 0: everybody else. */
uint64_t census_queued(const struct census *s, struct partner_id partner, enum iface leg);

#endif
