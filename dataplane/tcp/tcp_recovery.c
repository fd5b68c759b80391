/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_recovery.c - entering and leaving recovery, and the window in between: RFC 6675 5, 6937,
 * 8985 6. */
#include <string.h>

#include "dataplane/tcp/tcp_conn.h"

static void start_prr(const struct tcp_conn *c, struct tcp_repair *r)
{
	r->prr = (struct tcp_prr){.recover_fs = max_u32(c->snd_nxt - c->snd_una, 1)};
}

struct tcp_repair *tcp_recovery_block(struct tcp *t, struct tcp_conn *c)
{
	struct tcp_repair *r = tcp_repair_take(t, c);

	if (r->sending)
		return r;
	r->sending = true;
	tcp_rack_begin(t, c, &r->rack);
	tcp_sack_mark(t, c, r); /* what is marked from the time of an earlier block */
	r->absent = r->sacked;
	r->delivered = c->snd_una + r->sacked;
	r->una = c->snd_una;
	if (c->in_recovery)
		start_prr(c, r);
	return r;
}

void tcp_recovery_forget(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r)
{
	if (!r->sending)
		return;
	if (r->after_timeout) {
		tcp_sendq_rewind(c);
	} else if (tcp_recovery_by_sack(t, c)) {
		c->cwnd = c->ssthresh;
		c->fast_resend = true;
		c->seen_partial = false;
	}
	tcp_mark_dirty(t, c);
}

bool tcp_recovery_by_sack(const struct tcp *t, const struct tcp_conn *c)
{
	return c->in_recovery && c->sack_ok && c->repair != TCP_NONE &&
	       t->repairs[c->repair].sending;
}

/* RFC 6937: cwnd is ssthresh from here on. */
static void leave(struct tcp_conn *c, struct tcp_repair *r)
{
	c->in_recovery = false;
	c->cwnd = c->ssthresh;
	r->undo.over = true;
	r->undo.until = c->snd_nxt;
	tcp_rack_recovered(&r->rack);
}

static void take_delivered(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r,
			   const struct tcp_in *in)
{
	const uint32_t *ecr = c->ts_ok && in->opt.has_ts ? &in->opt.ts_ecr : NULL;

	for (struct rte_mbuf *m = c->una_mbuf; m != NULL; m = tcp_node(m)->next) {
		const struct tcp_node *n = tcp_node(m);

		if (seq_after(n->seq + n->len, in->ack))
			break;
		if (!n->sacked)
			tcp_rack_delivered(t, c, &r->rack, n, ecr);
	}
}

void tcp_recovery_acked(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r,
			const struct tcp_in *in)
{
	take_delivered(t, c, r, in);
	tcp_spurious_acked(t, c, r, in);
	r->stirred |= c->sack_ok && (r->absent > 0 || c->in_recovery || r->after_timeout);
	if (!r->stirred)
		r->delivered = in->ack; /* no walk will come to count it */
	if (seq_at_or_after(in->ack, c->recover)) {
		if (tcp_recovery_by_sack(t, c))
			leave(c, r);
		if (r->after_timeout)
			tcp_rack_recovered(&r->rack);
		r->after_timeout = false;
	}
	if (in->ack == c->snd_nxt)
		tcp_on_settled(t, c, r);
}

static void enter(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r)
{
	tcp_spurious_arm(c, r, false);
	tcp_cc_reduce(t, c);
	tcp_note(t, TCP_STAT_RECOVERIES);
	c->in_recovery = true;
	c->recover = c->snd_nxt;
	r->tail_out = false;
	start_prr(c, r);
	tcp_on_loss(t, c);
}

/* RFC 6937 3.1. Slow start only while snd_una moves and nothing more is lost, else what came out.
 */
