/* SPDX-License-Identifier: BSD-3-Clause */
/* grant.c - the table of authorised pairs. */
#include <rte_common.h>
#include <rte_malloc.h>

#include "dataplane/core/grant.h"

bool grant_table_init(struct grant_table *t, uint32_t capacity)
{
	const uint32_t buckets = rte_align32prevpow2(capacity);

	t->grants = rte_zmalloc("grants", capacity * sizeof(*t->grants), CACHE_LINE);
	t->buckets = rte_zmalloc("grant buckets", buckets * sizeof(struct grant *), CACHE_LINE);
	if (t->grants == NULL || t->buckets == NULL)
		return false;
	t->mask = buckets - 1;
	t->total = t->available = capacity;
	for (uint32_t i = 0; i < capacity; i++) {
		t->grants[i].hash_next = t->free;
		t->free = &t->grants[i];
	}
	return true;
}

void grant_table_fini(struct grant_table *t)
{
	rte_free(t->grants);
	rte_free(t->buckets);
}

/* The ids are control's own: nobody outside can aim at a bucket. */
static struct grant **bucket(const struct grant_table *t, uint32_t slot, struct pair pair)
{
	const uint64_t key =
	    (uint64_t)slot << 32 | (uint32_t)pair.local.n << 16 | (uint32_t)pair.remote.n;

	return &t->buckets[(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & t->mask];
}

static bool is_for(const struct grant *g, uint32_t slot, struct pair pair)
{
	return g->slot == slot && domain_equal(g->pair.local, pair.local) &&
	       domain_equal(g->pair.remote, pair.remote);
}

struct grant *grant_find(const struct grant_table *t, uint32_t slot, struct pair pair)
{
	struct grant *g = *bucket(t, slot, pair);

	while (g != NULL && !is_for(g, slot, pair))
		g = g->hash_next;
	return g;
}

struct grant *grant_take(struct grant_table *t, struct grant_list *of_conn, uint32_t slot,
			 struct pair pair)
{
	struct grant *g = grant_find(t, slot, pair), **head = bucket(t, slot, pair);

	if (g != NULL)
		return g;
	g = t->free;
	if (g == NULL)
		return NULL;
	t->free = g->hash_next;
	t->available--;
	*g = (struct grant){.hash_next = *head, .slot = slot, .pair = pair};
	*head = g;
	LIST_INSERT_HEAD(of_conn, g, of_conn);
	return g;
}

void grant_give(struct grant_table *t, struct grant *g)
{
	struct grant **at = bucket(t, g->slot, g->pair);

	while (*at != g)
		at = &(*at)->hash_next;
	*at = g->hash_next;
	LIST_REMOVE(g, of_conn);
	g->hash_next = t->free;
	t->free = g;
	t->available++;
}
