/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_sendq.c - the send queue: what was given, what is acknowledged, what is kept. */
#include "dataplane/tcp/tcp_conn.h"

static tcp_seq node_end(struct rte_mbuf *m)
{
	return tcp_node(m)->seq + tcp_node(m)->len;
}

/* Payload offset of a sequence number within the queue, which never spans 2^31 bytes. */
static uint64_t offset_of(const struct tcp_conn *c, tcp_seq seq)
{
	const tcp_seq acked = c->iss + 1 + (tcp_seq)c->acked;

	return c->acked + (uint64_t)(int64_t)(int32_t)(seq - acked);
}

static uint64_t given(const struct tcp_conn *c)
{
	return offset_of(c, c->snd_end);
}

static bool takes_data(const struct tcp_conn *c)
{
	const unsigned int states =
	    BIT(TCP_ESTABLISHED) | BIT(TCP_CLOSE_WAIT) | BIT(TCP_SYN_SENT) | BIT(TCP_SYN_RECEIVED);

	return !c->close_pending && BIT(c->state) & states;
}

bool tcp_send(struct tcp *t, struct tcp_conn *c, struct rte_mbuf *m)
{
	struct tcp_node *n = tcp_node(m);

	if (tcp_room(c) == 0 || m->nb_segs != 1 || m->data_len == 0 ||
	    rte_pktmbuf_headroom(m) < TCP_HEADROOM || !RTE_MBUF_DIRECT(m))
		return false;
	*n = (struct tcp_node){.seq = c->snd_end, .len = m->data_len, {.data_off = m->data_off}};
	if (c->kept == NULL)
		c->kept = m;
	else
		tcp_node(c->kept_tail)->next = m;
	c->kept_tail = m;
	if (c->una_mbuf == NULL) {
		c->una_mbuf = m;
		c->progress = t->clock;
	}
	if (c->pos_mbuf == NULL)
		c->pos_mbuf = m;
	c->snd_end += m->data_len;
	tcp_mark_dirty(t, c);
	return true;
}

uint32_t tcp_room(const struct tcp_conn *c)
{
	const uint64_t waiting = given(c) - c->acked;

	if (!takes_data(c) || waiting >= SEND_QUEUE_BYTES)
		return 0;
	return SEND_QUEUE_BYTES - (uint32_t)waiting;
}

uint16_t tcp_segment_bytes(const struct tcp_conn *c)
{
	return c->snd_mss;
}

uint64_t tcp_sent_offset(const struct tcp_conn *c)
{
	return given(c);
}

uint64_t tcp_acked(const struct tcp_conn *c)
{
	return c->acked;
}

uint64_t tcp_transmitted(const struct tcp_conn *c)
{
	/* A FIN that is sent counts as no byte. */
	const tcp_seq nxt = seq_after(c->snd_nxt, c->snd_end) ? c->snd_end : c->snd_nxt;

	return seq_after(nxt, c->snd_una) ? c->acked + (nxt - c->snd_una) : c->acked;
}

void tcp_sendq_trim(struct tcp_conn *c)
{
	while (c->kept != c->una_mbuf &&
	       (c->frees_all || seq_at_or_before(node_end(c->kept), c->free_to))) {
		struct rte_mbuf *m = c->kept;

		c->kept = tcp_node(m)->next;
		rte_pktmbuf_free_seg(m); /* one each: tcp_send() */
	}
	if (c->kept == NULL)
		c->kept_tail = NULL;
}

void tcp_free_to(struct tcp *t, struct tcp_conn *c, uint64_t offset)
{
	(void)t;
	c->frees_all = false;
	c->free_to = c->iss + 1 + (tcp_seq)offset;
	tcp_sendq_trim(c);
}

void tcp_sendq_rewind(struct tcp_conn *c)
{
	c->snd_pos = c->snd_una;
	c->pos_mbuf = c->una_mbuf;
}

void tcp_sendq_forward(struct tcp_conn *c)
{
	c->snd_pos = c->snd_nxt;
	while (c->pos_mbuf != NULL && seq_at_or_before(node_end(c->pos_mbuf), c->snd_pos))
		c->pos_mbuf = tcp_node(c->pos_mbuf)->next;
}

void tcp_sendq_acked(struct tcp_conn *c, tcp_seq ack)
{
	const tcp_seq data_ack = seq_after(ack, c->snd_end) ? c->snd_end : ack;

	c->acked = offset_of(c, data_ack);
	c->snd_una = ack;
	while (c->una_mbuf != NULL && seq_at_or_before(node_end(c->una_mbuf), ack))
		c->una_mbuf = tcp_node(c->una_mbuf)->next;
	if (seq_before(c->snd_pos, ack))
		tcp_sendq_rewind(c);
	tcp_sendq_trim(c);
}

void tcp_sendq_free(struct tcp_conn *c)
{
	while (c->kept != NULL) {
		struct rte_mbuf *m = c->kept;

		c->kept = tcp_node(m)->next;
		rte_pktmbuf_free_seg(m); /* one each: tcp_send() */
	}
	c->kept_tail = c->una_mbuf = c->pos_mbuf = NULL;
}

static bool fill_kept(const struct tcp_conn *c, struct rte_mbuf *m, struct tcp_kept *k)
{
	if (m == NULL)
		return false;
	*k = (struct tcp_kept){m, tcp_node_payload(m), tcp_node(m)->len,
			       offset_of(c, tcp_node(m)->seq)};
	return true;
}

bool tcp_kept_first(const struct tcp_conn *c, struct tcp_kept *k)
{
	return fill_kept(c, c->kept, k);
}

bool tcp_kept_next(const struct tcp_conn *c, struct tcp_kept *k)
{
	return fill_kept(c, tcp_node(k->m)->next, k);
}
