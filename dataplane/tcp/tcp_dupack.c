/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_dupack.c - loss recovery by duplicate ACKs, for peers without SACK and connections without a
 * repair block: RFC 5681 3.2, 6582. */
#include "dataplane/tcp/tcp_conn.h"

/* Peers with SACK whose ACKs say nothing of what has arrived: they keep nothing behind a gap. */
static void suspect_first(struct tcp *t, struct tcp_conn *c)
{
	struct tcp_repair *r = tcp_recovery_block(t, c);

	if (c->una_mbuf != NULL && !c->in_recovery && !r->after_timeout) {
		tcp_node(c->una_mbuf)->lost = true;
		r->suspects = true;
	}
	r->stirred = true;
}

void tcp_dupack_take(struct tcp *t, struct tcp_conn *c)
{
	if (c->dup_acks < UINT8_MAX)
		c->dup_acks++;
	if (c->sack_ok && (!c->in_recovery || tcp_recovery_by_sack(t, c))) {
		if (c->dup_acks == TCP_DUP_ACKS && seq_after(c->snd_una, c->recover))
			suspect_first(t, c);
		return;
	}
	if (c->in_recovery) {
		c->cwnd = min_u32(c->cwnd + c->snd_mss, TCP_CWND_MAX);
		return;
	}
	if (c->dup_acks != TCP_DUP_ACKS || !seq_after(c->snd_una, c->recover))
		return;
	tcp_spurious_arm(c, tcp_recovery_block(t, c), false);
	tcp_cc_reduce(t, c);
	tcp_note(t, TCP_STAT_RECOVERIES);
	c->in_recovery = true;
	c->seen_partial = false;
	c->recover = c->snd_nxt;
	c->cwnd = c->ssthresh + TCP_DUP_ACKS * c->snd_mss;
	c->fast_resend = true;
}

void tcp_dupack_acked(struct tcp_conn *c, tcp_seq ack, uint32_t acked)
{
	if (seq_at_or_after(ack, c->recover)) { /* a full acknowledgment: RFC 6582 3.2 step 3 */
		const uint32_t left = c->snd_nxt - ack;

		c->in_recovery = false;
		c->cwnd = min_u32(c->ssthresh, max_u32(left, c->snd_mss) + c->snd_mss);
		return;
	}
	c->fast_resend = true; /* a partial one: the next hole */
	c->cwnd -= min_u32(acked, c->cwnd - c->snd_mss);
	if (acked >= c->snd_mss)
		c->cwnd += c->snd_mss;
}
