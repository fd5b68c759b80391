/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tag.h - what the id of each stanza of the load says: which run and flow it belongs to, its place
 * in the flow, and when it was meant to be sent. Always the same length, so that a stanza is a
 * template with these bytes patched.
 *
 * Runs on  any thread. Never allocates.
 */
#ifndef BENCH_LOAD_TAG_H
#define BENCH_LOAD_TAG_H

#include "dataplane/base/base.h"

enum tag_bounds {
	TAG_TEXT = 31,           /* 'L', run 4, flow 6, sequence 8, time 12 hex digits */
	TAG_FLOWS_MAX = 1 << 24, /* flows of one run */
	TAG_TIME_BITS = 48,      /* nanoseconds, wraps after three days */
};

struct tag {
	uint16_t run; /* what a former run left in a server's queue is not ours */
	uint32_t flow, seq;
	uint64_t due_ns; /* CLOCK_MONOTONIC, TAG_TIME_BITS of it */
};

void tag_write(const struct tag *t, uint8_t out[TAG_TEXT]);
/* False when @id is none. */
MUST_USE bool tag_read(struct span id, struct tag *out);
/* How long before @now_ns the stanza was due. */
uint64_t tag_age_ns(const struct tag *t, uint64_t now_ns);

#endif
