/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_stat.h - what one core's TCP counts: one writer (the core, relaxed stores), any reader
 * (relaxed loads), no reset.
 */
#ifndef DATAPLANE_TCP_TCP_STAT_H
#define DATAPLANE_TCP_TCP_STAT_H

#include <stdatomic.h>

#include "dataplane/base/base.h"

enum tcp_stat {
#define TCP_STAT(id, name, text) TCP_STAT_##id,
#include "dataplane/tcp/tcp_stat.def"
#undef TCP_STAT
	TCP_STAT_COUNT
};

enum { TCP_STAT_STATES = 10 }; /* of enum tcp_state */

struct tcp_stats {
	_Atomic uint64_t count[TCP_STAT_COUNT];
	_Atomic uint32_t in_state[TCP_STAT_STATES]; /* gauges: connections in each state that
						       have a slot; by enum tcp_state */
};

/* "cookies_sent" */
const char *tcp_stat_name(enum tcp_stat s);
const char *tcp_stat_text(enum tcp_stat s);
/* "syn_received"; @state: of enum tcp_state. */
const char *tcp_stat_state_name(unsigned int state);

static inline void tcp_stat_add(struct tcp_stats *s, enum tcp_stat which, uint64_t n)
{
	const uint64_t before = atomic_load_explicit(&s->count[which], memory_order_relaxed);

	atomic_store_explicit(&s->count[which], before + n, memory_order_relaxed);
}

static inline uint64_t tcp_stat_read(const struct tcp_stats *s, enum tcp_stat which)
{
	return atomic_load_explicit(&s->count[which], memory_order_relaxed);
}

static inline uint32_t tcp_stat_read_state(const struct tcp_stats *s, unsigned int state)
{
	return atomic_load_explicit(&s->in_state[state], memory_order_relaxed);
}

#endif
