/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * blocks.h - who is not let in for now, on the operator's word: domains and addresses, each with a
 * reason that its owner is told, and a time when it is over.
 *
 * Runs on  control. Pure: time is passed in, monotonic microseconds.
 * Owns     everything in struct blocks; a struct block is borrowed until the next change.
 */
#ifndef CONTROL_BLOCKS_H
#define CONTROL_BLOCKS_H

#include <sys/types.h>

#include "control/policy.h"
#include "dataplane/base/bounds.h"

enum blocks_bounds {
	BLOCKS_MAX = 256,
	BLOCKS_REASON_MAX = 100, /* bytes: it goes into a stream error with the stream's id */
};

/* @bits of an address of 128: an IPv4 one has 96 before its own. */
struct blocks_prefix {
	struct ip_addr address; /* the others are 0 */
	uint8_t bits;
};

struct block {
	char domain[DOMAIN_TEXT_MAX + 1]; /* folded; "" for a prefix */
	struct blocks_prefix prefix;
	char words[BLOCKS_REASON_MAX + 16]; /* what the peer is told: "blocked: ..." */
	uint64_t until_us;                  /* UINT64_MAX: until unblocked */
	uint64_t since_unix_s, refused;     /* streams and dials */
	uid_t uid;                          /* who blocked it */
};

struct blocks {
	struct block list[BLOCKS_MAX];
	size_t count;
};

/* "192.0.2.0/24", "2001:db8::1". False when @text is neither, or wider than /8, /16 of IPv6. */
MUST_USE bool blocks_read_prefix(const char *text, struct blocks_prefix *out);
/* @out: ADDR_TEXT_MAX + 4 bytes. */
const char *blocks_prefix_text(const struct blocks_prefix *p, char *out);
bool blocks_prefix_has(const struct blocks_prefix *p, const struct ip_addr *a);

/* In place of one of the same domain or prefix, or anew: @b's words are made of @reason, "" for
 * none. NULL when BLOCKS_MAX are there. */
MUST_USE struct block *blocks_add(struct blocks *t, const struct block *b, const char *reason);
/* False when there was none. */
MUST_USE bool blocks_remove(struct blocks *t, const char *domain, const struct blocks_prefix *p);
/* Those that are over. */
void blocks_forget_old(struct blocks *t, uint64_t now_us);

/* The block of @domain, or of another domain of its partner record; NULL for none. */
struct block *blocks_find_domain(struct blocks *t, const struct policy *p, const char *domain,
				 uint64_t now_us);
struct block *blocks_find_address(struct blocks *t, const struct ip_addr *a, uint64_t now_us);
/* Counts one more; what the peer is told. */
const char *blocks_refuse(struct block *b);

#endif
