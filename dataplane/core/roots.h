/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * roots.h - what stream roots declare, each once however many streams have it: servers of one kind
 * write the same root. Kept in buffers of the core's pool, so that what strangers can make it hold
 * is bounded, and felt, where everything else is.
 *
 * Runs on  the core.
 * Owns     a root lives until as many roots_give() as roots_take() have named it.
 */
#ifndef DATAPLANE_CORE_ROOTS_H
#define DATAPLANE_CORE_ROOTS_H

#include "dataplane/base/keyed_hash.h"
#include "dataplane/core/parcel.h"
#include "dataplane/xmpp/framer.h"

/* Of different roots: a handful, unless somebody makes them up. */
enum { ROOT_BUCKETS = 1024 };

struct root_table {
	struct rte_mbuf *bucket[ROOT_BUCKETS];
	struct hash_key key;
	uint32_t count;
};

/* Takes @packed, of framer_pack_root(), into the table, or finds it there. NULL without memory. */
MUST_USE struct rte_mbuf *roots_take(struct root_table *t, struct rte_mempool *pool,
				     struct span packed);
/* True when that was the last reference: @root is gone. */
bool roots_give(struct root_table *t, struct rte_mbuf *root);
/* Has it one stream alone? */
bool roots_is_single(const struct rte_mbuf *root);
/* The bytes of @root, together: its own, or gathered in @scratch. */
struct span roots_bytes(struct rte_mbuf *root, uint8_t scratch[FRAMER_ROOT_PACKED_MAX + 64]);

#endif
