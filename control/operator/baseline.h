/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * baseline.h - what counters were when an operator said "counters clear": show counters and show
 * drops subtract it. The counters themselves, the law and the metrics never go back.
 *
 * Runs on  control.
 */
#ifndef CONTROL_OPERATOR_BASELINE_H
#define CONTROL_OPERATOR_BASELINE_H

#include "control/daemon.h"
#include "control/tally.h"

enum { BASELINE_COUNTERS_MAX = 16 };

/* What show partners and show counters tell of one partner, all cores together. */
struct baseline_partner {
	uint64_t stanzas_in, stanzas_out, bytes_in, bytes_out;
	uint64_t refused[DROP_COUNT]; /* by control, in the partner's name */
};

/* All 0: nothing was ever cleared. */
struct baseline {
	uint64_t at_unix_s;
	uint64_t drops[DROP_COUNT];
	uint64_t counters[BASELINE_COUNTERS_MAX]; /* in the order of show counters */
	/* By partner_id; NULL: since the start. */
	struct baseline_partner *partner[PARTNERS_MAX];
	uint64_t partner_at_unix_s[PARTNERS_MAX];
};

/* Never NULL. */
struct baseline *baseline_make(void);
void baseline_free(struct baseline *b);

/* The present figures, as far as they count. */
uint64_t baseline_drops(struct daemon *d, enum drop reason);
void baseline_read_partner(struct daemon *d, struct partner_id id, struct baseline_partner *out);
/* The same since the last clear. */
uint64_t baseline_drops_since(struct daemon *d, enum drop reason);
void baseline_partner_since(struct daemon *d, struct partner_id id, struct baseline_partner *out);

#endif
