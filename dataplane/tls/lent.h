/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lent.h - keys of one core ready for use, lent to the directions that are busy: an idle one keeps
 * what its key is made from, and that is done again when it is wanted (performance.md 3.5). Private
 * to dataplane/tls.
 *
 * There is always one to be had: where all are lent, one that has not been used of late is taken
 * back (the clock algorithm), so the pool's size decides what is made twice and nothing else. One
 * that was not used between two rounds of lent_tick() is taken back too. What is taken back is
 * wiped.
 *
 * Runs on  the core.
 * Owns     the keys; their holders own the number of theirs.
 */
#ifndef DATAPLANE_TLS_LENT_H
#define DATAPLANE_TLS_LENT_H

#include "dataplane/tls/aead.h"

struct lent_key {
	union {
		struct gcm_key_data gcm;
		uint8_t raw[32]; /* ChaCha20, which has no schedule */
	};
	uint8_t iv[AEAD_IV]; /* TLS 1.2 AES-GCM: the first 4 bytes */
} CACHE_ALIGNED;

struct lent_pool {
	struct lent_key *key;        /* [count] */
	uint32_t **holder;           /* [count] whose number this is; NULL: free */
	bool *is_used;               /* [count] since the hand came by */
	uint32_t count, hand, swept; /* swept: entries of this round that lent_tick() has seen */
	uint32_t lent;               /* how many are */
	uint64_t round_us;           /* when the round began */
};

/* @count >= 2. False without memory. */
MUST_USE bool lent_init(struct lent_pool *p, uint32_t count);
/* Wipes all. */
void lent_fini(struct lent_pool *p);

/* A key to be filled, empty. Writes its number at @holder, where 0 was; that stays where it is
 * until it is 0 again. Valid until another is taken. */
struct lent_key *lent_take(struct lent_pool *p, uint32_t *holder);
/* Gives back what @holder has, if anything. */
void lent_give(struct lent_pool *p, uint32_t *holder);
/* Looks at a part of the pool, so that a round takes a minute. */
void lent_tick(struct lent_pool *p, uint64_t now_us);

/* The key of @holder, valid until another is taken; NULL where it has none. */
static inline struct lent_key *lent_find(struct lent_pool *p, const uint32_t *holder)
{
	if (*holder == 0)
		return NULL;
	p->is_used[*holder - 1] = true;
	return &p->key[*holder - 1];
}

#endif
