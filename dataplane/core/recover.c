/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * recover.c - the plaintext of a dead connection, read once from its oldest kept record over the
 * open one to the parcel half written; the ledger says where in it each stanza begins.
 */
#include "dataplane/core/recover.h"
#include "dataplane/core/account.h"

/* Where the reading has come to. */
struct tape {
	struct core *c;
	struct conn *k;
	struct tcp_kept kept;
	enum { TAPE_KEPT, TAPE_OPEN, TAPE_PARCEL, TAPE_END } part;
	struct span text; /* of the present piece, not yet read */
	uint64_t offset;  /* tcp_send() offset of the present record */
	uint32_t read;    /* bytes of it that are read */
	bool is_broken;   /* it cannot be opened */
};

static void load_kept(struct tape *t)
{
	const struct parcel_record *record = parcel_record_of(t->kept.m);
	const struct span wire = {t->kept.at, t->kept.len};
	int len;

	t->offset = t->kept.offset;
	t->is_broken = false;
	t->read = 0;
	t->text = wire;
	if (!record->is_sealed)
		return;
	len = record_recover(t->k->record, t->c->machine, record->epoch, record->seq, wire,
			     t->c->recovered);
	t->is_broken = len < 0;
	t->text = (struct span){t->c->recovered, len > 0 ? (size_t)len : 0};
}

static void load_open(struct tape *t)
{
	struct conn *k = t->k;
	const bool is_sealing = k->transport == TRANSPORT_SECURE && !k->open_is_raw;
	const size_t skip = is_sealing ? record_plain_offset(k->record) : 0;

	t->part = TAPE_OPEN;
	t->offset = tcp_sent_offset(k->tcp);
	t->is_broken = false;
	t->read = 0;
	t->text = (struct span){NULL, 0};
	if (k->open != NULL)
		t->text = (struct span){rte_pktmbuf_mtod_offset(k->open, const uint8_t *, skip),
					k->open_used};
}

static void rewind_tape(struct tape *t)
{
	if (tcp_kept_first(t->k->tcp, &t->kept)) {
		t->part = TAPE_KEPT;
		load_kept(t);
	} else {
		load_open(t);
	}
}

/* On to the next piece. False behind the last. */
static bool advance(struct tape *t)
{
	if (t->part == TAPE_KEPT) {
		if (tcp_kept_next(t->k->tcp, &t->kept))
			load_kept(t);
		else
			load_open(t);
		return true;
	}
	if (t->part == TAPE_OPEN)
		t->part = t->k->is_writing ? TAPE_PARCEL : TAPE_END;
	if (t->part == TAPE_PARCEL) {
		t->text = parcel_peek(t->k->out.first);
		if (t->text.len == 0)
			t->part = TAPE_END;
	}
	return t->part != TAPE_END;
}

static void pass(struct tape *t, size_t n)
{
	if (n == 0)
		return;
	if (t->part == TAPE_PARCEL)
		parcel_skip(t->k->out.first, (uint32_t)n);
	t->text.at += n;
	t->text.len -= n;
	t->read += (uint32_t)n;
}

/* Puts the tape at the first byte of @e: in the present record, where the stanza before may have
 * ended, or in a later one. */
static bool seek(struct tape *t, const struct ledger_entry *e)
{
	while (t->part == TAPE_KEPT && t->offset < e->start)
		(void)advance(t);
	if (t->offset != e->start || t->is_broken || t->read > e->plain_at ||
	    t->text.len < e->plain_at - t->read)
		return false;
	pass(t, e->plain_at - t->read);
	return true;
}

/* A parcel with the stanza of @e, read from the tape; NULL when part of it is out of reach. */
static struct rte_mbuf *take_stanza(struct tape *t, const struct ledger_entry *e)
{
	struct rte_mbuf *m = parcel_make(t->c->pool);
	uint32_t left = e->bytes;

	while (m != NULL) {
		const size_t n = min_size(t->text.len, left);

		if (t->is_broken || !parcel_append(m, t->c->pool, (struct span){t->text.at, n}))
			break;
		pass(t, n);
		left -= (uint32_t)n;
		if (left == 0)
			return m;
		if (!advance(t))
			break;
	}
	if (m != NULL)
		parcel_free(m);
	return NULL;
}

static void recover_ledger(struct core *c, struct conn *k, struct parcel_queue *back)
{
	struct tape t = {.c = c, .k = k};
	const struct ledger_entry *e;

	if (k->ledger.count == 0)
		return;
	rewind_tape(&t);
	while ((e = ledger_first(&k->ledger)) != NULL) {
		struct rte_mbuf *m = seek(&t, e) ? take_stanza(&t, e) : NULL;

		account_release(c, &e->label);
		if (m == NULL) {
			account_lost(c, &e->label, DROP_STANZA_UNRECOVERABLE);
		} else {
			parcel_of(m)->label = e->label;
			parcel_of(m)->label.maybe_twice = e->start < tcp_sent_offset(k->tcp);
			account_hold(c, &e->label);
			parcel_push_front(back, m);
		}
		ledger_pop(&k->ledger, &c->ledgers);
	}
}

void recover_all(struct core *c, struct conn *k)
{
	struct parcel_queue back = {0}; /* the youngest first */
	struct rte_mbuf *m;
	bool is_begun = k->is_writing;

	recover_ledger(c, k, &back);
	k->is_writing = k->is_stanza_open = false;
	k->control_count = 0;
	while ((m = parcel_pop(&k->out)) != NULL) {
		/* One that has begun is in the ledger, and has been read from there. */
		if (is_begun || parcel_of(m)->label.kind == PARCEL_CONTROL)
			parcel_free(m);
		else
			parcel_push_front(&back, m);
		is_begun = false;
	}
	while ((m = parcel_pop(&back)) != NULL)
		link_return(c, m);
}
