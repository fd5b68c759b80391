/* SPDX-License-Identifier: BSD-3-Clause */
/* bounce.c - error stanzas and the stanzas they answer. */
#include "dataplane/core/bounce.h"
#include "dataplane/core/account.h"
#include "dataplane/core/output.h"

/* The error stanza in c->made, length 0 when none may be sent; the original's share of the law. */
static struct span settle(struct core *c, const struct stanza *s, const struct parcel_label *label,
			  struct bounce_reason why)
{
	const int len = stanza_bounce(s, why.condition, c->made, sizeof(c->made));

	if (len <= 0) {
		account_lost(c, label, why.drop);
		return (struct span){NULL, 0};
	}
	account_bounced(c, label->partner);
	return (struct span){c->made, (size_t)len};
}

static struct parcel_label label_back(const struct parcel_label *label)
{
	struct parcel_label back = *label;

	back.kind = PARCEL_BOUNCE;
	back.toward = label->toward == TOWARD_EDGE ? TOWARD_INTERNAL : TOWARD_EDGE;
	back.maybe_twice = back.is_owed = false;
	back.origin = back.sample = 0;
	return back;
}

void bounce_stanza(struct core *c, const struct stanza *s, const struct parcel_label *label,
		   struct bounce_reason why)
{
	const struct element error = {.tail = settle(c, s, label, why)};
	const struct parcel_label back = label_back(label);
	struct link *l;
	enum link_result result = LINK_ERR_FULL;

	if (error.tail.len == 0)
		return;
	l = link_take(&c->links, back.pair, (enum toward)back.toward);
	if (l != NULL)
		result = link_send(c, l, &error, &back);
	if (result == LINK_SENT || result == LINK_SENT_FULL)
		stat_add(&c->stats.bounces_sent, 1);
	else
		core_drop(c, DROP_BOUNCE_NO_LINK);
}

static bool may_send_to(const struct conn *k)
{
	const struct grant *g;

	LIST_FOREACH(g, &k->grants, of_conn)
	if (g->link != NULL)
		return true;
	return false;
}

void bounce_to(struct core *c, struct conn *k, const struct stanza *s,
	       const struct parcel_label *label, struct bounce_reason why)
{
	const struct element error = {.tail = settle(c, s, label, why)};
	const struct parcel_label back = label_back(label);

	if (error.tail.len == 0)
		return;
	if (may_send_to(k) && output_element(c, k, &error, &back))
		stat_add(&c->stats.bounces_sent, 1);
	else
		core_drop(c, DROP_BOUNCE_NO_LINK);
}

void bounce_parcel(struct core *c, struct rte_mbuf *parcel, enum stanza_condition condition,
		   enum drop drop)
{
	const struct parcel_label *label = &parcel_of(parcel)->label;
	const struct span head = parcel_head(parcel, c->head, sizeof(c->head));
	struct stanza s;

	if (label->kind == PARCEL_STANZA && stanza_parse(head, &c->bare_root, &s) &&
	    s.kind != STANZA_OTHER)
		bounce_stanza(c, &s, label, (struct bounce_reason){condition, drop});
	else
		account_lost(c, label, drop);
}
