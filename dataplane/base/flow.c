/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flow.c - the flow table. A full bucket counts the entries that had to go past it, so a search
 * ends at the first bucket that nothing went past, and a removed entry leaves nothing behind.
 */
#include "dataplane/base/flow.h"

#define BUCKET_ENTRIES 8
#define OVERFLOW_STUCK UINT8_MAX /* no longer counted down: searches go further than they need */

_Static_assert(sizeof(struct flow_bucket) == CACHE_LINE, "a bucket is one line");

/* Where one key is searched: first bucket, odd step (which visits every bucket), tag. */
struct probe {
	uint32_t bucket, step;
	uint16_t tag;
};

static struct probe start_probe(const struct flow_table *f, const struct flow_key *key)
{
	const uint64_t hash = keyed_hash(&f->key, key, sizeof(*key));
	const uint16_t tag = (uint16_t)(hash >> 48);

	return (struct probe){
	    .bucket = (uint32_t)hash & f->mask,
	    .step = (uint32_t)(hash >> 32) | 1,
	    .tag = tag != 0 ? tag : 1,
	};
}

static void step_probe(const struct flow_table *f, struct probe *p)
{
	p->bucket = (p->bucket + p->step) & f->mask;
}

static uint32_t bucket_count(uint32_t capacity)
{
	const uint64_t wanted = ((uint64_t)capacity * 10 + 55) / (UINT64_C(7) * BUCKET_ENTRIES);
	uint32_t count = 1;

	while (count < wanted)
		count *= 2;
	return count;
}

static struct flow_key *key_of(const struct flow_table *f, uint32_t slot)
{
	return (struct flow_key *)(void *)(f->keys + slot * f->stride);
}

size_t flow_bytes(uint32_t capacity)
{
	return (size_t)bucket_count(capacity) * sizeof(struct flow_bucket);
}

void flow_init(struct flow_table *f, void *memory, uint32_t capacity, const struct hash_key *key,
	       struct flow_key *keys, size_t stride)
{
	const uint32_t count = bucket_count(capacity);

	memset(memory, 0, flow_bytes(capacity));
	*f = (struct flow_table){
	    .key = *key,
	    .buckets = memory,
	    .keys = (uint8_t *)keys,
	    .stride = stride,
	    .mask = count - 1,
	    .capacity = capacity,
	};
}

uint32_t flow_find(const struct flow_table *f, const struct flow_key *key)
{
	struct probe p = start_probe(f, key);

	for (uint32_t tried = 0; tried <= f->mask; tried++) {
		const struct flow_bucket *b = &f->buckets[p.bucket];

		for (int i = 0; i < BUCKET_ENTRIES; i++)
			if (b->tag[i] == p.tag &&
			    memcmp(key_of(f, b->slot[i]), key, sizeof(*key)) == 0)
				return b->slot[i];
		if (b->overflow == 0)
			break;
		step_probe(f, &p);
	}
	return FLOW_NONE;
}

static bool take_entry(struct flow_bucket *b, uint16_t tag, uint32_t slot)
{
	for (int i = 0; i < BUCKET_ENTRIES; i++)
		if (b->tag[i] == 0) {
			b->tag[i] = tag;
			b->slot[i] = slot;
			return true;
		}
	return false;
}

bool flow_add(struct flow_table *f, const struct flow_key *key, uint32_t slot)
{
	struct probe p;

	if (slot >= f->capacity || f->used == f->capacity || flow_find(f, key) != FLOW_NONE)
		return false;
	p = start_probe(f, key);
	/* Ends: at most 70 % of the entries are in use. */
	while (!take_entry(&f->buckets[p.bucket], p.tag, slot)) {
		struct flow_bucket *b = &f->buckets[p.bucket];

		if (b->overflow != OVERFLOW_STUCK)
			b->overflow++;
		step_probe(f, &p);
	}
	*key_of(f, slot) = *key;
	f->used++;
	return true;
}

/* The bucket @p leads to that holds @slot, its entry in @entry; @passed is how many come before. */
static struct flow_bucket *seek(const struct flow_table *f, struct probe p, uint32_t slot,
				int *entry, uint32_t *passed)
{
	for (*passed = 0; *passed <= f->mask; ++*passed) {
		struct flow_bucket *b = &f->buckets[p.bucket];

		for (*entry = 0; *entry < BUCKET_ENTRIES; ++*entry)
			if (b->tag[*entry] == p.tag && b->slot[*entry] == slot)
				return b;
		if (b->overflow == 0)
			break;
		step_probe(f, &p);
	}
	return NULL;
}

bool flow_remove(struct flow_table *f, uint32_t slot)
{
	struct flow_bucket *b;
	uint32_t passed;
	struct probe p;
	int entry;

	if (slot >= f->capacity)
		return false;
	p = start_probe(f, key_of(f, slot));
	b = seek(f, p, slot, &entry, &passed);
	if (b == NULL)
		return false;
	b->tag[entry] = 0;
	for (; passed > 0; passed--) {
		if (f->buckets[p.bucket].overflow != OVERFLOW_STUCK)
			f->buckets[p.bucket].overflow--;
		step_probe(f, &p);
	}
	f->used--;
	return true;
}
