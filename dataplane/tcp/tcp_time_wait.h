/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_time_wait.h - connections in TIME_WAIT (RFC 9293 3.6.1, 1337, 6191), 32 bytes each: what is
 * needed to answer a FIN sent again, to tell an old segment from a new SYN, and no more. Private to
 * dataplane/tcp.
 *
 * A ring in the order of arrival; an index over it by the keyed hash of addresses and ports. A
 * record whose time is over is not found any more, whether or not its cell has been emptied.
 *
 * A record for every eighth connection unless told otherwise (Linux bounds them too,
 * tcp_max_tw_buckets): as many may be closed by us within 2 MSL, and connections between servers
 * stay. When the ring is full the oldest is given up, and counted: its last ACK, if that was lost,
 * is not said again but answered by a reset, and old segments meet the checks of a new connection.
 *
 * Cost     find: one hash and one or two lines; nothing while there is no record.
 */
#ifndef DATAPLANE_TCP_TCP_TIME_WAIT_H
#define DATAPLANE_TCP_TCP_TIME_WAIT_H

#include "dataplane/base/base.h"
#include "dataplane/base/flow.h"
#include "dataplane/base/seq.h"

struct tcp;
struct tcp_conn;
struct tcp_in;

enum tcp_time_wait_bounds { TCP_TIME_WAIT_SHARE = 8, TCP_TIME_WAITS_MIN = 1024 };

struct tcp_time_wait {
	uint64_t flow; /* tcp_flow_hash() */
	tcp_seq snd_nxt, rcv_nxt;
	uint32_t ts_recent;
	uint32_t due;    /* tcp_clock() */
	uint32_t next;   /* of its chain in the index, TCP_NONE at the end */
	uint16_t window; /* as in our last segment */
	uint16_t is_used : 1, ts_ok : 1;
	uint16_t answers : 4;   /* sent in the second ... */
	uint16_t answers_s : 9; /* ... whose last bits these are */
};
_Static_assert(sizeof(struct tcp_time_wait) == 32, "TIME_WAIT record grew");

struct tcp_time_waits {
	struct tcp_time_wait *ring;
	uint32_t *chain;  /* first record of each, TCP_NONE */
	uint64_t scatter; /* secret, odd: a peer may know the hash of its own flow, and still cannot
			     aim at a chain */
	uint32_t size, oldest, cells; /* cells in use, emptied ones between them included */
	uint32_t count;               /* records */
	unsigned int shift;           /* 64 - log2 of the number of chains */
};

MUST_USE bool tcp_time_wait_init(struct tcp *t);
void tcp_time_wait_fini(struct tcp *t);

/* @c's numbers and options as they are now; the oldest record gives way where the ring is full. */
void tcp_time_wait_add(struct tcp *t, const struct tcp_conn *c);
/* NULL when there is none. */
MUST_USE struct tcp_time_wait *tcp_time_wait_find(struct tcp *t, const struct flow_key *key);
void tcp_time_wait_remove(struct tcp *t, struct tcp_time_wait *w);
/* Is @in a SYN that is surely newer than the connection (RFC 6191 2, 9293 3.10.7.4)? */
MUST_USE bool tcp_time_wait_is_reopened(const struct tcp_time_wait *w, const struct tcp_in *in);
/* Any other segment. */
void tcp_time_wait_segment(struct tcp *t, struct tcp_time_wait *w, const struct flow_key *key,
			   const struct tcp_in *in);
/* Empties some cells whose time is over. */
void tcp_time_wait_tick(struct tcp *t);

#endif
