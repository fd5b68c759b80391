/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_sync.c - RFC 9293 3.10.7.4: segments of SYN_RECEIVED and all synchronized states, one
 * function a step. */
#include "dataplane/tcp/tcp_conn.h"

#ifndef TCP_SYNC_PREDICTS
#define TCP_SYNC_PREDICTS true /* false: the twin that a test compares it with */
#endif

enum step { STEP_NEXT, STEP_DROP };

static uint32_t sequence_bytes(const struct tcp_in *in)
{
	return in->len + (in->flags & TCP_SYN ? 1 : 0) + (in->flags & TCP_FIN ? 1 : 0);
}

static bool is_acceptable(const struct tcp_conn *c, const struct tcp_in *in)
{
	const uint32_t len = sequence_bytes(in), wnd = c->rcv_edge - c->rcv_nxt;
	const tcp_seq last = in->seq + len - 1;

	if (len == 0)
		return wnd == 0 ? in->seq == c->rcv_nxt
				: seq_within(in->seq, c->rcv_nxt, c->rcv_edge);
	if (wnd == 0) /* its ACK counts all the same: 3.10.7.4, first */
		return in->seq == c->rcv_nxt;
	return seq_within(in->seq, c->rcv_nxt, c->rcv_edge) ||
	       seq_within(last, c->rcv_nxt, c->rcv_edge);
}

/* Could our peer have sent this text, again or as a probe? It began to be sent within a window of
 * what was acknowledged then, and nothing before that is sent again. */
static bool is_plausible_text(const struct tcp_conn *c, const struct tcp_in *in)
{
	return (in->len > 0 || in->flags & TCP_FIN) &&
	       seq_within(in->seq, c->rcv_nxt - RECEIVE_WINDOW_BYTES, c->rcv_edge + 1);
}

/* An answer to what is outside the window. A bare ACK gets few, lest two stacks answer for ever,
 * a SYN too (RFC 5961 4.2), and text that a forger alone can have sent: else each packet of his
 * would cost our way out one (RFC 5961 7). */
static enum step refuse(struct tcp *t, struct tcp_conn *c, const struct tcp_in *in, enum drop why)
{
	tcp_count(t, why);
	if (in->flags & TCP_RST)
		return STEP_DROP;
	if (!is_plausible_text(c, in)) {
		tcp_challenge(t, c);
		return STEP_DROP;
	}
	if (why == DROP_TCP_WINDOW && seq_before(in->seq, c->rcv_nxt))
		tcp_rcv_sack_duplicate(t, c, in->seq,
				       in->seq + min_u32(c->rcv_nxt - in->seq, in->len));
	tcp_owe_ack(t, c);
	return STEP_DROP;
}

/* RFC 7323 5.3 R1 to R3, before the sequence check. A connection with timestamps has them always.
 */
static enum step check_paws(struct tcp *t, struct tcp_conn *c, const struct tcp_in *in)
{
	if (!c->ts_ok || in->flags & TCP_RST)
		return STEP_NEXT;
	if (!in->opt.has_ts && in->flags & TCP_SYN) /* RFC 5961 4.2: of a peer that has restarted */
		return STEP_NEXT;
	if (!in->opt.has_ts) {
		tcp_count(t, DROP_TCP_PAWS);
		return STEP_DROP;
	}
	if (seq_before(in->opt.ts_val, c->ts_recent) && !tcp_is_timestamp_stale(t, c))
		return refuse(t, c, in, DROP_TCP_PAWS);
	return STEP_NEXT;
}

/*
 * RFC 7323 4.3; @seq of the segment as it came. Called once the acknowledgment number is known to
 * be good: otherwise a forger who guesses no more than a sequence number could set ts_recent ahead,
 * and PAWS would refuse the peer.
 */
static void remember_timestamp(struct tcp *t, struct tcp_conn *c, const struct tcp_in *in,
			       tcp_seq seq)
{
	if (!c->ts_ok || !in->opt.has_ts || seq_after(seq, c->last_ack_sent))
		return;
	if (seq_before(in->opt.ts_val, c->ts_recent) && !tcp_is_timestamp_stale(t, c))
		return;
	c->ts_recent = in->opt.ts_val;
	c->ts_recent_s = (uint32_t)(t->now_us / TCP_SECOND_US);
}

/*
 * SYN again in SYN_RECEIVED: our SYN-ACK was lost, so it is sent again; with an ACK it is the other
 * half of a simultaneous open (RFC 9293 figure 8), and what is behind the SYN counts.
 */
static enum step check_same_syn(struct tcp *t, struct tcp_conn *c, struct tcp_in *in)
{
	if (c->state != TCP_SYN_RECEIVED || !(in->flags & TCP_SYN) || in->seq != c->rcv_nxt - 1 ||
	    in->flags & TCP_RST)
		return STEP_NEXT;
	tcp_ecn_take_syn(c, in);
	if (!(in->flags & TCP_ACK)) {
		/* else its RTT would contain the time of the loss */
		remember_timestamp(t, c, in, in->seq);
		c->syn_pending = true;
		c->syn_sent_us = 0;
		tcp_mark_dirty(t, c);
		return STEP_DROP;
	}
	in->flags &= (uint8_t)~TCP_SYN;
	in->seq++;
	tcp_owe_ack(t, c);
	return STEP_NEXT;
}

/* First: the sequence number; what is outside the window is cut off. */
static enum step check_sequence(struct tcp *t, struct tcp_conn *c, struct tcp_in *in)
{
	tcp_seq end;

