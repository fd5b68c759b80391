/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lane.h - one direction of the emulated link: loss, repetition, a bottleneck with a queue in front
 * of it, delay, some packets that are delayed more than others, and some that are marked where
 * their sender allows it (RFC 3168).
 *
 * Loss, repetition and reordering meet TCP alone, so that no lost ARP request spoils a measurement,
 * and each flow has dice of its own: the n-th packet of the k-th flow of a party fares the same in
 * every run with the same seed, and as that of any other party, whatever else is on the link.
 *
 * Runs on  one thread. Time in nanoseconds, monotonic, passed in.
 * Owns     copies of the frames given to it.
 */
#ifndef TESTS_LINK_LANE_H
#define TESTS_LINK_LANE_H

#include "tests/e2e/bulk/dice.h"

enum lane_bounds {
	LANE_SLOTS = 16384, /* frames under way: 500 Mbit/s for 0.4 s */
	LANE_FRAME_MAX = 1600,
	LANE_FLOWS = 256,  /* with dice of their own; those beyond share the last one's */
	LANE_PARTIES = 16, /* whose flows are counted each from 0 */
	LANE_LATE_NS = 100000,
};

/* Rates of events are of 10,000 packets. */
struct lane_rules {
	uint32_t delay_us;
	uint32_t loss, duplicate, reorder;
	uint32_t reorder_us;  /* a reordered packet takes up to so much longer */
	uint32_t rate_kbit;   /* 0 = no bottleneck */
	uint32_t queue_bytes; /* in front of it; what finds no room is dropped */
	uint32_t mark;        /* congestion experienced; of those that may be marked */
	uint32_t jitter_us;   /* each takes up to so much longer, but overtakes none before it */
};

struct lane_counts {
	uint64_t frames, bytes, lost, duplicated, reordered, overflowed, marked;
	uint64_t delivered;
	uint64_t late;        /* delivered more than LANE_LATE_NS behind its time */
	uint64_t late_ns_sum; /* of all delivered */
	uint64_t no_slot;     /* must stay 0 */
	uint64_t flows;
};

struct lane_slot {
	uint64_t due_ns, serial;
	uint32_t port; /* where it came in, as the caller numbers it */
	uint16_t len;
	bool marked;
	uint8_t frame[LANE_FRAME_MAX];
};

struct lane_flow {
	uint32_t name; /* hash of addresses and ports */
	struct dice dice;
};

struct lane {
	struct lane_rules rules;
	struct lane_counts counts;
	uint64_t seed, serial;
	uint64_t free_at_ns;  /* when the bottleneck has sent all it has */
	uint64_t last_due_ns; /* of what had jitter */
	struct dice jitter;
	uint32_t heap_count, free_count;
	uint32_t party_flows[LANE_PARTIES];
	struct lane_flow flow[LANE_FLOWS];
	uint32_t heap[LANE_SLOTS]; /* slots, the earliest due first */
	uint32_t free[LANE_SLOTS];
	struct lane_slot slot[LANE_SLOTS];
};

void lane_init(struct lane *l);
/* Other rules from now on, counts and flows anew; what is under way stays. */
void lane_set(struct lane *l, const struct lane_rules *rules, uint64_t seed);
/* Whose frame it is, and where it came in. */
struct lane_origin {
	uint32_t party, port;
};
/* Copies @frame. */
void lane_put(struct lane *l, const uint8_t *frame, uint16_t len, struct lane_origin from,
	      uint64_t now_ns);
/* The next frame that has arrived, or NULL. Borrowed until the next lane_put(). */
const struct lane_slot *lane_take(struct lane *l, uint64_t now_ns);
/* When lane_take() has something; UINT64_MAX: nothing is under way. */
uint64_t lane_next_ns(const struct lane *l);

#endif
