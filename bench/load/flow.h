/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flow.h - the stanzas of one pair of addresses down one stream: how many may be sent, and which
 * have come, in order or not. RFC 6120 10.1 promises their order, and nothing may be lost or come
 * twice.
 *
 * Runs on  one thread. Pure.
 */
#ifndef BENCH_LOAD_FLOW_H
#define BENCH_LOAD_FLOW_H

#include "dataplane/base/base.h"

enum flow_bounds {
	FLOW_WINDOW = 4096, /* how late a stanza may be and still be told from a duplicate */
};

/* Of all flows. */
struct flow_counts {
	uint64_t sent, received; /* received: each stanza once */
	uint64_t duplicated, out_of_order;
	uint64_t missing; /* overtaken and not seen since */
	uint64_t bounced; /* came back as an error */
	uint64_t foreign; /* no stanza of this run */
};

struct flow {
	uint32_t number;
	uint32_t allowed, sent; /* in all, since the beginning */
	uint32_t next;          /* sequence number expected */
	uint64_t first_due;     /* open loop: `sent` when its schedule began */
	bool is_ready;          /* in a list of those that have something to send */
	struct flow *next_ready;
	uint16_t address_len;
	char *address;                   /* " from='...' to='...' id='" */
	void *stream;                    /* the connection that carries it */
	uint64_t seen[FLOW_WINDOW / 64]; /* a bit for each of the FLOW_WINDOW numbers before next */
};

enum flow_result { FLOW_NEW, FLOW_LATE, FLOW_DUPLICATE };

enum flow_result flow_receive(struct flow *f, uint32_t seq, struct flow_counts *counts);

#endif
