/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sample.h - how long stanzas are under way in the relay, of one in SAMPLE_EVERY: from the turn
 * that read its last byte to the turn that sent its first, waiting for a stream included.
 *
 *	free -> begun (a label carries its tag) -> placed (its first byte is at an offset of a
 *	connection) -> free
 *
 * Turns are the clock: what ends in a turn is seen at the start of the next, so no clock is read.
 * One that never arrives (bounced, lost, on another core) is forgotten when its place is needed.
 *
 * Runs on  the core.
 * Cost     a countdown for each stanza, a comparison for each turn.
 */
#ifndef DATAPLANE_CORE_SAMPLE_H
#define DATAPLANE_CORE_SAMPLE_H

#include "dataplane/base/ids.h"
#include "dataplane/core/stats.h"

enum sample_bounds {
	SAMPLE_EVERY = 64,
	SAMPLES_MAX = 8, /* under way at a time; while all are, none begins */
	SAMPLE_PATIENCE_US = 60000000,
};

struct sample {
	uint64_t in_us;  /* 0: free */
	uint64_t offset; /* of its first byte, once placed */
	uint32_t slot, generation;
	bool is_placed;
	uint8_t turn; /* of the place: a tag of an earlier one is not taken for this */
};

struct samples {
	uint32_t left; /* stanzas until the next one */
	uint8_t placed;
	struct sample at[SAMPLES_MAX];
};

struct core;
struct conn;

/* The tag for a label, 0 for none. */
uint8_t sample_begin_one(struct samples *s, uint64_t now_us);
/* The stanza with @tag begins at @offset of what @k sends. */
void sample_place(struct core *c, const struct conn *k, uint8_t tag, uint64_t offset);
/* At the start of a turn, where some are placed. */
void sample_look(struct core *c);

/* For each stanza that is taken to be forwarded. */
static inline uint8_t sample_begin(struct samples *s, uint64_t now_us)
{
	if (s->left-- > 0)
		return 0;
	return sample_begin_one(s, now_us);
}

#endif
