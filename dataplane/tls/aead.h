/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aead.h - the three AEADs of TLS over ipsec-mb's direct calls: AES-128-GCM, AES-256-GCM,
 * ChaCha20-Poly1305; private to dataplane/tls.
 *
 * Runs on  the core that owns the key. Never allocates.
 * Owns     nothing; a key is wiped by whoever holds it.
 */
#ifndef DATAPLANE_TLS_AEAD_H
#define DATAPLANE_TLS_AEAD_H

#include <intel-ipsec-mb.h>

#include "dataplane/tls/keys.h"

#define AEAD_TAG 16
#define AEAD_IV  12

/* A key ready for use: its parts where they lie. ChaCha20 needs no schedule. */
struct aead_key {
	const struct gcm_key_data *gcm; /* AES-GCM: of aead_expand() */
	const uint8_t *raw;             /* ChaCha20: 32 bytes */
	enum tls_suite suite;
};

/* What makes one record's encryption its own. */
struct aead_nonce {
	uint8_t iv[AEAD_IV];
	uint8_t aad[16]; /* 5 or 13 used */
	size_t aad_len;
};

/* A place in a list of pieces. */
struct aead_cursor {
	const struct span *piece;
	size_t left;   /* pieces, this one included */
	size_t offset; /* in this piece */
};

/* The schedule of an AES-GCM key. Cost: about 120 ns. */
void aead_expand(IMB_MGR *mb, struct gcm_key_data *gcm, enum tls_suite suite, const uint8_t *raw);

/* Encrypts @len bytes in place and writes the tag behind them. */
void aead_seal(IMB_MGR *mb, const struct aead_key *key, const struct aead_nonce *nonce,
	       uint8_t *bytes, size_t len);

/*
 * aead_open - decrypt @len bytes at @from into @out and compare the tag that follows them.
 *
 * @from  moves behind the tag; the caller has made sure that all of it is there.
 * @out   may be the very place of the bytes, when they lie in one piece.
 * Returns false when it does not authenticate; @out is then cleared.
 */
MUST_USE bool aead_open(IMB_MGR *mb, const struct aead_key *key, const struct aead_nonce *nonce,
			struct aead_cursor *from, size_t len, uint8_t *out);

/* Copies the next @len bytes; false when there are fewer. */
MUST_USE bool aead_copy(struct aead_cursor *from, uint8_t *out, size_t len);

/* The next @len bytes: where they are, if that is one piece, else a copy in @scratch. NULL: there
 * are fewer. */
static inline const uint8_t *aead_take(struct aead_cursor *from, size_t len, uint8_t *scratch)
{
	if (from->left > 0 && from->piece->len - from->offset >= len) {
		from->offset += len;
		return from->piece->at + from->offset - len;
	}
	return aead_copy(from, scratch, len) ? scratch : NULL;
}

#endif
