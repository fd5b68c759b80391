/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_ecn.c - ECN: RFC 3168 6.1. */
#include "dataplane/tcp/tcp_conn.h"

enum { BOTH = TCP_ECE | TCP_CWR };

void tcp_ecn_begin(const struct tcp *t, struct tcp_conn *c)
{
	c->ecn = t->setup.ecn ? TCP_ECN_ON : TCP_ECN_OFF;
}

/* 6.1.1: ECE alone grants. A SYN-ACK with both reflects what it does not know, as old stacks do. */
void tcp_ecn_take_syn(struct tcp_conn *c, const struct tcp_in *in)
{
	const bool grants = in->flags & TCP_ACK;

	if ((in->flags & BOTH) != (grants ? TCP_ECE : BOTH))
		c->ecn = TCP_ECN_OFF;
}

bool tcp_ecn_fall_back(struct tcp_conn *c)
{
	if (c->ecn != TCP_ECN_ON)
		return false;
	c->ecn = TCP_ECN_ECHO;
	return true;
}

uint8_t tcp_ecn_syn_flags(const struct tcp_conn *c)
{
	if (c->ecn != TCP_ECN_ON)
		return 0;
	if (c->state != TCP_SYN_SENT)
		return TCP_ECE;
	return c->backoff == 0 ? BOTH : 0;
}

/*
 * 6.1.3. CWR ends the echo of what came before it; a mark on the same packet begins another. Both
 * are answered at once, for a sender that has shrunk may have but this one segment out; behind a
 * gap they have their ACK anyway, and one only.
 */
void tcp_ecn_take_text(struct tcp *t, struct tcp_conn *c, const struct tcp_in *in)
{
	const bool was_owed = c->ece_owed, cwr = in->flags & TCP_CWR, marked = in->ecn == TCP_CE;

	c->ece_owed = marked || (was_owed && !cwr);
	if ((cwr || (marked && !was_owed)) && in->seq == c->rcv_nxt)
		tcp_owe_ack(t, c);
}

/* Once the segment with CWR has come, ECE means marks that are newer. */
static void note_cwr_acked(struct tcp_conn *c, tcp_seq ack)
{
	for (struct rte_mbuf *m = c->una_mbuf; m != NULL; m = tcp_node(m)->next) {
		if (seq_after(tcp_node(m)->seq + tcp_node(m)->len, ack))
			return;
		if (tcp_node(m)->cwr) {
			c->cwr = TCP_CWR_NONE;
			return;
		}
	}
}

bool tcp_ecn_is_echo(const struct tcp_conn *c, const struct tcp_in *in)
{
	return in->flags & TCP_ECE && c->ecn == TCP_ECN_ON;
}

void tcp_ecn_take_ack(struct tcp *t, struct tcp_conn *c, const struct tcp_in *in)
{
	struct tcp_repair *r = tcp_repair_of(t, c);

	if (c->cwr == TCP_CWR_SENT)
		note_cwr_acked(c, in->ack);
	if (!tcp_ecn_is_echo(c, in))
		return;
	if (r != NULL) /* there was congestion, whether or not something was lost, too */
		tcp_spurious_disarm(r);
	if (c->cwr == TCP_CWR_NONE && c->snd_una != c->snd_nxt)
		tcp_cc_mark(t, c);
}

/* There is one such node, not acknowledged. */
static void forget_sent(struct tcp_conn *c)
{
	struct rte_mbuf *m = c->una_mbuf;

	while (m != NULL && !tcp_node(m)->cwr)
		m = tcp_node(m)->next;
	if (m != NULL)
		tcp_node(m)->cwr = false;
}

void tcp_ecn_reduced(struct tcp_conn *c)
{
	if (c->ecn != TCP_ECN_ON)
		return;
	if (c->cwr == TCP_CWR_SENT)
		forget_sent(c);
	c->cwr = TCP_CWR_OWED;
}

void tcp_ecn_restored(struct tcp_conn *c)
{
	if (c->cwr == TCP_CWR_SENT)
		forget_sent(c);
	c->cwr = TCP_CWR_NONE;
}

bool tcp_ecn_has_reduced(const struct tcp_conn *c)
{
	/* What is lost from the segment with CWR on was sent afterwards: congestion again. */
	if (c->cwr == TCP_CWR_SENT)
		return c->una_mbuf != NULL && !tcp_node(c->una_mbuf)->cwr;
	return c->cwr != TCP_CWR_NONE;
}

void tcp_ecn_sent(struct tcp *t, struct tcp_conn *c, struct tcp_node *n)
{
	if (c->ecn != TCP_ECN_ON)
		return;
	tcp_build_capable(t);
	if (c->cwr != TCP_CWR_OWED)
		return;
	n->cwr = true;
	c->cwr = TCP_CWR_SENT;
}
