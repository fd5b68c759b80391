/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * outbox.h - bytes committed to a connection and not yet taken by its TCP, in a block of
 * TRANSPORT_BUFFER that it has only while something waits.
 *
 * Runs on  one thread.
 */
#ifndef BENCH_LOAD_OUTBOX_H
#define BENCH_LOAD_OUTBOX_H

#include "dataplane/base/base.h"

struct outbox {
	uint8_t *block;
	uint32_t at, len; /* what waits: from at to len */
};

/* Blocks that nobody has. */
struct outbox_pool {
	uint8_t **blocks;
	size_t count, room;
};

/* Where the next bytes go; moves what waits to the front when less than @want fit behind it. */
uint8_t *outbox_room(struct outbox *o, struct outbox_pool *pool, size_t want, size_t *room);
/* Nothing waits any more. */
void outbox_give(struct outbox *o, struct outbox_pool *pool);
void outbox_pool_free(struct outbox_pool *pool);

#endif
