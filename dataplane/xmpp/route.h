/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * route.h - an immutable snapshot of who is who: domain name to id, side, partner and limits.
 * Control builds one from the configuration and publishes it; cores only read.
 *
 * Which stream serves a pair of domains is not here: that is the state of the core that has the
 * streams (core/link.h), told by orders.
 *
 * Runs on  route_make/route_free: control. route_find: any core.
 * Owns     route_make() allocates all; route_free() may run when every core has answered
 *          EVENT_ROUTES_IN_USE for a later snapshot.
 */
#ifndef DATAPLANE_XMPP_ROUTE_H
#define DATAPLANE_XMPP_ROUTE_H

#include "dataplane/base/base.h"
#include "dataplane/base/bounds.h"
#include "dataplane/base/ids.h"

enum route_side { ROUTE_LOCAL, ROUTE_REMOTE };

struct route_domain {
	char name[DOMAIN_TEXT_MAX + 1]; /* as jid_parse() folds it */
	struct domain_id id;
	enum route_side side;
	struct partner_id partner; /* ROUTE_REMOTE: which record; 0 for our own */
	uint32_t stanza_bytes_max;
};

/* What the domains of a stanza say of it, by the side it came from: its sender has to be of that
 * side, its receiver of the other. NULL: an unknown domain. */
enum route_verdict { ROUTE_PASSES, ROUTE_FROM_WRONG, ROUTE_TO_WRONG };

static inline enum route_verdict route_judge(enum route_side came_from,
					     const struct route_domain *from,
					     const struct route_domain *to)
{
	if (from == NULL || from->side != came_from)
		return ROUTE_FROM_WRONG;
	return to == NULL || to->side == came_from ? ROUTE_TO_WRONG : ROUTE_PASSES;
}

struct route;

/* Copies @domains. The same id may stand under several names (U-label, A-label). Returns NULL
 * without memory or when a name occurs twice. */
MUST_USE struct route *route_make(const struct route_domain *domains, size_t count);
void route_free(struct route *r);

/* Borrowed from the snapshot, or NULL. Cost: one hash of the name, one or two lines. */
const struct route_domain *route_find(const struct route *r, const char *domain, size_t len);

#endif
