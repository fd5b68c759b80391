/* SPDX-License-Identifier: BSD-3-Clause */
/* orders.c - the queue in front of each core's order ring. */
#include <stdlib.h>

#include "control/log.h"
#include "control/memory.h"
#include "control/orders.h"

struct waiting {
	struct waiting *next;
	struct msg msg;
};

struct queue {
	struct inbox *inbox;
	struct waiting *first, **last;
};

struct orders {
	size_t cores;
	struct queue queue[];
};

struct orders *orders_make(struct inbox *const *inboxes, size_t cores)
{
	struct orders *o = memory_get(sizeof(*o) + cores * sizeof(o->queue[0]));

	o->cores = cores;
	for (size_t i = 0; i < cores; i++) {
		o->queue[i].inbox = inboxes[i];
		o->queue[i].last = &o->queue[i].first;
	}
	return o;
}

static void discard(struct queue *q, struct msg *m)
{
	if (m->bytes != NULL)
		inbox_free(m->bytes);
	if (m->kind == MSG_SECURE && m->secure.keys != NULL)
		inbox_handover_done(q->inbox, m->secure.keys);
}

void orders_free(struct orders *o)
{
	if (o == NULL)
		return;
	for (size_t i = 0; i < o->cores; i++)
		while (o->queue[i].first != NULL) {
			struct waiting *w = o->queue[i].first;

			o->queue[i].first = w->next;
			discard(&o->queue[i], &w->msg);
			free(w);
		}
	free(o);
}

static void flush_queue(struct queue *q)
{
	while (q->first != NULL) {
		struct waiting *w = q->first;

		if (!inbox_order(q->inbox, &w->msg))
			return;
		q->first = w->next;
		if (q->first == NULL)
			q->last = &q->first;
		free(w);
	}
}

void orders_give(struct orders *o, uint16_t core, const struct msg *m)
{
	struct queue *q = &o->queue[core];
	struct waiting *w;

	if (q->first == NULL && inbox_order(q->inbox, m))
		return;
	w = memory_get(sizeof(*w));
	w->msg = *m;
	*q->last = w;
	q->last = &w->next;
	flush_queue(q);
}

void orders_give_bytes(struct orders *o, struct msg *m, const void *bytes, size_t len)
{
	m->bytes = NULL;
	if (len > 0) {
		m->bytes = inbox_wrap(o->queue[m->conn.core].inbox, bytes, len);
		if (m->bytes == NULL) {
			log_event(LOG_LEVEL_ERROR, "order_without_bytes", "core=%u bytes=%zu",
				  m->conn.core, len);
			*m = (struct msg){.kind = MSG_ABORT, .conn = m->conn};
		}
	}
	orders_give(o, m->conn.core, m);
}

void orders_flush(struct orders *o)
{
	for (size_t i = 0; i < o->cores; i++)
		flush_queue(&o->queue[i]);
}

struct inbox *orders_inbox(const struct orders *o, uint16_t core)
{
	return o->queue[core].inbox;
}

size_t orders_cores(const struct orders *o)
{
	return o->cores;
}
