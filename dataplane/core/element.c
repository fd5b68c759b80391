/* SPDX-License-Identifier: BSD-3-Clause */
/* element.c - the bytes of one element, one stretch after the other. */
#include <string.h>

#include "dataplane/core/element.h"

/* What lies at the cursor, without regard to the insertion. */
static struct span here(const struct element *e, struct element_cursor *cursor)
{
	while (cursor->m != NULL && cursor->at == cursor->m->data_len) {
		cursor->m = cursor->m->next;
		cursor->at = 0;
	}
	if (cursor->m != NULL)
		return (struct span){
		    rte_pktmbuf_mtod_offset(cursor->m, const uint8_t *, cursor->at),
		    cursor->m->data_len - cursor->at};
	return (struct span){e->tail.at + cursor->at, e->tail.len - cursor->at};
}

struct span element_next(const struct element *e, struct element_cursor *cursor)
{
	struct span s = here(e, cursor);

	if (!cursor->inserted) {
		if (cursor->offset == e->insert_at) {
			cursor->inserted = true;
			return e->insert;
		}
		s.len = min_size(s.len, e->insert_at - cursor->offset);
	}
	cursor->at += (uint32_t)s.len;
	cursor->offset += (uint32_t)s.len;
	return s;
}

struct span element_head(const struct element *e, uint8_t *scratch, size_t max)
{
	const struct element bare = {e->carry, e->carry_bytes, e->tail, 0, {NULL, 0}};
	struct element_cursor cursor = element_begin(&bare);
	struct span s = here(&bare, &cursor);
	size_t at = 0;

	if (s.len >= max || s.len == element_bytes(&bare))
		return (struct span){s.at, min_size(s.len, max)};
	while (at < max && (s = element_next(&bare, &cursor)).len > 0) {
		const size_t n = min_size(s.len, max - at);

		memcpy(scratch + at, s.at, n);
		at += n;
	}
	return (struct span){scratch, at};
}
