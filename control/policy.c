/* SPDX-License-Identifier: BSD-3-Clause */
/* policy.c - the negotiation matrix in closed form, and look-ups by domain. */
#include <stdlib.h>
#include <string.h>

#include "control/policy.h"
#include "control/secret.h"

/*
 * Look-ups walk the lists: control asks once a stream, and 4,096 records cost some microseconds
 * beside a handshake of hundreds. Cores never come here, they have the route snapshot.
 */

unsigned int policy_methods(enum level tls, enum level sasl, bool dialback)
{
	unsigned int methods = 0;

	if (tls != LEVEL_NOT_SUPPORTED && sasl != LEVEL_NOT_SUPPORTED)
		methods |= METHOD_SASL_EXTERNAL;
	if (dialback && tls != LEVEL_NOT_SUPPORTED &&
	    !(tls == LEVEL_REQUIRED && sasl == LEVEL_REQUIRED))
		methods |= METHOD_DIALBACK_TLS;
	if (dialback && tls != LEVEL_REQUIRED)
		methods |= METHOD_DIALBACK_PLAIN;
	return methods;
}

static const char *why_invalid(enum level tls, enum level sasl)
{
	if (tls == LEVEL_NOT_SUPPORTED && sasl != LEVEL_NOT_SUPPORTED)
		return "SASL needs TLS, which is not supported, and dialback is off: no way is "
		       "left to authenticate the partner";
	return "SASL is not supported and dialback is off: no way is left to authenticate the "
	       "partner";
}

static const char *why_doubtful(enum level tls, enum level sasl, bool dialback)
{
	if (tls == LEVEL_REQUIRED && sasl == LEVEL_REQUIRED && dialback)
		return "dialback never runs when both TLS and SASL are required";
	if (tls == LEVEL_OPTIONAL && sasl != LEVEL_NOT_SUPPORTED)
		return "SASL needs TLS: where the partner leaves out the optional TLS, the session "
		       "may fail";
	if (tls == LEVEL_NOT_SUPPORTED && sasl != LEVEL_NOT_SUPPORTED)
		return "SASL can never run without TLS: only dialback over plain TCP is left";
	return NULL;
}

enum verdict policy_verdict(enum level tls, enum level sasl, bool dialback, const char **why)
{
	const char *sentence = NULL;
	enum verdict verdict = VERDICT_OK;

	if (policy_methods(tls, sasl, dialback) == 0) {
		sentence = why_invalid(tls, sasl);
		verdict = VERDICT_INVALID;
	} else {
		sentence = why_doubtful(tls, sasl, dialback);
		if (sentence != NULL)
			verdict = VERDICT_WARN;
	}
	if (why != NULL)
		*why = sentence;
	return verdict;
}

static bool list_has(char *const *list, const char *name)
{
	if (list == NULL)
		return false;
	for (; *list != NULL; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

bool policy_partner_has(const struct partner *partner, const char *domain)
{
	return strcmp(partner->domain, domain) == 0 ||
	       list_has(partner->additional_domains, domain);
}

const struct partner *policy_partner(const struct policy *p, const char *domain)
{
	for (size_t i = 0; i < p->partner_count; i++)
		if (policy_partner_has(&p->partners[i], domain))
			return &p->partners[i];
	return NULL;
}

bool policy_is_disabled(const struct policy *p, const char *domain)
{
	return list_has(p->disabled_partners, domain);
}

bool policy_is_local(const struct policy *p, const char *domain)
{
	return list_has(p->local_domains, domain);
}

const struct gateway *policy_gateway_for(const struct policy *p, const char *local)
{
	for (size_t i = 0; i < p->gateway_count; i++)
		if (list_has(p->gateways[i].local_domains, local))
			return &p->gateways[i];
	return NULL;
}

uint32_t policy_connection_limit(const struct policy *p, const struct partner *partner)
{
	return partner->connection_limit > 0 ? partner->connection_limit
					     : p->limits.partner_connection_limit;
}

const char *partner_type_name(enum partner_type t)
{
	static const char *const names[] = {
	    [PARTNER_FEDERATED] = "Federated",
	    [PARTNER_PUBLIC_VERIFIED] = "PublicVerified",
	    [PARTNER_PUBLIC_UNVERIFIED] = "PublicUnverified",
	};

	return (size_t)t < ARRAY_LEN(names) ? names[t] : "?";
}

const char *level_name(enum level l)
{
	static const char *const names[] = {
	    [LEVEL_REQUIRED] = "Required",
	    [LEVEL_OPTIONAL] = "Optional",
	    [LEVEL_NOT_SUPPORTED] = "NotSupported",
	};

	return (size_t)l < ARRAY_LEN(names) ? names[l] : "?";
}

const char *method_name(unsigned int method)
{
	switch (method) {
	case METHOD_SASL_EXTERNAL:
		return "sasl-external";
	case METHOD_DIALBACK_TLS:
		return "dialback-tls";
	case METHOD_DIALBACK_PLAIN:
		return "dialback-plain";
	default:
		return "";
	}
}

static void free_list(char **list)
{
	if (list == NULL)
		return;
	for (char **at = list; *at != NULL; at++)
		free(*at);
	free(list);
}

void policy_free(struct policy *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->partner_count; i++) {
		struct partner *r = &p->partners[i];

		free(r->domain);
		free_list(r->additional_domains);
		free(r->proxy_fqdn);
		free(r->description);
	}
	for (size_t i = 0; i < p->gateway_count; i++) {
		struct gateway *g = &p->gateways[i];

		free(g->name);
		free_list(g->certificate_names);
		free_list(g->local_domains);
	}
	free(p->partners);
	free(p->gateways);
	free_list(p->local_domains);
	free_list(p->disabled_partners);
	secret_free(p->dialback_passphrase);
	secret_free(p->dialback_before);
	secret_free(p->dialback_configured);
	free(p);
}
