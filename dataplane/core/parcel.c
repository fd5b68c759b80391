/* SPDX-License-Identifier: BSD-3-Clause */
/* parcel.c - chains with a label, and their queues. */
#include <string.h>

#include "dataplane/core/parcel.h"

struct rte_mbuf *parcel_make(struct rte_mempool *pool)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	if (m == NULL)
		return NULL;
	*parcel_of(m) = (struct parcel){.last = m, .cursor = m};
	return m;
}

void parcel_adopt(struct rte_mbuf *chain)
{
	*parcel_of(chain) = (struct parcel){
	    .last = rte_pktmbuf_lastseg(chain), .cursor = chain, .bytes = chain->pkt_len};
}

bool parcel_append(struct rte_mbuf *m, struct rte_mempool *pool, struct span bytes)
{
	struct parcel *p = parcel_of(m);

	while (bytes.len > 0) {
		const size_t room = rte_pktmbuf_tailroom(p->last);
		const size_t n = min_size(room, bytes.len);
		struct rte_mbuf *more;

		memcpy(rte_pktmbuf_mtod_offset(p->last, uint8_t *, p->last->data_len), bytes.at, n);
		p->last->data_len = (uint16_t)(p->last->data_len + n);
		m->pkt_len += (uint32_t)n;
		p->bytes += (uint32_t)n;
		bytes.at += n;
		bytes.len -= n;
		if (bytes.len == 0)
			break;
		more = rte_pktmbuf_alloc(pool);
		if (more == NULL)
			return false;
		p->last->next = more;
		p->last = more;
		m->nb_segs++;
	}
	return true;
}

struct span parcel_peek(struct rte_mbuf *m)
{
	struct parcel *p = parcel_of(m);

	while (p->cursor != NULL && p->cursor_at == p->cursor->data_len) {
		p->cursor = p->cursor->next;
		p->cursor_at = 0;
	}
	if (p->cursor == NULL)
		return (struct span){NULL, 0};
	return (struct span){rte_pktmbuf_mtod_offset(p->cursor, const uint8_t *, p->cursor_at),
			     p->cursor->data_len - p->cursor_at};
}

void parcel_skip(struct rte_mbuf *m, uint32_t n)
{
	parcel_of(m)->cursor_at += n;
}

void parcel_free(struct rte_mbuf *m)
{
	rte_pktmbuf_free(m);
}

struct span parcel_head(const struct rte_mbuf *m, uint8_t *scratch, size_t max)
{
	size_t at = 0;

	if (m->next == NULL || m->data_len >= max)
		return (struct span){rte_pktmbuf_mtod(m, const uint8_t *),
				     min_size(m->data_len, max)};
	for (; m != NULL && at < max; m = m->next) {
		const size_t n = min_size(m->data_len, max - at);

		memcpy(scratch + at, rte_pktmbuf_mtod(m, const uint8_t *), n);
		at += n;
	}
	return (struct span){scratch, at};
}

void parcel_push(struct parcel_queue *q, struct rte_mbuf *m)
{
	parcel_of(m)->next = NULL;
	if (q->first == NULL)
		q->first = m;
	else
		parcel_of(q->last)->next = m;
	q->last = m;
	q->count++;
	q->bytes += parcel_of(m)->bytes;
}

void parcel_push_front(struct parcel_queue *q, struct rte_mbuf *m)
{
	parcel_of(m)->next = q->first;
	if (q->first == NULL)
		q->last = m;
	q->first = m;
	q->count++;
	q->bytes += parcel_of(m)->bytes;
}

struct rte_mbuf *parcel_pop(struct parcel_queue *q)
{
	struct rte_mbuf *m = q->first;

	if (m == NULL)
		return NULL;
	q->first = parcel_of(m)->next;
	if (q->first == NULL)
		q->last = NULL;
	q->count--;
	q->bytes -= parcel_of(m)->bytes;
	return m;
}
