/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bounce.h - the end of a stanza that cannot be delivered: an error stanza goes back the other way
 * of its pair where RFC 6120 8.3 and 10.4 allow one, or it is dropped and counted.
 *
 * Runs on  the core.
 */
#ifndef DATAPLANE_CORE_BOUNCE_H
#define DATAPLANE_CORE_BOUNCE_H

#include "dataplane/core/core_state.h"

/* Why, in both forms. */
struct bounce_reason {
	enum stanza_condition condition; /* where an error may be sent */
	enum drop drop;                  /* where not */
};

/* @s, accepted and labelled, ends here. */
void bounce_stanza(struct core *c, const struct stanza *s, const struct parcel_label *label,
		   struct bounce_reason why);
/* The same where no pair exists (unknown target): back on @k itself, where that may be sent to. */
void bounce_to(struct core *c, struct conn *k, const struct stanza *s,
	       const struct parcel_label *label, struct bounce_reason why);
/* A parked parcel, which stays the caller's. */
void bounce_parcel(struct core *c, struct rte_mbuf *parcel, enum stanza_condition condition,
		   enum drop drop);

#endif
