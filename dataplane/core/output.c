/* SPDX-License-Identifier: BSD-3-Clause */
/* output.c - records filled, sealed and sent. */
#include <string.h>

#include "dataplane/core/account.h"
#include "dataplane/core/output.h"

enum { SMALL_RECORD = 64 }; /* alert or key update, sealed */

uint64_t output_queued(const struct conn *k)
{
	return tcp_sent_offset(k->tcp) - tcp_acked(k->tcp) + k->out.bytes + k->open_used;
}

bool output_can_take(const struct core *c, const struct conn *k)
{
	return k->state == CONN_OPEN && !k->is_doomed && k->out.count == 0 &&
	       ledger_has_room(&k->ledger, &c->ledgers) && output_queued(k) < CORE_SEND_HIGH;
}

static bool is_sealing(const struct conn *k, bool is_raw)
{
	return k->transport == TRANSPORT_SECURE && !is_raw;
}

/* Wire bytes around the plaintext of one record. */
static uint32_t overhead(const struct conn *k, bool is_raw)
{
	return is_sealing(k, is_raw) ? (uint32_t)record_sealed_len(k->record, 1) - 1 : 0;
}

static uint32_t record_room(const struct conn *k, bool is_raw)
{
	const uint32_t wire = min_u32(tcp_segment_bytes(k->tcp), RTE_MBUF_DEFAULT_DATAROOM);

	return wire - overhead(k, is_raw);
}

static struct rte_mbuf *take_mbuf(struct core *c)
{
	if (c->spare_count > 0)
		return c->spare[--c->spare_count];
	return rte_pktmbuf_alloc(c->pool);
}

/* Gives one mbuf of wire bytes to TCP. Room was asked for, so only a connection that is over
 * refuses. */
static void give(struct core *c, struct conn *k, struct rte_mbuf *m)
{
	const uint32_t bytes = m->pkt_len;

	if (!tcp_send(c->tcp, k->tcp, m)) {
		rte_pktmbuf_free(m);
		conn_doom(c, k, CLOSED_BY_US);
		return;
	}
	k->sent_us = c->now_us;
	stat_add(&k->view.bytes_out, bytes);
}

/* Seals the open record and sends it. False while TCP has no room: it stays open. */
static bool send_open(struct core *c, struct conn *k)
{
	struct rte_mbuf *m = k->open;
	size_t len = k->open_used;

	if (m == NULL || len == 0)
		return true;
	if (tcp_room(k->tcp) == 0)
		return false;
	*parcel_record_of(m) = (struct parcel_record){.is_sealed = false};
	if (is_sealing(k, k->open_is_raw)) {
		*parcel_record_of(m) = (struct parcel_record){record_write_seq(k->record),
							      record_epoch(k->record), true};
		len = record_seal(k->record, c->machine, RECORD_DATA,
				  rte_pktmbuf_mtod(m, uint8_t *), len);
		stat_add(&c->stats.records_sealed, 1);
		if (len == 0) {
			conn_doom(c, k, CLOSED_BY_US);
			return false;
		}
		if (record_wants_key_update(k->record))
			k->key_update_due = true;
	}
	m->data_len = (uint16_t)len;
	m->pkt_len = (uint32_t)len;
	k->open = NULL;
	k->open_used = 0;
	give(c, k, m);
	ledger_seal(&k->ledger, tcp_sent_offset(k->tcp), k->is_stanza_open);
	return true;
}

/* False while TCP has no room or no mbuf is left. */
static bool open_record(struct core *c, struct conn *k, bool is_raw)
{
	if (k->open != NULL && k->open_is_raw == is_raw && k->open_used < k->open_room)
		return true;
	if (!send_open(c, k) || tcp_room(k->tcp) == 0)
		return false;
	k->open = take_mbuf(c);
	if (k->open == NULL)
		return false;
	k->open_is_raw = is_raw;
	k->open_used = 0;
	k->open_room = (uint16_t)record_room(k, is_raw);
	return true;
}

