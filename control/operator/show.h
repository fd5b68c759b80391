/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show.h - what the show_*.c files share: pages, and the terms of the law.
 *
 * Runs on  control.
 */
#ifndef CONTROL_OPERATOR_SHOW_H
#define CONTROL_OPERATOR_SHOW_H

#include "control/operator/answer.h"

enum {
	SHOW_PAGE_ROWS = 200,
	SHOW_PAGE_LOOKS = 4096, /* streams that a filter may pass by in one page */
};

/* The terms of the law as numbers. */
struct show_law {
	uint64_t accepted, delivered, answered, bounced, dropped, held, came, went;
};
/* Adds @law, read while its core runs: tries again until two reads agree. */
void show_law_add(struct show_law *sum, const struct law *law);
/* {"accepted":..., ..., "sum":..., "equal":...} */
json_t *show_law_json(const struct show_law *l);

/* A row of show drops and show counters. */
json_t *show_drop_row(enum drop d, uint64_t count);
/* The counter at @index of show counters; 0 behind the last. */
uint64_t show_counter(struct daemon *d, size_t index);

/* A ruleset for the firewalls around the edge: what "show ports" says, for nft -f. */
json_t *show_nft(const struct config *c);

/* Of all devices of an interface together. False when one does not tell. */
MUST_USE bool show_port_counters(const struct daemon *d, enum iface iface,
				 struct port_counters *sum);

#endif
