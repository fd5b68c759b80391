/* SPDX-License-Identifier: BSD-3-Clause */
/* sim_inside.c - what must hold inside an engine after every event; the only file of the simulator
 * that knows the members of the control block. */
#include "dataplane/tcp/tcp_conn.h"
#include "tests/tcp/sim.h"

static uint64_t soonest_of(const struct wheel_timer *t, uint64_t soonest)
{
	for (; t != NULL; t = t->next)
		if (t->due_us < soonest)
			soonest = t->due_us;
	return soonest;
}

uint64_t sim_inside_next_us(const struct tcp *t)
{
	const struct wheel *w = &t->wheel;
	uint64_t soonest = SIM_NEVER;

	if (w->armed == 0)
		return SIM_NEVER;
	soonest = soonest_of(w->due, soonest);
	for (unsigned int i = 0; i < WHEEL_FINE; i++)
		soonest = soonest_of(w->fine[i], soonest);
	for (unsigned int i = 0; i < WHEEL_NEAR; i++)
		soonest = soonest_of(w->near[i], soonest);
	for (unsigned int i = 0; i < WHEEL_MIDDLE; i++)
		soonest = soonest_of(w->middle[i], soonest);
	for (unsigned int i = 0; i < WHEEL_FAR; i++)
		soonest = soonest_of(w->far[i], soonest);
	return soonest;
}

bool sim_inside_awaits_cookies(const struct tcp *t)
{
	return tcp_cookie_is_awaited(t);
}

/* RFC 9293 3.3.1, figures 3 and 4. */
static void check_numbers(struct sim *s, const struct tcp_conn *c)
{
	SIM_REQUIRE(s, seq_at_or_before(c->snd_una, c->snd_pos));
	SIM_REQUIRE(s, seq_at_or_before(c->snd_una, c->snd_nxt));
	SIM_REQUIRE(s, seq_at_or_before(c->snd_pos, c->snd_nxt));
	SIM_REQUIRE(s, seq_at_or_before(c->snd_nxt, c->snd_end + 1));
	if (!tcp_is_synchronized(c))
		return;
	SIM_REQUIRE(s, c->fin_received || seq_at_or_before(c->rcv_nxt, c->rcv_edge));
	SIM_REQUIRE(s, seq_at_or_before(c->last_ack_sent, c->rcv_nxt));
	SIM_REQUIRE(s, c->cwnd >= c->snd_mss && c->snd_mss > 0 && c->cwnd <= TCP_CWND_MAX);
	/* what recovery ends with: there is no loss without a reduction */
	SIM_REQUIRE(s, !c->in_recovery || c->ssthresh <= TCP_CWND_MAX);
}

/* Nothing waits for a timer that nobody has started. */
static void check_timer(struct sim *s, const struct tcp_conn *c)
{
	const bool armed = wheel_is_armed(&c->timer) || c->is_dirty;

	if (!c->is_dirty && (c->snd_una != c->snd_nxt || c->una_mbuf != NULL))
		SIM_REQUIRE(s, armed);
	if (c->state == TCP_SYN_SENT || c->state == TCP_SYN_RECEIVED || tcp_is_closing(c))
		SIM_REQUIRE(s, armed);
	if (wheel_is_armed(&c->timer))
		SIM_REQUIRE(s, c->timer.due_us + 3 * WHEEL_TICK_US >= s->now_us);
}

static void check_send_queue(struct sim *s, const struct tcp_conn *c)
{
	bool has_una = c->una_mbuf == NULL, has_pos = c->pos_mbuf == NULL;
	struct rte_mbuf *last = NULL;

	for (struct rte_mbuf *m = c->kept; m != NULL; m = tcp_node(m)->next) {
		SIM_REQUIRE(s, last == NULL ||
				   tcp_node(last)->seq + tcp_node(last)->len == tcp_node(m)->seq);
		SIM_REQUIRE(s, rte_mbuf_refcnt_read(m) >= 1);
		has_una |= m == c->una_mbuf;
		has_pos |= m == c->pos_mbuf;
		last = m;
	}
	SIM_REQUIRE(s, has_una && has_pos && last == c->kept_tail);
	SIM_REQUIRE(s, last == NULL || tcp_node(last)->seq + tcp_node(last)->len == c->snd_end);
}

