/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pools.h - how much of everything a core has: by the connections it may hold, where an idle stream
 * needs it, and by those of them that may be busy at a time, where only bytes under way do.
 *
 * For each connection, idle or not:
 *
 *	tcp          299  control block, shares of the flow table, repair blocks, sources, TIME_WAIT
 *	struct conn  448
 *	record_state 224  secrets and numbers
 *	grants       139  two of 64 bytes, and 11 of the buckets
 *	links        299  two of 144 bytes, and 11 of the buckets; with several cores 48 more
 *
 * A stream that carries one pair both ways (bidi) takes two grants and two links: it is granted
 * itself, towards the edge, and so is its pair on a gateway's stream, towards the inside. One way
 * it takes half of that.
 *
 * For each of the busy ones:
 *
 *	buffers     8 of 2,432 bytes. A full send queue is 350 of them, a stanza at its bound 233
 *	ledger      2 chunks of 1,248 bytes, for 62 stanzas on their way
 *	keys        2 of 1 KB, ready for use
 *
 * Where these run out, nothing is lost: with one buffer of 16 left nothing more is read, and
 * strangers that hold some are reset (conn_shed()); a stream without a chunk takes no stanza until
 * there is one; a key that is not at hand is made from its secret.
 */
#ifndef DATAPLANE_CORE_POOLS_H
#define DATAPLANE_CORE_POOLS_H

#include "dataplane/base/bounds.h"

enum pools_bounds {
	BUFFERS_BASE = 8192, /* for one busy pair of streams, whatever the number of others */
	BUFFERS_PER_BUSY = 8,
	BUFFERS_RESERVE = 16, /* one part in so many is left for what is already being read */
	BUFFERS_CACHE = 256,
	CHUNKS_BASE = 256,
	CHUNKS_PER_BUSY = 2,
	KEYS_PER_BUSY = 2,
	GRANTS_BASE = 9216, /* a gateway's stream carries many pairs */
	GRANTS_PER_CONN = 2,
	LINKS_BASE = 1024, /* pairs without a stream, besides one link a grant */
};

static inline uint32_t pools_buffers(uint32_t busy)
{
	return BUFFERS_BASE + BUFFERS_PER_BUSY * busy;
}

static inline uint32_t pools_chunks(uint32_t busy)
{
	return CHUNKS_BASE + CHUNKS_PER_BUSY * busy;
}

static inline uint32_t pools_keys(uint32_t busy)
{
	return KEYS_PER_BUSY * busy;
}

static inline uint32_t pools_grants(uint32_t conns)
{
	return GRANTS_BASE + GRANTS_PER_CONN * conns;
}

static inline uint32_t pools_links(uint32_t conns)
{
	return pools_grants(conns) + LINKS_BASE;
}

#endif
