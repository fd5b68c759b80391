/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_out.c - when a segment may go: windows, SWS avoidance, ACKs, FIN (RFC 9293 3.8, 3.10). */
#include "dataplane/tcp/tcp_conn.h"

void tcp_owe_ack(struct tcp *t, struct tcp_conn *c)
{
	if (c->acks_owed == 0)
		tcp_owe_another_ack(t, c);
}

void tcp_owe_another_ack(struct tcp *t, struct tcp_conn *c)
{
	if (c->acks_owed < UINT8_MAX)
		c->acks_owed++;
	tcp_mark_dirty(t, c);
}

void tcp_challenge(struct tcp *t, struct tcp_conn *c)
{
	const uint32_t second = (uint32_t)(t->now_us / TCP_SECOND_US) & 0xfff;

	if (c->challenge_s != second) {
		c->challenge_s = second & 0xfffu;
		c->challenges = 0;
	}
	if (c->challenges >= TCP_CHALLENGES_PER_SECOND) {
		tcp_count(t, DROP_TCP_CHALLENGE_RATE);
		return;
	}
	c->challenges = (c->challenges + 1) & 0xf;
	tcp_owe_ack(t, c);
}

/* From snd_una to snd_pos, whatever became of it: what the other side's window has to hold. */
static uint32_t in_flight(const struct tcp_conn *c)
{
	return c->snd_pos - c->snd_una;
}

uint32_t tcp_pipe(const struct tcp *t, const struct tcp_conn *c)
{
	const struct tcp_repair *r = tcp_repair_of(t, c);
	/* A FIN is no load. */
	const uint32_t flight = in_flight(c) - (seq_after(c->snd_pos, c->snd_end) ? 1 : 0);

	return r != NULL ? flight - min_u32(flight, r->absent) : flight;
}

/* Has the FIN its turn, and not been sent yet (or is to be sent again)? */
static bool is_fin_next(const struct tcp_conn *c)
{
	return tcp_is_closing(c) && c->snd_pos == c->snd_end;
}

static uint32_t left_in_mbuf(const struct tcp *t, const struct tcp_conn *c)
{
	const struct tcp_node *n = tcp_node(c->pos_mbuf);

	return min_u32(n->seq + n->len - c->snd_pos, tcp_pmtu_limit(t, c));
}

/*
 * Bytes that may go now of what lies at snd_pos, 0 = wait. SWS avoidance (RFC 9293 3.8.6.2.1): a
 * whole mbuf, or at least half of the largest window the other side ever had. There is no Nagle
 * delay: the relay has already put together what belongs together.
 */
static uint32_t may_send(const struct tcp *t, struct tcp_conn *c)
{
	const uint32_t flight = in_flight(c), pipe = tcp_pipe(t, c), left = left_in_mbuf(t, c);
	const uint32_t cwnd = tcp_cc_window(c);
	const uint32_t by_cwnd = cwnd > pipe ? cwnd - pipe : 0;
	const uint32_t by_wnd = c->snd_wnd > flight ? c->snd_wnd - flight : 0;

	c->cwnd_limited = left > by_cwnd && pipe > 0;
	if (c->cwnd_limited || c->cwr == TCP_CWR_WAIT)
		return 0;
	if (left <= by_wnd)
		return left;
	return by_wnd > 0 && by_wnd >= c->snd_wnd_max / 2 ? by_wnd : 0;
}

static void note_sent(const struct tcp *t, struct tcp_node *n)
{
	n->sent_us = tcp_now32(t);
	n->lost = false;
	if (n->sent < UINT8_MAX)
		n->sent++;
}

static void sent_to(struct tcp *t, struct tcp_conn *c, tcp_seq end)
{
	c->snd_pos = end;
	while (c->pos_mbuf != NULL &&
	       seq_at_or_before(tcp_node(c->pos_mbuf)->seq + tcp_node(c->pos_mbuf)->len, end))
		c->pos_mbuf = tcp_node(c->pos_mbuf)->next;
	if (seq_after(end, c->snd_nxt))
		c->snd_nxt = end;
	c->sent = t->clock;
}

