/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_ack.c - RFC 9293 3.10.7.4, fifth: what an acknowledgment says. */
#include "dataplane/tcp/tcp_conn.h"

/* RFC 5681 2: nothing in it but the news that something else has arrived. */
static bool is_duplicate(const struct tcp_conn *c, const struct tcp_in *in)
{
	return in->ack == c->snd_una && in->opt.sack_count == 0 && c->snd_pos != c->snd_una &&
	       in->len == 0 && !(in->flags & TCP_FIN) &&
	       (uint32_t)in->wnd << c->snd_wscale == c->snd_wnd;
}

/* The youngest mbuf wholly acknowledged by @ack, if it was sent but once (Karn) and its arrival is
 * news; or NULL. */
static struct rte_mbuf *timed_mbuf(const struct tcp_conn *c, tcp_seq ack)
{
	struct rte_mbuf *m = c->una_mbuf, *timed = NULL;

	for (; m != NULL && seq_at_or_before(tcp_node(m)->seq + tcp_node(m)->len, ack);
	     m = tcp_node(m)->next)
		timed = tcp_node(m)->sent == 1 && !tcp_node(m)->sacked ? m : NULL;
	return timed;
}

/* A segment sent once gives microseconds; where Karn forbids it, the echoed timestamp tells. */
static void take_sample(struct tcp *t, struct tcp_conn *c, const struct tcp_in *in)
{
	struct rte_mbuf *timed = timed_mbuf(c, in->ack);
	uint32_t ago;

	if (timed != NULL) {
		tcp_rtt_sample(c, tcp_now32(t) - tcp_node(timed)->sent_us);
		return;
	}
	/* Called forth by a duplicate it echoes the first copy, whose own ACK was lost. */
	if (!c->ts_ok || !in->opt.has_ts || tcp_sack_is_duplicate(&in->opt, in->ack))
		return;
	ago = tcp_timestamp(t, c) - in->opt.ts_ecr;
	if (ago < TCP_RTO_MAX_US / TCP_CLOCK_US) /* else not one of ours */
		tcp_rtt_sample(c, (uint64_t)max_u32(ago, 1) * TCP_CLOCK_US);
}

static void take_new_ack(struct tcp *t, struct tcp_conn *c, const struct tcp_in *in)
{
	const uint64_t acked_before = c->acked;
	const uint32_t acked = in->ack - c->snd_una;
	struct tcp_repair *r = tcp_repair_of(t, c);
	const bool by_sack = tcp_recovery_by_sack(t, c);
	const bool by_dupack = c->in_recovery && !by_sack;

	take_sample(t, c, in);
	tcp_pmtu_acked(t, c, in->ack);
	c->dup_acks = 0;
	if (r != NULL && r->sending)
		tcp_recovery_acked(t, c, r, in);
	if (by_dupack && c->in_recovery)
		tcp_dupack_acked(c, in->ack, acked);
	else if (!by_dupack && !by_sack && !tcp_ecn_is_echo(c, in))
		tcp_cc_grow(t, c, acked);
	tcp_sendq_acked(c, in->ack);
	/* RFC 6582 3.2 step 3: only the first partial acknowledgment restarts the timer. */
	if (by_dupack && c->in_recovery && c->seen_partial)
		c->progress = t->clock;
	else
		tcp_on_acked(t, c);
	c->seen_partial = c->in_recovery;
	if (c->acked != acked_before)
		tcp_tell(t, c, TCP_NEWS_ACKED);
	tcp_mark_dirty(t, c);
}

static void take_sack(struct tcp *t, struct tcp_conn *c, const struct tcp_in *in)
{
	const bool duplicate = c->sack_ok && tcp_sack_take(t, c, in);
	struct tcp_repair *r = tcp_repair_of(t, c);

	if (r != NULL && r->tail_out)
		tcp_tlp_acked(t, c, r, in, duplicate);
}

/* @acked by this segment. An older one says nothing of the window, so its edge stays where it is.
 */
static void take_window(struct tcp *t, struct tcp_conn *c, const struct tcp_in *in, uint32_t acked)
{
	const uint32_t before = c->snd_wnd;

	if (!seq_before(c->snd_wl1, in->seq) &&
	    !(c->snd_wl1 == in->seq && seq_at_or_before(c->snd_wl2, in->ack))) {
		c->snd_wnd -= min_u32(acked, c->snd_wnd);
		return;
	}
	c->snd_wnd = (uint32_t)in->wnd << c->snd_wscale;
	c->snd_wnd_max = max_u32(c->snd_wnd_max, c->snd_wnd);
	c->snd_wl1 = in->seq;
	c->snd_wl2 = in->ack;
	if (c->snd_wnd > before)
		tcp_on_window(t, c);
}

/* What an acknowledged FIN means. False: the connection is over. */
static bool take_fin_ack(struct tcp *t, struct tcp_conn *c)
{
	if (!tcp_is_closing(c) || c->snd_una != c->snd_end + 1)
		return true;
	if (c->state == TCP_FIN_WAIT_1) {
		tcp_become(t, c, TCP_FIN_WAIT_2);
		if (!c->held)
			tcp_on_linger(t, c);
		return true;
	}
	if (c->state == TCP_CLOSING)
		tcp_enter_time_wait(t, c);
	else
		tcp_gone(t, c, TCP_NEWS_CLOSED);
	return false;
}

/* SYN_RECEIVED: the handshake completes, or the segment is somebody else's. */
static bool check_handshake_ack(struct tcp *t, struct tcp_conn *c, const struct tcp_in *in)
{
	if (c->snd_nxt == c->iss || in->ack != c->snd_nxt) {
		tcp_count(t, DROP_TCP_ACK_RANGE);
		tcp_send_reset_for(t, &c->key, in);
		return false;
	}
	tcp_establish(t, c, in);
	return true;
}

bool tcp_check_ack(struct tcp *t, struct tcp_conn *c, const struct tcp_in *in)
{
	uint32_t acked;

	if (c->state == TCP_SYN_RECEIVED && !check_handshake_ack(t, c, in))
		return false;
	if (!tcp_is_ack_in_range(c, in->ack)) {
		tcp_count(t, DROP_TCP_ACK_RANGE);
		tcp_challenge(t, c);
		return false;
	}
	acked = in->ack - c->snd_una;
	if (c->ecn == TCP_ECN_ON && seq_at_or_after(in->ack, c->snd_una))
		tcp_ecn_take_ack(t, c, in);
	if (seq_after(in->ack, c->snd_una)) {
		take_new_ack(t, c, in);
	} else if (is_duplicate(c, in)) {
		tcp_dupack_take(t, c);
		tcp_mark_dirty(t, c);
	}
	if (seq_at_or_after(in->ack, c->snd_una)) {
		take_sack(t, c, in);
		take_window(t, c, in, acked);
	}
	return take_fin_ack(t, c);
}
