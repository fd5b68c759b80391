/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_source.c - counts of unauthenticated connections by source: linear probing, removal by moving
 * back what comes behind. */
#include <rte_malloc.h>

#include "dataplane/tcp/tcp_conn.h"

bool tcp_source_init(struct tcp *t)
{
	struct tcp_sources *s = &t->sources;

	*s = (struct tcp_sources){.limit = min_u32(t->setup.untrusted_per_source, UINT8_MAX)};
	if (s->limit == 0)
		return true;
	s->size = t->setup.conns + t->setup.conns / 4 + 1;
	s->key = tcp_secret(t, "sources");
	s->entry = rte_zmalloc("tcp_sources", s->size * sizeof(*s->entry), CACHE_LINE);
	return s->entry != NULL;
}

void tcp_source_fini(struct tcp *t)
{
	rte_free(t->sources.entry);
}

static bool is_empty(const struct tcp_source *e)
{
	return e->half_open == 0 && e->untrusted == 0;
}

static uint64_t tag_of(const struct tcp_sources *s, const struct ip_addr *remote)
{
	const size_t bytes = addr_is_v4(remote) ? sizeof(remote->b) : sizeof(remote->b) / 2;

	return keyed_hash(&s->key, remote->b, bytes) >> 16;
}

/* Where the entry of @tag, 48 bits, would best be. */
static uint32_t home_of(const struct tcp_sources *s, uint64_t tag)
{
	return (uint32_t)((tag >> 16) * s->size >> 32);
}

static uint32_t step(const struct tcp_sources *s, uint32_t at)
{
	return at + 1 < s->size ? at + 1 : 0;
}

/* Steps from @from to @to. */
static uint32_t steps(const struct tcp_sources *s, uint32_t from, uint32_t to)
{
	return to >= from ? to - from : to + s->size - from;
}

/* The entry of @tag, or the empty one where it would be. Ends: a fifth of them are empty. */
static uint32_t seek(const struct tcp_sources *s, uint64_t tag)
{
	uint32_t at = home_of(s, tag);

	while (!is_empty(&s->entry[at]) && s->entry[at].tag != tag)
		at = step(s, at);
	return at;
}

bool tcp_source_may_begin(const struct tcp *t, const struct ip_addr *remote)
{
	const struct tcp_sources *s = &t->sources;
	const struct tcp_source *e;

	if (s->entry == NULL)
		return true;
	e = &s->entry[seek(s, tag_of(s, remote))];
	return (uint32_t)e->half_open + e->untrusted < s->limit;
}

bool tcp_source_may_establish(const struct tcp *t, const struct ip_addr *remote)
{
	const struct tcp_sources *s = &t->sources;

	return s->entry == NULL || s->entry[seek(s, tag_of(s, remote))].untrusted < s->limit;
}

void tcp_source_add(struct tcp *t, const struct ip_addr *remote, enum tcp_source_phase phase)
{
	struct tcp_sources *s = &t->sources;
	struct tcp_source *e;
	uint64_t tag;

	if (s->entry == NULL)
		return;
	tag = tag_of(s, remote);
	e = &s->entry[seek(s, tag)];
	if (is_empty(e)) {
		e->tag = tag & ((UINT64_C(1) << 48) - 1);
		s->used++;
	}
	if (phase == TCP_SOURCE_HALF_OPEN)
		e->half_open++;
	else
		e->untrusted++;
}

/* The entry at @hole is empty now: whoever passed it on the way to his own place moves there. */
static void close_hole(struct tcp_sources *s, uint32_t hole)
{
	uint32_t at = hole;

	for (;;) {
		at = step(s, at);
		if (is_empty(&s->entry[at]))
			return;
		if (steps(s, home_of(s, s->entry[at].tag), at) < steps(s, hole, at))
			continue; /* begins behind the hole */
		s->entry[hole] = s->entry[at];
		s->entry[at] = (struct tcp_source){0};
		hole = at;
	}
}

void tcp_source_remove(struct tcp *t, const struct ip_addr *remote, enum tcp_source_phase phase)
{
	struct tcp_sources *s = &t->sources;
	struct tcp_source *e;
	uint32_t at;

	if (s->entry == NULL)
		return;
	at = seek(s, tag_of(s, remote));
	e = &s->entry[at];
	if (phase == TCP_SOURCE_HALF_OPEN)
		e->half_open--;
	else
		e->untrusted--;
	if (!is_empty(e))
		return;
	s->used--;
	close_hole(s, at);
}
