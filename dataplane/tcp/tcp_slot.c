/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_slot.c - control blocks: taking, giving way, going. */
#include <string.h>

#include "dataplane/tcp/tcp_conn.h"

enum { SHED_LOOKS = 64 };

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
	if (c->state != TCP_CLOSED)
		tcp_become(t, c, TCP_CLOSED);
	unlink_conn(t, c);
	c->news = 0;
	tcp_sendq_free(c);
	tcp_rcvq_free(t, c);
	tcp_repair_drop(t, c);
	c->in_use = c->held = false;
	t->used--;
	tcp_list_push(t, &t->free, c);
}

void tcp_gone(struct tcp *t, struct tcp_conn *c, unsigned int news)
{
	if (!c->held) {
		tcp_slot_free(t, c);
		return;
	}
	unlink_conn(t, c);
	tcp_repair_drop(t, c);
	if (c->state != TCP_TIME_WAIT) /* its caller has heard the end of it already */
		tcp_tell(t, c, news);
	tcp_become(t, c, TCP_CLOSED);
}

static void say_last(struct tcp *t, struct tcp_conn *c)
{
	if (c->acks_owed > 0 && !tcp_build_empty(t, c, c->snd_nxt, TCP_ACK))
		return; /* the FIN comes again, and the record answers */
}

void tcp_enter_time_wait(struct tcp *t, struct tcp_conn *c)
{
	say_last(t, c);
	c->acks_owed = 0;
	tcp_time_wait_add(t, c);
	unlink_conn(t, c);
	if (!c->held) {
		tcp_slot_free(t, c);
		return;
	}
	tcp_repair_drop(t, c);
	tcp_tell(t, c, TCP_NEWS_CLOSED);
	tcp_become(t, c, TCP_TIME_WAIT);
}

static void shed(struct tcp *t, struct tcp_conn *c)
{
	tcp_count(t, DROP_TCP_SHED);
	tcp_send_reset(t, c);
	tcp_gone(t, c, TCP_NEWS_RESET);
}

/* Whom a newcomer on @iface may push aside; what knocks at the edge touches nobody inside. */
static struct tcp_list *sheddable(struct tcp *t, enum iface iface)
{
	struct tcp_list *edge = &t->untrusted[IFACE_EDGE];

	return edge->count > 0 || iface == IFACE_EDGE ? edge : &t->untrusted[iface];
}

/*
 * Frees the slot that matters least, if any: the oldest half-open, then the youngest that nobody
 * has authenticated. The latter's is free when its caller has let go; that is why it happens before
 * the last slot is taken.
 */
static void give_way(struct tcp *t, enum iface iface)
{
	struct tcp_list *l = sheddable(t, iface);

	if (t->half_open.count > 0) {
		tcp_count(t, DROP_TCP_SLOTS);
		tcp_slot_free(t, tcp_list_first(t, &t->half_open));
	} else if (l->count > 0) {
		shed(t, &t->conns[l->last]);
	}
}

static bool is_crowded(const struct tcp *t)
{
	return (uint64_t)t->used * 20 >= (uint64_t)t->setup.conns * 19;
}

bool tcp_slot_may_take(const struct tcp *t, enum iface iface)
{
	return t->free.count > 0 || t->half_open.count > 0 || t->untrusted[IFACE_EDGE].count > 0 ||
	       t->untrusted[iface].count > 0;
}

/* The youngest on @iface that has something waiting, of as many as may be looked at. */
static struct tcp_conn *young_reader(struct tcp *t, enum iface iface)
{
	uint32_t slot = t->untrusted[iface].last;

	for (unsigned int i = 0; i < SHED_LOOKS && slot != TCP_NONE; i++) {
		struct tcp_conn *c = &t->conns[slot];

		if (c->inbound != NULL || tcp_has_gap(t, c))
			return c;
		slot = c->age_prev;
	}
	return NULL;
}

void tcp_slot_shed_readers(struct tcp *t)
{
	for (enum iface i = IFACE_EDGE; i < IFACE_COUNT; i++) {
		struct tcp_conn *c = NULL;

		if (tcp_pressure(t, i) == TCP_PRESSURE_FULL)
			c = young_reader(t, i);
		if (c != NULL)
			shed(t, c);
	}
}

struct tcp_conn *tcp_slot_take(struct tcp *t, const struct flow_key *key)
{
	struct tcp_conn *c;

	if (is_crowded(t))
		give_way(t, (enum iface)key->iface);
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
