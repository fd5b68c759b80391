/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * grant.h - what control has authorised: (connection, pair) to GRANT_* bits and partner.
 *
 * Chained hash over a fixed array; each grant is also in its connection's list and, with
 * GRANT_TO_PEER, in its link's.
 *
 * Runs on  the core that owns the table.
 */
#ifndef DATAPLANE_CORE_GRANT_H
#define DATAPLANE_CORE_GRANT_H

#include <sys/queue.h>

#include "dataplane/core/msg.h"

struct link;

struct grant {
	struct grant *hash_next;
	LIST_ENTRY(grant) of_conn;
	TAILQ_ENTRY(grant) of_link;
	struct link *link; /* not NULL: in its list of streams */
	uint32_t slot;     /* of the connection */
	struct pair pair;
	struct partner_id partner;
	uint8_t bits;
};

LIST_HEAD(grant_list, grant);
TAILQ_HEAD(grant_queue, grant);

struct grant_table {
	struct grant *grants, *free, **buckets;
	uint32_t mask, total, available;
};

MUST_USE bool grant_table_init(struct grant_table *t, uint32_t capacity);
void grant_table_fini(struct grant_table *t);

struct grant *grant_find(const struct grant_table *t, uint32_t slot, struct pair pair);
/* The grant that is there, or a new one without bits; NULL when the table is full. */
struct grant *grant_take(struct grant_table *t, struct grant_list *of_conn, uint32_t slot,
			 struct pair pair);
/* Not in a link's list any more. */
void grant_give(struct grant_table *t, struct grant *g);

#endif
