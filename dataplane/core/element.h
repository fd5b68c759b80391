/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * element.h - one complete first-level element where it lies: what earlier reads left in a parcel,
 * then the end of it in the buffer at hand, with a text to be put in on the way.
 *
 * Runs on  any core. Borrows all it names.
 */
#ifndef DATAPLANE_CORE_ELEMENT_H
#define DATAPLANE_CORE_ELEMENT_H

#include <rte_mbuf.h>

#include "dataplane/base/base.h"

struct element {
	const struct rte_mbuf *carry; /* NULL: none */
	uint32_t carry_bytes;
	struct span tail;
	uint32_t insert_at; /* offset of @insert among the element's own bytes; < its length */
	struct span insert;
};

struct element_cursor {
	const struct rte_mbuf *m;
	uint32_t at, offset; /* within m, or within tail when m is NULL; bytes passed */
	bool inserted;
};

static inline uint32_t element_bytes(const struct element *e)
{
	return e->carry_bytes + (uint32_t)(e->tail.len + e->insert.len);
}

static inline struct element_cursor element_begin(const struct element *e)
{
	return (struct element_cursor){.m = e->carry, .inserted = e->insert.len == 0};
}

/* The next bytes in order; len 0 at the end. */
struct span element_next(const struct element *e, struct element_cursor *cursor);

/* The element's first bytes, @max at most, without what is inserted: borrowed or in @scratch. */
struct span element_head(const struct element *e, uint8_t *scratch, size_t max);

#endif
