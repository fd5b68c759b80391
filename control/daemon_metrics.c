/* SPDX-License-Identifier: BSD-3-Clause */
/* daemon_metrics.c - what metrics and counters ask of the relay besides what daemon.c tells. */
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <stdio.h>

#include "control/daemon_state.h"

bool daemon_reload_succeeded(const struct daemon *d)
{
	return !d->reload_failed;
}

struct metrics *daemon_metrics(struct daemon *d)
{
	return d->metrics;
}

struct baseline *daemon_baseline(struct daemon *d)
{
	return d->baseline;
}

struct pool_search {
	size_t index, at;
	struct daemon_pool *out;
	bool is_found;
};

static void look_at_pool(struct rte_mempool *p, void *arg)
{
	struct pool_search *s = arg;

	if (s->at++ != s->index)
		return;
	s->is_found = true;
	(void)snprintf(s->out->name, sizeof(s->out->name), "%s", p->name);
	s->out->size = p->size;
	s->out->available = rte_mempool_avail_count(p);
	s->out->element_bytes = p->header_size + p->elt_size + p->trailer_size;
	s->out->is_packets = rte_pktmbuf_data_room_size(p) > 0 &&
			     p->private_data_size >= sizeof(struct rte_pktmbuf_pool_private);
}

bool daemon_pool(const struct daemon *d, size_t index, struct daemon_pool *out)
{
	struct pool_search s = {.index = index, .out = out};

	(void)d;
	rte_mempool_walk(look_at_pool, &s);
	return s.is_found;
}
