/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_pressure.c - what waits to be read lies in the buffers that the device receives into: some
 * dozens of connections with a full window each would pin them all, and nobody would be heard any
 * more, not even the acknowledgments that would let them be read. So the fuller they are the less
 * may wait. All buffers are of one size, so that to count them is to charge true size. What is
 * dropped comes again; who is read at once notices nothing.
 */
#include "dataplane/tcp/tcp_conn.h"

enum pressure_bounds {
	CLAMPED_SEGMENTS = 2, /* a window under high pressure: enough for an ACK at once */
};

enum tcp_pressure tcp_pressure(const struct tcp *t, enum iface iface)
{
	const uint32_t all = t->setup.rx_mbufs[iface], waiting = t->waiting[iface];

	if (all == 0 || waiting < all / 2)
		return TCP_PRESSURE_NONE;
	if (waiting < all / 5 * 4)
		return TCP_PRESSURE_SOME;
	return waiting < all / 20 * 19 ? TCP_PRESSURE_HIGH : TCP_PRESSURE_FULL;
}

/* The one that has held its queue longest, NULL when there is none. */
static struct tcp_conn *longest_queue(struct tcp *t, const struct tcp_list *l)
{
	for (uint32_t i = l->first; i != TCP_NONE; i = t->repairs[i].next)
		if (t->repairs[i].out_of_order != NULL)
			return &t->conns[t->repairs[i].owner];
	return NULL;
}

/* Gives up an out-of-order queue, a stranger's first: RFC 2018 8 lets a receiver forget. */
static void forget_one_queue(struct tcp *t)
{
	struct tcp_conn *c = longest_queue(t, &t->repairs_used[true]);

	if (c == NULL)
		c = longest_queue(t, &t->repairs_used[false]);
	if (c == NULL)
		return;
	tcp_count(t, DROP_TCP_OUT_OF_ORDER_FULL);
	tcp_out_of_order_free(t, c);
}

bool tcp_pressure_allows(struct tcp *t, struct tcp_conn *c)
{
	switch (tcp_pressure(t, (enum iface)c->key.iface)) {
	case TCP_PRESSURE_NONE:
		return true;
	case TCP_PRESSURE_SOME: /* one TLS record can be completed */
		return c->inbound_bytes < TLS_RECORD_WIRE_MAX;
	case TCP_PRESSURE_HIGH:
		forget_one_queue(t);
		return c->inbound == NULL;
	case TCP_PRESSURE_FULL:
		forget_one_queue(t);
		return false;
	}
	return false;
}

uint32_t tcp_pressure_window(const struct tcp *t, const struct tcp_conn *c)
{
	if (tcp_pressure(t, (enum iface)c->key.iface) < TCP_PRESSURE_HIGH)
		return RECEIVE_WINDOW_BYTES;
	return CLAMPED_SEGMENTS * (uint32_t)c->rcv_mss;
}