	if (!is_acceptable(c, in))
		return refuse(t, c, in, DROP_TCP_WINDOW);
	if (in->flags & (TCP_RST | TCP_SYN))
		return STEP_NEXT; /* judged by their own number */
	if (seq_before(in->seq, c->rcv_nxt)) {
		tcp_owe_ack(t, c);
		tcp_rcv_sack_duplicate(t, c, in->seq,
				       in->seq + min_u32(c->rcv_nxt - in->seq, in->len));
		tcp_trim_front(in, min_u32(c->rcv_nxt - in->seq, in->len));
	}
	end = in->seq + sequence_bytes(in);
	if (sequence_bytes(in) > 0 && seq_after(end, c->rcv_edge)) {
		const uint32_t over = end - c->rcv_edge - (in->flags & TCP_FIN ? 1 : 0);

		in->flags &= (uint8_t)~TCP_FIN;
		tcp_trim_back(in, min_u32(over, in->len));
		if (in->seq == c->rcv_nxt) /* behind a gap it has its ACK anyway, and one only */
			tcp_owe_ack(t, c);
	}
	return STEP_NEXT;
}

/* All text is there and only the ACK of our FIN is missing, which a peer whose TIME_WAIT is over no
 * longer has: the end of the connection, not a reset (RFC 9293 3.10.7.4, second, third case). */
static bool is_done(const struct tcp_conn *c)
{
	return (c->state == TCP_CLOSING || c->state == TCP_LAST_ACK) && c->snd_una == c->snd_end;
}

/* Second: RST counts only with the one exact number (RFC 5961 3.2). */
static enum step check_rst(struct tcp *t, struct tcp_conn *c, const struct tcp_in *in)
{
	if (!(in->flags & TCP_RST))
		return STEP_NEXT;
	if (in->seq != c->rcv_nxt) {
		tcp_count(t, DROP_TCP_WINDOW);
		tcp_challenge(t, c);
	} else {
		tcp_note(t, TCP_STAT_RESETS_TAKEN);
		tcp_gone(t, c, is_done(c) ? TCP_NEWS_CLOSED : TCP_NEWS_RESET);
	}
	return STEP_DROP;
}

/* Fourth: a SYN here is a blind guess or the other side's restart; a restarted one answers our ACK
 * with an exact RST (RFC 5961 4.2). */
static enum step check_syn(struct tcp *t, struct tcp_conn *c, const struct tcp_in *in)
{
	if (!(in->flags & TCP_SYN))
		return STEP_NEXT;
	tcp_count(t, DROP_TCP_WINDOW);
	tcp_challenge(t, c);
	return STEP_DROP;
}

/* A source may have begun more than it may have established: the ACK that completes decides. */
static enum step check_source(struct tcp *t, struct tcp_conn *c, const struct tcp_in *in)
{
	if (c->state != TCP_SYN_RECEIVED || !c->passive || in->ack != c->snd_nxt ||
	    tcp_source_may_establish(t, &c->key.remote))
		return STEP_NEXT;
	tcp_count(t, DROP_TCP_SOURCE_LIMIT);
	return STEP_DROP;
}

/*
 * Is it what nearly each segment is: the next one, with nothing to it but text and an
 * acknowledgment? Then PAWS and the steps from the first to the fourth let it pass unchanged, and
 * need not be asked (header prediction, Jacobson 1990). tests/tcp/twins.py compares.
 */
static bool is_expected(const struct tcp_conn *c, const struct tcp_in *in)
{
	return TCP_SYNC_PREDICTS && c->state == TCP_ESTABLISHED &&
	       (in->flags & ~TCP_PSH) == TCP_ACK && in->seq == c->rcv_nxt &&
	       in->len <= c->rcv_edge - c->rcv_nxt &&
	       (!c->ts_ok || (in->opt.has_ts && !seq_before(in->opt.ts_val, c->ts_recent)));
}

/* And does its acknowledgment say nothing new, as that of one who only sends? Text makes it no
 * duplicate ACK. Then all the fifth step does is to note who has confirmed the window. */
static bool repeats_ack(const struct tcp_conn *c, const struct tcp_in *in)
{
	return in->len > 0 && in->ack == c->snd_una && in->opt.sack_count == 0 &&
	       (uint32_t)in->wnd << c->snd_wscale == c->snd_wnd &&
	       seq_at_or_after(in->seq, c->snd_wl1) && c->repair == TCP_NONE;
}

/* The steps up to the fourth, in order. */
static enum step check_header(struct tcp *t, struct tcp_conn *c, struct tcp_in *in)
{
	if (check_paws(t, c, in) == STEP_DROP || check_same_syn(t, c, in) == STEP_DROP ||
	    check_sequence(t, c, in) == STEP_DROP || check_rst(t, c, in) == STEP_DROP ||
	    check_syn(t, c, in) == STEP_DROP)
		return STEP_DROP;
	if (!(in->flags & TCP_ACK)) {
		tcp_count(t, DROP_TCP_NO_ACK);
		return STEP_DROP;
	}
	return check_source(t, c, in);
}

void tcp_in_synchronized(struct tcp *t, struct tcp_conn *c, struct tcp_in *in)
{
	const tcp_seq seq = in->seq; /* before it is trimmed */
	const bool expected = is_expected(c, in);

	if (!expected && check_header(t, c, in) == STEP_DROP)
		return;
	if (expected && repeats_ack(c, in)) {
		c->snd_wl1 = in->seq;
		c->snd_wl2 = in->ack;
	} else if (!tcp_check_ack(t, c, in)) {
		return;
	}
	c->heard = t->clock; /* only now: a blind guess must not keep a dead connection */
	c->probes = 0;
	remember_timestamp(t, c, in, seq);
	if (c->ecn != TCP_ECN_OFF && in->len > 0)
		tcp_ecn_take_text(t, c, in);
	tcp_take_text(t, c, in);
}
