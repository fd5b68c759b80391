/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flow.h - from the addresses and ports of a segment to the slot of its connection.
 *
 * Open addressing over 64-byte buckets of 8 tags and 8 slots, 70 % full at most, 11.4 bytes a slot;
 * the hash is keyed, so that a stranger cannot aim collisions at 5269.
 *
 * Runs on  the core that owns it.
 * Borrows  its memory, which the caller gives at init (flow_bytes()) and takes back; and the keys,
 *          which lie where the caller keeps its connections.
 * Cost     find: one bucket line and one compare of the connection's own key, almost always.
 */
#ifndef DATAPLANE_BASE_FLOW_H
#define DATAPLANE_BASE_FLOW_H

#include "dataplane/base/addr.h"
#include "dataplane/base/keyed_hash.h"

#define FLOW_NONE UINT32_MAX

/* Compared as bytes: no padding. Ports in host order. The few local addresses are numbered by their
 * owner. */
struct flow_key {
	struct ip_addr remote;
	uint16_t local_port, remote_port;
	uint8_t iface, local;
	uint16_t zero;
};
_Static_assert(sizeof(struct flow_key) == 24, "flow_key has padding");

struct flow_bucket {
	uint16_t tag[8]; /* 0 = empty */
	uint32_t slot[8];
	uint8_t overflow; /* entries that went past this bucket to another; 255 = many */
} CACHE_ALIGNED;

struct flow_table {
	struct hash_key key;
	struct flow_bucket *buckets;
	uint8_t *keys; /* the key of slot n lies at keys + n * stride */
	size_t stride;
	uint32_t count, capacity, used; /* count: of buckets */
};

/* Bytes of 64-byte aligned memory that a table of @capacity connections needs. */
size_t flow_bytes(uint32_t capacity);
/* @keys: of slot 0; each slot's is written by flow_add() and must stay until flow_remove(). */
void flow_init(struct flow_table *f, void *memory, uint32_t capacity, const struct hash_key *key,
	       struct flow_key *keys, size_t stride);

MUST_USE uint32_t flow_find(const struct flow_table *f, const struct flow_key *key);

/*
 * For a burst of packets, in three steps with other work between them, so that the misses overlap
 * with each other and with that: flow_fetch() hashes @count keys and asks for their buckets,
 * flow_guess() reads those and asks for the keys in the connections, flow_find_at() is then
 * flow_find() without the hash. The probe of a key stays right whatever is added or removed in
 * between; the second step may be left out.
 */
struct flow_probe {
	uint32_t bucket;
	uint32_t guess; /* by flow_guess(): the slot it will be, almost surely, or FLOW_NONE: what
			   to prefetch more of */
	uint16_t tag;
};
void flow_fetch(const struct flow_table *f, const struct flow_key *keys, unsigned int count,
		struct flow_probe *probes);
void flow_guess(const struct flow_table *f, struct flow_probe *probes, unsigned int count);
MUST_USE uint32_t flow_find_at(const struct flow_table *f, const struct flow_key *key,
			       struct flow_probe p);

/* @slot below capacity and not in the table. False when the key is there already. */
MUST_USE bool flow_add(struct flow_table *f, const struct flow_key *key, uint32_t slot);
/* False when @slot is not in the table. */
bool flow_remove(struct flow_table *f, uint32_t slot);

#endif
