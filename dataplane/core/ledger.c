/* SPDX-License-Identifier: BSD-3-Clause */
/* ledger.c - the FIFO of unacknowledged stanzas. */
#include <rte_malloc.h>

#include "dataplane/core/ledger.h"

bool ledger_pool_init(struct ledger_pool *p, uint32_t chunks)
{
	p->chunks = rte_zmalloc("ledger", chunks * sizeof(*p->chunks), CACHE_LINE);
	if (p->chunks == NULL)
		return false;
	p->free = NULL;
	for (uint32_t i = 0; i < chunks; i++) {
		p->chunks[i].next = p->free;
		p->free = &p->chunks[i];
	}
	p->total = p->available = chunks;
	return true;
}

void ledger_pool_fini(struct ledger_pool *p)
{
	rte_free(p->chunks);
}

static void grow(struct ledger *l, struct ledger_pool *p)
{
	struct ledger_chunk *c = p->free;

	p->free = c->next;
	p->available--;
	c->next = NULL;
	if (l->last == NULL) {
		l->first = c;
		l->head = 0;
	} else {
		l->last->next = c;
	}
	l->last = c;
	l->tail = 0;
}

void ledger_add(struct ledger *l, struct ledger_pool *p, const struct ledger_entry *e)
{
	if (l->last == NULL || l->tail == LEDGER_CHUNK_ENTRIES)
		grow(l, p);
	if (l->open_count++ == 0) {
		l->open_chunk = l->last;
		l->open_at = l->tail;
	}
	l->last->entry[l->tail++] = *e;
	l->count++;
}

void ledger_seal(struct ledger *l, uint64_t end, bool keep_last)
{
	const uint32_t keep = keep_last ? 1 : 0;

	while (l->open_count > keep) {
		if (l->open_at == LEDGER_CHUNK_ENTRIES) {
			l->open_chunk = l->open_chunk->next;
			l->open_at = 0;
		}
		l->open_chunk->entry[l->open_at++].end = end;
		l->open_count--;
	}
	if (l->open_count > 0 && l->open_at == LEDGER_CHUNK_ENTRIES) {
		l->open_chunk = l->open_chunk->next;
		l->open_at = 0;
	}
}

const struct ledger_entry *ledger_first(const struct ledger *l)
{
	return l->count == 0 ? NULL : &l->first->entry[l->head];
}

void ledger_pop(struct ledger *l, struct ledger_pool *p)
{
	struct ledger_chunk *c = l->first;

	if (l->open_count == l->count)
		l->open_count--;
	l->count--;
	if (++l->head < LEDGER_CHUNK_ENTRIES && l->count > 0)
		return;
	l->first = c->next;
	l->head = 0;
	if (l->first == NULL)
		l->last = NULL;
	c->next = p->free;
	p->free = c;
	p->available++;
}
