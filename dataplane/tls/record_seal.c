/* SPDX-License-Identifier: BSD-3-Clause */
/* record_seal.c - the sending half of the record layer, and recovery of what it has sent. */
#include <string.h>

#include "dataplane/tls/record_state.h"
#include "dataplane/tls/wipe.h"

enum {
	ALERT_LEVEL_WARNING = 1,
	ALERT_LEVEL_FATAL = 2,
	/* A stream in full flight seals less than this between two looks at the clock. */
	RECORDS_BEFORE_KEY_LIMIT = 4096,
};

size_t record_plain_offset(const struct record_state *s)
{
	return record_has_explicit_nonce(s) ? RECORD_HEADER + 8 : RECORD_HEADER;
}

size_t record_sealed_len(const struct record_state *s, size_t plain)
{
	return RECORD_HEADER + record_body_overhead(s) + plain + (s->version == TLS_1_3 ? 1 : 0);
}

/* Four bytes at once: they are read as a word soon, as additional data. */
static void write_header(uint8_t *record, enum record_type type, size_t body)
{
	const uint32_t head = (uint32_t)type | 3 << 8 | 3 << 16 | (uint32_t)(body >> 8) << 24;

	memcpy(record, &head, 4);
	record[4] = (uint8_t)body;
}

size_t record_seal(struct record_state *s, struct record_machine *m, enum record_type type,
		   uint8_t *record, size_t plain)
{
	const size_t len = record_sealed_len(s, plain), body = len - RECORD_HEADER;
	uint8_t *text = record + record_plain_offset(s);
	const struct lent_key *key;
	struct aead_nonce nonce;
	struct aead_key aead;

	/* A nonce used twice would give the key away; the caller closes the stream. */
	if (s->write.seq == UINT64_MAX)
		return 0;
	write_header(record, s->version == TLS_1_3 ? RECORD_DATA : type, body);
	if (record_has_explicit_nonce(s)) {
		const uint64_t number = __builtin_bswap64(s->write.seq);

		memcpy(record + RECORD_HEADER, &number, sizeof(number));
	}
	if (s->version == TLS_1_3)
		text[plain++] = (uint8_t)type;
	key = record_key(s, m, &s->write);
	aead = record_aead(s, key);
	record_nonce(s, key->iv, s->write.seq, record, record + RECORD_HEADER, plain, &nonce);
	aead_seal(m->mb, &aead, &nonce, text, plain);
	s->write.seq++;
	return len;
}

size_t record_key_update(struct record_state *s, struct record_machine *m, bool ask_peer,
			 uint8_t *record)
{
	const uint8_t message[] = {24, 0, 0, 1, ask_peer ? 1 : 0};
	size_t len;

	if (s->version != TLS_1_3)
		return 0;
	memcpy(record + record_plain_offset(s), message, sizeof(message));
	len = record_seal(s, m, RECORD_HANDSHAKE, record, sizeof(message));
	if (len == 0)
		return 0;
	s->past = s->write.source;
	s->has_past = true;
	s->epoch++;
	record_next_key(s, m, &s->write);
	return len;
}

bool record_wants_key_update(const struct record_state *s)
{
	/* ChaCha20-Poly1305 has no limit short of the sequence number's (RFC 8446 5.5). */
	const uint64_t limit =
	    s->suite == TLS_CHACHA20_POLY1305 ? UINT64_MAX : (uint64_t)TLS_RECORDS_PER_KEY;

	return s->write.seq >= limit - RECORDS_BEFORE_KEY_LIMIT;
}

size_t record_alert_seal(struct record_state *s, struct record_machine *m, uint8_t description,
			 uint8_t *record)
{
	uint8_t *text = record + record_plain_offset(s);

	text[0] = description == 0 ? ALERT_LEVEL_WARNING : ALERT_LEVEL_FATAL;
	text[1] = description;
	return record_seal(s, m, RECORD_ALERT, record, 2);
}

uint64_t record_write_seq(const struct record_state *s)
{
	return s->write.seq;
}

uint32_t record_epoch(const struct record_state *s)
{
	return s->epoch;
}

/* What the key of @epoch, the present or the one before, is made from. NULL: gone. */
static const union record_source *find_source(const struct record_state *s, uint32_t epoch)
{
	if (epoch == s->epoch)
		return &s->write.source;
	return epoch + 1 == s->epoch && s->has_past ? &s->past : NULL;
}

int record_recover(const struct record_state *s, struct record_machine *m, uint32_t epoch,
		   uint64_t seq, struct span record, uint8_t *out)
{
	struct aead_cursor from = {&record, 1, record_plain_offset(s)};
	const struct aead_key key = record_aead(s, &m->scratch);
	const union record_source *source = find_source(s, epoch);
	struct aead_nonce nonce;
	uint8_t type;
	bool is_ours;
	size_t len;

	if (record.len < RECORD_HEADER || record_length(s, record.at) != (int)record.len ||
	    (s->version == TLS_1_3 && record.at[0] != RECORD_DATA))
		return -1;
	if (source == NULL)
		return -1;
	record_make_key(s, m, source, &m->scratch);
	len = record.len - RECORD_HEADER - record_body_overhead(s);
	record_nonce(s, m->scratch.iv, seq, record.at, record.at + RECORD_HEADER, len, &nonce);
	is_ours = aead_open(m->mb, &key, &nonce, &from, len, out);
	wipe(&m->scratch, sizeof(m->scratch));
	if (!is_ours)
		return -1;
	type = s->version == TLS_1_3 ? record_inner(out, &len) : record.at[0];
	return type == RECORD_DATA ? (int)len : 0;
}
