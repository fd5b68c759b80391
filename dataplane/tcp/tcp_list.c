/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_list.c - lists of connections by slot, and the numbers of our addresses. */
#include "dataplane/tcp/tcp_conn.h"

void tcp_list_init(struct tcp_list *l)
{
	*l = (struct tcp_list){TCP_NONE, TCP_NONE, 0};
}

void tcp_list_append(struct tcp *t, struct tcp_list *l, struct tcp_conn *c)
{
	const uint32_t slot = tcp_slot_of(t, c);

	c->age_prev = l->last;
	c->age_next = TCP_NONE;
	if (l->last == TCP_NONE)
		l->first = slot;
	else
		t->conns[l->last].age_next = slot;
	l->last = slot;
	l->count++;
}

void tcp_list_remove(struct tcp *t, struct tcp_list *l, struct tcp_conn *c)
{
	if (c->age_prev == TCP_NONE)
		l->first = c->age_next;
	else
		t->conns[c->age_prev].age_next = c->age_next;
	if (c->age_next == TCP_NONE)
		l->last = c->age_prev;
	else
		t->conns[c->age_next].age_prev = c->age_prev;
	l->count--;
}

/* A handful of addresses at most: a search is quicker than a table. */
uint32_t tcp_local_number(struct tcp *t, const struct ip_addr *address, bool may_add)
{
	for (uint32_t i = 0; i < t->locals; i++)
		if (addr_equal(&t->local[i], address))
			return i;
	if (!may_add || t->locals == TCP_LOCALS_MAX)
		return FLOW_NONE;
	t->local[t->locals] = *address;
	return t->locals++;
}
