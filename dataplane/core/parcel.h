/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * parcel.h - bytes that wait to be sent: one stanza, or bytes of control, as an mbuf chain with its
 * label in the private area of the first mbuf; and queues of such.
 *
 * Runs on  the core that owns the queue.
 * Owns     a parcel is owned by the queue it is in, or by whoever took it out.
 */
#ifndef DATAPLANE_CORE_PARCEL_H
#define DATAPLANE_CORE_PARCEL_H

#include <rte_mbuf.h>

#include "dataplane/base/ids.h"
#include "dataplane/core/msg.h"

enum parcel_kind {
	PARCEL_CONTROL, /* control's bytes, key updates aside; nobody counts them */
	PARCEL_STANZA,  /* accepted: part of the law */
	PARCEL_BOUNCE,  /* an error stanza made here: recovered like a stanza, outside the law */
};

/* What a stanza is called by while it waits and until it is acknowledged. */
struct parcel_label {
	struct pair pair;
	struct partner_id partner;
	uint8_t kind;   /* enum parcel_kind */
	uint8_t toward; /* enum toward */
	bool is_raw; /* PARCEL_CONTROL given before the transport was SECURE: goes out unsealed */
	bool maybe_twice; /* part of it has been sent before, on a stream that died */
	uint8_t
	    origin;   /* 0: of this core; n: core n - 1 sends it by a stream of this one (via.h) */
	bool is_owed; /* and has to be told when it is taken */
	uint8_t stanza; /* enum stanza_kind of a PARCEL_STANZA */
	uint8_t sample; /* sample.h: 0 for all but a few */
};

struct parcel {
	struct rte_mbuf *next;   /* in its queue */
	struct rte_mbuf *last;   /* of the chain */
	struct rte_mbuf *cursor; /* next byte to be sent: while a connection writes it */
	uint32_t cursor_at;
	uint32_t bytes; /* of the whole chain */
	struct parcel_label label;
};

/* A sealed or plain record that TCP keeps: what record_recover() needs to know of it. */
struct parcel_record {
	uint64_t seq;
	uint32_t epoch;
	bool is_sealed;
};

/* Private area of each mbuf that carries XMPP bytes: the core's own pool and the inbox's. */
union parcel_private {
	struct parcel parcel;
	struct parcel_record record;
};
#define PARCEL_PRIVATE_BYTES RTE_ALIGN(sizeof(union parcel_private), RTE_MBUF_PRIV_ALIGN)

static inline struct parcel *parcel_of(struct rte_mbuf *m)
{
	return &((union parcel_private *)rte_mbuf_to_priv(m))->parcel;
}

static inline struct parcel_record *parcel_record_of(struct rte_mbuf *m)
{
	return &((union parcel_private *)rte_mbuf_to_priv(m))->record;
}

/* An empty parcel, or NULL. */
MUST_USE struct rte_mbuf *parcel_make(struct rte_mempool *pool);
/* Makes a chain that somebody else built (inbox_wrap()) a parcel. */
void parcel_adopt(struct rte_mbuf *chain);
/* False without memory: then @m holds less than all, free it. */
MUST_USE bool parcel_append(struct rte_mbuf *m, struct rte_mempool *pool, struct span bytes);
/* The bytes at the cursor that lie together; empty at the end. */
struct span parcel_peek(struct rte_mbuf *m);
void parcel_skip(struct rte_mbuf *m, uint32_t n);
void parcel_free(struct rte_mbuf *m);
/* Up to @max first bytes of @m, together: borrowed from @m or gathered in @scratch. */
struct span parcel_head(const struct rte_mbuf *m, uint8_t *scratch, size_t max);

struct parcel_queue {
	struct rte_mbuf *first, *last;
	uint32_t count, bytes; /* of a pair, or a connection: bounded far below */
};

void parcel_push(struct parcel_queue *q, struct rte_mbuf *m);
void parcel_push_front(struct parcel_queue *q, struct rte_mbuf *m);
/* NULL when empty. */
struct rte_mbuf *parcel_pop(struct parcel_queue *q);

#endif
