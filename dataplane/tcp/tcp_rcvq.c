/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_rcvq.c - text and FIN of segments: trimming, putting in order, reading. */
#include "dataplane/tcp/tcp_conn.h"

/* Chains come from devices that scatter; each function below also takes m == NULL. Returns how many
 * mbufs were freed. */
static uint16_t drop_front(struct rte_mbuf **m, uint32_t n)
{
	uint16_t freed = 0;

	while (*m != NULL && n > 0) {
		struct rte_mbuf *first = *m;
		const uint32_t cut = min_u32(n, first->data_len);

		first->data_off = (uint16_t)(first->data_off + cut);
		first->data_len = (uint16_t)(first->data_len - cut);
		n -= cut;
		if (first->data_len > 0)
			break;
		*m = first->next;
		rte_pktmbuf_free_seg(first);
		freed++;
	}
	return freed;
}

void tcp_trim_front(struct tcp_in *in, uint32_t n)
{
	(void)drop_front(&in->m, n);
	in->seq += n;
	in->len -= n;
}

void tcp_trim_back(struct tcp_in *in, uint32_t n)
{
	uint32_t keep = in->len - n;
	struct rte_mbuf **at = &in->m;

	in->len = keep;
	while (*at != NULL && keep > 0) {
		(*at)->data_len = (uint16_t)min_u32(keep, (*at)->data_len);
		keep -= (*at)->data_len;
		at = &(*at)->next;
	}
	while (*at != NULL) {
		struct rte_mbuf *m = *at;

		*at = m->next;
		rte_pktmbuf_free_seg(m);
	}
}

/*
 * Small segments are copied into the room behind the one before, so that a peer that sends single
 * bytes pins about what it sends, not 2 KiB for each.
 */
static bool merge(struct rte_mbuf *tail, const struct rte_mbuf *m)
{
	if (tail == NULL || (uint32_t)m->data_len * 2 >= m->buf_len || !RTE_MBUF_DIRECT(tail) ||
	    rte_mbuf_refcnt_read(tail) != 1 || rte_pktmbuf_tailroom(tail) < m->data_len)
		return false;
	memcpy(rte_pktmbuf_mtod_offset(tail, uint8_t *, tail->data_len),
	       rte_pktmbuf_mtod(m, const uint8_t *), m->data_len);
	tail->data_len = (uint16_t)(tail->data_len + m->data_len);
	tail->pkt_len = tail->data_len;
	return true;
}

/* Takes one mbuf whose first byte is rcv_nxt. */
static void append(struct tcp *t, struct tcp_conn *c, struct rte_mbuf *m)
{
	const uint16_t len = m->data_len;

	c->rcv_nxt += len;
	c->inbound_bytes += len;
	if (len == 0 || merge(c->inbound_tail, m)) {
		rte_pktmbuf_free_seg(m);
		return;
	}
	m->next = NULL;
	m->nb_segs = 1;
	m->pkt_len = len;
	if (c->inbound == NULL)
		c->inbound = m;
	else
		c->inbound_tail->next = m;
	c->inbound_tail = m;
	c->inbound_count++;
	t->waiting[c->key.iface]++;
}

static void take_fin(struct tcp *t, struct tcp_conn *c)
{
	c->fin_received = true;
	c->rcv_nxt++;
	tcp_out_of_order_free(t, c);
	tcp_owe_ack(t, c);
	tcp_tell(t, c, TCP_NEWS_FIN);
	switch ((enum tcp_state)c->state) {
	case TCP_ESTABLISHED:
		tcp_become(t, c, TCP_CLOSE_WAIT);
		return;
	case TCP_FIN_WAIT_1: /* our FIN is not acknowledged: tcp_check_ack() has looked */
		tcp_become(t, c, TCP_CLOSING);
		return;
	case TCP_FIN_WAIT_2:
		tcp_enter_time_wait(t, c);
		return;
	case TCP_CLOSED:
	case TCP_SYN_SENT:
	case TCP_SYN_RECEIVED:
	case TCP_CLOSE_WAIT:
	case TCP_CLOSING:
	case TCP_LAST_ACK:
	case TCP_TIME_WAIT:
	case TCP_STATE_COUNT:
		return;
	}
}

