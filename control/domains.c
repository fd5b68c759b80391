/* SPDX-License-Identifier: BSD-3-Clause */
/* domains.c - names to numbers that never change, and the route snapshot of a configuration. */
#include <idn2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/domains.h"

enum { SLOTS = 4 * DOMAINS_MAX }; /* open addressing, a quarter full at most */

_Static_assert(DOMAINS_MAX < UINT16_MAX - 1, "DOMAIN_ANY and DOMAIN_NONE are no domain's");
_Static_assert((SLOTS & (SLOTS - 1)) == 0, "the hash is cut by a mask");

struct domains {
	char *names[DOMAINS_MAX];
	uint16_t partner[DOMAINS_MAX]; /* of a primary domain: its record's number, 0 for none */
	uint16_t slots[SLOTS];         /* id plus one, 0 is free */
	uint16_t count, partners;
};

struct domains *domains_make(void)
{
	return calloc(1, sizeof(struct domains));
}

void domains_free(struct domains *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->count; i++)
		free(d->names[i]);
	free(d);
}

/* Only configured names come here, so nobody steers the hash. */
static uint32_t hash_of(const char *name)
{
	uint32_t h = UINT32_C(0x811c9dc5); /* FNV-1a, 32 bits */

	for (; *name != '\0'; name++)
		h = (h ^ (uint8_t)*name) * UINT32_C(0x01000193);
	return h;
}

/* The slot of @name, or the free one where it belongs. */
static uint16_t *slot_of(struct domains *d, const char *name)
{
	uint32_t at = hash_of(name) & (SLOTS - 1);

	while (d->slots[at] != 0 && strcmp(d->names[d->slots[at] - 1], name) != 0)
		at = (at + 1) & (SLOTS - 1);
	return &d->slots[at];
}

struct domain_id domains_id(struct domains *d, const char *name)
{
	uint16_t *slot = slot_of(d, name);

	if (*slot != 0)
		return (struct domain_id){(uint16_t)(*slot - 1)};
	if (d->count >= DOMAINS_MAX)
		return DOMAIN_NONE;
	d->names[d->count] = strdup(name);
	if (d->names[d->count] == NULL)
		return DOMAIN_NONE;
	*slot = ++d->count;
	return (struct domain_id){(uint16_t)(*slot - 1)};
}

const char *domains_name(const struct domains *d, struct domain_id id)
{
	return id.n < d->count ? d->names[id.n] : "";
}

struct partner_id domains_partner_id(struct domains *d, const char *primary)
{
	const struct domain_id id = domains_id(d, primary);

	if (id.n >= d->count)
		return (struct partner_id){0};
	if (d->partner[id.n] == 0 && d->partners < PARTNERS_MAX - 1)
		d->partner[id.n] = ++d->partners;
	return (struct partner_id){d->partner[id.n]};
}

struct draft {
	struct domains *domains;
	struct route_domain *rows;
	size_t count;
	uint32_t stanza_bytes_max;
	bool good;
};

/* One name under its A-label, and under its U-label where that is another. */
static void add(struct draft *r, const char *name, enum route_side side, struct partner_id partner)
{
	const struct domain_id id = domains_id(r->domains, name);
	struct route_domain *row = &r->rows[r->count];
	char *unicode = NULL;

	if (id.n == DOMAIN_NONE.n) {
		r->good = false;
		return;
	}
	*row = (struct route_domain){
	    .id = id, .side = side, .partner = partner, .stanza_bytes_max = r->stanza_bytes_max};
	(void)snprintf(row->name, sizeof(row->name), "%s", name);
	r->count++;
	if (strstr(name, "xn--") == NULL ||
	    idn2_to_unicode_8z8z(name, &unicode, IDN2_NONTRANSITIONAL) != IDN2_OK)
		return;
	if (strcmp(unicode, name) != 0 && strlen(unicode) <= DOMAIN_TEXT_MAX) {
		row[1] = row[0];
		(void)snprintf(row[1].name, sizeof(row[1].name), "%s", unicode);
		r->count++;
	}
	idn2_free(unicode);
}

static size_t list_length(char *const *list)
{
	size_t n = 0;

	while (list != NULL && list[n] != NULL)
		n++;
	return n;
}

static void add_partner(struct draft *r, struct partner *p)
{
	const size_t more = list_length(p->additional_domains);

	p->id = domains_partner_id(r->domains, p->domain);
	add(r, p->domain, ROUTE_REMOTE, p->id);
	for (size_t i = 0; i < more; i++)
		add(r, p->additional_domains[i], ROUTE_REMOTE, p->id);
}

struct route *domains_route(struct domains *d, const struct config *config)
{
	const struct policy *p = config->policy;
	const size_t locals = list_length(p->local_domains);
	struct draft r = {
	    .domains = d, .stanza_bytes_max = p->limits.stanza_bytes_max, .good = true};
	struct route *route = NULL;
	size_t names = locals;

	for (size_t i = 0; i < p->partner_count; i++)
		names += 1 + list_length(p->partners[i].additional_domains);
	r.rows = calloc(2 * names + 1, sizeof(*r.rows));
	if (r.rows == NULL)
		return NULL;
	for (size_t i = 0; i < locals; i++)
		add(&r, p->local_domains[i], ROUTE_LOCAL, (struct partner_id){0});
	for (size_t i = 0; i < p->partner_count; i++)
		add_partner(&r, &p->partners[i]);
	if (r.good)
		route = route_make(r.rows, r.count);
	free(r.rows);
	return route;
}
