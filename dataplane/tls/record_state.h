/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * record_state.h - what record.c, record_after.c and record_seal.c share; private to
 * dataplane/tls.
 *
 * Size: some 220 bytes of secrets and counters (record_state_bytes() tells). The keys made from
 * them, 1 KB for each direction with the schedule, are lent while there is traffic (lent.h).
 */
#ifndef DATAPLANE_TLS_RECORD_STATE_H
#define DATAPLANE_TLS_RECORD_STATE_H

#include <string.h>

#include "dataplane/tls/lent.h"
#include "dataplane/tls/record.h"
#include "dataplane/tls/schedule.h"

struct record_machine {
	struct lent_key scratch; /* record_recover() makes a key here */
	struct lent_pool lent;
	IMB_MGR *mb;
};

/* What a direction's key is made from. */
union record_source {
	uint8_t secret[48]; /* TLS 1.3: traffic secret (RFC 8446 7.3) */
	struct {
		uint8_t raw[32], iv[AEAD_IV];
	}; /* TLS 1.2 */
};

/* One direction. */
struct record_way {
	uint64_t seq; /* of the next record */
	union record_source source;
	uint32_t lent; /* the number of its key in the machine's pool, 0 for none */
};

/* A post-handshake message on its way in; it may span records. */
struct record_after {
	uint8_t head[4];
	uint8_t head_len; /* bytes of @head that are here; 0 = between two messages */
	uint32_t skip;    /* bytes of its body still to come */
};

struct record_state {
	uint16_t version; /* enum tls_version */
	uint8_t suite;    /* enum tls_suite */
	uint8_t hash;     /* enum tls_hash */
	uint32_t epoch;   /* of the write key */
	bool is_client;
	int8_t over;          /* enum record_result; not 0: the peer's direction has ended, so */
	uint8_t alert;        /* of RECORD_ERR_ALERT */
	uint8_t without_data; /* records in a row that brought no data */
	uint8_t key_updates;  /* in the minute that began at key_updates_from_us */
	struct record_way read, write;
	struct record_after after;
	uint64_t key_updates_from_us;
	bool has_past;
	union record_source past; /* of the key we sealed with before the present one */
};

_Static_assert(TLS_EMPTY_RECORDS_MAX < UINT8_MAX && TLS_KEY_UPDATES_PER_MINUTE_MAX < UINT8_MAX,
	       "counters are too short");
_Static_assert(sizeof(struct record_state) <= 224, "part of what an idle stream costs");

/* Makes the key of @source in @out, which is empty. Cost: 120 ns in TLS 1.2; in 1.3 four hashes of
 * HMAC more, a microsecond. */
void record_make_key(const struct record_state *s, struct record_machine *m,
		     const union record_source *source, struct lent_key *out);

static inline struct aead_key record_aead(const struct record_state *s, const struct lent_key *key)
{
	return (struct aead_key){&key->gcm, key->raw, (enum tls_suite)s->suite};
}

/* The key of @way, ready for use. */
static inline const struct lent_key *record_key(const struct record_state *s,
						struct record_machine *m, struct record_way *way)
{
	struct lent_key *key = lent_find(&m->lent, &way->lent);

	if (key != NULL)
		return key;
	key = lent_take(&m->lent, &way->lent);
	record_make_key(s, m, &way->source, key);
	return key;
}

/* The four below depend on version and suite alone. */

/* TLS 1.2 AES-GCM sends 8 bytes of its nonce in each record (RFC 5288 3). */
static inline bool record_has_explicit_nonce(const struct record_state *s)
{
	return s->version == TLS_1_2 && s->suite != TLS_CHACHA20_POLY1305;
}

/* Bytes of a record's body that are neither plaintext nor, in 1.3, inner type and padding. */
static inline size_t record_body_overhead(const struct record_state *s)
{
	return AEAD_TAG + (record_has_explicit_nonce(s) ? 8 : 0);
}

/*
 * record_nonce - nonce and additional data of record @seq (RFC 8446 5.2 and 5.3, RFC 5246 6.2.3.3,
 * RFC 5288 3, RFC 7905 2).
 *
 * @header    of the record on the wire.
 * @explicit  the record's own 8 bytes, where it has them.
 * @plain     bytes that are encrypted.
 */
static inline void record_nonce(const struct record_state *s, const uint8_t iv[AEAD_IV],
				uint64_t seq, const uint8_t header[RECORD_HEADER],
				const uint8_t *explicit_nonce, size_t plain, struct aead_nonce *out)
{
	const uint64_t number = __builtin_bswap64(seq);
	uint64_t first;
	uint32_t last;

	/* In words as the cipher reads them: it would wait for a word of which half was written. */
	memcpy(&first, iv, 8);
	memcpy(&last, iv + 8, 4);
	if (record_has_explicit_nonce(s)) {
		uint64_t sent;

		memcpy(&sent, explicit_nonce, 8);
		first = (uint32_t)first | sent << 32;
		last = (uint32_t)(sent >> 32);
	} else {
		first ^= number << 32;
		last ^= (uint32_t)(number >> 32);
	}
	memcpy(out->iv, &first, 8);
	memcpy(out->iv + 8, &last, 4);
	if (s->version == TLS_1_3) {
		memcpy(out->aad, header, RECORD_HEADER);
		out->aad_len = RECORD_HEADER;
		return;
	}
	memcpy(out->aad, &number, 8);
	memcpy(out->aad + 8, header, 3);
	out->aad[11] = (uint8_t)(plain >> 8);
	out->aad[12] = (uint8_t)plain;
	out->aad_len = 13;
}

/*
 * record_inner - take padding and inner type off a TLS 1.3 plaintext.
 *
 * @len     in: with type and padding; out: without.
 * Returns  the type, 0 when there is none.
 */
uint8_t record_inner(const uint8_t *plain, size_t *len);

/* Moves @way on to its next key (RFC 8446 7.2). */
void record_next_key(const struct record_state *s, struct record_machine *m,
		     struct record_way *way);

/* The handshake messages, or a part of one, that one record brought after the handshake. */
MUST_USE enum record_result record_after(struct record_state *s, struct record_machine *m,
					 struct span bytes, uint64_t now_us);

#endif
