/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_repair.c - the pool of blocks that connections with loss or reordering hold. */
#include <rte_malloc.h>

#include "dataplane/tcp/tcp_conn.h"

enum { REPAIRS_MIN = 64 };

bool tcp_repair_init(struct tcp *t)
{
	uint32_t n = t->setup.repairs;

	if (n == 0)
		n = max_u32(t->setup.conns / 4, REPAIRS_MIN);
	n = min_u32(n, t->setup.conns);
	t->repairs = rte_zmalloc("tcp_repairs", n * sizeof(*t->repairs), CACHE_LINE);
	if (t->repairs == NULL)
		return false;
	t->repairs_max = n;
	t->repairs_free = t->repairs_first = t->repairs_last = TCP_NONE;
	for (uint32_t i = n; i-- > 0;) {
		t->repairs[i].next = t->repairs_free;
		t->repairs_free = i;
	}
	return true;
}

static void unlink_used(struct tcp *t, struct tcp_repair *r)
{
	if (r->prev == TCP_NONE)
		t->repairs_first = r->next;
	else
		t->repairs[r->prev].next = r->next;
	if (r->next == TCP_NONE)
		t->repairs_last = r->prev;
	else
		t->repairs[r->next].prev = r->prev;
}

static void link_used(struct tcp *t, struct tcp_repair *r, uint32_t owner)
{
	const uint32_t index = (uint32_t)(r - t->repairs);

	*r = (struct tcp_repair){.next = TCP_NONE, .prev = t->repairs_last, .owner = owner};
	if (t->repairs_last == TCP_NONE)
		t->repairs_first = index;
	else
		t->repairs[t->repairs_last].next = index;
	t->repairs_last = index;
}

struct tcp_repair *tcp_repair_take(struct tcp *t, struct tcp_conn *c)
{
	struct tcp_repair *r = tcp_repair_of(t, c);

	if (r != NULL)
		return r;
	/* A receiver may forget what it has not acknowledged: RFC 2018 8. */
	if (t->repairs_free == TCP_NONE)
		tcp_repair_drop(t, &t->conns[t->repairs[t->repairs_first].owner]);
	c->repair = t->repairs_free;
	r = &t->repairs[c->repair];
	t->repairs_free = r->next;
	link_used(t, r, tcp_slot_of(t, c));
	return r;
}

void tcp_repair_settle(struct tcp *t, struct tcp_conn *c)
{
	const struct tcp_repair *r = tcp_repair_of(t, c);

	if (r != NULL && r->out_of_order == NULL && r->duplicate.from == r->duplicate.to &&
	    r->mtu_told == 0 && r->mss_safe == 0 && r->search_due == 0)
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
