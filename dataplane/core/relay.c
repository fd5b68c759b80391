/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * relay.c - the rules for one stanza. On the edge the pair (to, from) must be granted on the stream
 * it came on (RFC 6120 8.1.1.2, 8.1.2.2). A gateway's stream is trusted with all partners: what
 * counts is its `from`, and it is routed by its `to`, never by the stream's, since real servers
 * answer down whatever stream is there (facts.md 3.2).
 */
#include <string.h>

#include "dataplane/core/account.h"
#include "dataplane/core/bounce.h"
#include "dataplane/core/relay.h"
#include "dataplane/xmpp/jid.h"

#define PROBE_ID "sluice-probe-"

/* One stanza on its way through the rules. */
struct letter {
	struct element element;
	struct stanza stanza;
	const struct route_domain *from, *to; /* NULL: unknown domain */
	bool is_to_bare_domain;
	struct parcel_label label;
};

static bool find_domain(const struct core *c, struct span raw, const struct route_domain **out,
			bool *is_bare_domain)
{
	struct jid jid;

	if (raw.at == NULL || !jid_parse(raw, &jid))
		return false;
	*out = route_find(c->routes, jid.domain, jid.domain_len);
	*is_bare_domain = jid.local.len == 0 && jid.resource.len == 0;
	return true;
}

static bool is_granted(const struct core *c, const struct conn *k, struct pair pair)
{
	const struct grant *g = grant_find(&c->grants, k->id.slot, pair);

	return g != NULL && (g->bits & GRANT_FROM_PEER) != 0;
}

/* A gateway may send from @local, to whomever. */
static bool is_local_granted(const struct core *c, const struct conn *k, struct domain_id local)
{
	const struct grant *g;

	if (is_granted(c, k, (struct pair){local, DOMAIN_ANY}))
		return true;
	LIST_FOREACH(g, &k->grants, of_conn)
	if (domain_equal(g->pair.local, local) && (g->bits & GRANT_FROM_PEER) != 0)
		return true;
	return false;
}

