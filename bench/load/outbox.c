/* SPDX-License-Identifier: BSD-3-Clause */
/* outbox.c - blocks go round: an idle connection has none. */
#include "bench/load/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "bench/load/transport.h"
#include "control/memory.h"

uint8_t *outbox_room(struct outbox *o, struct outbox_pool *pool, size_t want, size_t *room)
{
	if (o->block == NULL)
		o->block =
		    pool->count > 0 ? pool->blocks[--pool->count] : memory_get(TRANSPORT_BUFFER);
	if (o->at > 0 && TRANSPORT_BUFFER - o->len < want &&
	    o->len - o->at <= TRANSPORT_BUFFER / 2) {
		memmove(o->block, o->block + o->at, o->len - o->at);
		o->len -= o->at;
		o->at = 0;
	}
	*room = TRANSPORT_BUFFER - o->len;
	return o->block + o->len;
}

void outbox_give(struct outbox *o, struct outbox_pool *pool)
{
	if (o->block == NULL)
		return;
	if (pool->count == pool->room) {
		pool->room = 2 * pool->room + 16;
		pool->blocks = memory_grow(pool->blocks, pool->room * sizeof(*pool->blocks));
	}
	pool->blocks[pool->count++] = o->block;
	*o = (struct outbox){0};
}

void outbox_pool_free(struct outbox_pool *pool)
{
	while (pool->count > 0)
		free(pool->blocks[--pool->count]);
	free(pool->blocks);
}
