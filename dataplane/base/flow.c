/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flow.c - the flow table. A full bucket counts the entries that had to go past it, so a search
 * ends at the first bucket that nothing went past, and a removed entry leaves nothing behind.
 */
#include <emmintrin.h>

#include "dataplane/base/flow.h"

#define BUCKET_ENTRIES 8
#define OVERFLOW_STUCK UINT8_MAX /* no longer counted down: searches go further than they need */

_Static_assert(sizeof(struct flow_bucket) == CACHE_LINE, "a bucket is one line");

static inline struct flow_probe start_probe(const struct flow_table *f, const struct flow_key *key)
{
	const uint64_t hash = keyed_hash_24(&f->key, key);
	const uint16_t tag = (uint16_t)(hash >> 48);

	return (struct flow_probe){
	    .bucket = (uint32_t)((uint64_t)(uint32_t)hash * f->count >> 32),
	    .guess = FLOW_NONE,
	    .tag = tag != 0 ? tag : 1,
	};
}

/* The next bucket: its line is what the memory brings along most readily. */
static inline void step_probe(const struct flow_table *f, struct flow_probe *p)
{
	p->bucket = p->bucket + 1 < f->count ? p->bucket + 1 : 0;
}

/* Two bits for each entry whose tag is @tag, at twice its number. */
static inline unsigned int match_tags(const struct flow_bucket *b, uint16_t tag)
{
	const __m128i tags = _mm_load_si128((const __m128i *)(const void *)b->tag);

	return (unsigned int)_mm_movemask_epi8(_mm_cmpeq_epi16(tags, _mm_set1_epi16((short)tag)));
}

/* The first entry of match_tags(), which is not 0. */
static inline int first_match(unsigned int matches)
{
	return __builtin_ctz(matches) / 2;
}

static inline uint64_t word_of(const struct flow_key *key, size_t i)
{
	uint64_t word;

	memcpy(&word, (const uint8_t *)key + i * sizeof(word), sizeof(word));
	return word;
}

static inline bool is_same(const struct flow_key *a, const struct flow_key *b)
{
	return ((word_of(a, 0) ^ word_of(b, 0)) | (word_of(a, 1) ^ word_of(b, 1)) |
		(word_of(a, 2) ^ word_of(b, 2))) == 0;
}

/* 70 % of the entries in use at @capacity. */
static uint32_t bucket_count(uint32_t capacity)
{
	return (uint32_t)(((uint64_t)capacity * 10 + 55) / (UINT64_C(7) * BUCKET_ENTRIES));
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
	memset(memory, 0, flow_bytes(capacity));
	*f = (struct flow_table){
	    .key = *key,
	    .buckets = memory,
	    .keys = (uint8_t *)keys,
	    .stride = stride,
	    .count = bucket_count(capacity),
	    .capacity = capacity,
	};
}

/* The slot of @key in bucket @b, or FLOW_NONE. */
static inline uint32_t find_here(const struct flow_table *f, const struct flow_bucket *b,
				 const struct flow_key *key, uint16_t tag)
{
	for (unsigned int left = match_tags(b, tag); left != 0;
	     left &= left - 1, left &= left - 1) {
		const uint32_t slot = b->slot[first_match(left)];

		if (is_same(key_of(f, slot), key))
			return slot;
	}
	return FLOW_NONE;
}

/* The first bucket was full and somebody had to go past it: one key in twenty. */
static __attribute__((noinline)) uint32_t
find_beyond(const struct flow_table *f, const struct flow_key *key, struct flow_probe p)
{
	const struct flow_bucket *b = &f->buckets[p.bucket];
	uint32_t slot = FLOW_NONE;

	for (uint32_t tried = 1; tried < f->count && slot == FLOW_NONE && b->overflow != 0;
	     tried++) {
		step_probe(f, &p);
		b = &f->buckets[p.bucket];
		slot = find_here(f, b, key, p.tag);
	}
	return slot;
}

uint32_t flow_find_at(const struct flow_table *f, const struct flow_key *key, struct flow_probe p)
{
	const struct flow_bucket *b = &f->buckets[p.bucket];
	const uint32_t slot = find_here(f, b, key, p.tag);

	return slot != FLOW_NONE || b->overflow == 0 ? slot : find_beyond(f, key, p);
}

uint32_t flow_find(const struct flow_table *f, const struct flow_key *key)
{
	return flow_find_at(f, key, start_probe(f, key));
}

/*
 * Two passes, each of them dense. Mixing them is slower: a processor that waits for one bucket has
 * no room left for the hashing in between.
 */
void flow_fetch(const struct flow_table *f, const struct flow_key *keys, unsigned int count,
		struct flow_probe *probes)
{
	for (unsigned int i = 0; i < count; i++) {
		/* packets of one connection come in trains: to compare is a tenth of a hash */
		if (i > 0 && is_same(&keys[i], &keys[i - 1])) {
			probes[i] = probes[i - 1];
			continue;
		}
		probes[i] = start_probe(f, &keys[i]);
		__builtin_prefetch(&f->buckets[probes[i].bucket]);
	}
}

void flow_guess(const struct flow_table *f, struct flow_probe *probes, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		const struct flow_bucket *b = &f->buckets[probes[i].bucket];
		const unsigned int matches = match_tags(b, probes[i].tag);

		if (matches == 0)
			continue;
		probes[i].guess = b->slot[first_match(matches)];
		__builtin_prefetch(key_of(f, probes[i].guess));
	}
}

static bool take_entry(struct flow_bucket *b, uint16_t tag, uint32_t slot)
{
	const unsigned int empty = match_tags(b, 0);

	if (empty == 0)
		return false;
	b->tag[first_match(empty)] = tag;
	b->slot[first_match(empty)] = slot;
	return true;
}

bool flow_add(struct flow_table *f, const struct flow_key *key, uint32_t slot)
{
	struct flow_probe p;

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
static struct flow_bucket *seek(const struct flow_table *f, struct flow_probe p, uint32_t slot,
				int *entry, uint32_t *passed)
{
	for (*passed = 0; *passed < f->count; ++*passed) {
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
	struct flow_probe p;
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
