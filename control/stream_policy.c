/* SPDX-License-Identifier: BSD-3-Clause */
/* stream_policy.c - who may speak for what on a stream, and by which methods it is proved. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/blocks.h"
#include "control/domains.h"
#include "control/memory.h"
#include "control/stream_state.h"

bool stream_fold(const char *name, char out[DOMAIN_TEXT_MAX + 1])
{
	return domains_fold(name, out);
}

bool stream_has_ours(const struct stream *s, const char *domain)
{
	return stream_is_internal(s) ? policy_partner(s->policy, domain) != NULL
				     : policy_is_local(s->policy, domain);
}

bool stream_knows_theirs(const struct stream *s, const char *domain)
{
	return stream_is_internal(s) ? policy_is_local(s->policy, domain)
				     : policy_partner(s->policy, domain) != NULL;
}

unsigned int stream_methods(const struct stream *s, const char *theirs)
{
	const struct partner *partner;

	if (stream_is_internal(s))
		return METHOD_SASL_EXTERNAL | METHOD_DIALBACK_TLS;
	if (theirs[0] == '\0') /* db:result will say who it is; its own policy decides then */
		return METHOD_DIALBACK_TLS | METHOD_DIALBACK_PLAIN;
	partner = policy_partner(s->policy, theirs);
	if (partner == NULL)
		return 0;
	return policy_methods(partner->tls, partner->sasl, partner->dialback);
}

enum level stream_tls_level(const struct stream *s, const char *theirs)
{
	const struct partner *partner;

	if (stream_is_internal(s))
		return LEVEL_REQUIRED;
	if (theirs[0] == '\0')
		return LEVEL_OPTIONAL;
	partner = policy_partner(s->policy, theirs);
	return partner != NULL ? partner->tls : LEVEL_REQUIRED;
}

unsigned int stream_dialback_method(const struct stream *s)
{
	return s->is_secure ? METHOD_DIALBACK_TLS : METHOD_DIALBACK_PLAIN;
}

static bool serves(const struct gateway *g, const char *domain)
{
	for (char **d = g->local_domains; d != NULL && *d != NULL; d++)
		if (strcmp(*d, domain) == 0)
			return true;
	return false;
}

static bool shows_certificate_of(const char *certificate, const struct gateway *g)
{
	for (char **name = g->certificate_names; name != NULL && *name != NULL; name++)
		if (identity_text_proves(certificate, *name, g->match_common_name))
			return true;
	return false;
}

const struct gateway *stream_find_gateway(const struct stream *s, const char *domain)
{
	const struct gateway *any = NULL;

	if (s->certificate[0] == '\0')
		return NULL;
	for (size_t i = 0; i < s->policy->gateway_count; i++) {
		const struct gateway *g = &s->policy->gateways[i];

		if (!shows_certificate_of(s->certificate, g))
			continue;
		if (serves(g, domain))
			return g;
		if (any == NULL)
			any = g;
	}
	return any;
}

static bool may_gateway_speak_for(const struct stream *s, const char *domain)
{
	const struct gateway *g = s->gateway;

	/* Whom we dialled must be that very gateway; who dialled may be several in one. */
	if (s->setup.role == STREAM_RECEIVING)
		g = stream_find_gateway(s, domain);
	return g != NULL && serves(g, domain) && shows_certificate_of(s->certificate, g);
}

bool stream_proves(const struct stream *s, const char *domain)
{
	if (s->certificate[0] == '\0' || domain[0] == '\0')
		return false;
	if (stream_is_internal(s))
		return may_gateway_speak_for(s, domain);
	return identity_text_proves(s->certificate, domain, false);
}

bool stream_still_allows(const struct stream *s, const char *ours, const char *theirs,
			 unsigned int method)
{
	return stream_has_ours(s, ours) && stream_knows_theirs(s, theirs) &&
	       (stream_methods(s, theirs) & method) != 0;
}

/* A gateway's stream serves what partners are left; its own right is what counts. */
static bool may_gateway_keep(const struct stream *s)
{
	bool has_partner = false;

	for (size_t i = 0; i < s->pair_count; i++) {
		const struct stream_pair *p = &s->pairs[i];

		if (p->state != PAIR_AUTHORISED)
			continue;
		if (!stream_knows_theirs(s, p->theirs) || !stream_proves(s, p->theirs))
			return false;
		has_partner = has_partner || stream_has_ours(s, p->ours);
	}
	return has_partner;
}

bool stream_is_still_allowed(const struct stream *s)
{
	if (s->authorised == 0)
		return true; /* it negotiates by the new policy from here on */
	if (stream_is_internal(s))
		return may_gateway_keep(s);
	for (size_t i = 0; i < s->pair_count; i++) {
		const struct stream_pair *p = &s->pairs[i];

		if (p->state == PAIR_AUTHORISED &&
		    !stream_still_allows(s, p->ours, p->theirs, p->method))
			return false;
	}
	return true;
}

const char *stream_block_of(const struct stream *s, const char *theirs)
{
	struct block *b = stream_is_internal(s) || s->policy->blocks == NULL
			      ? NULL
			      : blocks_find_domain(s->policy->blocks, s->policy, theirs, s->now_us);

	return b != NULL ? blocks_refuse(b) : NULL;
}

static bool is_same_partner(const struct stream *s, const char *a, const char *b)
{
	const struct partner *p;

	if (strcmp(a, b) == 0)
		return true;
	p = policy_partner(s->policy, a);
	return p != NULL && p == policy_partner(s->policy, b);
}

bool stream_is_with(const struct stream *s, const char *domain)
{
	if (is_same_partner(s, domain, stream_theirs(s)))
		return true;
	for (size_t i = 0; i < s->pair_count; i++)
		if (is_same_partner(s, domain, s->pairs[i].theirs))
			return true;
	return false;
}

void stream_take_certificate(struct stream *s, const struct identity *id)
{
	char *text;

	s->certificate_shown = id->present;
	shared_set(&s->certificate_reason, !id->present      ? "none shown"
					   : !id->chain_good ? id->reason
							     : "other names");
	text = memory_get(IDENTITY_TEXT_MAX);
	identity_text(id, text);
	shared_set(&s->certificate, text);
	free(text);
}
