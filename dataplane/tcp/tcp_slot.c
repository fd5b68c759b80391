/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_slot.c - control blocks: taking, giving way, going. */
#include <string.h>

#include "dataplane/tcp/tcp_conn.h"

void tcp_half_open_add(struct tcp *t, struct tcp_conn *c)
{
	TAILQ_INSERT_TAIL(&t->half_open, c, age);
	t->half_open_count++;
}

void tcp_half_open_remove(struct tcp *t, struct tcp_conn *c)
{
	TAILQ_REMOVE(&t->half_open, c, age);
	t->half_open_count--;
}

/* Takes @c off every list but the one it is going to. */
static void unlink_all(struct tcp *t, struct tcp_conn *c)
{
	wheel_cancel(&t->wheel, &c->timer);
	c->retransmit_due_us = c->ack_due_us = c->idle_due_us = 0;
	if (c->is_dirty)
		TAILQ_REMOVE(&t->dirty, c, dirty);
	c->is_dirty = false;
	if (c->in_flow)
		(void)flow_remove(&t->flow, c->id.slot);
	c->in_flow = false;
}

void tcp_slot_free(struct tcp *t, struct tcp_conn *c)
{
	if (c->state == TCP_SYN_RECEIVED && c->passive)
		tcp_half_open_remove(t, c);
	if (c->state == TCP_TIME_WAIT) {
		TAILQ_REMOVE(&t->time_wait, c, age);
		t->time_wait_count--;
	}
	unlink_all(t, c);
	if (c->has_news)
		TAILQ_REMOVE(&t->told, c, told);
	c->has_news = false;
	tcp_sendq_free(c);
	tcp_rcvq_free(t, c);
	tcp_out_of_order_free(t, c);
	c->state = TCP_CLOSED;
	c->in_use = false;
	t->used--;
	TAILQ_INSERT_HEAD(&t->free, c, age);
}

void tcp_gone(struct tcp *t, struct tcp_conn *c, unsigned int news)
{
	if (!c->held) {
		tcp_slot_free(t, c);
		return;
	}
	unlink_all(t, c);
	tcp_out_of_order_free(t, c);
	/* A held TIME_WAIT is on no list; its caller has heard the end of it already. */
	if (c->state == TCP_TIME_WAIT)
		t->time_wait_count--;
	else
		tcp_tell(t, c, news);
	tcp_become(t, c, TCP_CLOSED);
}

void tcp_enter_time_wait(struct tcp *t, struct tcp_conn *c)
{
	tcp_become(t, c, TCP_TIME_WAIT);
	t->time_wait_count++;
	tcp_out_of_order_free(t, c);
	tcp_on_linger(t, c);
	if (c->held)
		tcp_tell(t, c, TCP_NEWS_CLOSED);
	else
		TAILQ_INSERT_TAIL(&t->time_wait, c, age);
}

/* Frees the slot that matters least, if any: the oldest TIME_WAIT, then the oldest half-open. */
static void give_way(struct tcp *t)
{
	if (!TAILQ_EMPTY(&t->time_wait)) {
		tcp_slot_free(t, TAILQ_FIRST(&t->time_wait));
	} else if (!TAILQ_EMPTY(&t->half_open)) {
		tcp_count(t, DROP_TCP_SLOTS);
		tcp_slot_free(t, TAILQ_FIRST(&t->half_open));
	}
}

struct tcp_conn *tcp_slot_take(struct tcp *t, const struct flow_key *key)
{
	uint32_t generation;
	struct tcp_conn *c;

	if (TAILQ_EMPTY(&t->free))
		give_way(t);
	c = TAILQ_FIRST(&t->free);
	if (c == NULL || !flow_add(&t->flow, key, c->id.slot)) {
		tcp_count(t, DROP_TCP_SLOTS);
		return NULL;
	}
	TAILQ_REMOVE(&t->free, c, age);
	generation = c->id.generation + 1;
	*c = (struct tcp_conn){
	    .state = TCP_CLOSED,
	    .rto_us = TCP_RTO_INITIAL_US,
	    .ssthresh = UINT32_MAX,
	    .free_to = UINT64_MAX,
	    .progress_us = t->now_us,
	    .heard_us = t->now_us,
	    .in_use = true,
	    .in_flow = true,
	    .rcv_mss = TCP_MSS_DEFAULT_V4,
	    .key = *key,
	    .id = {(uint32_t)(c - t->conns), generation != 0 ? generation : 1, t->setup.core},
	};
	t->used++;
	tcp_isn(t, c);
	c->snd_una = c->snd_pos = c->snd_nxt = c->recover = c->iss;
	return c;
}
