/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * core_state.h - everything one core has, in one struct, for the files of dataplane/core alone.
 *
 * The order of a turn (turn.c): frames in, news, orders, timers, reading, flushing, frames out.
 * What one step leaves to a later one goes through the lists below, and each list is walked once a
 * turn, so no connection is looked at that has nothing to do.
 */
#ifndef DATAPLANE_CORE_CORE_STATE_H
#define DATAPLANE_CORE_CORE_STATE_H

#include "dataplane/core/core.h"
#include "dataplane/core/grant.h"
#include "dataplane/core/ledger.h"
#include "dataplane/core/link.h"
#include "dataplane/core/roots.h"
#include "dataplane/core/sample.h"
#include "dataplane/core/tap.h"
#include "dataplane/xmpp/route.h"

enum core_bounds {
	CORE_ORDERS_PER_TURN = 64,
	CORE_PENDING_MAX =
	    128, /* answers to orders that found the ring full: then no more orders */
	CORE_SPARE_MBUFS = 32,
	CORE_DIRECT_RECORDS = 16, /* a stanza of more records goes through the queue */
	CORE_TX_QUEUE = 512,      /* frames that the device did not take wait here */
	CORE_FLUSH_ROUNDS = 8,    /* TCP's output is bounded: flush, send, flush again */
	CORE_PIECES_MAX = 64,     /* mbufs of one TLS record that are opened where they lie */
	CORE_STOP_US = 2000000,   /* MSG_STOP: how long acknowledgments are waited for */
	CORE_LEAVE_US = 1000000,  /* and behind that for the other cores */
	CORE_END_US = 10000000,   /* FIN sent: how long the peer may take to answer it */
	CORE_TICK_US = 1000,      /* ARP's timers; how often the pool is counted */
	CORE_SEND_HIGH = SEND_QUEUE_BYTES / 4 * 3, /* above it a destination takes no new stanza */
	CORE_SEND_LOW = SEND_QUEUE_BYTES / 2,      /* below it those who wait are woken */
};

struct tx_queue {
	struct rte_mbuf *frame[CORE_TX_QUEUE];
	uint16_t count;
};

struct core {
	struct stats stats;
	_Atomic uint64_t heartbeat, clock_us;
	struct core_setup setup;
	uint64_t now_us;
	struct net *net;
	struct tcp *tcp;
	struct record_machine *machine;
	const struct route *routes;
	struct inbox *inbox;
	struct rte_mempool *pool; /* all XMPP bytes; never a receive queue's (lab.md 3) */
	uint32_t pool_reserve;    /* with fewer left nothing more is read */
	bool is_short;            /* as of the last tick */
	uint32_t shed_at;         /* conn_shed() looks here next */

	struct conn *conn;   /* [setup.conns] */
	uint8_t *records;    /* [setup.conns] record states of record_bytes each */
	size_t record_bytes; /* of one */
	struct grant_table grants;
	struct link_table links;
	struct ledger_pool ledgers;
	struct wheel wheel;
	struct samples samples;

	struct core_taps taps;
	struct conn_queue ready, stalled, dirty, doomed;
	struct link_fifo later;
	/* by core (via.h): stanzas sent there and not taken, links that wait for credit, notes seen
	 */
	uint32_t lane_out[CORES_MAX], notes_due[CORES_MAX];
	struct link_queue starved[CORES_MAX];
	struct rte_mbuf *spare[CORE_SPARE_MBUFS];
	uint32_t spare_count;
	struct tx_queue tx[IFACE_COUNT];

	bool is_stopping, is_stopped, has_left;
	uint64_t stop_us, tick_us;
	struct event pending[CORE_PENDING_MAX];
	uint32_t pending_count;

	/* One framer reads for all connections in turn: for @framed now; @framer_root is the root
	 * that it knows, NULL for none that is kept. */
	struct framer framer;
	struct conn *framed;
	struct rte_mbuf *framer_root;
	struct root_table roots;

	struct framer_root bare_root; /* of a stream that declares nothing but jabber:server */
	uint8_t kept[FRAMER_PAUSED_MAX];
	uint8_t head[STANZA_HEAD_BYTES_MAX];
	uint8_t made[STANZA_HEAD_BYTES_MAX + 512]; /* an error stanza */
	uint8_t context[2 * ROOT_DECL_BYTES_MAX];  /* text that stanza_context() adds */
	uint8_t plain[TLS_RECORD_PLAIN_MAX + 256]; /* of the record being read */
	uint8_t wire[TLS_RECORD_WIRE_MAX];         /* a record in too many pieces */
	uint8_t recovered[TLS_RECORD_WIRE_MAX];
};

static inline void core_drop(struct core *c, enum drop d)
{
	__atomic_store_n(&c->stats.drops[d], c->stats.drops[d] + 1, __ATOMIC_RELAXED);
}

static inline struct conn *core_conn_of(struct core *c, const struct tcp_conn *tcp)
{
	return &c->conn[tcp_id(c->tcp, tcp).slot];
}

static inline struct conn *core_grant_conn(struct core *c, const struct grant *g)
{
	return &c->conn[g->slot];
}

#endif