/* False when there was no room or buffer for it. */
static bool send_piece(struct tcp *t, struct tcp_conn *c, uint32_t n)
{
	const tcp_seq end = c->snd_pos + n;
	const bool last = end == c->snd_end;
	const bool fin = last && tcp_is_closing(c);
	const bool again = seq_before(c->snd_pos, c->snd_nxt);
	const bool cwr = !again && c->cwr == TCP_CWR_OWED;

	if (!tcp_build_data(t, c, c->pos_mbuf, c->snd_pos, n,
			    TCP_ACK | (last ? TCP_PSH : 0) | (fin ? TCP_FIN : 0) |
				(cwr ? TCP_CWR : 0)))
		return false;
	tcp_pmtu_sent(t, c, n, end);
	if (again)
		tcp_node(c->pos_mbuf)->resent = true;
	else
		tcp_ecn_sent(t, c, tcp_node(c->pos_mbuf));
	note_sent(t, tcp_node(c->pos_mbuf));
	tcp_recovery_sent(t, c, c->snd_pos, n, again);
	sent_to(t, c, fin ? end + 1 : end);
	return true;
}

static bool send_fin(struct tcp *t, struct tcp_conn *c)
{
	if (!tcp_build_empty(t, c, c->snd_pos, TCP_FIN | TCP_ACK))
		return false;
	sent_to(t, c, c->snd_pos + 1);
	return true;
}

/* All of an mbuf that has been sent, or as much of its end as @most, without moving snd_pos; behind
 * the last byte the FIN, if that has been sent, too. */
static bool resend(struct tcp *t, struct tcp_conn *c, struct rte_mbuf *m, uint32_t most)
{
	struct tcp_node *n = tcp_node(m);
	const uint32_t bytes = tcp_sack_outstanding(c, n);
	const tcp_seq end = seq_before(n->seq, c->snd_una) ? c->snd_una + bytes : n->seq + bytes;
	tcp_seq seq = end - min_u32(bytes, most);
	bool is_sent = false;

	if (bytes == 0)
		return true;
	while (seq != end) {
		const uint32_t piece = min_u32(end - seq, tcp_pmtu_safe(t, c));
		const bool last = seq + piece == c->snd_end;
		const bool fin = last && seq_after(c->snd_nxt, c->snd_end);

		if (!tcp_build_data(t, c, m, seq, piece,
				    TCP_ACK | (last ? TCP_PSH : 0) | (fin ? TCP_FIN : 0)))
			break;
		tcp_recovery_sent(t, c, seq, piece, true);
		seq += piece;
		is_sent = true;
	}
	/* Out of buffers half-way: what is missing is lost again, and what has gone must not go for
	 * ever. */
	if (!is_sent)
		return false;
	n->resent = true;
	note_sent(t, n);
	return true;
}

/* Was it the probe for a larger MTU? */
static void note_lost(struct tcp *t, struct tcp_conn *c, const struct tcp_node *n)
{
	const struct tcp_repair *r = tcp_repair_of(t, c);

	if (r != NULL && seq_before(n->seq, r->probe_end) &&
	    seq_at_or_after(n->seq + n->len, r->probe_end))
		tcp_pmtu_lost(t, c, n->seq);
}

/* RFC 5681 3.2: the segment the duplicate ACKs ask for. */
static bool resend_first(struct tcp *t, struct tcp_conn *c)
{
	const tcp_seq una = c->snd_una;
	struct tcp_node *n;

	if (c->una_mbuf == NULL)
		return una != c->snd_end || !tcp_is_closing(c) ||
		       tcp_build_empty(t, c, una, TCP_FIN | TCP_ACK);
	n = tcp_node(c->una_mbuf);
	tcp_pmtu_lost(t, c, una);
	return resend(t, c, c->una_mbuf, n->seq + n->len - una);
}

bool tcp_resend_last(struct tcp *t, struct tcp_conn *c)
{
	struct rte_mbuf *last = c->una_mbuf;

	if (last == NULL || last == c->pos_mbuf)
		return c->snd_una == c->snd_end && tcp_is_closing(c) &&
		       tcp_build_empty(t, c, c->snd_una, TCP_FIN | TCP_ACK);
	while (tcp_node(last)->next != c->pos_mbuf)
		last = tcp_node(last)->next;
	return resend(t, c, last, tcp_pmtu_safe(t, c));
}

bool tcp_send_next(struct tcp *t, struct tcp_conn *c)
{
	return c->pos_mbuf != NULL && c->cwr != TCP_CWR_WAIT &&
	       in_flight(c) + left_in_mbuf(t, c) <= c->snd_wnd &&
	       send_piece(t, c, left_in_mbuf(t, c));
}

/* What is marked lost, as far as cwnd allows. False when there was no room or buffer for it. */
static bool resend_lost(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r)
{
	for (struct rte_mbuf *m = c->una_mbuf; m != NULL && r->lost > 0; m = tcp_node(m)->next) {
		const uint32_t bytes = tcp_sack_outstanding(c, tcp_node(m));
		const uint32_t pipe = tcp_pipe(t, c);

		if (bytes == 0 || (pipe > 0 && pipe + bytes > c->cwnd))
			break;
		if (!tcp_node(m)->lost)
			continue;
		note_lost(t, c, tcp_node(m));
		if (!resend(t, c, m, bytes))
			return false;
		r->lost -= bytes;
		r->absent -= bytes;
		c->sent = t->clock;
	}
	return true;
}

