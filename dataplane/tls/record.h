/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * record.h - opens and seals TLS 1.2 and 1.3 records with ipsec-mb (RFC 5246 6.2, 8446 5, 5288,
 * 7905).
 *
 * Pure: bytes in, bytes out; `record_machine` holds ipsec-mb's manager, one a core.
 *
 * Runs on  the core that owns the connection. Never allocates but in record_machine_init().
 * Owns     keys and secrets inside struct record_state, which stays where it is from record_init()
 *          to record_close(); that wipes them. Keys ready for use are the machine's: busy
 *          connections have them on loan.
 */
#ifndef DATAPLANE_TLS_RECORD_H
#define DATAPLANE_TLS_RECORD_H

#include "dataplane/base/bounds.h"
#include "dataplane/base/drop.h"
#include "dataplane/tls/keys.h"

/* Bytes around the plaintext of one sealed record, at most: header 5, explicit nonce 8 or type 1,
 * tag 16. */
#define RECORD_OVERHEAD_MAX 29
#define RECORD_HEADER       5

enum record_type { RECORD_ALERT = 21, RECORD_HANDSHAKE = 22, RECORD_DATA = 23 };

enum record_result {
	RECORD_OPENED = 1,       /* application data; may be empty */
	RECORD_CONSUMED = 0,     /* something of TLS's own, dealt with; no data */
	RECORD_CLOSE_NOTIFY = 2, /* the peer will send no more */
	RECORD_REPLY = 3,        /* KeyUpdate asked for one of ours: call record_key_update() */
	RECORD_ERR_BAD = -1,     /* malformed: length, type, padding, version */
	RECORD_ERR_MAC = -2,
	RECORD_ERR_FLOOD = -3,       /* empty records beyond their bound */
	RECORD_ERR_UNEXPECTED = -4,  /* renegotiation, unknown handshake message */
	RECORD_ERR_ALERT = -5,       /* fatal alert received; record_alert() tells which */
	RECORD_ERR_KEY_UPDATES = -6, /* KeyUpdates beyond their bound */
	RECORD_ERR_OVERFLOW = -7,    /* longer than a record may be */
};

struct record_machine; /* per core: the ipsec-mb manager and the pool of keys in use */
struct record_state;   /* per secured connection; sizeof is record_state_bytes(), a multiple of its
			  alignment, 8 */

/*
 * Once a core, at start. @keys: how many directions can be busy before a key is made for each visit
 * (120 ns in TLS 1.2, a microsecond in 1.3); of 1 KB each; at least 2. NULL without memory, or when
 * this CPU has not even SSE4 and AES.
 */
MUST_USE struct record_machine *record_machine_init(uint32_t keys);
/* Each millisecond or so: keys that were not used for one to two minutes are wiped. */
void record_machine_tick(struct record_machine *m, uint64_t now_us);
/* How many are on loan now. */
uint32_t record_keys_lent(const struct record_machine *m);
/* After all its states. */
void record_machine_close(struct record_machine *m);

size_t record_state_bytes(void);

/* Copies @keys; the caller wipes them. False on an unknown suite. @is_client: post-handshake
 * messages allowed (tickets). */
MUST_USE bool record_init(struct record_state *s, const struct tls_handover *keys, bool is_client);
void record_close(struct record_state *s, struct record_machine *m);

/*
 * record_length - whole length on the wire, header included, of the record whose first
 * RECORD_HEADER bytes are at @header; or RECORD_ERR_BAD, RECORD_ERR_OVERFLOW when no record of this
 * connection looks so.
 */
MUST_USE int record_length(const struct record_state *s, const uint8_t header[RECORD_HEADER]);

/*
 * record_open - authenticate and decrypt one whole record.
 *
 * @pieces  the record's wire bytes, record_length() in all, in order.
 * @out     room for TLS_RECORD_PLAIN_MAX + 256; must not overlap the pieces, unless there is one
 *          piece and @out == piece + RECORD_HEADER (in place).
 * @out_len out: bytes of application data (RECORD_OPENED).
 * @now_us  for the KeyUpdate rate.
 */
MUST_USE enum record_result record_open(struct record_state *s, struct record_machine *m,
					const struct span *pieces, size_t count, uint64_t now_us,
					uint8_t *out, size_t *out_len);

/* Asks for the key that record_open() will need. Cost: no wait where @s itself is at hand. */
void record_fetch(const struct record_state *s, const struct record_machine *m);

/* Where a record's plaintext starts inside the sealed record: 5 in 1.3 and ChaCha20, 13 in 1.2
 * AES-GCM. */
size_t record_plain_offset(const struct record_state *s);
/* Wire bytes of a record that carries @plain bytes. */
size_t record_sealed_len(const struct record_state *s, size_t plain);

/*
 * record_seal - seal in place: the plaintext lies at @record + record_plain_offset().
 *
 * @record  room for record_sealed_len(@plain).
 * @plain   1..TLS_RECORD_PLAIN_MAX.
 * Returns  wire length; 0 when the key's record numbers are used up (2^64: close the stream).
 */
size_t record_seal(struct record_state *s, struct record_machine *m, enum record_type type,
		   uint8_t *record, size_t plain);

/* Our KeyUpdate (1.3 only), sealed into @record (64 bytes suffice), and the write key moved on.
 * Returns its length. */
size_t record_key_update(struct record_state *s, struct record_machine *m, bool ask_peer,
			 uint8_t *record);

/* True when TLS_RECORDS_PER_KEY is near and record_key_update() is due (1.3); in 1.2 the stream
 * must close. */
bool record_wants_key_update(const struct record_state *s);

/* A fatal alert or close_notify (0), sealed into @record (64 bytes suffice). Returns its length. */
size_t record_alert_seal(struct record_state *s, struct record_machine *m, uint8_t description,
			 uint8_t *record);

/* The alert of RECORD_ERR_ALERT, and the one to send for another error (RFC 8446 6). */
uint8_t record_alert(const struct record_state *s);
uint8_t record_alert_for(enum record_result error);
enum drop record_drop(enum record_result error);

/* The number the next record sealed will have; with record_epoch() it names a record for
 * record_recover(). */
uint64_t record_write_seq(const struct record_state *s);
/* How often the write key has moved on. */
uint32_t record_epoch(const struct record_state *s);

/*
 * record_recover - open a record that we sealed ourselves and whose bytes still wait in the
 * retransmission queue.
 *
 * @out      room for the record's length.
 * Returns   plaintext length, or -1 when it is not ours or its epoch is older than the one before
 * the present; 0 when it carries no application data (an alert, a KeyUpdate).
 */
MUST_USE int record_recover(const struct record_state *s, struct record_machine *m, uint32_t epoch,
			    uint64_t seq, struct span record, uint8_t *out);

#endif
