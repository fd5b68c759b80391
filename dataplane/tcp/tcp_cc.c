/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_cc.c - congestion control: RFC 5681 with NewReno (6582), limited transmit (3042), IW10
 * (6928). */
#include "dataplane/tcp/tcp_conn.h"

static uint32_t in_flight(const struct tcp_conn *c)
{
	return c->snd_pos - c->snd_una;
}

static uint32_t initial_window(const struct tcp_conn *c)
{
	return min_u32(10u * c->snd_mss, max_u32(2u * c->snd_mss, 14600)); /* RFC 6928 2 */
}

void tcp_cc_init(struct tcp_conn *c, bool syn_was_lost)
{
	c->cwnd = syn_was_lost ? c->snd_mss : initial_window(c); /* RFC 5681 3.1 */
	c->recover = c->snd_una - 1;
}

/* RFC 5681 3.1, with appropriate byte counting (RFC 3465, L = 2). */
static void grow(struct tcp_conn *c, uint32_t acked)
{
	const uint32_t mss = c->snd_mss;

	if (2 * (uint64_t)in_flight(c) < c->cwnd)
		return; /* the window was not what held us back */
	if (c->cwnd < c->ssthresh)
		c->cwnd += min_u32(acked, 2 * mss);
	else
		c->cwnd +=
		    max_u32((uint32_t)((uint64_t)mss * min_u32(acked, 2 * mss) / c->cwnd), 1);
	c->cwnd = min_u32(c->cwnd, 2 * SEND_QUEUE_BYTES);
}

void tcp_cc_acked(struct tcp_conn *c, tcp_seq ack, uint32_t acked)
{
	c->dup_acks = 0;
	if (!c->in_recovery) {
		grow(c, acked);
		return;
	}
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

static void halve(struct tcp_conn *c, uint32_t flight)
{
	c->ssthresh = max_u32(flight / 2, 2u * c->snd_mss);
}

void tcp_cc_dup_ack(struct tcp_conn *c)
{
	if (c->dup_acks < UINT8_MAX)
		c->dup_acks++;
	if (c->in_recovery) {
		c->cwnd = min_u32(c->cwnd + c->snd_mss, 2 * SEND_QUEUE_BYTES);
		return;
	}
	if (c->dup_acks != TCP_DUP_ACKS || !seq_after(c->snd_una, c->recover))
		return;
	/* What went beyond cwnd is limited transmit's, and does not count: RFC 5681 3.2 step 2. */
	halve(c, min_u32(c->snd_nxt - c->snd_una, c->cwnd));
	c->in_recovery = true;
	c->seen_partial = false;
	c->recover = c->snd_nxt;
	c->cwnd = c->ssthresh + TCP_DUP_ACKS * c->snd_mss;
	c->fast_resend = true;
}

void tcp_cc_timeout(struct tcp_conn *c)
{
	if (c->backoff == 0) /* RFC 5681 3.1: once for each loss */
		halve(c, c->snd_nxt - c->snd_una);
	c->cwnd = c->snd_mss;
	c->in_recovery = false;
	c->dup_acks = 0;
	c->recover = c->snd_nxt;
}

void tcp_cc_idle(const struct tcp *t, struct tcp_conn *c)
{
	if (c->sent != 0 && (uint64_t)tcp_since(t, c->sent) * TCP_CLOCK_US > tcp_rto_us(c))
		c->cwnd = min_u32(c->cwnd, initial_window(c));
}

uint32_t tcp_cc_window(const struct tcp_conn *c)
{
	/* RFC 3042: for new data alone, not for what a timeout has put back. */
	if (!c->in_recovery && c->dup_acks > 0 && c->dup_acks < TCP_DUP_ACKS &&
	    c->snd_pos == c->snd_nxt)
		return c->cwnd + (uint32_t)c->dup_acks * c->snd_mss;
	return c->cwnd;
}
