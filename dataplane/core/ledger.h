/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ledger.h - which stanzas lie in the unacknowledged bytes of one connection, in order: what turns
 * "TCP acknowledged up to here" into "these stanzas are delivered", and what tells recovery where
 * each one begins.
 *
 * An entry is open until the record with its last byte has been given to TCP; open entries are
 * always the youngest. FIFO over chunks from one pool of the core.
 *
 * Runs on  the core that owns the connection.
 */
#ifndef DATAPLANE_CORE_LEDGER_H
#define DATAPLANE_CORE_LEDGER_H

#include "dataplane/core/parcel.h"

enum { LEDGER_CHUNK_ENTRIES = 31 };

struct ledger_entry {
	uint64_t start;    /* tcp_send() offset of the record its first byte is in */
	uint64_t end;      /* offset behind the record its last byte is in; 0 while open */
	uint32_t bytes;    /* of the stanza */
	uint16_t plain_at; /* its first byte within that record's plaintext */
	struct parcel_label label;
};

struct ledger_chunk {
	struct ledger_chunk *next;
	struct ledger_entry entry[LEDGER_CHUNK_ENTRIES];
};

struct ledger_pool {
	struct ledger_chunk *chunks, *free;
	uint32_t total, available;
};

struct ledger {
	struct ledger_chunk *first, *last;
	struct ledger_chunk
	    *open_chunk; /* the oldest open entry: meaningful while open_count > 0 */
	uint16_t open_at;
	uint16_t head, tail; /* next to pop in first, next free in last */
	uint32_t count, open_count;
};

MUST_USE bool ledger_pool_init(struct ledger_pool *p, uint32_t chunks);
void ledger_pool_fini(struct ledger_pool *p);

static inline bool ledger_has_room(const struct ledger *l, const struct ledger_pool *p)
{
	return p->available > 0 || (l->last != NULL && l->tail < LEDGER_CHUNK_ENTRIES);
}

/* Only where ledger_has_room(). */
void ledger_add(struct ledger *l, struct ledger_pool *p, const struct ledger_entry *e);
/* A record that ends at @end was given to TCP: open entries end there; the youngest stays open when
 * @keep_last. */
void ledger_seal(struct ledger *l, uint64_t end, bool keep_last);
/* NULL when empty. */
const struct ledger_entry *ledger_first(const struct ledger *l);
void ledger_pop(struct ledger *l, struct ledger_pool *p);

#endif
