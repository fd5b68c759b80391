/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_tlp.c - tail loss probes: RFC 8985 7. */
#include "dataplane/tcp/tcp_conn.h"

/* 7.2: with SACK, nothing known to be missing, and no probe out. */
bool tcp_tlp_may_schedule(const struct tcp *t, const struct tcp_conn *c)
{
	const struct tcp_repair *r = tcp_repair_of(t, c);

	if (!c->sack_ok || c->in_recovery || c->backoff > 0 || c->srtt_us == 0 ||
	    c->snd_pos == c->snd_una || c->snd_pos != c->snd_nxt)
		return false;
	return r == NULL || (r->absent == 0 && !r->after_timeout && !r->tail_out);
}

uint32_t tcp_tlp_timeout_us(const struct tcp_conn *c)
{
	uint32_t us = 2 * c->srtt_us + 2 * TCP_CLOCK_US; /* both ends round to the clock */

	if (c->snd_pos - c->snd_una <= c->snd_mss)
		us += TCP_PROBE_ACK_DELAY_US;
	return min_u32(us, tcp_rto_us(c));
}

/* 7.3: new data if there is and the other side lets it, else the last segment again. */
void tcp_tlp_send(struct tcp *t, struct tcp_conn *c)
{
	struct tcp_repair *r = tcp_recovery_block(t, c);
	const bool is_new = tcp_send_next(t, c);

	if (!is_new && !tcp_resend_last(t, c))
		return; /* the retransmission timer is next */
	tcp_note(t, TCP_STAT_TAIL_PROBES);
	r->tail_out = true;
	r->tail_is_new = is_new;
	r->tail_end = c->snd_nxt;
}

/* 7.4.2 */
void tcp_tlp_acked(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r, const struct tcp_in *in,
		   bool duplicate)
{
	if (seq_before(in->ack, r->tail_end))
		return;
	if (r->tail_is_new || duplicate) {
		r->tail_out = false;
	} else if (seq_after(in->ack, r->tail_end)) {
		/* The probe has repaired what was lost: congestion all the same. */
		r->tail_out = false;
		tcp_cc_reduce(t, c);
		c->cwnd = min_u32(c->cwnd, c->ssthresh);
	} else if (r->tail_acked && in->len == 0 && in->opt.sack_count == 0) {
		r->tail_out = false; /* both copies have come */
	}
	r->tail_acked = true;
}