/* Moves what has become in order from the out-of-order list to the inbound list. */
static void drain_out_of_order(struct tcp *t, struct tcp_conn *c)
{
	struct tcp_repair *r = tcp_repair_of(t, c);
	struct rte_mbuf *m;

	while (r != NULL && (m = r->out_of_order) != NULL &&
	       seq_at_or_before(tcp_node(m)->seq, c->rcv_nxt)) {
		const uint32_t old = c->rcv_nxt - tcp_node(m)->seq;
		const bool fin = tcp_node(m)->fin != 0;

		r->out_of_order = m->next;
		m->next = NULL;
		r->out_of_order_count--;
		t->out_of_order_count--;
		t->waiting[c->key.iface]--;
		if (old > m->data_len) { /* its FIN, if any, was before what has come meanwhile */
			rte_pktmbuf_free_seg(m);
			continue;
		}
		m->data_off = (uint16_t)(m->data_off + old);
		m->data_len = (uint16_t)(m->data_len - old);
		append(t, c, m);
		if (fin) {
			take_fin(t, c);
			return;
		}
	}
}

/* Room in the list, and never more of the receive buffers than a quarter for what cannot be read
 * yet. */
static bool has_room(const struct tcp *t, const struct tcp_conn *c, const struct tcp_repair *r)
{
	const enum iface iface = (enum iface)c->key.iface;

	return r->out_of_order_count < TCP_OUT_OF_ORDER_MAX &&
	       (t->setup.rx_mbufs[iface] == 0 ||
		t->out_of_order_count < t->setup.rx_mbufs[iface] / 4) &&
	       tcp_pressure(t, iface) < TCP_PRESSURE_HIGH;
}

/* Is what begins at @seq in @held already? */
static bool is_within(struct rte_mbuf *held, tcp_seq seq, uint16_t len, bool fin)
{
	const tcp_seq end = held != NULL ? tcp_node(held)->seq + held->data_len : 0;

	return held != NULL && seq_at_or_before(tcp_node(held)->seq, seq) &&
	       seq_at_or_before(seq + len, end) && (!fin || tcp_node(held)->fin != 0);
}

/* Takes one mbuf that lies behind a gap. A duplicate is dropped; overlaps are cut later. */
static void put_out_of_order(struct tcp *t, struct tcp_conn *c, struct rte_mbuf *m, tcp_seq seq,
			     bool fin)
{
	struct tcp_repair *r = tcp_repair_of(t, c);
	struct rte_mbuf **at = &r->out_of_order, *before = NULL;

	for (; *at != NULL && seq_before(tcp_node(*at)->seq, seq); at = &(*at)->next)
		before = *at;
	if (is_within(before, seq, m->data_len, fin) || is_within(*at, seq, m->data_len, fin)) {
		tcp_rcv_sack_duplicate(t, c, seq, seq + m->data_len);
		rte_pktmbuf_free_seg(m);
		return;
	}
	if (!has_room(t, c, r)) {
		tcp_count(t, DROP_TCP_OUT_OF_ORDER_FULL);
		rte_pktmbuf_free_seg(m);
		return;
	}
	if (before != NULL && !fin && tcp_node(before)->seq + before->data_len == seq &&
	    merge(before, m)) {
		rte_pktmbuf_free_seg(m);
		return;
	}
	*tcp_node(m) = (struct tcp_node){.seq = seq, .len = m->data_len, {.fin = fin}};
	m->nb_segs = 1;
	m->pkt_len = m->data_len;
	m->next = *at;
	*at = m;
	r->out_of_order_count++;
	t->out_of_order_count++;
	t->waiting[c->key.iface]++;
}

static void queue_behind_gap(struct tcp *t, struct tcp_conn *c, struct tcp_in *in)
{
	const bool fin = (in->flags & TCP_FIN) != 0;
	struct tcp_repair *r = tcp_repair_take(t, c);
	struct rte_mbuf *m = in->m;
	tcp_seq seq = in->seq;

	in->m = NULL;
	while (m != NULL) {
		struct rte_mbuf *next = m->next;
		const uint16_t len = m->data_len;

		put_out_of_order(t, c, m, seq, fin && next == NULL);
		seq += len;
		m = next;
	}
	tcp_note(t, TCP_STAT_OUT_OF_ORDER);
	tcp_rcv_sack_note(r, in->seq);
	tcp_owe_another_ack(t, c); /* RFC 5681 4.2: at once, one for each */
}

