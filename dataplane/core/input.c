/* SPDX-License-Identifier: BSD-3-Clause */
/* input.c - from TCP's mbufs to the framer, by transport. */
#include <string.h>

#include "dataplane/core/framing.h"
#include "dataplane/core/input.h"
#include "dataplane/core/output.h"
#include "dataplane/core/report.h"

enum { TLS_FIRST_BYTE = 0x16 };

static void consume(struct core *c, struct conn *k, uint32_t n)
{
	stat_add(&k->view.bytes_in, n);
	tcp_consume(c->tcp, k->tcp, n, c->now_us);
}

bool input_is_smuggled(const struct conn *k)
{
	for (const struct rte_mbuf *m = tcp_inbound(k->tcp); m != NULL; m = m->next)
		for (uint16_t i = 0; i < m->data_len; i++) {
			const uint8_t b = *rte_pktmbuf_mtod_offset(m, const uint8_t *, i);

			if (b != ' ' && b != '\t' && b != '\r' && b != '\n')
				return true;
		}
	return false;
}

void input_discard(struct core *c, struct conn *k)
{
	const uint32_t n = tcp_inbound_bytes(k->tcp);

	if (n > 0)
		consume(c, k, n);
}

/* What an earlier turn opened and could not finish. */
static uint32_t read_rest(struct core *c, struct conn *k)
{
	const struct span s = parcel_peek(k->rest);
	uint32_t n;

	if (s.len == 0) {
		parcel_free(k->rest);
		k->rest = NULL;
		return 1;
	}
	n = (uint32_t)framing_feed(c, k, s);
	if (k->rest != NULL)
		parcel_skip(k->rest, n);
	return n;
}

static uint32_t read_plain(struct core *c, struct conn *k)
{
	const struct rte_mbuf *m = tcp_inbound(k->tcp);
	uint32_t n;

	if (m == NULL)
		return 0;
	n = (uint32_t)framing_feed(
	    c, k, (struct span){rte_pktmbuf_mtod(m, const uint8_t *), m->data_len});
	if (n > 0)
		consume(c, k, n);
	return n;
}

/* Handshake bytes go to control as copies; the originals stay until MSG_SECURE says how many of
 * them the handshake has used. */
static uint32_t tell_handshake(struct core *c, struct conn *k)
{
	const uint32_t all = tcp_inbound_bytes(k->tcp), fresh = all - k->told_bytes;
	uint32_t skip = k->told_bytes;
	struct rte_mbuf *copy;

	if (fresh == 0)
		return 0;
	if (all > HANDSHAKE_BYTES_MAX) {
		core_drop(c, DROP_TLS_HANDSHAKE_BYTES);
		report_drop(c, k, EVENT_TLS_ERROR, DROP_TLS_HANDSHAKE_BYTES);
		conn_doom(c, k, CLOSED_BY_US);
		return 0;
	}
	copy = parcel_make(c->pool);
	for (const struct rte_mbuf *m = tcp_inbound(k->tcp); m != NULL && copy != NULL;
	     m = m->next) {
		const uint32_t pass = min_u32(skip, m->data_len);
		const struct span s = {rte_pktmbuf_mtod_offset(m, const uint8_t *, pass),
				       m->data_len - pass};

		skip -= pass;
		if (!parcel_append(copy, c->pool, s)) {
			parcel_free(copy);
			copy = NULL;
		}
	}
	if (copy == NULL) {
		conn_stall(c, k);
		return 0;
	}
	k->told_bytes = all;
	report_bytes(c, k, EVENT_TLS_BYTES, copy);
	return fresh;
}

/* The record layer has failed: alert, event, and the stream is over (RFC 8446 6.2). */
static void fail_tls(struct core *c, struct conn *k, enum record_result error)
{
	core_drop(c, record_drop(error));
	report_drop(c, k, EVENT_TLS_ERROR, record_drop(error));
	if (error != RECORD_ERR_ALERT)
		output_alert(c, k, record_alert_for(error));
	k->fin_sent = true;
	conn_detach_links(c, k);
	tcp_close(c->tcp, k->tcp, c->now_us);
	k->end_by = CLOSED_BY_US;
	conn_finish(c, k);
}

/* The pieces of the first @len bytes that wait; where there are too many, one copy of them. */
static size_t gather(struct core *c, const struct conn *k, size_t len,
		     struct span pieces[CORE_PIECES_MAX])
{
	const struct rte_mbuf *m = tcp_inbound(k->tcp);
	size_t count = 0, at = 0;

	for (; at < len && count < CORE_PIECES_MAX; m = m->next) {
		const size_t n = min_size(m->data_len, len - at);

		pieces[count++] = (struct span){rte_pktmbuf_mtod(m, const uint8_t *), n};
		at += n;
	}
	if (at == len)
		return count;
	at = 0;
	for (m = tcp_inbound(k->tcp); at < len; m = m->next) {
		const size_t n = min_size(m->data_len, len - at);

		memcpy(c->wire + at, rte_pktmbuf_mtod(m, const uint8_t *), n);
		at += n;
	}
	pieces[0] = (struct span){c->wire, len};
	return 1;
}