static void set_window(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r, uint32_t delivered,
		       bool is_safe)
{
	struct tcp_prr *p = &r->prr;
	const uint32_t pipe = tcp_pipe(t, c);
	int64_t more;

	p->delivered += delivered;
	more = (int64_t)p->delivered - p->out;
	if (pipe > c->ssthresh) {
		more = (int64_t)(((uint64_t)p->delivered * c->ssthresh + p->recover_fs - 1) /
				 p->recover_fs) -
		       p->out;
	} else {
		if (is_safe)
			more = (more > delivered ? more : delivered) + c->snd_mss;
		if (more > (int64_t)(c->ssthresh - pipe))
			more = c->ssthresh - pipe;
	}
	if (p->out == 0 && more < c->snd_mss)
		more = c->snd_mss; /* the first goes at once */
	c->cwnd = max_u32(pipe + (more > 0 ? (uint32_t)more : 0), c->snd_mss);
}

/* RFC 2018 8: snd_una is where data was said to be. */
static bool has_reneged(const struct tcp_conn *c)
{
	return c->una_mbuf != NULL && tcp_node(c->una_mbuf)->sacked;
}

static void forget_marks(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r)
{
	tcp_count(t, DROP_TCP_SACK_RENEGED);
	tcp_sack_clear(c, r);
	tcp_node(c->una_mbuf)->lost = true;
}

void tcp_recovery_update(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r)
{
	const bool moves = r->una != c->snd_una;
	uint32_t delivered;
	bool found;

	r->stirred = r->news = r->frto_original = false;
	tcp_sack_mark(t, c, r);
	if (has_reneged(c)) {
		forget_marks(t, c, r);
		r->suspects = true;
	}
	found = tcp_rack_detect(t, c, r) > 0 || r->suspects;
	r->suspects = false;
	if (r->news && !moves)
		tcp_spurious_sacked(t, c, r, r->frto_original);
	delivered = c->snd_una + r->sacked - r->delivered;
	r->delivered += delivered;
	r->una = c->snd_una;
	if (found && !c->in_recovery && !r->after_timeout)
		enter(t, c, r);
	if (c->in_recovery)
		set_window(t, c, r, delivered, moves && !found);
}

void tcp_recovery_rewind(struct tcp *t, struct tcp_conn *c)
{
	struct tcp_repair *r = tcp_repair_of(t, c);

	if (r != NULL && r->sending)
		tcp_sack_clear(c, r);
	tcp_sendq_rewind(c);
}

/* In what is in flight the other side still lets us send all; else it is put back (persist). */
static bool may_mark(const struct tcp_conn *c)
{
	return c->sack_ok && c->una_mbuf != NULL && c->snd_pos == c->snd_nxt &&
	       c->snd_pos - c->snd_una <= c->snd_wnd;
}

void tcp_recovery_timeout(struct tcp *t, struct tcp_conn *c)
{
	struct tcp_repair *r = tcp_recovery_block(t, c);

	tcp_note(t, TCP_STAT_TIMEOUTS);
	/* marks older than the block may be all that is in flight: then nothing would go again */
	if (has_reneged(c))
		forget_marks(t, c, r);
	if (c->backoff == 0)
		tcp_spurious_arm(c, r, true);
	else
		r->frto = TCP_FRTO_OFF;
	tcp_cc_timeout(t, c);
	c->in_recovery = c->fast_resend = r->tail_out = false;
	c->dup_acks = 0;
	c->recover = c->snd_nxt;
	r->after_timeout = true;
	if (may_mark(c))
		tcp_rack_timeout(t, c, r);
	else
		tcp_recovery_rewind(t, c);
	tcp_mark_dirty(t, c);
}

void tcp_recovery_due(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r)
{
	if (c->snd_una != c->snd_nxt) {
		r->stirred = c->sack_ok;
		tcp_mark_dirty(t, c);
	} else {
		memset((uint8_t *)r + offsetof(struct tcp_repair, range_count), 0,
		       sizeof(*r) - offsetof(struct tcp_repair, range_count));
		tcp_repair_settle(t, c);
	}
}

void tcp_recovery_sent(struct tcp *t, struct tcp_conn *c, tcp_seq seq, uint32_t n, bool again)
{
	struct tcp_repair *r = tcp_repair_of(t, c);

	if (again)
		tcp_note(t, TCP_STAT_RETRANSMITS);
	if (r == NULL || !r->sending)
		return;
	if (c->in_recovery)
		r->prr.out += n;
	if (again)
		tcp_spurious_resent(t, c, r, seq + n, n);
}