static void take_in_order(struct tcp *t, struct tcp_conn *c, struct tcp_in *in)
{
	const bool fills_gap = tcp_has_gap(t, c);
	const bool fin = (in->flags & TCP_FIN) != 0;
	struct rte_mbuf *m = in->m;

	in->m = NULL;
	while (m != NULL) {
		struct rte_mbuf *next = m->next;

		append(t, c, m);
		m = next;
	}
	if (in->len > 0)
		tcp_tell(t, c, TCP_NEWS_DATA);
	if (fin)
		take_fin(t, c);
	else
		drain_out_of_order(t, c);
	if (!c->in_flow)
		return; /* a record of TIME_WAIT goes on */
	tcp_repair_settle(t, c);
	if (in->len > c->rcv_mss)
		c->rcv_mss = (uint16_t)min_u32(in->len, MTU_MAX);
	if (fills_gap)
		tcp_owe_ack(t, c);
	else
		tcp_on_text(t, c);
}

void tcp_take_text(struct tcp *t, struct tcp_conn *c, struct tcp_in *in)
{
	if (in->len == 0 && !(in->flags & TCP_FIN))
		return;
	if (c->fin_received)
		return;                /* RFC 9293 3.10.7.4 seventh: must not be, ignore */
	if (!c->held && in->len > 0) { /* nobody will read it: RFC 1122 4.2.2.13 */
		tcp_count(t, DROP_TCP_AFTER_CLOSE);
		tcp_send_reset(t, c);
		tcp_gone(t, c, TCP_NEWS_RESET);
		return;
	}
	if (in->len > 0 && !tcp_pressure_allows(t, c)) {
		tcp_count(t, DROP_TCP_UNREAD_FULL); /* whoever called frees it */
		tcp_owe_ack(t, c);
		return;
	}
	if (in->seq == c->rcv_nxt)
		take_in_order(t, c, in);
	else
		queue_behind_gap(t, c, in);
}

struct rte_mbuf *tcp_inbound(const struct tcp_conn *c)
{
	return c->inbound;
}

uint32_t tcp_inbound_bytes(const struct tcp_conn *c)
{
	return c->inbound_bytes;
}

static void forget_inbound(struct tcp *t, struct tcp_conn *c, uint32_t n)
{
	const uint16_t freed = drop_front(&c->inbound, n);

	c->inbound_count = (uint16_t)(c->inbound_count - freed);
	t->waiting[c->key.iface] -= freed;
}

void tcp_consume(struct tcp *t, struct tcp_conn *c, uint32_t n, uint64_t now_us)
{
	uint32_t open, room;

	tcp_set_now(t, now_us);
	n = min_u32(n, c->inbound_bytes);
	c->inbound_bytes -= n;
	forget_inbound(t, c, n);
	if (c->inbound == NULL)
		c->inbound_tail = NULL;
	open = c->rcv_edge - c->rcv_nxt;
	room = tcp_window_room(t, c);
	if (tcp_is_synchronized(c) && !c->fin_received && c->acks_owed == 0 &&
	    room >= open + tcp_window_step(c))
		tcp_owe_ack(t, c);
}

void tcp_rcvq_free(struct tcp *t, struct tcp_conn *c)
{
	forget_inbound(t, c, c->inbound_bytes);
	c->inbound = c->inbound_tail = NULL;
	c->inbound_bytes = 0;
}

void tcp_out_of_order_free(struct tcp *t, struct tcp_conn *c)
{
	struct tcp_repair *r = tcp_repair_of(t, c);

	if (r == NULL)
		return;
	while (r->out_of_order != NULL) {
		struct rte_mbuf *m = r->out_of_order;

		r->out_of_order = m->next;
		m->next = NULL;
		rte_pktmbuf_free_seg(m);
	}
	t->out_of_order_count -= r->out_of_order_count;
	t->waiting[c->key.iface] -= r->out_of_order_count;
	r->block_count = 0;
	r->out_of_order_count = 0;
}