static bool span_is(struct span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

/* The answer to a probe that the relay sent in the name of a local domain (XEP-0199). */
static bool is_answer(const struct letter *x)
{
	const struct stanza *s = &x->stanza;

	return s->kind == STANZA_IQ && x->is_to_bare_domain && s->type.at != NULL &&
	       (span_is(s->type, "result") || span_is(s->type, "error")) && s->id.at != NULL &&
	       s->id.len > strlen(PROBE_ID) && memcmp(s->id.at, PROBE_ID, strlen(PROBE_ID)) == 0;
}

/* Which ping it answers; control looks for its own (stats.h). A number too long to be one counts as
 * 0, which none has. */
static uint64_t ping_number(struct span id)
{
	uint64_t n = 0;

	for (size_t i = strlen(PROBE_ID); i < id.len; i++) {
		if (id.at[i] < '0' || id.at[i] > '9' || n > UINT32_MAX)
			return 0;
		n = n * 10 + (uint64_t)(id.at[i] - '0');
	}
	return n;
}

/* Counted as taken from @k from here on. */
static void accept_letter(struct core *c, struct conn *k, const struct letter *x)
{
	struct partner_stats *partner = &c->stats.partner[x->label.partner.n];

	account_accepted(c, x->label.partner);
	stat_add(&k->view.stanzas_in, 1);
	if (k->iface == IFACE_EDGE) {
		stat_add(&partner->stanzas_in[x->stanza.kind - STANZA_MESSAGE], 1);
		stat_add(&partner->bytes_in,
			 element_bytes(&x->element) - (uint32_t)x->element.insert.len);
	}
}

static void take_answer(struct core *c, struct conn *k, const struct letter *x)
{
	accept_letter(c, k, x);
	account_answered(c, x->label.partner);
	stat_set(&c->stats.ping_answered[x->label.partner.n], ping_number(x->stanza.id));
}

static void forward(struct core *c, struct conn *k, struct letter *x)
{
	struct link *l = link_take(&c->links, x->label.pair, (enum toward)x->label.toward);
	struct bounce_reason why = {STANZA_RESOURCE_CONSTRAINT, DROP_STANZA_NO_MEMORY};

	accept_letter(c, k, x);
	x->label.sample = sample_begin(&c->samples, c->now_us);
	if (l != NULL)
		switch (link_send(c, l, &x->element, &x->label)) {
		case LINK_SENT:
			return;
		case LINK_SENT_FULL:
			link_park(c, l, k, x->label.partner);
			return;
		case LINK_ERR_FULL:
			why.drop = DROP_STANZA_QUEUE_FULL;
			break;
		case LINK_ERR_MEMORY:
			break;
		}
	bounce_stanza(c, &x->stanza, &x->label, why);
}

/* DROP_COUNT: taken. */
static enum drop from_edge(struct core *c, struct conn *k, struct letter *x)
{
	switch (route_judge(ROUTE_REMOTE, x->from, x->to)) {
	case ROUTE_FROM_WRONG:
		return DROP_STANZA_INVALID_FROM;
	case ROUTE_TO_WRONG:
		return DROP_STANZA_HOST_UNKNOWN;
	case ROUTE_PASSES:
		break;
	}
	x->label.pair = (struct pair){x->to->id, x->from->id};
	x->label.partner = x->from->partner;
	x->label.toward = TOWARD_INTERNAL;
	if (!is_granted(c, k, x->label.pair))
		return DROP_STANZA_INVALID_FROM;
	if (is_answer(x)) {
		take_answer(c, k, x);
		return DROP_COUNT;
	}
	forward(c, k, x);
	return DROP_COUNT;
}

static enum drop from_inside(struct core *c, struct conn *k, struct letter *x)
{
	const enum route_verdict verdict = route_judge(ROUTE_LOCAL, x->from, x->to);

	if (verdict == ROUTE_FROM_WRONG || !is_local_granted(c, k, x->from->id))
		return DROP_STANZA_INVALID_FROM;
	x->label.toward = TOWARD_EDGE;
	if (verdict == ROUTE_TO_WRONG) {
		x->label.pair = (struct pair){x->from->id, DOMAIN_NONE};
		accept_letter(c, k, x);
		bounce_to(c, k, &x->stanza, &x->label,
			  (struct bounce_reason){STANZA_NOT_ALLOWED, DROP_STANZA_NOT_ALLOWED});
		return DROP_COUNT;
	}
	x->label.pair = (struct pair){x->from->id, x->to->id};
	x->label.partner = x->to->partner;
	if (is_answer(x)) /* a gateway was tested in the name of this partner's domain */
		take_answer(c, k, x);
	else
		forward(c, k, x);
	return DROP_COUNT;
}

/* Prefixes and language that the stanza takes from its own stream go with it. */
static bool add_context(struct core *c, struct letter *x)
{
	const int len =
	    stanza_context(&x->stanza, framer_root(&c->framer), framer_used_prefixes(&c->framer),
			   c->context, sizeof(c->context));

	if (len < 0)
		return false;
	x->element.insert_at = x->stanza.name_end;
	x->element.insert = (struct span){c->context, (size_t)len};
	return true;
}

static enum drop judge(struct core *c, struct conn *k, struct letter *x)
{
	bool is_bare;

	if (!find_domain(c, x->stanza.from, &x->from, &is_bare) ||
	    !find_domain(c, x->stanza.to, &x->to, &x->is_to_bare_domain))
		return DROP_STANZA_NO_ADDRESS;
	if (!add_context(c, x))
		return DROP_STANZA_HEAD;
	return k->iface == IFACE_EDGE ? from_edge(c, k, x) : from_inside(c, k, x);
}

enum relay_result relay_element(struct core *c, struct conn *k, const struct element *e,
				enum drop *drop)
{
	const struct span head = element_head(e, c->head, sizeof(c->head));
	struct letter x = {.element = *e, .label = {.kind = PARCEL_STANZA}};

	if (k->from_peer_grants == 0)
		return RELAY_CONTROLS;
	if (!stanza_parse(head, framer_root(&c->framer), &x.stanza)) {
		*drop = DROP_STANZA_HEAD;
	} else {
		if (x.stanza.kind == STANZA_OTHER)
			return RELAY_CONTROLS;
		if (k->taps != 0)
			tap_stanza_in(c, k, e, x.stanza.kind);
		x.label.stanza = (uint8_t)x.stanza.kind;
		*drop = judge(c, k, &x);
	}
	if (*drop == DROP_COUNT)
		return RELAY_TAKEN;
	core_drop(c, *drop);
	return RELAY_REFUSED;
}
