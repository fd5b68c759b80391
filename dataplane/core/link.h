/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * link.h - the way of a pair's stanzas in one direction: the streams that may carry them, the
 * stanzas parked until one can, the sources that wait.
 *
 * Streams are used in the order they were granted, the first alone while it lives: RFC 6120 10.1
 * wants the order of a pair kept. For the same reason the next stream waits until the one before
 * has settled what it had of the pair, at most for the time that a close may take. Towards the edge
 * the queue is bounded and then bounces; towards the inside a full queue parks the source, whose
 * TCP window then closes by itself.
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
	LINK_WANTED, /* control knows; MSG_GRANT, MSG_LINK_VIA or MSG_LINK_FAILED will answer */
	LINK_UP,
	LINK_VIA,       /* by a stream of core `via` (via.h) */
	LINK_RETURNING, /* that stream is lost: what it has not sent is on its way back */
};

struct link {
	struct link *hash_next;
	struct pair pair;
	uint32_t via_count; /* stanzas with core `via` that are not taken yet */
	uint32_t via_bytes; /* theirs; counts round towards the edge, where nobody asks */
	uint16_t fed_by, told_lost, flushing; /* a bit a core that sends by this link's streams */
	uint8_t toward;                       /* enum toward */
	uint8_t state;                        /* enum link_state */
	uint8_t via, lost_by; /* a core; a core + 1, told to control with the next wish */
	bool is_later : 1;    /* in the core's list: link_pump() is due */
	bool is_starved : 1;  /* no credit on the lane to `via`: in its list, by `blocked` */
	bool flush_due : 1;   /* RETURNING: CROSSING_FLUSH is still to be sent */
	struct grant_queue streams;
	struct parcel_queue parked;
	struct conn_queue sources; /* parked on this link */
	struct conn *blocked_on;   /* in its list */
	/* The stream before the present one, while stanzas of this pair on it may yet come back:
	 * until it has settled @drain_to of all it ever had nothing is sent. In its list. */
	struct conn *draining;
	uint64_t drain_to;
	TAILQ_ENTRY(link) blocked;
	STAILQ_ENTRY(link) later, of_draining;
};

_Static_assert(sizeof(struct link) <= 144, "part of what an idle stream costs");

struct link_table {
	struct link *links, *free, **buckets;
	struct parcel_queue *returned; /* by link; NULL where there is one core alone */
	uint32_t mask, total, available;
};

/* RETURNING: what has come back so far. NULL where nothing ever does. */
static inline struct parcel_queue *link_returned(const struct link_table *t, const struct link *l)
{
	return t->returned != NULL ? &t->returned[l - t->links] : NULL;
}

/* @has_others: stanzas may go by other cores. */
MUST_USE bool link_table_init(struct link_table *t, uint32_t capacity, bool has_others);
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
/* The connection reads nothing until the link wakes it; the time counts as @partner's. */
void link_park(struct core *c, struct link *l, struct conn *source, struct partner_id partner);
/* A parcel that another core sends by a stream of this one. False, the parcel still the caller's,
 * at the bound of a pair whose source cannot be held. */
MUST_USE bool link_take_parcel(struct core *c, struct link *l, struct rte_mbuf *m);
/* Stanzas of @k are settled, or all of them recovered: links that it has left may go on. */
void link_on_settled(struct core *c, struct conn *k);
void link_on_recovered(struct core *c, struct conn *k);
/* It has changed: link_run_later() looks at it. */
void link_do_later(struct core *c, struct link *l);
/* Room has grown at @k: the links that wait for it go on. */
void link_wake_blocked(struct core *c, struct conn *k);
/* Sends what is parked as far as the streams take it, or asks for a stream: for each link that has
 * changed since the last call. */
void link_run_later(struct core *c);
/* Back to the table when nothing hangs on it. */
void link_tidy(struct core *c, struct link *l);

#endif
