/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * account.h - the law of conservation (design.md 4), entered at the places where it happens.
 *
 * accepted counts a stanza that passed the checks of its stream and was taken: to be relayed,
 * bounced or answered. One that ends its stream instead (wrong from, no address) is in the drops
 * alone: the relay never took it. Each accepted stanza leaves by exactly one of delivered,
 * answered, bounced, dropped. held is counted apart, by the queues and ledgers that stanzas enter
 * and leave, so that the law can fail.
 *
 * Runs on  the core.
 */
#ifndef DATAPLANE_CORE_ACCOUNT_H
#define DATAPLANE_CORE_ACCOUNT_H

#include "dataplane/core/core_state.h"

#define ACCOUNT(name)                                                                              \
	static inline void account_##name(struct core *c, struct partner_id partner)               \
	{                                                                                          \
		stat_add(&c->stats.law.name, 1);                                                   \
		stat_add(&c->stats.partner[partner.n].law.name, 1);                                \
	}
ACCOUNT(accepted)
ACCOUNT(delivered)
ACCOUNT(answered)
ACCOUNT(bounced)
ACCOUNT(dropped)
ACCOUNT(came)
ACCOUNT(went)
#undef ACCOUNT

/* A parcel or ledger entry begins, or ceases, to hold a stanza. */
static inline void account_hold(struct core *c, const struct parcel_label *label)
{
	if (label->kind != PARCEL_STANZA)
		return;
	stat_add(&c->stats.law.held, 1);
	stat_add(&c->stats.partner[label->partner.n].law.held, 1);
}

static inline void account_release(struct core *c, const struct parcel_label *label)
{
	if (label->kind != PARCEL_STANZA)
		return;
	stat_sub(&c->stats.law.held, 1);
	stat_sub(&c->stats.partner[label->partner.n].law.held, 1);
}

/* A stanza leaves for another core, or comes from one. */
static inline void account_leave(struct core *c, const struct parcel_label *label)
{
	account_release(c, label);
	if (label->kind == PARCEL_STANZA)
		account_went(c, label->partner);
	stat_add(&c->stats.stanzas_crossed, 1);
}

static inline void account_arrive(struct core *c, const struct parcel_label *label)
{
	if (label->kind == PARCEL_STANZA)
		account_came(c, label->partner);
	account_hold(c, label);
}

/* What is lost for good: a stanza is dropped by law as @why, a bounce only counted. */
static inline void account_lost(struct core *c, const struct parcel_label *label, enum drop why)
{
	if (label->kind == PARCEL_STANZA) {
		core_drop(c, why);
		account_dropped(c, label->partner);
	} else if (label->kind == PARCEL_BOUNCE) {
		core_drop(c, DROP_BOUNCE_NO_LINK);
	}
}

#endif
