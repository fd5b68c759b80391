/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * link.h - the way of a pair's stanzas in one direction: the streams that may carry them, the
 * stanzas parked until one can, the sources that wait.
 *
 * Streams are used in the order they were granted, the first alone while it lives: RFC 6120 10.1
 * wants the order of a pair kept. Towards the edge the queue is bounded and then bounces; towards
 * the inside a full queue parks the source, whose TCP window then closes by itself.
 *
 * Runs on  the core that owns the table.
 */
#ifndef DATAPLANE_CORE_LINK_H
#define DATAPLANE_CORE_LINK_H

#include "dataplane/core/conn.h"
#include "dataplane/core/element.h"
#include "dataplane/core/parcel.h"

enum link_state {
	LINK_NONE,   /* no stream, nobody asked */
	LINK_WANTED, /* control knows; MSG_GRANT or MSG_LINK_FAILED will answer */
	LINK_UP,
};

struct link {
	struct link *hash_next;
	struct pair pair;
	uint8_t toward; /* enum toward */
	uint8_t state;  /* enum link_state */
	bool is_later;  /* in the core's list: link_pump() is due */
	struct grant_queue streams;
	struct parcel_queue parked;
	struct conn_queue sources; /* parked on this link */
	struct conn *blocked_on;   /* in its list */
	TAILQ_ENTRY(link) blocked, later;
};

struct link_table {
	struct link *links, *free, **buckets;
	uint32_t mask, total, available;
};

MUST_USE bool link_table_init(struct link_table *t, uint32_t capacity);
void link_table_fini(struct link_table *t);

/* NULL when there is none. */
struct link *link_find(const struct link_table *t, struct pair pair, enum toward toward);
/* As link_find(), or a new one; NULL when the table is full. */
struct link *link_take(struct link_table *t, struct pair pair, enum toward toward);

enum link_result {
	LINK_SENT,      /* written, or parked within bounds */
	LINK_SENT_FULL, /* the same, and the source had better stop (towards the inside) */
	LINK_ERR_FULL,  /* not taken: the bound is reached */
	LINK_ERR_MEMORY,
};

/* One stanza, copied. After an error @l may be gone. Bounces made here (PARCEL_BOUNCE) are bounded
 * in both directions. */
MUST_USE enum link_result link_send(struct core *c, struct link *l, const struct element *e,
				    const struct parcel_label *label);
/* @g has TO_PEER from now on, or no longer. False when the table is full. */
MUST_USE bool link_attach(struct core *c, struct grant *g, enum toward toward);
void link_detach(struct core *c, struct grant *g);
/* A grant that control took for the answer has come to nothing: what waits asks once more. */
void link_ask_again(struct core *c, struct pair pair);
/* One recovered parcel goes to the front of what is parked: call it with the youngest first. */
void link_return(struct core *c, struct rte_mbuf *parcel);
/* No stream can be had: what is parked bounces with @condition, or is dropped as @drop where it
 * must not. */
void link_fail(struct core *c, struct link *l, enum stanza_condition condition, enum drop drop);
/* The connection reads nothing until the link wakes it. */
void link_park(struct core *c, struct link *l, struct conn *source);
/* Room has grown at @k: the links that wait for it go on. */
void link_wake_blocked(struct core *c, struct conn *k);
/* Sends what is parked as far as the streams take it, or asks for a stream: for each link that has
 * changed since the last call. */
void link_run_later(struct core *c);
/* Back to the table when nothing hangs on it. */
void link_tidy(struct core *c, struct link *l);

#endif
