/* SPDX-License-Identifier: BSD-3-Clause */
/* inbox.c - rings of structs by value, pools, and an eventfd that wakes control. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_mempool.h>
#include <rte_ring.h>
#include <rte_ring_elem.h>

#include "dataplane/core/inbox.h"
#include "dataplane/core/parcel.h"

enum {
	BYTES_MBUFS = 4095, /* of 2 KB: control's bytes on their way through the ring and out */
	HANDOVERS = 1023,   /* handshakes that end within one turn */
	POOL_CACHE = 64,
};

struct inbox {
	struct rte_ring *orders, *events, *taps;
	struct rte_mempool *bytes, *handovers, *tapped;
	int fd;
	/* Control has a wake-up that it has not acknowledged: no second one is written. */
	atomic_bool is_woken;
};

static bool make_rings(struct inbox *in, uint16_t core)
{
	const unsigned int flags = RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ;
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "orders%u", core);
	in->orders =
	    rte_ring_create_elem(name, sizeof(struct msg), ORDERS_RING, SOCKET_ID_ANY, flags);
	snprintf(name, sizeof(name), "events%u", core);
	in->events =
	    rte_ring_create_elem(name, sizeof(struct event), EVENTS_RING, SOCKET_ID_ANY, flags);
	snprintf(name, sizeof(name), "taps%u", core);
	in->taps =
	    rte_ring_create_elem(name, sizeof(struct tapped), TAPS_RING, SOCKET_ID_ANY, flags);
	return in->orders != NULL && in->events != NULL && in->taps != NULL;
}

static bool make_pools(struct inbox *in, uint16_t core)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "bytes%u", core);
	in->bytes = rte_pktmbuf_pool_create(name, BYTES_MBUFS, POOL_CACHE, PARCEL_PRIVATE_BYTES,
					    RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	snprintf(name, sizeof(name), "handovers%u", core);
	in->handovers = rte_mempool_create(name, HANDOVERS, sizeof(struct tls_handover), POOL_CACHE,
					   0, NULL, NULL, NULL, NULL, SOCKET_ID_ANY, 0);
	snprintf(name, sizeof(name), "tapped%u", core);
	in->tapped = rte_pktmbuf_pool_create(name, TAPS_RING, POOL_CACHE, PARCEL_PRIVATE_BYTES,
					     RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	return in->bytes != NULL && in->handovers != NULL && in->tapped != NULL;
}

struct inbox *inbox_make(uint16_t core)
{
	struct inbox *in = calloc(1, sizeof(*in));

	if (in == NULL)
		return NULL;
	in->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (in->fd < 0 || !make_rings(in, core) || !make_pools(in, core)) {
		inbox_free_all(in);
		return NULL;
	}
	return in;
}

/* Pointers still in the rings belong to pools that go with them, or to the core's pool, which its
 * owner frees. */
void inbox_free_all(struct inbox *in)
{
	if (in == NULL)
		return;
	rte_ring_free(in->orders);
	rte_ring_free(in->events);
	rte_ring_free(in->taps);
	rte_mempool_free(in->bytes);
	rte_mempool_free(in->handovers);
	rte_mempool_free(in->tapped);
	if (in->fd >= 0)
		close(in->fd);
	free(in);
}

bool inbox_order(struct inbox *in, const struct msg *m)
{
	struct msg copy = *m; /* the ring's functions take no const pointer */

	return rte_ring_sp_enqueue_elem(in->orders, &copy, sizeof(copy)) == 0;
}

bool inbox_take_event(struct inbox *in, struct event *e)
{
	return rte_ring_sc_dequeue_elem(in->events, e, sizeof(*e)) == 0;
}

int inbox_fd(const struct inbox *in)
{
	return in->fd;
}

void inbox_ack(struct inbox *in)
{
	uint64_t count;

	/* An empty eventfd is no error: somebody polled without being woken. */
	if (read(in->fd, &count, sizeof(count)) < 0)
		count = 0;
	atomic_store_explicit(&in->is_woken, false, memory_order_seq_cst);
	/* What the core put in before it saw the flag fall is seen by the drain that follows. */
	atomic_thread_fence(memory_order_seq_cst);
}

bool inbox_event(struct inbox *in, const struct event *e)
{
	const uint64_t one = 1;
	struct event copy = *e;

	if (rte_ring_sp_enqueue_elem(in->events, &copy, sizeof(copy)) != 0)
		return false;
	atomic_thread_fence(memory_order_seq_cst);
	if (!atomic_load_explicit(&in->is_woken, memory_order_relaxed) &&
	    !atomic_exchange_explicit(&in->is_woken, true, memory_order_seq_cst) &&
	    write(in->fd, &one, sizeof(one)) < 0)
		/* The counter is full, so control has a wake-up already. */
		return true;
	return true;
}

bool inbox_take_order(struct inbox *in, struct msg *m)
{
	return rte_ring_sc_dequeue_elem(in->orders, m, sizeof(*m)) == 0;
}

bool inbox_has_room(const struct inbox *in, unsigned int events)
{
	return rte_ring_free_count(in->events) >= events;
}

bool inbox_tap(struct inbox *in, const struct tapped *t)
{
	struct tapped copy = *t;

	return rte_ring_sp_enqueue_elem(in->taps, &copy, sizeof(copy)) == 0;
}

struct rte_mempool *inbox_tap_pool(const struct inbox *in)
{
	return in->tapped;
}

bool inbox_take_tap(struct inbox *in, struct tapped *t)
{
	return rte_ring_sc_dequeue_elem(in->taps, t, sizeof(*t)) == 0;
}

struct rte_mbuf *inbox_wrap(struct inbox *in, const void *bytes, size_t len)
{
	struct rte_mbuf *m = parcel_make(in->bytes);

	if (m == NULL)
		return NULL;
	if (parcel_append(m, in->bytes, (struct span){bytes, len}))
		return m;
	rte_pktmbuf_free(m);
	return NULL;
}

size_t inbox_len(const struct rte_mbuf *bytes)
{
	return bytes->pkt_len;
}

void inbox_bytes(const struct rte_mbuf *bytes, uint8_t *out)
{
	for (; bytes != NULL; bytes = bytes->next) {
		memcpy(out, rte_pktmbuf_mtod(bytes, const uint8_t *), bytes->data_len);
		out += bytes->data_len;
	}
}

void inbox_free(struct rte_mbuf *bytes)
{
	rte_pktmbuf_free(bytes);
}

struct tls_handover *inbox_handover(struct inbox *in)
{
	void *keys;

	if (rte_mempool_get(in->handovers, &keys) != 0)
		return NULL;
	memset(keys, 0, sizeof(struct tls_handover));
	return keys;
}

void inbox_handover_done(struct inbox *in, struct tls_handover *keys)
{
	if (keys == NULL)
		return;
	tls_handover_wipe(keys);
	rte_mempool_put(in->handovers, keys);
}
