/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_cc.c - congestion control: slow start, IW10 (6928), restart after idleness, and which
 * controller does the rest (RFC 5681 3.1, 4.1). */
#include "dataplane/tcp/tcp_conn.h"

uint32_t tcp_cc_initial_window(const struct tcp_conn *c)
{
	return min_u32(10u * c->snd_mss, max_u32(2u * c->snd_mss, 14600)); /* RFC 6928 2 */
}

void tcp_cc_init(struct tcp_conn *c, bool syn_was_lost)
{
	c->cwnd = syn_was_lost ? c->snd_mss : tcp_cc_initial_window(c); /* RFC 5681 3.1 */
	c->recover = c->snd_una - 1;
}

/* CUBIC's memory, NULL: go on as NewReno. Takes no block from anybody else. */
static struct tcp_cubic *cubic_of(struct tcp *t, struct tcp_conn *c)
{
	struct tcp_repair *r = tcp_repair_of(t, c);

	if (t->setup.congestion != TCP_CUBIC)
		return NULL;
	if (r == NULL && t->repairs_free == TCP_NONE)
		return NULL;
	return &tcp_recovery_block(t, c)->cubic;
}

/* RFC 3465 2.2, 2.3: L is 2, after a timeout 1. */
static uint32_t slow_start_limit(const struct tcp *t, const struct tcp_conn *c)
{
	const struct tcp_repair *r = tcp_repair_of(t, c);

	return r != NULL && r->after_timeout ? c->snd_mss : 2u * c->snd_mss;
}

void tcp_cc_grow(struct tcp *t, struct tcp_conn *c, uint32_t acked)
{
	/* Is the window not what held us back? Of a burst of acknowledgments each takes something
	 * out, and nothing is sent before the last: then what is in flight does not tell. */
	const bool spare = !c->cwnd_limited && 2 * (uint64_t)tcp_pipe(t, c) < c->cwnd;
	struct tcp_cubic *k;

	if (c->cwnd < c->ssthresh) {
		if (!spare)
			c->cwnd += min_u32(acked, slow_start_limit(t, c));
	} else if ((k = cubic_of(t, c)) == NULL) {
		if (!spare)
			tcp_newreno_avoid(c, acked);
	} else if (spare) {
		tcp_cubic_pause(t, k);
	} else {
		tcp_cubic_avoid(t, c, k, acked);
	}
	c->cwnd = min_u32(c->cwnd, TCP_CWND_MAX);
}

/*
 * What went beyond cwnd is limited transmit's, and does not count: RFC 5681 3.2 step 2. What a
 * burst of acknowledgments has taken out does, as if each had been answered before the next, which
 * then told of the loss.
 */
static uint32_t flight_of(const struct tcp_conn *c)
{
	return c->cwnd_limited ? c->cwnd : min_u32(c->snd_nxt - c->snd_una, c->cwnd);
}

void tcp_cc_reduce(struct tcp *t, struct tcp_conn *c)
{
	const uint32_t flight = flight_of(c);
	struct tcp_cubic *k = cubic_of(t, c);

	if (tcp_ecn_has_reduced(c)) /* RFC 3168 6.1.2: not for a loss in the same window, too */
		return;
	tcp_ecn_reduced(c);
	c->ssthresh = k != NULL ? tcp_cubic_reduce(c, k, flight) : tcp_newreno_reduce(c, flight);
}

/* RFC 8511: a mark is the word of a short queue, so that less than after a loss suffices; not in
 * slow start, which has overshot. */
static uint32_t marked_ssthresh(struct tcp *t, struct tcp_conn *c)
{
	const bool is_avoiding = c->cwnd >= c->ssthresh;
	const uint32_t flight = flight_of(c);
	struct tcp_cubic *k = cubic_of(t, c);
	uint32_t ssthresh;

	if (k != NULL) {
		ssthresh = tcp_cubic_reduce(c, k, flight);
		return is_avoiding ? max_u32(flight / 20 * 17, ssthresh) : ssthresh;
	}
	ssthresh = tcp_newreno_reduce(c, flight);
	return is_avoiding ? max_u32(flight / 5 * 4, ssthresh) : ssthresh;
}

void tcp_cc_mark(struct tcp *t, struct tcp_conn *c)
{
	const uint32_t before = c->cwnd;

	c->ssthresh = marked_ssthresh(t, c);
	c->cwnd = min_u32(c->cwnd, c->ssthresh);
	tcp_ecn_reduced(c);
	/* Below the least ssthresh RFC 3168 6.1.2 goes on: to one segment, then to one a timeout.
	 */
	if (before <= 2u * c->snd_mss)
		c->cwnd = c->snd_mss;
	if (before <= c->snd_mss)
		c->cwr = TCP_CWR_WAIT;
}

void tcp_cc_timeout(struct tcp *t, struct tcp_conn *c)
{
	struct tcp_cubic *k = cubic_of(t, c);

	if (c->backoff == 0 && !c->in_recovery) /* RFC 5681 3.1: once for each loss */
		tcp_cc_reduce(t, c);
	if (k != NULL)
		tcp_cubic_timeout(k);
	tcp_ecn_reduced(c);
	c->cwnd = c->snd_mss;
}

void tcp_cc_idle(const struct tcp *t, struct tcp_conn *c)
{
	struct tcp_repair *r = tcp_repair_of(t, c);

	if (r != NULL)
		tcp_cubic_pause(t, &r->cubic);
	if (c->sent != 0 && (uint64_t)tcp_since(t, c->sent) * TCP_CLOCK_US > tcp_rto_us(c))
		c->cwnd = min_u32(c->cwnd, tcp_cc_initial_window(c));
}

uint32_t tcp_cc_window(const struct tcp_conn *c)
{
	/* RFC 3042: for new data alone, not for what a timeout has put back. With SACK what has
	 * arrived counts no longer as in flight. */
	if (!c->sack_ok && !c->in_recovery && c->dup_acks > 0 && c->dup_acks < TCP_DUP_ACKS &&
	    c->snd_pos == c->snd_nxt)
		return c->cwnd + (uint32_t)c->dup_acks * c->snd_mss;
	return c->cwnd;
}
