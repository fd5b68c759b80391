/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_sack.c - the scoreboard: SACK blocks that come in, and the marks they leave in the send
 * queue (RFC 2018 5, 8; RFC 2883; RFC 6675 4). */
#include "dataplane/tcp/tcp_conn.h"

uint32_t tcp_sack_outstanding(const struct tcp_conn *c, const struct tcp_node *n)
{
	const tcp_seq from = seq_before(n->seq, c->snd_una) ? c->snd_una : n->seq;
	const tcp_seq end = n->seq + n->len;
	const tcp_seq to = seq_after(end, c->snd_pos) ? c->snd_pos : end;

	return seq_after(to, from) ? to - from : 0;
}

/* RFC 2883 4: the first block says what came twice when it is acknowledged, or within the second.
 */
bool tcp_sack_is_duplicate(const struct tcp_options *o, tcp_seq ack)
{
	const struct tcp_sack_block *first = &o->sack[0], *second = &o->sack[1];

	if (o->sack_count == 0)
		return false;
	return seq_at_or_before(first->to, ack) ||
	       (o->sack_count > 1 && seq_at_or_after(first->from, second->from) &&
		seq_at_or_before(first->to, second->to));
}

/* Of anything that we can have sent lately? */
static bool is_plausible(const struct tcp_conn *c, const struct tcp_sack_block *b)
{
	return seq_before(b->from, b->to) && seq_at_or_before(b->to, c->snd_nxt) &&
	       seq_at_or_after(b->from, c->snd_una - max_u32(c->snd_wnd_max, TCP_CWND_MAX));
}

/* Takes ranges that touch @b out of the list, and makes @b cover them. */
static void swallow(struct tcp_repair *r, struct tcp_sack_block *b)
{
	uint8_t kept = 0;

	for (uint8_t i = 0; i < r->range_count; i++) {
		const struct tcp_sack_block old = r->range[i];

		if (seq_after(old.from, b->to) || seq_before(old.to, b->from)) {
			r->range[kept++] = old;
			continue;
		}
		b->from = seq_before(old.from, b->from) ? old.from : b->from;
		b->to = seq_after(old.to, b->to) ? old.to : b->to;
	}
	r->range_count = kept;
}

/* The list stays sorted and without overlap. What finds no room comes again (RFC 2018 4). */
static void put_down(struct tcp *t, struct tcp_repair *r, struct tcp_sack_block b)
{
	uint8_t at;

	swallow(r, &b);
	if (r->range_count == TCP_SACK_RANGES_MAX) {
		tcp_count(t, DROP_TCP_SACK_FULL);
		return;
	}
	for (at = r->range_count; at > 0 && seq_after(r->range[at - 1].from, b.from); at--)
		r->range[at] = r->range[at - 1];
	r->range[at] = b;
	r->range_count++;
}

static void take_duplicate(struct tcp *t, struct tcp_conn *c, const struct tcp_sack_block *b)
{
	struct tcp_repair *r = tcp_repair_of(t, c);

	if (r == NULL || !r->sending)
		return;
	tcp_rack_duplicate(c, &r->rack);
	if (!r->tail_out) /* the probe's copy was no part of the recovery */
		tcp_spurious_duplicate(t, c, r, b);
}

bool tcp_sack_take(struct tcp *t, struct tcp_conn *c, const struct tcp_in *in)
{
	const struct tcp_options *o = &in->opt;
	bool duplicate = false;

	for (uint8_t i = 0; i < o->sack_count; i++) {
		struct tcp_sack_block b = o->sack[i];

		if (!is_plausible(c, &b)) {
			tcp_count(t, DROP_TCP_SACK_BAD);
		} else if (i == 0 && tcp_sack_is_duplicate(o, in->ack)) {
			duplicate = true;
			take_duplicate(t, c, &b);
		} else if (seq_after(b.to, c->snd_una)) { /* else of an older moment */
			struct tcp_repair *r = tcp_recovery_block(t, c);

			b.from = seq_before(b.from, c->snd_una) ? c->snd_una : b.from;
			put_down(t, r, b);
			r->stirred = true;
			tcp_mark_dirty(t, c);
		}
	}
	return duplicate;
}

static void mark_node(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r, struct tcp_node *n)
{
	if (r->frto == TCP_FRTO_PROBING && !n->resent && seq_before(n->seq, c->recover))
		r->frto_original = true;
	n->sacked = true;
	n->lost = false;
	r->news = true;
	tcp_rack_delivered(t, c, &r->rack, n, NULL);
}

void tcp_sack_mark(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r)
{
	uint8_t at = 0;

	r->sacked = r->sacked_count = 0;
	for (struct rte_mbuf *m = c->una_mbuf; m != NULL; m = tcp_node(m)->next) {
		struct tcp_node *n = tcp_node(m);
		const uint32_t bytes = tcp_sack_outstanding(c, n);

		if (bytes == 0)
			break;
		while (at < r->range_count && seq_at_or_before(r->range[at].to, n->seq))
			at++;
		if (!n->sacked && at < r->range_count &&
		    seq_at_or_before(r->range[at].from, n->seq) &&
		    seq_at_or_after(r->range[at].to, n->seq + n->len))
			mark_node(t, c, r, n);
		if (n->sacked) {
			r->sacked += bytes;
			r->sacked_count++;
		}
	}
	r->range_count = 0;
}

void tcp_sack_clear(struct tcp_conn *c, struct tcp_repair *r)
{
	for (struct rte_mbuf *m = c->una_mbuf; m != NULL; m = tcp_node(m)->next) {
		if (seq_at_or_after(tcp_node(m)->seq, c->snd_nxt))
			break;
		tcp_node(m)->sacked = tcp_node(m)->lost = false;
	}
	r->range_count = 0;
	r->sacked = r->sacked_count = r->lost = r->absent = 0;
	r->delivered = c->snd_una; /* or the next walk would find that less has arrived */
}
