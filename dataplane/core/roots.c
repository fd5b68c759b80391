/* SPDX-License-Identifier: BSD-3-Clause */
/* roots.c - interned stream roots: a keyed hash, since their bytes are the peers'. */
#include <string.h>

#include "dataplane/core/roots.h"

/* Before the root's bytes in its parcel. */
struct root_head {
	struct rte_mbuf *next; /* in its bucket */
	uint64_t hash;
	uint32_t references;
};

_Static_assert(sizeof(struct root_head) <= 64, "the scratch of roots_bytes() is too short");

static struct root_head *head_of(struct rte_mbuf *root)
{
	return rte_pktmbuf_mtod(root, struct root_head *);
}

struct span roots_bytes(struct rte_mbuf *root, uint8_t scratch[FRAMER_ROOT_PACKED_MAX + 64])
{
	const struct span all = parcel_head(root, scratch, FRAMER_ROOT_PACKED_MAX + 64);

	return (struct span){all.at + sizeof(struct root_head), all.len - sizeof(struct root_head)};
}

bool roots_is_single(const struct rte_mbuf *root)
{
	return rte_pktmbuf_mtod(root, const struct root_head *)->references == 1;
}

static bool is_same(struct rte_mbuf *root, uint64_t hash, struct span packed)
{
	uint8_t scratch[FRAMER_ROOT_PACKED_MAX + 64];
	struct span bytes;

	if (head_of(root)->hash != hash)
		return false;
	bytes = roots_bytes(root, scratch);
	return bytes.len == packed.len && memcmp(bytes.at, packed.at, packed.len) == 0;
}

struct rte_mbuf *roots_take(struct root_table *t, struct rte_mempool *pool, struct span packed)
{
	const uint64_t hash = keyed_hash(&t->key, packed.at, packed.len);
	struct rte_mbuf **bucket = &t->bucket[hash % ROOT_BUCKETS], *root;
	const struct root_head head = {.next = *bucket, .hash = hash, .references = 1};

	for (root = *bucket; root != NULL; root = head_of(root)->next)
		if (is_same(root, hash, packed)) {
			head_of(root)->references++;
			return root;
		}
	root = parcel_make(pool);
	if (root == NULL)
		return NULL;
	if (!parcel_append(root, pool, (struct span){(const uint8_t *)&head, sizeof(head)}) ||
	    !parcel_append(root, pool, packed)) {
		parcel_free(root);
		return NULL;
	}
	*bucket = root;
	t->count++;
	return root;
}

bool roots_give(struct root_table *t, struct rte_mbuf *root)
{
	struct rte_mbuf **at = &t->bucket[head_of(root)->hash % ROOT_BUCKETS];

	if (--head_of(root)->references > 0)
		return false;
	while (*at != root)
		at = &head_of(*at)->next;
	*at = head_of(root)->next;
	t->count--;
	parcel_free(root);
	return true;
}
