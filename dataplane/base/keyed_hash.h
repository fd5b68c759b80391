/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keyed_hash.h - SipHash-2-4 (Aumasson, Bernstein 2012): a short input's hash that nobody without
 * the key can steer. Flow table, ISN (RFC 6528) and port choice (RFC 6056) use it.
 */
#ifndef DATAPLANE_BASE_KEYED_HASH_H
#define DATAPLANE_BASE_KEYED_HASH_H

#include "dataplane/base/base.h"

/* 128 secret bits, from the kernel's random source at start. */
struct hash_key {
	uint64_t k0, k1;
};

/* Cost: about 1.5 ns a byte. */
MUST_USE uint64_t keyed_hash(const struct hash_key *key, const void *bytes, size_t len);

#endif
