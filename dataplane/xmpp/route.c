/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * route.c - the snapshot as an open-addressed table. Names come from the configuration alone, so
 * no peer can make a run of slots long; a table half empty keeps the runs short.
 */
#include <stdlib.h>
#include <string.h>

#include "dataplane/xmpp/route.h"

struct slot {
	uint32_t hash;
	uint32_t domain; /* index + 1; 0: empty */
};

struct route {
	uint32_t mask; /* of slots[], a power of two, less one */
	struct slot *slots;
	struct route_domain *domains;
};

/* Eight bytes a multiplication, as FNV-1a (Fowler, Noll, Vo) does with one: each waits for the one
 * before, and a stanza has two domains. */
static uint32_t hash_name(const char *name, size_t len)
{
	uint64_t h = UINT64_C(14695981039346656037) ^ len, word;

	for (; len >= sizeof(word); name += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, name, sizeof(word));
		h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	word = 0;
	for (size_t i = 0; i < len; i++)
		word = word << 8 | (uint8_t)name[i];
	h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(h ^ h >> 32);
}

/* The slot of @name, or the empty one where it belongs. */
static struct slot *probe(const struct route *r, const char *name, size_t len, uint32_t hash)
{
	uint32_t i = hash & r->mask;

	for (;; i = (i + 1) & r->mask) {
		struct slot *s = &r->slots[i];
		const struct route_domain *d;

		if (s->domain == 0)
			return s;
		d = &r->domains[s->domain - 1];
		if (s->hash == hash && memcmp(d->name, name, len) == 0 && d->name[len] == '\0')
			return s;
	}
}

static struct route *allocate(size_t count)
{
	struct route *r = calloc(1, sizeof(*r));
	size_t slots = 16;

	while (slots < 2 * count)
		slots *= 2;
	if (r == NULL)
		return NULL;
	r->mask = (uint32_t)(slots - 1);
	r->slots = calloc(slots, sizeof(*r->slots));
	r->domains = calloc(count + 1, sizeof(*r->domains));
	if (r->slots != NULL && r->domains != NULL)
		return r;
	route_free(r);
	return NULL;
}

struct route *route_make(const struct route_domain *domains, size_t count)
{
	struct route *r = allocate(count);

	if (r == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const size_t len = strnlen(domains[i].name, DOMAIN_TEXT_MAX);
		const uint32_t hash = hash_name(domains[i].name, len);
		struct slot *s = probe(r, domains[i].name, len, hash);

		if (s->domain != 0) {
			route_free(r);
			return NULL;
		}
		r->domains[i] = domains[i];
		*s = (struct slot){hash, (uint32_t)i + 1};
	}
	return r;
}

void route_free(struct route *r)
{
	if (r == NULL)
		return;
	free(r->domains);
	free(r->slots);
	free(r);
}

const struct route_domain *route_find(const struct route *r, const char *domain, size_t len)
{
	const struct slot *s;

	if (len > DOMAIN_TEXT_MAX)
		return NULL;
	s = probe(r, domain, len, hash_name(domain, len));
	return s->domain != 0 ? &r->domains[s->domain - 1] : NULL;
}