/* RFC 3168 6.1.2: one segment in flight carries CWR, or there is none. */
static void check_ecn(struct sim *s, const struct tcp *t, const struct tcp_conn *c)
{
	unsigned int sent = 0;

	for (struct rte_mbuf *m = c->una_mbuf; m != NULL; m = tcp_node(m)->next)
		sent += tcp_node(m)->cwr;
	SIM_REQUIRE(s, sent == (c->cwr == TCP_CWR_SENT));
	SIM_REQUIRE(s, c->cwr == TCP_CWR_NONE || c->ecn == TCP_ECN_ON);
	/* a wait ends by the timer, unless nothing can follow: our FIN is acknowledged */
	SIM_REQUIRE(s, c->cwr != TCP_CWR_WAIT || c->retransmit_due != 0 || c->is_dirty ||
			   c->snd_una == c->snd_end + 1);
	SIM_REQUIRE(s, !c->ece_owed || c->ecn != TCP_ECN_OFF);
	SIM_REQUIRE(s, t->setup.ecn || c->ecn == TCP_ECN_OFF);
}

static void check_receive_queues(struct sim *s, const struct tcp *t, const struct tcp_conn *c)
{
	const struct tcp_repair *r = tcp_repair_of(t, c);
	uint32_t bytes = 0, mbufs = 0, behind = 0;
	tcp_seq seq = c->rcv_nxt;

	for (const struct rte_mbuf *m = c->inbound; m != NULL; m = m->next, mbufs++)
		bytes += m->data_len;
	SIM_REQUIRE(s, bytes == c->inbound_bytes && mbufs == c->inbound_count);
	SIM_REQUIRE(s, bytes <= RECEIVE_WINDOW_BYTES);
	if (r == NULL)
		return;
	for (struct rte_mbuf *m = r->out_of_order; m != NULL; m = m->next, behind++) {
		SIM_REQUIRE(s, seq_at_or_after(tcp_node(m)->seq, seq));
		SIM_REQUIRE(s, seq_at_or_before(tcp_node(m)->seq + m->data_len, c->rcv_edge));
		seq = tcp_node(m)->seq;
	}
	SIM_REQUIRE(s, behind == r->out_of_order_count);
}

struct sums {
	uint32_t used, in_flow, half_open, armed, waiting, behind;
};

static void add(struct sums *sum, const struct tcp *t, const struct tcp_conn *c)
{
	const struct tcp_repair *r = tcp_repair_of(t, c);

	sum->used++;
	sum->in_flow += c->in_flow;
	sum->half_open += c->state == TCP_SYN_RECEIVED && c->passive;
	sum->armed += wheel_is_armed(&c->timer);
	sum->waiting += c->inbound_count;
	sum->behind += r != NULL ? r->out_of_order_count : 0;
}

static void check_sums(struct sim *s, const struct tcp *t, const struct sums *sum)
{
	SIM_REQUIRE(s, sum->used == t->used && sum->used <= t->setup.conns);
	SIM_REQUIRE(s, sum->in_flow == t->flow.used && sum->armed == t->wheel.armed);
	SIM_REQUIRE(s, sum->half_open == t->half_open.count);
	/* An address that has had a whole connection may have a block for the next at once. */
	s->has_time_waited |= tcp_time_waits(t) > 0;
	SIM_REQUIRE(s, sum->half_open <= t->half_open_max || s->has_time_waited);
	SIM_REQUIRE(s, sum->waiting + sum->behind == t->waiting[IFACE_EDGE]);
	SIM_REQUIRE(s, sum->behind == t->out_of_order_count);
}

void sim_inside_check(struct sim *s, const struct tcp *t, bool thorough)
{
	struct sums sum = {0};

	for (uint32_t i = 0; i < t->setup.conns && sum.used < t->used; i++) {
		const struct tcp_conn *c = &t->conns[i];

		if (!c->in_use)
			continue;
		add(&sum, t, c);
		if (c->state == TCP_CLOSED)
			continue;
		check_numbers(s, c);
		check_timer(s, c);
		if (thorough) {
			check_send_queue(s, c);
			check_ecn(s, t, c);
			check_receive_queues(s, t, c);
		}
	}
	check_sums(s, t, &sum);
}

void sim_inside_check_empty(struct sim *s, const struct tcp *t)
{
	SIM_REQUIRE(s, t->used == 0 && t->wheel.armed == 0 && t->flow.used == 0);
	SIM_REQUIRE(s, tcp_time_waits(t) == 0 && t->half_open.count == 0);
	SIM_REQUIRE(s, t->repairs_used[0].count + t->repairs_used[1].count == 0 && tcp_is_idle(t));
}
