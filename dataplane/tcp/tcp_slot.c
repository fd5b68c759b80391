/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_slot.c - control blocks: taking, giving way, going. */
#include <string.h>

#include "dataplane/tcp/tcp_conn.h"

/* Nothing is due any more, and no segment finds it. On the lists of those with news or something to
 * send it stays: they pass over it. */
static void unlink_conn(struct tcp *t, struct tcp_conn *c)
{
	wheel_cancel(&t->wheel, &c->timer);
	c->retransmit_due = c->ack_due = c->idle_due = 0;
	if (c->in_flow)
		(void)flow_remove(&t->flow, tcp_slot_of(t, c));
	c->in_flow = false;
}

void tcp_slot_free(struct tcp *t, struct tcp_conn *c)
{
	if (c->state == TCP_SYN_RECEIVED && c->passive)
		tcp_list_remove(t, &t->half_open, c);
	if (c->state == TCP_TIME_WAIT) {
		tcp_list_remove(t, &t->time_wait, c);
		t->time_wait_count--;
	}
	unlink_conn(t, c);
	c->news = 0;
	tcp_sendq_free(c);
	tcp_rcvq_free(t, c);
	tcp_repair_drop(t, c);
	c->state = TCP_CLOSED;
	c->in_use = c->held = false;
	t->used--;
	tcp_list_append(t, &t->free, c);
}

void tcp_gone(struct tcp *t, struct tcp_conn *c, unsigned int news)
{
	if (!c->held) {
		tcp_slot_free(t, c);
		return;
	}
	unlink_conn(t, c);
	tcp_repair_drop(t, c);
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
	tcp_repair_drop(t, c);
	tcp_on_linger(t, c);
	if (c->held)
		tcp_tell(t, c, TCP_NEWS_CLOSED);
	else
		tcp_list_append(t, &t->time_wait, c);
}

/* Frees the slot that matters least, if any: the oldest TIME_WAIT, then the oldest half-open. */
static void give_way(struct tcp *t)
{
	if (t->time_wait.count > 0) {
		tcp_slot_free(t, tcp_list_first(t, &t->time_wait));
	} else if (t->half_open.count > 0) {
		tcp_count(t, DROP_TCP_SLOTS);
		tcp_slot_free(t, tcp_list_first(t, &t->half_open));
	}
}

struct tcp_conn *tcp_slot_take(struct tcp *t, const struct flow_key *key)
{
	struct tcp_conn *c;

	if (t->free.count == 0)
		give_way(t);
	c = tcp_list_first(t, &t->free);
	if (c == NULL || !flow_add(&t->flow, key, tcp_slot_of(t, c))) {
		tcp_count(t, DROP_TCP_SLOTS);
		return NULL;
	}
	tcp_list_remove(t, &t->free, c);
	*c = (struct tcp_conn){
	    .state = TCP_CLOSED,
	    .ssthresh = UINT32_MAX,
	    .frees_all = true,
	    .progress = t->clock,
	    .heard = t->clock,
	    .is_dirty = c->is_dirty,
	    .has_news = c->has_news,
	    .dirty_next = c->dirty_next,
	    .told_next = c->told_next,
	    .in_use = true,
	    .in_flow = true,
	    .rcv_mss = TCP_MSS_DEFAULT_V4,
	    .key = *key,
	    .generation = c->generation + 1 != 0 ? c->generation + 1 : 1,
	    .repair = TCP_NONE,
	};
	t->used++;
	tcp_isn(t, c);
	return c;
}
