/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * chain_cache.h - certificate chains that have lately verified, so that a peer who comes again is
 * not verified again: half of what a handshake costs beyond its own signatures.
 *
 * Of one trust store and purpose: it is made with them and goes with them. Only good chains are
 * remembered, by the SHA-256 of all their bytes, for CHAIN_CACHE_S seconds and never beyond the end
 * of a certificate that was sent; that of their anchor is noticed when these seconds are over.
 *
 * Runs on  control. Times are of time(2).
 */
#ifndef CONTROL_CHAIN_CACHE_H
#define CONTROL_CHAIN_CACHE_H

#include <openssl/x509.h>
#include <time.h>

#include "dataplane/base/base.h"

enum { CHAIN_CACHE_S = 300, CHAIN_CACHE_SLOTS = 1024 };

struct chain_digest {
	uint8_t bytes[32];
};

struct chain_cache {
	struct {
		struct chain_digest digest;
		time_t until; /* 0: empty */
	} slot[CHAIN_CACHE_SLOTS];
};

/* Of @leaf and @chain (NULL: none) in this order. False when they cannot be hashed. */
MUST_USE bool chain_digest(X509 *leaf, STACK_OF(X509) * chain, struct chain_digest *out);
bool chain_cache_has(const struct chain_cache *c, const struct chain_digest *digest, time_t now);
/* @leaf and @chain have just verified. */
void chain_cache_add(struct chain_cache *c, const struct chain_digest *digest, X509 *leaf,
		     STACK_OF(X509) * chain, time_t now);

#endif
