/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * faults.h - one direction of a bad link, between port and net: loses, repeats, delays and damages
 * IPv4 packets as often as told. ARP passes: on a real link a frame check guards it from damage.
 *
 * Runs on  the core that polls.
 * Owns     the frames given to it until they are taken. A frame that TCP still refers to is never
 *          written to: what is damaged or repeated is a copy.
 */
#ifndef TESTS_E2E_BULK_FAULTS_H
#define TESTS_E2E_BULK_FAULTS_H

#include <rte_mbuf.h>

#include "dataplane/base/base.h"
#include "tests/e2e/bulk/dice.h"

enum faults_bounds {
	FAULTS_READY = 4096,   /* frames that may wait to be taken */
	FAULTS_HELD = 64,      /* frames held back at once */
	FAULTS_BEHIND = 5,     /* a delayed frame lets 1..5 others pass */
	FAULTS_HOLD_US = 2000, /* and goes after so long where none come */
};

/* Each of 10,000 packets. A damaged one has one byte changed, so no checksum may miss it. */
struct fault_rates {
	uint32_t drop, duplicate, reorder, corrupt;
};

struct fault_counts {
	uint64_t dropped, duplicated, reordered, corrupted;
	uint64_t short_of_memory; /* not done for want of an mbuf or a place: must stay 0 */
};

struct held_frame {
	struct rte_mbuf *m;
	unsigned int behind; /* so many others pass first */
	uint64_t until_us;
};

struct faults {
	struct fault_rates rates;
	struct fault_counts counts;
	struct dice dice;
	struct rte_mempool *pool; /* of copies */
	struct held_frame held[FAULTS_HELD];
	unsigned int held_count;
	uint32_t head, tail;
	struct rte_mbuf *ready[FAULTS_READY];
};

/* Starts anew with other rates; what is inside stays. */
void faults_set(struct faults *f, const struct fault_rates *rates, uint64_t seed);
/* Takes @m. */
void faults_put(struct faults *f, struct rte_mbuf *m, uint64_t now_us);
/* The next frame that comes out, or NULL. */
struct rte_mbuf *faults_take(struct faults *f, uint64_t now_us);
bool faults_is_empty(const struct faults *f);

#endif
