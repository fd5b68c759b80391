/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_repair.h - what a connection needs only while something is lost, out of order or searched
 * for.
 *
 * Runs on  the core of the engine. Private to dataplane/tcp.
 */
#ifndef DATAPLANE_TCP_TCP_REPAIR_H
#define DATAPLANE_TCP_TCP_REPAIR_H

#include "dataplane/tcp/tcp.h"
#include "dataplane/tcp/tcp_opt.h"
#include "dataplane/tcp/tcp_recovery.h"

struct tcp_conn;

/*
 * What loss and reordering need, 320 bytes from a pool of their own: idle connections have none.
 *
 * The pool has a block for every twentieth connection: 16 bytes for each. Where more than that mend
 * at once the longest holder gives its block up, one that nobody has authenticated first: what
 * strangers keep behind gaps costs strangers. A connection without one still works, by plain
 * NewReno and the retransmission timer, and without an out-of-order queue.
 */
enum tcp_repair_bounds { TCP_REPAIR_SHARE = 20, TCP_REPAIRS_MIN = 64 };

struct tcp_repair {
	uint32_t next, prev, owner;  /* links of the list it is on; slot of its connection */
	uint16_t out_of_order_count; /* mbufs */
	uint8_t block_count;
	bool is_probe_out : 1;         /* of the search: up to probe_end */
	bool is_stranger : 1;          /* on the list of those whose owners were not trusted */
	struct rte_mbuf *out_of_order; /* sorted by seq, linked by m->next */
	struct tcp_sack_block
	    block[TCP_OPT_SACK_MAX];     /* of out_of_order, newest first (RFC 2018 4) */
	struct tcp_sack_block duplicate; /* came twice, not yet said; empty: none */
	uint16_t mtu_told;           /* by an ICMP error, to be believed at a timeout; 0 = none */
	uint16_t mss_safe, mss_high; /* of the search: known to pass, known not to; 0 = no search */
	uint16_t mss_most;   /* before the first black hole: what the other side allows, or less */
	tcp_seq probe_end;   /* of the one segment larger than mss_safe that is out */
	uint32_t search_due; /* tcp_clock(), 0 = never */

	/* What follows is the sender's, once sending is true; the sums are of what is in flight, in
	 * bytes */
	uint8_t range_count;
	uint8_t frto; /* enum tcp_frto */
	bool sending : 1;
	bool stirred : 1;       /* the next flush has to look at the queue */
	bool suspects : 1;      /* the first segment is marked lost, by something else than time */
	bool after_timeout : 1; /* until snd_una is at recover */
	bool news : 1, frto_original : 1; /* of the walk under way: something is newly sacked */
	bool tail_out : 1, tail_is_new : 1, tail_acked : 1; /* of a tail loss probe */
	uint32_t due; /* tcp_clock(): reordering has had its time, or idle long enough */
	struct tcp_sack_block range[TCP_SACK_RANGES_MAX]; /* not yet in the queue; sorted */
	uint32_t sacked, sacked_count, lost;
	uint32_t absent;       /* sacked or lost: not in the network */
	uint32_t delivered;    /* snd_una + sacked, as far as counted ... */
	tcp_seq una, tail_end; /* ... and snd_una of the last walk; snd_nxt behind the probe */
	struct tcp_rack rack;
	struct tcp_prr prr;
	struct tcp_undo undo;
	struct tcp_cubic cubic;
};
_Static_assert(sizeof(struct tcp_repair) <= 5UL * CACHE_LINE, "a repair block grew");

MUST_USE bool tcp_repair_init(struct tcp *t);
/* The connection's block, a fresh one if need be; NULL when there is none to be had. */
MUST_USE struct tcp_repair *tcp_repair_take(struct tcp *t, struct tcp_conn *c);
/* Gives the block back and all it holds. */
void tcp_repair_drop(struct tcp *t, struct tcp_conn *c);
/* Do receiving or the path's MTU still need it? */
bool tcp_repair_is_needed(const struct tcp_repair *r);
/* Gives the block back if nothing in it is needed any more. */
void tcp_repair_settle(struct tcp *t, struct tcp_conn *c);

#endif
