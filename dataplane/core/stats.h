/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stats.h - what a core counts. One writer (the core, relaxed stores on its own cache lines), any
 * reader (relaxed loads), no reset: a reader that wants "since" keeps the earlier value.
 */
#ifndef DATAPLANE_CORE_STATS_H
#define DATAPLANE_CORE_STATS_H

#include <stdatomic.h>

#include "dataplane/base/base.h"
#include "dataplane/base/bounds.h"
#include "dataplane/base/drop.h"
#include "dataplane/base/ids.h"
#include "dataplane/tcp/tcp_stat.h"

/*
 * The law (design.md 4): accepted = delivered + answered + bounced + dropped + held, at every
 * moment at which a core is between two turns. held is a gauge of its own, counted where stanzas
 * wait, so that the law can fail. A stanza that is passed to another core has come there (came) and
 * left here (went): of one core, accepted + came = the rest + went; of all, what has gone and not
 * come yet is held in a ring.
 */
struct law {
	_Atomic uint64_t accepted, delivered, answered, bounced, dropped, held, came, went;
};

enum {
	STATS_KINDS = 3, /* message, presence, iq */
	STATS_LATENCY_BOUNDS = 15,
};

/* Upper ends of the classes of struct stats.latency, included; the last class has none. */
extern const uint32_t stats_latency_bounds_us[STATS_LATENCY_BOUNDS];

/* One partner's share, both directions. Index 0: stanzas that concern no partner record. */
struct partner_stats {
	struct law law;
	/* from and to this partner, by enum stanza_kind - 1 */
	_Atomic uint64_t stanzas_in[STATS_KINDS], stanzas_out[STATS_KINDS];
	_Atomic uint64_t bytes_in, bytes_out; /* their bytes, as framed */
} CACHE_ALIGNED;

_Static_assert(sizeof(struct partner_stats) == 2UL * CACHE_LINE, "4,096 of them a core");

/* The last whole second of a core's loop: time, time in turns that had work, and what they did. */
struct recent_stats {
	_Atomic uint64_t tsc, busy_tsc, stanzas, frames;
};

struct stats {
	struct law law;
	_Atomic uint64_t turns, busy_turns, busy_tsc;
	_Atomic uint64_t frames_in,
	    bursts_in;               /* of its queues; a burst is a read that found some */
	_Atomic uint64_t frames_out; /* taken by its queues */
	struct recent_stats recent;
	_Atomic uint64_t tsc_hz;                /* a fact */
	_Atomic uint64_t pool_mbufs, pool_free; /* all XMPP bytes; a gauge, as of the last tick */
	_Atomic uint64_t accepted_conns, dialed_conns, closed_conns;
	_Atomic uint64_t conns, streams_granted; /* gauges */
	_Atomic uint64_t bounces_sent;           /* error stanzas made here */
	_Atomic uint64_t
	    maybe_twice; /* stanzas sent again after their first stream died unacknowledged */
	_Atomic uint64_t records_opened, records_sealed;
	_Atomic uint64_t events_full;
	_Atomic uint64_t frames_crossed, stanzas_crossed; /* passed to other cores through rings */
	/* Of one forwarded stanza in SAMPLE_EVERY (sample.h): its way through the relay. */
	_Atomic uint64_t latency[STATS_LATENCY_BOUNDS + 1], latency_sum_us;
	_Atomic uint64_t time_waits; /* a gauge, as of the last tick */
	struct tcp_stats tcp;
	uint32_t
	    drops[DROP_COUNT]; /* written by the core alone; read with __atomic_load_n relaxed */
	struct partner_stats partner[PARTNERS_MAX];
	/* Its connections were not read, since the inside was slow: as far as that is over. */
	_Atomic uint64_t throttled_us[PARTNERS_MAX];
	_Atomic uint64_t
	    ping_answered[PARTNERS_MAX]; /* number of the last ping of ours it answered */
} CACHE_ALIGNED;

static inline void stat_add(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
			      memory_order_relaxed);
}

static inline void stat_sub(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) - n,
			      memory_order_relaxed);
}

static inline uint64_t stat_read(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static inline uint32_t stat_read_drop(const struct stats *s, enum drop d)
{
	return __atomic_load_n(&s->drops[d], __ATOMIC_RELAXED);
}

static inline void stat_set(_Atomic uint64_t *gauge, uint64_t n)
{
	atomic_store_explicit(gauge, n, memory_order_relaxed);
}

/* Stanzas that the core has had to do with: read from a stream, or got from another core. */
static inline uint64_t stat_stanzas(const struct stats *s)
{
	return stat_read(&s->law.accepted) + stat_read(&s->law.came);
}

/* Of all kinds together. */
static inline uint64_t stat_read_kinds(const _Atomic uint64_t kinds[STATS_KINDS])
{
	return stat_read(&kinds[0]) + stat_read(&kinds[1]) + stat_read(&kinds[2]);
}

/* accepted and came minus the rest: 0 when the law holds. Copies the law of a running core until
 * two reads agree, 100 tries at most. */
int64_t law_gap(const struct law *l);

#endif
