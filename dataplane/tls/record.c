/* SPDX-License-Identifier: BSD-3-Clause */
/* record.c - the receiving half of the record layer, and what both halves stand on. */
#include "dataplane/tls/record.h"

#include <stdlib.h>
#include <string.h>

#include "dataplane/tls/record_state.h"
#include "dataplane/tls/wipe.h"

enum {
	TYPE_CCS = 20,
	ALERT_WARNING = 1,
	ALERT_FATAL = 2,
	ALERT_CLOSE_NOTIFY = 0,
	ALERT_UNEXPECTED_MESSAGE = 10,
	ALERT_BAD_RECORD_MAC = 20,
	ALERT_RECORD_OVERFLOW = 22,
	ALERT_DECODE_ERROR = 50,
	ALERT_INTERNAL_ERROR = 80,
	ALERT_USER_CANCELED = 90,
	INNER_MAX = TLS_RECORD_PLAIN_MAX + 256 - AEAD_TAG, /* RFC 8446 5.2 */
};

struct record_machine *record_machine_init(uint32_t keys)
{
	struct record_machine *m = aligned_alloc(CACHE_LINE, sizeof(*m));
	IMB_ARCH arch = IMB_ARCH_NONE;

	if (m == NULL)
		return NULL;
	memset(m, 0, sizeof(*m));
	m->mb = alloc_mb_mgr(0);
	if (m->mb == NULL || !lent_init(&m->lent, keys)) {
		record_machine_close(m);
		return NULL;
	}
	init_mb_mgr_auto(m->mb, &arch);
	/* Without AES-NI the library would emulate it, in tables that leak keys by timing. */
	if (imb_get_errno(m->mb) != 0 || arch < IMB_ARCH_SSE || arch >= IMB_ARCH_NUM ||
	    (m->mb->features & IMB_FEATURE_AESNI) == 0) {
		record_machine_close(m);
		return NULL;
	}
	return m;
}

void record_machine_close(struct record_machine *m)
{
	if (m == NULL)
		return;
	lent_fini(&m->lent);
	if (m->mb != NULL)
		free_mb_mgr(m->mb);
	wipe(m, sizeof(*m));
	free(m);
}

void record_machine_tick(struct record_machine *m, uint64_t now_us)
{
	lent_tick(&m->lent, now_us);
}

uint32_t record_keys_lent(const struct record_machine *m)
{
	return m->lent.lent;
}

size_t record_state_bytes(void)
{
	return sizeof(struct record_state);
}

static void init_way(struct record_way *way, enum tls_version version,
		     const struct tls_direction_keys *keys)
{
	if (version == TLS_1_3) {
		memcpy(way->source.secret, keys->secret, sizeof(way->source.secret));
	} else {
		memcpy(way->source.raw, keys->key, sizeof(way->source.raw));
		memcpy(way->source.iv, keys->iv, sizeof(way->source.iv));
	}
	way->seq = keys->seq;
}

bool record_init(struct record_state *s, const struct tls_handover *keys, bool is_client)
{
	if (keys->version != TLS_1_2 && keys->version != TLS_1_3)
		return false;
	if (keys->suite > TLS_CHACHA20_POLY1305 || keys->hash > TLS_SHA384)
		return false;
	memset(s, 0, sizeof(*s));
	s->version = (uint16_t)keys->version;
	s->suite = (uint8_t)keys->suite;
	s->hash = (uint8_t)keys->hash;
	s->is_client = is_client;
	init_way(&s->read, keys->version, &keys->read);
	init_way(&s->write, keys->version, &keys->write);
	return true;
}

void record_close(struct record_state *s, struct record_machine *m)
{
	lent_give(&m->lent, &s->read.lent);
	lent_give(&m->lent, &s->write.lent);
	wipe(s, sizeof(*s));
}

void record_fetch(const struct record_state *s, const struct record_machine *m)
{
	const struct lent_key *key;

	if (s->read.lent == 0)
		return;
	key = &m->lent.key[s->read.lent - 1];
	/* Round keys and the powers of the hash key of a cipher without AVX-512. */
	fetch_ahead(&key->gcm, offsetof(struct gcm_key_data, ghash_keys) +
				   sizeof(key->gcm.ghash_keys.sse_avx));
	fetch_ahead(key->iv, sizeof(key->iv));
}

int record_length(const struct record_state *s, const uint8_t header[RECORD_HEADER])
{
	const size_t body = (size_t)header[3] << 8 | header[4];

	if (header[0] < TYPE_CCS || header[0] > RECORD_DATA)
		return RECORD_ERR_BAD;
	if (header[1] != 3 || header[2] != 3)
		return RECORD_ERR_BAD;
	if (s->version == TLS_1_3) {
		/* Plaintext records have no business here any more, but get the right alert. */
		if (header[0] != RECORD_DATA)
			return body == 0 || body > TLS_RECORD_PLAIN_MAX
				   ? RECORD_ERR_BAD
				   : (int)(RECORD_HEADER + body);
		if (body < AEAD_TAG + 1)
			return RECORD_ERR_BAD;
		if (body > TLS_RECORD_PLAIN_MAX + 256)
			return RECORD_ERR_OVERFLOW;
		return (int)(RECORD_HEADER + body);
	}
	if (body < record_body_overhead(s))
		return RECORD_ERR_BAD;
	/* RFC 5246 allows more for ciphers that expand; these do not, so more cannot be honest. */
	if (body > TLS_RECORD_PLAIN_MAX + record_body_overhead(s))
		return RECORD_ERR_OVERFLOW;
	return (int)(RECORD_HEADER + body);
}

