/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_repair.c - the pool of blocks that connections with loss or reordering hold. */
#include <rte_malloc.h>

#include "dataplane/tcp/tcp_conn.h"

bool tcp_repair_init(struct tcp *t)
{
	uint32_t n = t->setup.repairs;

	if (n == 0)
		n = max_u32(t->setup.conns / TCP_REPAIR_SHARE, TCP_REPAIRS_MIN);
	n = min_u32(n, t->setup.conns);
	t->repairs = rte_zmalloc("tcp_repairs", n * sizeof(*t->repairs), CACHE_LINE);
	if (t->repairs == NULL)
		return false;
	t->repairs_max = n;
	t->repairs_free = TCP_NONE;
	for (int strange = 0; strange < 2; strange++)
		t->repairs_used[strange] = (struct tcp_list){.first = TCP_NONE, .last = TCP_NONE};
	for (uint32_t i = n; i-- > 0;) {
		t->repairs[i].next = t->repairs_free;
		t->repairs_free = i;
	}
	return true;
}

static void unlink_used(struct tcp *t, struct tcp_repair *r)
{
	struct tcp_list *l = &t->repairs_used[r->is_stranger];

	if (r->prev == TCP_NONE)
		l->first = r->next;
	else
		t->repairs[r->prev].next = r->next;
	if (r->next == TCP_NONE)
		l->last = r->prev;
	else
		t->repairs[r->next].prev = r->prev;
	l->count--;
}

static void link_used(struct tcp *t, struct tcp_repair *r, const struct tcp_conn *owner)
{
	const bool is_stranger = owner->passive && !owner->trusted;
	struct tcp_list *l = &t->repairs_used[is_stranger];
	const uint32_t index = (uint32_t)(r - t->repairs);

	*r = (struct tcp_repair){.next = TCP_NONE,
				 .prev = l->last,
				 .owner = tcp_slot_of(t, owner),
				 .is_stranger = is_stranger};
	if (l->last == TCP_NONE)
		l->first = index;
	else
		t->repairs[l->last].next = index;
	l->last = index;
	l->count++;
}

/* A receiver may forget what it has not acknowledged: RFC 2018 8. A sender goes on without. */
static void take_away(struct tcp *t)
{
	const struct tcp_list *l = &t->repairs_used[t->repairs_used[true].count > 0];
	struct tcp_conn *c = &t->conns[t->repairs[l->first].owner];

	tcp_count(t, DROP_TCP_REPAIR_TAKEN);
	tcp_recovery_forget(t, c, tcp_repair_of(t, c));
	tcp_repair_drop(t, c);
}

struct tcp_repair *tcp_repair_take(struct tcp *t, struct tcp_conn *c)
{
	struct tcp_repair *r = tcp_repair_of(t, c);

	if (r != NULL)
		return r;
	if (t->repairs_free == TCP_NONE)
		take_away(t);
	c->repair = t->repairs_free;
	r = &t->repairs[c->repair];
	t->repairs_free = r->next;
	link_used(t, r, c);
	return r;
}

bool tcp_repair_is_needed(const struct tcp_repair *r)
{
	return r->out_of_order != NULL || r->duplicate.from != r->duplicate.to ||
	       r->mtu_told != 0 || r->mss_safe != 0 || r->search_due != 0;
}

void tcp_repair_settle(struct tcp *t, struct tcp_conn *c)
{
	const struct tcp_repair *r = tcp_repair_of(t, c);

	if (r != NULL && !r->sending && !tcp_repair_is_needed(r))
		tcp_repair_drop(t, c);
}

void tcp_repair_drop(struct tcp *t, struct tcp_conn *c)
{
	struct tcp_repair *r = tcp_repair_of(t, c);

	if (r == NULL)
		return;
	tcp_out_of_order_free(t, c);
	if (r->mss_safe != 0) /* the search ends where it was sure */
		c->snd_mss = r->mss_safe;
	unlink_used(t, r);
	r->next = t->repairs_free;
	t->repairs_free = c->repair;
	c->repair = TCP_NONE;
}
