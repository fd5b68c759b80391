/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * record_after.c - handshake messages after the handshake: KeyUpdate is obeyed, a ticket is counted
 * past, all else is refused (RFC 8446 4.6, 5.1).
 */
#include "dataplane/tls/record_state.h"

enum {
	MESSAGE_TICKET = 4,
	MESSAGE_KEY_UPDATE = 24,
	/* lifetime, age, nonce, ticket and extensions, each as long as its length field allows */
	TICKET_BYTES_MAX = 4 + 4 + 256 + 2 + 65535 + 2 + 65534,
	MINUTE_US = 60 * 1000 * 1000,
};

/* May a message with this head come at all? */
static enum record_result check_head(const struct record_state *s, uint8_t type, uint32_t len)
{
	if (type == MESSAGE_KEY_UPDATE)
		return len == 1 ? RECORD_CONSUMED : RECORD_ERR_BAD;
	if (type == MESSAGE_TICKET && s->is_client)
		return len <= TICKET_BYTES_MAX ? RECORD_CONSUMED : RECORD_ERR_BAD;
	return RECORD_ERR_UNEXPECTED;
}

static enum record_result update_key(struct record_state *s, struct record_machine *m,
				     uint8_t request, uint64_t now_us)
{
	if (request > 1)
		return RECORD_ERR_BAD;
	if (s->key_updates == 0 || now_us - s->key_updates_from_us >= MINUTE_US) {
		s->key_updates = 0;
		s->key_updates_from_us = now_us;
	}
	if (++s->key_updates > TLS_KEY_UPDATES_PER_MINUTE_MAX)
		return RECORD_ERR_KEY_UPDATES;
	record_next_key(s, m, &s->read);
	return request == 1 ? RECORD_REPLY : RECORD_CONSUMED;
}

/* Collects the four bytes of a message's head; moves @bytes on. */
static enum record_result take_head(struct record_state *s, struct span *bytes)
{
	struct record_after *a = &s->after;

	while (a->head_len < sizeof(a->head) && bytes->len > 0) {
		a->head[a->head_len++] = *bytes->at++;
		bytes->len--;
	}
	if (a->head_len < sizeof(a->head))
		return RECORD_CONSUMED;
	a->skip = (uint32_t)a->head[1] << 16 | (uint32_t)a->head[2] << 8 | a->head[3];
	return check_head(s, a->head[0], a->skip);
}

enum record_result record_after(struct record_state *s, struct record_machine *m, struct span bytes,
				uint64_t now_us)
{
	struct record_after *a = &s->after;

	/* Renegotiation is all that TLS 1.2 could mean; an empty fragment is forbidden (5.1). */
	if (s->version == TLS_1_2 || bytes.len == 0)
		return RECORD_ERR_UNEXPECTED;
	while (bytes.len > 0) {
		enum record_result result;
		size_t step;

		if (a->head_len < sizeof(a->head)) {
			result = take_head(s, &bytes);
			if (result < 0)
				return result;
		}
		if (a->head_len < sizeof(a->head) || (bytes.len == 0 && a->skip > 0))
			break;
		if (a->head[0] == MESSAGE_KEY_UPDATE) {
			/* The next byte has another key: it cannot be in this record (5.1). */
			if (bytes.len != 1)
				return RECORD_ERR_UNEXPECTED;
			a->head_len = 0;
			return update_key(s, m, bytes.at[0], now_us);
		}
		step = min_size(a->skip, bytes.len);
		bytes.at += step;
		bytes.len -= step;
		a->skip -= (uint32_t)step;
		if (a->skip == 0)
			a->head_len = 0;
	}
	s->without_data++; /* but for KeyUpdate, which has a bound of its own */
	return RECORD_CONSUMED;
}