/* Wire length of the record that begins what waits, 0 while its header is not there whole. */
static int next_record(const struct conn *k)
{
	const struct rte_mbuf *m = tcp_inbound(k->tcp);
	uint8_t header[RECORD_HEADER];

	if (tcp_inbound_bytes(k->tcp) < RECORD_HEADER)
		return 0;
	for (size_t at = 0; at < RECORD_HEADER; m = m->next) {
		const size_t n = min_size(m->data_len, RECORD_HEADER - at);

		memcpy(header + at, rte_pktmbuf_mtod(m, const uint8_t *), n);
		at += n;
	}
	return record_length(k->record, header);
}

/* Plaintext is framed where it was opened; what cannot be framed now is kept. */
static void take_plaintext(struct core *c, struct conn *k, size_t len)
{
	size_t used = 0;

	if (len > 0)
		used = framing_feed(c, k, (struct span){c->plain, len});
	if (used == len || !conn_is_live(k) || k->is_deaf)
		return;
	k->rest = parcel_make(c->pool);
	if (k->rest == NULL ||
	    !parcel_append(k->rest, c->pool, (struct span){c->plain + used, len - used})) {
		core_drop(c, DROP_STANZA_NO_MEMORY);
		conn_doom(c, k, CLOSED_BY_US);
	}
}

static uint32_t read_record(struct core *c, struct conn *k)
{
	struct span pieces[CORE_PIECES_MAX];
	const int len = next_record(k);
	enum record_result result;
	size_t plain_len = 0;

	if (len < 0) {
		fail_tls(c, k, (enum record_result)len);
		return 0;
	}
	if (len == 0 || tcp_inbound_bytes(k->tcp) < (uint32_t)len)
		return 0;
	result = record_open(k->record, c->machine, pieces, gather(c, k, (size_t)len, pieces),
			     c->now_us, c->plain, &plain_len);
	consume(c, k, (uint32_t)len);
	stat_add(&c->stats.records_opened, 1);
	if (result < 0) {
		fail_tls(c, k, result);
		return 0;
	}
	if (result == RECORD_OPENED)
		take_plaintext(c, k, plain_len);
	else if (result == RECORD_CLOSE_NOTIFY)
		k->tls_ended = true;
	else if (result == RECORD_REPLY)
		k->key_update_due = true;
	if (k->key_update_due)
		conn_make_dirty(c, k);
	return (uint32_t)len;
}

/* The first byte of an accepted connection tells direct TLS (facts.md 3.5) from a stream. */
static void look_at_first_byte(struct conn *k)
{
	const struct rte_mbuf *m = tcp_inbound(k->tcp);

	if (m == NULL)
		return;
	k->is_fresh = false;
	if (*rte_pktmbuf_mtod(m, const uint8_t *) == TLS_FIRST_BYTE)
		k->transport = TRANSPORT_HANDSHAKE;
}

static uint32_t read_some(struct core *c, struct conn *k)
{
	if (k->rest != NULL)
		return read_rest(c, k);
	if (k->tls_ended)
		return 0;
	switch ((enum transport)k->transport) {
	case TRANSPORT_PLAIN:
		return read_plain(c, k);
	case TRANSPORT_HANDSHAKE:
		return tell_handshake(c, k);
	case TRANSPORT_SECURE:
		return read_record(c, k);
	}
	return 0;
}

/* The peer sends no more and all it sent is read: with or without a footer, its stream is over. */
static void end_of_input(struct core *c, struct conn *k)
{
	if (k->state == CONN_OPEN)
		conn_close(c, k, CLOSED_BY_PEER, c->now_us + CORE_END_US);
	else
		conn_finish(c, k);
}

static void read_on(struct core *c, struct conn *k)
{
	uint32_t budget = TURN_BYTES_MAX, n = 1;

	if (k->state == CONN_ENDING) {
		input_discard(c, k);
		return;
	}
	if (k->is_fresh)
		look_at_first_byte(k);
	while (budget > 0 && conn_may_read(k)) {
		if (c->is_short) {
			conn_stall(c, k);
			return;
		}
		n = read_some(c, k);
		if (n == 0)
			break;
		budget -= min_u32(n, budget);
	}
	if (!conn_may_read(k)) {
		/* A close that was ordered meanwhile still has its input to discard. */
		if (k->state == CONN_ENDING)
			input_discard(c, k);
		return;
	}
	if (n > 0)
		conn_make_ready(c, k);
	else if ((k->tcp_ended || k->tls_ended) && !k->is_stalled)
		end_of_input(c, k);
}

void input_run(struct core *c, struct conn *k)
{
	read_on(c, k);
	framing_pause(c, k);
}