/* As much of @bytes as one open record takes; 0 when none can be had. */
static size_t fill(struct core *c, struct conn *k, struct span bytes, bool is_raw)
{
	size_t n, skip;

	if (!open_record(c, k, is_raw))
		return 0;
	skip = is_sealing(k, is_raw) ? record_plain_offset(k->record) : 0;
	n = min_size(bytes.len, (size_t)k->open_room - k->open_used);
	memcpy(rte_pktmbuf_mtod_offset(k->open, uint8_t *, skip + k->open_used), bytes.at, n);
	k->open_used = (uint16_t)(k->open_used + n);
	if (k->open_used == k->open_room)
		(void)send_open(c, k);
	return n;
}

static void enter_ledger(struct core *c, struct conn *k, uint32_t bytes,
			 const struct parcel_label *label)
{
	struct ledger_entry e = {
	    .start = tcp_sent_offset(k->tcp),
	    .bytes = bytes,
	    .plain_at = k->open_used,
	    .label = *label,
	};

	/* Once: when this stream dies the stanza is sent again, and the first time counts. */
	if (label->sample != 0)
		sample_place(c, k, label->sample, e.start);
	e.label.sample = 0;
	ledger_add(&k->ledger, &c->ledgers, &e);
	k->is_stanza_open = true;
	account_hold(c, label);
	if (label->maybe_twice)
		stat_add(&c->stats.maybe_twice, 1);
}

/* The last byte is written; perhaps its record has just been sent. */
static void leave_ledger(struct conn *k)
{
	if (!k->is_stanza_open)
		return;
	k->is_stanza_open = false;
	if (k->open == NULL)
		ledger_seal(&k->ledger, tcp_sent_offset(k->tcp), false);
}

/* Mbufs for @records at hand, so that a stanza is written whole or not at all. */
static bool reserve(struct core *c, uint32_t records)
{
	if (c->spare_count >= records)
		return true;
	if (rte_pktmbuf_alloc_bulk(c->pool, &c->spare[c->spare_count],
				   CORE_SPARE_MBUFS - c->spare_count) != 0)
		return false;
	c->spare_count = CORE_SPARE_MBUFS;
	return true;
}

bool output_element(struct core *c, struct conn *k, const struct element *e,
		    const struct parcel_label *label)
{
	const uint32_t bytes = element_bytes(e), room = record_room(k, false);
	const uint32_t records = (k->open_used + bytes) / room + 1;
	struct element_cursor cursor = element_begin(e);
	struct span s;

	if (!output_can_take(c, k) || records > CORE_DIRECT_RECORDS ||
	    records * (room + overhead(k, false)) > tcp_room(k->tcp) || !reserve(c, records))
		return false;
	if (!open_record(c, k, false))
		return false;
	if (k->taps != 0)
		tap_stanza_out(c, k, e);
	enter_ledger(c, k, bytes, label);
	while ((s = element_next(e, &cursor)).len > 0)
		while (s.len > 0) {
			const size_t n = fill(c, k, s, false);

			if (n ==
			    0) { /* reserved, so only a key's end does this: the conn is doomed */
				conn_doom(c, k, CLOSED_BY_US);
				return true;
			}
			s.at += n;
			s.len -= n;
		}
	leave_ledger(k);
	conn_make_dirty(c, k);
	return true;
}

/* The first parcel begins: false while the ledger has no room for it. */
static bool begin_parcel(struct core *c, struct conn *k, struct rte_mbuf *m)
{
	struct parcel *p = parcel_of(m);

	if (p->label.kind == PARCEL_CONTROL)
		return true;
	if (!ledger_has_room(&k->ledger, &c->ledgers) || !open_record(c, k, false))
		return false;
	if (k->taps != 0)
		tap_parcel_out(c, k, m);
	account_release(c, &p->label);
	enter_ledger(c, k, p->bytes, &p->label);
	return true;
}