/* Duplicate ACKs, marks in the queue, and what follows from them. */
static bool send_again(struct tcp *t, struct tcp_conn *c)
{
	struct tcp_repair *r = tcp_repair_of(t, c);

	if (r != NULL && r->stirred)
		tcp_recovery_update(t, c, r);
	if (c->fast_resend) {
		if (!resend_first(t, c))
			return false;
		c->fast_resend = false;
	}
	/* RFC 5682 3.1 step 2b: new data first. */
	return r == NULL || r->lost == 0 || r->frto == TCP_FRTO_PROBING || resend_lost(t, c, r);
}

static bool send_data(struct tcp *t, struct tcp_conn *c)
{
	const tcp_seq nxt = c->snd_nxt;
	uint32_t n;

	if (!send_again(t, c))
		return false;
	if (in_flight(c) == 0)
		tcp_cc_idle(t, c);
	c->cwnd_limited = false;
	while (c->pos_mbuf != NULL) {
		n = may_send(t, c);
		if (n == 0)
			break;
		if (!send_piece(t, c, n))
			return false;
	}
	if (c->pos_mbuf == NULL && is_fin_next(c) && !send_fin(t, c))
		return false;
	if (in_flight(c) > 0)
		tcp_on_sent(t, c, c->snd_nxt != nxt);
	else if (c->pos_mbuf != NULL)
		tcp_on_blocked(t, c);
	return true;
}

static bool send_acks(struct tcp *t, struct tcp_conn *c)
{
	while (c->acks_owed > 0) {
		const uint8_t owed = c->acks_owed;

		if (!tcp_build_empty(t, c, c->snd_nxt, TCP_ACK))
			return false;
		c->acks_owed = (uint8_t)(owed - 1);
	}
	return true;
}

static bool send_syn(struct tcp *t, struct tcp_conn *c)
{
	if (c->syn_pending) {
		const uint8_t ack = c->state == TCP_SYN_SENT ? 0 : TCP_ACK;
		const uint8_t ecn = tcp_ecn_syn_flags(c);

		if (!tcp_build_empty(t, c, c->iss, TCP_SYN | ack | ecn))
			return false;
		if (ack == 0 && ecn == 0) /* gone, and not before: else nobody has fallen back */
			(void)tcp_ecn_fall_back(c);
		c->syn_pending = false;
		c->syn_sent_us =
		    c->snd_nxt == c->iss ? tcp_now32(t) : 0; /* the first alone: Karn */
		c->snd_nxt = c->snd_pos = c->iss + 1;
		tcp_on_syn_sent(t, c);
	}
	return c->state == TCP_SYN_SENT || send_acks(t, c);
}

bool tcp_conn_output(struct tcp *t, struct tcp_conn *c)
{
	switch ((enum tcp_state)c->state) {
	case TCP_CLOSED:
	case TCP_STATE_COUNT:
		return true;
	case TCP_SYN_SENT:
	case TCP_SYN_RECEIVED:
		return send_syn(t, c);
	case TCP_FIN_WAIT_2:
	case TCP_TIME_WAIT:
		return send_acks(t, c);
	case TCP_ESTABLISHED:
	case TCP_FIN_WAIT_1:
	case TCP_CLOSE_WAIT:
	case TCP_CLOSING:
	case TCP_LAST_ACK:
		return send_data(t, c) && send_acks(t, c);
	}
	return true;
}

void tcp_send_keepalive(struct tcp *t, struct tcp_conn *c)
{
	if (!tcp_build_empty(t, c, c->snd_nxt - 1, TCP_ACK))
		return; /* the next one is due soon */
}

void tcp_send_probe(struct tcp *t, struct tcp_conn *c)
{
	uint32_t n;

	n = min_u32(left_in_mbuf(t, c), c->snd_wnd);
	if (n > 0 && send_piece(t, c, n))
		return;
	/* One byte into the closed window; it may be taken, so snd_nxt has to cover it. */
	if (!tcp_build_data(t, c, c->pos_mbuf, c->snd_pos, 1, TCP_ACK))
		return;                          /* the next one is due soon */
	tcp_node(c->pos_mbuf)->sent = UINT8_MAX; /* never timed: it waits for a window */
	if (seq_before(c->snd_nxt, c->snd_pos + 1))
		c->snd_nxt = c->snd_pos + 1;
}
