/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keys.h - the traffic keys of one TLS connection as control hands them to a core when a
 * handshake is done (design.md 2, "TLS in two halves").
 *
 * Owns     whoever holds one wipes it (tls_handover_wipe()) as soon as it has been used.
 */
#ifndef DATAPLANE_TLS_KEYS_H
#define DATAPLANE_TLS_KEYS_H

#include "dataplane/base/base.h"

enum tls_version { TLS_1_2 = 0x0303, TLS_1_3 = 0x0304 };

enum tls_suite { TLS_AES_128_GCM, TLS_AES_256_GCM, TLS_CHACHA20_POLY1305 };
enum tls_hash { TLS_SHA256, TLS_SHA384 };

/* One direction. TLS 1.2: the AES-GCM iv is the 4-byte salt, ChaCha20's the whole 12 (RFC 5288,
 * 7905). */
struct tls_direction_keys {
	uint8_t key[32];
	uint8_t iv[12];
	uint8_t secret[48]; /* TLS 1.3 traffic secret, for KeyUpdate; unused in 1.2 */
	uint64_t seq;       /* of the next record */
};

struct tls_handover {
	enum tls_version version;
	enum tls_suite suite;
	enum tls_hash hash; /* of the key schedule: with AES-256-GCM it is SHA-384 */
	struct tls_direction_keys read, write;
};

static inline size_t tls_key_len(enum tls_suite s)
{
	return s == TLS_AES_128_GCM ? 16 : 32;
}

void tls_handover_wipe(struct tls_handover *h);

#endif
