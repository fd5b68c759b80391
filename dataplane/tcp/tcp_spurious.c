/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_spurious.c - losses that were none, and taking back what was done about them: by timestamps
 * (Eifel, RFC 3522, 4015), by D-SACK (RFC 2883), and after a timeout of a connection with SACK and
 * without timestamps by F-RTO (RFC 5682 3.1).
 */
#include "dataplane/tcp/tcp_conn.h"

void tcp_spurious_arm(struct tcp_conn *c, struct tcp_repair *r, bool by_timeout)
{
	r->undo = (struct tcp_undo){
	    .armed = true,
	    .by_timeout = by_timeout,
	    .had_cwr = c->cwr != TCP_CWR_NONE,
	    .cwnd = c->cwnd,
	    .ssthresh = c->ssthresh,
	    .cubic = r->cubic,
	};
	r->frto = by_timeout && c->sack_ok && !c->ts_ok ? TCP_FRTO_RESENT : TCP_FRTO_OFF;
}

void tcp_spurious_disarm(struct tcp_repair *r)
{
	r->undo.armed = false;
	r->frto = TCP_FRTO_OFF;
}

void tcp_spurious_resent(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r, tcp_seq end,
			 uint32_t n)
{
	struct tcp_undo *u = &r->undo;

	if (!u->armed)
		return;
	if (!u->has_resent) {
		u->has_resent = true;
		u->resent_ts = tcp_timestamp(t, c);
		u->resent_low = end - n;
		u->resent_high = end;
	}
	u->resent_low = seq_before(end - n, u->resent_low) ? end - n : u->resent_low;
	u->resent_high = seq_after(end, u->resent_high) ? end : u->resent_high;
	u->resent += n;
}

/* Nothing is lost after all. */
static void clear_lost(struct tcp_conn *c, struct tcp_repair *r)
{
	for (struct rte_mbuf *m = c->una_mbuf; m != NULL; m = tcp_node(m)->next) {
		if (seq_at_or_after(tcp_node(m)->seq, c->snd_nxt))
			break;
		tcp_node(m)->lost = false;
	}
	r->absent -= min_u32(r->lost, r->absent);
	r->lost = 0;
}

/* RFC 4015 3.2, RFC 9438 4.9; the acknowledgment in hand covers @acked bytes. */
static void undo(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r, uint32_t acked)
{
	const uint32_t flight = c->snd_nxt - c->snd_una - acked;
	uint32_t cwnd = r->undo.cwnd;

	/* Not a whole window in one burst. */
	if (r->undo.by_timeout)
		cwnd = min_u32(cwnd, flight + min_u32(acked, tcp_cc_initial_window(c)));
	c->cwnd = max_u32(c->cwnd, cwnd);
	c->ssthresh = max_u32(c->ssthresh, r->undo.ssthresh);
	r->cubic = r->undo.cubic;
	if (!r->undo.had_cwr)
		tcp_ecn_restored(c);
	r->rack.reordering = true;
	r->undo.armed = false;
	r->frto = TCP_FRTO_OFF;
	if (c->in_recovery || r->after_timeout) {
		c->in_recovery = r->after_timeout = c->fast_resend = false;
		c->recover = c->snd_una - 1;
		clear_lost(c, r);
		tcp_sendq_forward(c);
	}
	c->backoff = 0;
	tcp_mark_dirty(t, c);
}

/* RFC 3522 3.2: the acknowledgment echoes a copy that went before the first one sent again. */
static bool is_first_copy(const struct tcp_conn *c, const struct tcp_undo *u,
			  const struct tcp_in *in)
{
	return c->ts_ok && in->opt.has_ts && u->has_resent && !u->over &&
	       seq_after(in->ack, u->resent_low) && seq_before(in->opt.ts_ecr, u->resent_ts);
}

void tcp_spurious_acked(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r,
			const struct tcp_in *in)
{
	struct tcp_undo *u = &r->undo;
	const uint32_t acked = in->ack - c->snd_una;

	if (!u->armed)
		return;
	if (u->over && seq_at_or_after(in->ack, u->until)) {
		u->armed = false;
		return;
	}
	if (is_first_copy(c, u, in) || r->frto == TCP_FRTO_PROBING) {
		undo(t, c, r, acked);
		return;
	}
	/* 3.1 step 2: new data may show whether the rest is still on its way. */
	if (r->frto == TCP_FRTO_RESENT)
		r->frto = seq_before(in->ack, c->recover) && c->pos_mbuf != NULL ? TCP_FRTO_PROBING
										 : TCP_FRTO_OFF;
}

void tcp_spurious_duplicate(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r,
			    const struct tcp_sack_block *b)
{
	struct tcp_undo *u = &r->undo;

	if (!u->armed || !u->has_resent)
		return;
	/* What we have sent but once, the network has doubled: that says nothing of a loss. */
	if (seq_before(b->from, u->resent_low) || seq_after(b->to, u->resent_high))
		return;
	u->resent -= min_u32(b->to - b->from, u->resent);
	if (u->resent == 0)
		undo(t, c, r, 0);
}

void tcp_spurious_sacked(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r, bool original)
{
	if (r->frto == TCP_FRTO_PROBING && original)
		undo(t, c, r, 0);
	r->frto = TCP_FRTO_OFF;
}