/* True when the first parcel is written whole. */
static bool write_first(struct core *c, struct conn *k)
{
	struct rte_mbuf *m = k->out.first;
	struct parcel *p = parcel_of(m);
	struct span s;

	if (!k->is_writing && !begin_parcel(c, k, m))
		return false;
	k->is_writing = true;
	while ((s = parcel_peek(m)).len > 0) {
		const size_t n = fill(c, k, s, p->label.is_raw);

		if (n == 0)
			return false;
		parcel_skip(m, (uint32_t)n);
	}
	k->is_writing = false;
	leave_ledger(k);
	(void)parcel_pop(&k->out);
	if (p->label.kind == PARCEL_CONTROL && k->control_count-- == CONN_CONTROL_MAX + 1)
		conn_make_ready(c, k);
	parcel_free(m);
	return true;
}

void output_parcel(struct core *c, struct conn *k, struct rte_mbuf *parcel)
{
	account_hold(c, &parcel_of(parcel)->label);
	if (parcel_of(parcel)->label.kind == PARCEL_CONTROL)
		k->control_count++;
	parcel_push(&k->out, parcel);
	conn_make_dirty(c, k);
}

bool output_text(struct core *c, struct conn *k, const char *text)
{
	struct rte_mbuf *m = parcel_make(c->pool);

	if (m == NULL)
		return false;
	if (k->taps != 0)
		tap_text_out(c, k, text);
	parcel_of(m)->label.is_raw = k->transport != TRANSPORT_SECURE;
	if (!parcel_append(m, c->pool, (struct span){(const uint8_t *)text, strlen(text)})) {
		parcel_free(m);
		return false;
	}
	output_parcel(c, k, m);
	return true;
}

/* One record of TLS's own behind what is open. */
static bool send_small(struct core *c, struct conn *k, struct rte_mbuf **out)
{
	if (!send_open(c, k) || tcp_room(k->tcp) == 0)
		return false;
	*out = take_mbuf(c);
	if (*out == NULL)
		return false;
	*parcel_record_of(*out) =
	    (struct parcel_record){record_write_seq(k->record), record_epoch(k->record), true};
	return true;
}

static void finish_small(struct core *c, struct conn *k, struct rte_mbuf *m, size_t len)
{
	if (len == 0) {
		rte_pktmbuf_free(m);
		conn_doom(c, k, CLOSED_BY_US);
		return;
	}
	m->data_len = (uint16_t)len;
	m->pkt_len = (uint32_t)len;
	give(c, k, m);
}

/* TLS 1.2 has no KeyUpdate: there the stream ends, and the pair's next stream has fresh keys. */
static void update_key(struct core *c, struct conn *k)
{
	struct rte_mbuf *m;

	if (!k->has_key_updates) {
		k->key_update_due = false;
		conn_close(c, k, CLOSED_BY_US, c->now_us + CORE_END_US);
		return;
	}
	if (!send_small(c, k, &m))
		return;
	k->key_update_due = false;
	finish_small(
	    c, k, m,
	    record_key_update(k->record, c->machine, false, rte_pktmbuf_mtod(m, uint8_t *)));
}

void output_alert(struct core *c, struct conn *k, uint8_t description)
{
	struct rte_mbuf *m;

	if (send_small(c, k, &m))
		finish_small(c, k, m,
			     record_alert_seal(k->record, c->machine, description,
					       rte_pktmbuf_mtod(m, uint8_t *)));
}

/* The last thing of CONN_ENDING. */
static void send_fin(struct core *c, struct conn *k)
{
	if (k->transport == TRANSPORT_SECURE)
		output_alert(c, k, 0);
	k->fin_sent = true;
	tcp_close(c->tcp, k->tcp, c->now_us);
}

void output_drain(struct core *c, struct conn *k)
{
	while (k->out.count > 0 && !k->is_doomed)
		if (!write_first(c, k))
			break;
}

void output_flush(struct core *c, struct conn *k)
{
	if (k->state == CONN_GONE || k->state == CONN_FREE || k->is_doomed || k->fin_sent)
		return;
	if (k->key_update_due && k->transport == TRANSPORT_SECURE)
		update_key(c, k);
	output_drain(c, k);
	if (!send_open(c, k))
		return;
	if (k->out.count > 0) {
		/* Out of mbufs: nobody will tell when there are some again. */
		if (tcp_room(k->tcp) > 0)
			conn_make_dirty(c, k);
		return;
	}
	if (k->state == CONN_ENDING)
		send_fin(c, k);
}
