/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ids.h - the names by which things are known across cores. A handle names its core, and a
 * generation tells a slot's present tenant from the one before it, so a late order hurts nobody.
 */
#ifndef DATAPLANE_BASE_IDS_H
#define DATAPLANE_BASE_IDS_H

#include "dataplane/base/base.h"

/* The two interfaces of the edge (design.md 1). */
enum iface { IFACE_EDGE, IFACE_INTERNAL, IFACE_COUNT };

/* One connection on one core. The all-zero id is never given out: generations start at 1. */
struct conn_id {
	uint32_t slot;
	uint32_t generation;
	uint16_t core;
};

/*
 * One DNS domain, ours or a partner's. Control gives each name a number once in the life of the
 * process, so an id means the same in every snapshot.
 */
struct domain_id {
	uint16_t n;
};

#define DOMAIN_NONE ((struct domain_id){UINT16_MAX})
/* In a grant only: every partner domain (what a gateway may send to). */
#define DOMAIN_ANY ((struct domain_id){UINT16_MAX - 1})

/* One partner record of the configuration; 0 is no partner (the organisation's own side). */
struct partner_id {
	uint16_t n;
};

/* Which way stanzas of a pair of domains flow: to the partner, or to the internal gateway. */
enum toward { TOWARD_EDGE, TOWARD_INTERNAL, TOWARD_COUNT };

static inline bool conn_id_equal(struct conn_id a, struct conn_id b)
{
	return a.slot == b.slot && a.generation == b.generation && a.core == b.core;
}

static inline bool domain_equal(struct domain_id a, struct domain_id b)
{
	return a.n == b.n;
}

#endif
