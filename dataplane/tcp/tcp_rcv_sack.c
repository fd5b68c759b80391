/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_rcv_sack.c - which blocks our acknowledgments report (RFC 2018 4, RFC 2883). */
#include <string.h>

#include "dataplane/tcp/tcp_conn.h"

static tcp_seq end_of(struct rte_mbuf *m)
{
	return tcp_node(m)->seq + m->data_len + (tcp_node(m)->fin != 0 ? 1 : 0);
}

/* The stretch without a gap that @seq lies in; empty when its segment was not kept. */
static struct tcp_sack_block stretch_at(const struct tcp_repair *r, tcp_seq seq)
{
	struct tcp_sack_block b = {seq, seq};

	for (struct rte_mbuf *m = r->out_of_order; m != NULL; m = m->next) {
		if (b.from != b.to && seq_at_or_before(tcp_node(m)->seq, b.to)) {
			if (seq_after(end_of(m), b.to))
				b.to = end_of(m);
			continue;
		}
		if (seq_after(tcp_node(m)->seq, seq))
			break;
		b = (struct tcp_sack_block){tcp_node(m)->seq, end_of(m)};
	}
	return seq_within(seq, b.from, b.to) ? b : (struct tcp_sack_block){seq, seq};
}

/* The newest block first; those it has swallowed go. */
void tcp_rcv_sack_note(struct tcp_repair *r, tcp_seq seq)
{
	const struct tcp_sack_block newest = stretch_at(r, seq);
	struct tcp_sack_block old[TCP_OPT_SACK_MAX];
	const uint8_t count = r->block_count;

	if (newest.from == newest.to)
		return;
	memcpy(old, r->block, sizeof(old));
	r->block[0] = newest;
	r->block_count = 1;
	for (uint8_t i = 0; i < count && r->block_count < TCP_OPT_SACK_MAX; i++)
		if (seq_after(old[i].from, newest.to) || seq_before(old[i].to, newest.from))
			r->block[r->block_count++] = old[i];
}

/*
 * RFC 2883: what came twice is said once. It is a courtesy, so no other connection's block is taken
 * for it.
 */
void tcp_rcv_sack_duplicate(struct tcp *t, struct tcp_conn *c, tcp_seq from, tcp_seq to)
{
	struct tcp_repair *r = tcp_repair_of(t, c);

	if (!c->sack_ok || from == to)
		return;
	if (r == NULL && t->repairs_free != TCP_NONE)
		r = tcp_repair_take(t, c);
	if (r == NULL)
		return;
	r->duplicate = (struct tcp_sack_block){from, to};
}

/* What lies before rcv_nxt is acknowledged by now. */
static void forget_acknowledged(struct tcp_repair *r, tcp_seq rcv_nxt)
{
	uint8_t kept = 0;

	for (uint8_t i = 0; i < r->block_count; i++)
		if (seq_after(r->block[i].from, rcv_nxt))
			r->block[kept++] = r->block[i];
	r->block_count = kept;
}

void tcp_rcv_sack_fill(struct tcp *t, struct tcp_conn *c, struct tcp_options *o)
{
	struct tcp_repair *r = tcp_repair_of(t, c);

	if (r == NULL || !c->sack_ok)
		return;
	forget_acknowledged(r, c->rcv_nxt);
	if (r->duplicate.from != r->duplicate.to)
		o->sack[o->sack_count++] = r->duplicate;
	r->duplicate = (struct tcp_sack_block){0, 0};
	for (uint8_t i = 0; i < r->block_count && o->sack_count < TCP_OPT_SACK_MAX; i++)
		o->sack[o->sack_count++] = r->block[i];
	tcp_repair_settle(t, c);
}