uint8_t record_inner(const uint8_t *plain, size_t *len)
{
	size_t n = *len;

	while (n > 0 && plain[n - 1] == 0)
		n--;
	if (n == 0) {
		*len = 0;
		return 0;
	}
	*len = n - 1;
	return plain[n - 1];
}

void record_make_key(const struct record_state *s, struct record_machine *m,
		     const union record_source *source, struct lent_key *out)
{
	const enum tls_suite suite = (enum tls_suite)s->suite;
	const enum tls_hash hash = (enum tls_hash)s->hash;
	uint8_t raw[32] = {0};

	if (s->version == TLS_1_3) {
		schedule_expand(m->mb, hash, source->secret, "key", raw, tls_key_len(suite));
		schedule_expand(m->mb, hash, source->secret, "iv", out->iv, AEAD_IV);
	} else {
		memcpy(raw, source->raw, sizeof(raw));
		memcpy(out->iv, source->iv, AEAD_IV);
	}
	if (suite == TLS_CHACHA20_POLY1305)
		memcpy(out->raw, raw, sizeof(raw));
	else
		aead_expand(m->mb, &out->gcm, suite, raw);
	wipe(raw, sizeof(raw));
}

void record_next_key(const struct record_state *s, struct record_machine *m, struct record_way *way)
{
	const enum tls_hash hash = (enum tls_hash)s->hash;
	uint8_t next[48] = {0};

	lent_give(&m->lent, &way->lent);
	schedule_expand(m->mb, hash, way->source.secret, "traffic upd", next,
			schedule_hash_len(hash));
	memcpy(way->source.secret, next, sizeof(next));
	way->seq = 0;
	wipe(next, sizeof(next));
}

static enum record_result take_alert(struct record_state *s, const uint8_t *alert, size_t len)
{
	if (len != 2)
		return RECORD_ERR_BAD;
	if (alert[1] == ALERT_CLOSE_NOTIFY)
		return RECORD_CLOSE_NOTIFY;
	if (s->version == TLS_1_3) {
		/* The level means nothing any more (RFC 8446 6). */
		if (alert[1] == ALERT_USER_CANCELED)
			return RECORD_CONSUMED;
	} else if (alert[0] == ALERT_WARNING) {
		return RECORD_CONSUMED;
	} else if (alert[0] != ALERT_FATAL) {
		return RECORD_ERR_BAD;
	}
	s->alert = alert[1];
	return RECORD_ERR_ALERT;
}

/* What an authentic record of @type means. */
static enum record_result take_content(struct record_state *s, struct record_machine *m,
				       uint8_t type, struct span plain, uint64_t now_us)
{
	if (plain.len > TLS_RECORD_PLAIN_MAX)
		return RECORD_ERR_OVERFLOW;
	switch (type) {
	case RECORD_DATA:
		/* Nothing may come between the parts of one message (RFC 8446 5.1). */
		if (s->after.head_len > 0)
			return RECORD_ERR_UNEXPECTED;
		s->without_data = plain.len > 0 ? 0 : (uint8_t)(s->without_data + 1);
		return RECORD_OPENED;
	case RECORD_ALERT:
		s->without_data++;
		return take_alert(s, plain.at, plain.len);
	case RECORD_HANDSHAKE:
		return record_after(s, m, plain, now_us);
	default:
		return RECORD_ERR_UNEXPECTED;
	}
}

/*
 * Authenticates and decrypts; @type and @plain_len out. The caller has checked the header, which
 * @from is behind.
 */
static enum record_result decrypt(struct record_state *s, struct record_machine *m,
				  const uint8_t header[RECORD_HEADER], struct aead_cursor *from,
				  uint8_t *out, uint8_t *type, size_t *plain_len)
{
	const bool is_in_place = out == header + RECORD_HEADER;
	const uint8_t *explicit_nonce = NULL;
	const struct lent_key *key;
	struct aead_nonce nonce;
	struct aead_key aead;
	uint8_t scratch[8], *to = out;
	size_t len;

	if (s->version == TLS_1_3 && header[0] != RECORD_DATA)
		return RECORD_ERR_UNEXPECTED;
	if (record_has_explicit_nonce(s)) {
		explicit_nonce = aead_take(from, sizeof(scratch), scratch);
		if (explicit_nonce == NULL)
			return RECORD_ERR_BAD;
		/* In place the cipher may not move bytes while it reads them: move them after. */
		if (is_in_place)
			to = out + sizeof(scratch);
	}
	len = ((size_t)header[3] << 8 | header[4]) - record_body_overhead(s);
	key = record_key(s, m, &s->read);
	aead = record_aead(s, key);
	record_nonce(s, key->iv, s->read.seq, header, explicit_nonce, len, &nonce);
	if (!aead_open(m->mb, &aead, &nonce, from, len, to))
		return RECORD_ERR_MAC;
	s->read.seq++;
	if (to != out)
		memmove(out, to, len);
	*type = s->version == TLS_1_3 ? record_inner(out, &len) : header[0];
	*plain_len = len;
	return RECORD_OPENED;
}

