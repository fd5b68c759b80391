/* SPDX-License-Identifier: BSD-3-Clause */
/* keyed_hash.c - SipHash-2-4: two rounds a word, four at the end. */
#include "dataplane/base/keyed_hash.h"

static inline void absorb(struct keyed_hash_state *s, uint64_t word)
{
	s->v3 ^= word;
	keyed_hash_mix(s);
	keyed_hash_mix(s);
	s->v0 ^= word;
}

uint64_t keyed_hash(const struct hash_key *key, const void *bytes, size_t len)
{
	struct keyed_hash_state s = keyed_hash_start(key);
	const uint8_t *at = bytes;
	uint64_t last = (uint64_t)len << 56;
	size_t left = len;
	uint64_t word;

	for (; left >= sizeof(word); left -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		absorb(&s, le64toh(word));
	}
	for (size_t i = 0; i < left; i++)
		last |= (uint64_t)at[i] << (8 * i);
	absorb(&s, last);
	s.v2 ^= 0xff;
	for (int i = 0; i < 4; i++)
		keyed_hash_mix(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