/* Is @count pieces one whole record, the header of which is @header (NULL: not even that)? */
static enum record_result check_whole(const struct record_state *s, const struct span *pieces,
				      size_t count, const uint8_t *header)
{
	size_t sum = 0;
	int len;

	if (header == NULL)
		return RECORD_ERR_BAD;
	for (size_t i = 0; i < count; i++)
		sum += pieces[i].len;
	len = record_length(s, header);
	if (len < 0)
		return (enum record_result)len;
	return sum == (size_t)len ? RECORD_OPENED : RECORD_ERR_BAD;
}

static enum record_result open_checked(struct record_state *s, struct record_machine *m,
				       const uint8_t header[RECORD_HEADER],
				       struct aead_cursor *from, uint64_t now_us, uint8_t *out,
				       size_t *out_len)
{
	enum record_result result;
	uint8_t type = 0;
	size_t len = 0;

	/* The number may not wrap (RFC 8446 5.3, RFC 5246 6.1). */
	if (s->read.seq == UINT64_MAX)
		return RECORD_ERR_UNEXPECTED;
	result = decrypt(s, m, header, from, out, &type, &len);
	if (result == RECORD_OPENED)
		result = take_content(s, m, type, (struct span){out, len}, now_us);
	if (result == RECORD_OPENED)
		*out_len = len;
	if (result >= 0 && s->without_data > TLS_EMPTY_RECORDS_MAX)
		return RECORD_ERR_FLOOD;
	return result;
}

enum record_result record_open(struct record_state *s, struct record_machine *m,
			       const struct span *pieces, size_t count, uint64_t now_us,
			       uint8_t *out, size_t *out_len)
{
	struct aead_cursor from = {pieces, count, 0};
	uint8_t scratch[RECORD_HEADER];
	const uint8_t *header;
	enum record_result result;

	*out_len = 0;
	/* After close_notify or an error nothing counts any more (RFC 8446 6.1, 6.2). */
	if (s->over != 0)
		return (enum record_result)s->over;
	header = aead_take(&from, RECORD_HEADER, scratch);
	result = check_whole(s, pieces, count, header);
	if (result == RECORD_OPENED)
		result = open_checked(s, m, header, &from, now_us, out, out_len);
	if (result < 0 || result == RECORD_CLOSE_NOTIFY) {
		*out_len = 0;
		s->over = (int8_t)result;
	}
	return result;
}

uint8_t record_alert(const struct record_state *s)
{
	return s->alert;
}

uint8_t record_alert_for(enum record_result error)
{
	switch (error) {
	case RECORD_ERR_BAD:
		return ALERT_DECODE_ERROR;
	case RECORD_ERR_OVERFLOW:
		return ALERT_RECORD_OVERFLOW;
	case RECORD_ERR_MAC:
		return ALERT_BAD_RECORD_MAC;
	case RECORD_ERR_FLOOD:
	case RECORD_ERR_KEY_UPDATES:
	case RECORD_ERR_UNEXPECTED:
		return ALERT_UNEXPECTED_MESSAGE;
	case RECORD_ERR_ALERT: /* is answered by closing, without one of ours */
	case RECORD_OPENED:
	case RECORD_CONSUMED:
	case RECORD_CLOSE_NOTIFY:
	case RECORD_REPLY:
		break;
	}
	return ALERT_CLOSE_NOTIFY;
}

enum drop record_drop(enum record_result error)
{
	switch (error) {
	case RECORD_ERR_MAC:
		return DROP_TLS_BAD_MAC;
	case RECORD_ERR_FLOOD:
		return DROP_TLS_EMPTY_FLOOD;
	case RECORD_ERR_KEY_UPDATES:
		return DROP_TLS_KEY_UPDATE_FLOOD;
	case RECORD_ERR_UNEXPECTED:
	case RECORD_ERR_ALERT:
		return DROP_TLS_UNEXPECTED;
	case RECORD_ERR_BAD:
	case RECORD_ERR_OVERFLOW:
	case RECORD_OPENED:
	case RECORD_CONSUMED:
	case RECORD_CLOSE_NOTIFY:
	case RECORD_REPLY:
		break;
	}
	return DROP_TLS_BAD_RECORD;
}
