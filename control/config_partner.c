/* SPDX-License-Identifier: BSD-3-Clause */
/* config_partner.c - AllowedPartner records, each judged by the negotiation matrix as it is read.
 */
#include <stdlib.h>
#include <string.h>

#include "control/config_parts.h"
#include "control/domains.h"

static void judge(struct config_draft *d, const struct partner *r, struct config_place at)
{
	const char *why = NULL;
	const enum verdict verdict = policy_verdict(r->tls, r->sasl, r->dialback, &why);

	if (verdict == VERDICT_OK)
		return;
	(verdict == VERDICT_INVALID ? config_error : config_warning)(
	    d->report, at,
	    "partner %s (TlsNegotiation %s, SaslNegotiation %s, SupportDialbackNegotiation %s): %s",
	    r->domain != NULL ? r->domain : "?", level_name(r->tls), level_name(r->sasl),
	    r->dialback ? "True" : "False", why);
}

/* "xmpp.partner.example" or "xmpp.partner.example:5270". */
static void read_proxy(struct config_draft *d, const xmlNode *e, struct partner *r)
{
	char *text = config_attr(d, e, "ProxyFqdn");
	char *colon = text != NULL ? strchr(text, ':') : NULL;
	char *end = NULL, folded[DOMAIN_TEXT_MAX + 1];
	unsigned long port = 5269;

	r->proxy_port = (uint16_t)port;
	if (text == NULL)
		return;
	if (colon != NULL) {
		*colon = '\0';
		port = colon[1] >= '0' && colon[1] <= '9' ? strtoul(colon + 1, &end, 10) : 0;
	}
	if (!domains_fold(text, folded) || port == 0 || port > UINT16_MAX ||
	    (end != NULL && *end != '\0')) {
		config_error(d->report, config_at(d, e),
			     "ProxyFqdn is \"%s%s%s\": expected a host name, or name:port", text,
			     colon != NULL ? ":" : "", colon != NULL ? colon + 1 : "");
	} else {
		r->proxy_port = (uint16_t)port;
		r->proxy_fqdn = strdup(folded);
		d->no_memory |= r->proxy_fqdn == NULL;
	}
	free(text);
}

static void read_additional(struct config_draft *d, const xmlNode *e, struct partner *r, size_t n)
{
	static const char name[] = "AdditionalDomain";
	size_t count = 0;

	r->additional_domains = calloc(config_count(e, name) + 1, sizeof(*r->additional_domains));
	if (r->additional_domains == NULL) {
		d->no_memory = true;
		return;
	}
	for (const xmlNode *c = config_child(e, name); c != NULL; c = config_next(c, name)) {
		char *domain = config_fold(d, c, config_text(d, c));

		if (domain == NULL)
			continue;
		r->additional_domains[count++] = domain;
		config_note_use(d, domain, CONFIG_USE_PARTNER, n, c);
	}
}

static void read_partner(struct config_draft *d, const xmlNode *e, struct partner *r, size_t n)
{
	static const char *const types[] = {"Federated", "PublicVerified", "PublicUnverified",
					    NULL};
	static const char *const levels[] = {"Required", "Optional", "NotSupported", NULL};
	const struct limits *l = &d->config->policy->limits;
	const struct config_place at = config_at(d, e);

	r->id.n = (uint16_t)(n + 1);
	r->line = at.line;
	r->domain = config_fold(d, e, config_attr(d, e, "Domain"));
	if (r->domain != NULL)
		config_note_use(d, r->domain, CONFIG_USE_PARTNER, n, e);
	r->type =
	    (enum partner_type)config_choice(d, e, "PartnerType", types, PARTNER_PUBLIC_UNVERIFIED);
	r->tls = (enum level)config_choice(d, e, "TlsNegotiation", levels, LEVEL_REQUIRED);
	r->sasl = (enum level)config_choice(d, e, "SaslNegotiation", levels, LEVEL_REQUIRED);
	r->dialback = config_bool(d, e, "SupportDialbackNegotiation", true);
	r->connection_limit = config_u32(d, e, "ConnectionLimit", 0, 1, CONNS_MAX);
	r->keepalive = config_bool(d, e, "EnableKeepAlive", true);
	r->description = config_attr(d, e, "Description");
	read_proxy(d, e, r);
	read_additional(d, e, r, n);
	judge(d, r, at);
	if (r->connection_limit > l->connection_limit)
		config_warning(d->report, at,
			       "ConnectionLimit %u of partner %s is more than the %u of all "
			       "partners together",
			       r->connection_limit, r->domain != NULL ? r->domain : "?",
			       l->connection_limit);
}

/* Nothing of it is judged: it is as if it were not there. */
static void note_disabled(struct config_draft *d, const xmlNode *e, size_t most)
{
	struct policy *p = d->config->policy;
	char *domain = config_fold(d, e, config_attr(d, e, "Domain"));
	size_t n = 0;

	if (p->disabled_partners == NULL)
		p->disabled_partners = calloc(most + 1, sizeof(*p->disabled_partners));
	if (p->disabled_partners == NULL || domain == NULL) {
		d->no_memory |= p->disabled_partners == NULL;
		free(domain);
		return;
	}
	while (p->disabled_partners[n] != NULL)
		n++;
	p->disabled_partners[n] = domain;
}

void config_read_partners(struct config_draft *d, const xmlNode *e)
{
	static const char name[] = "AllowedPartner";
	struct policy *p = d->config->policy;
	const size_t count = config_count(e, name);

	/* Index 0 of the counters is no partner. */
	if (count > PARTNERS_MAX - 1) {
		config_error(d->report, config_at(d, e), "%zu partners: expected %d at most", count,
			     PARTNERS_MAX - 1);
		return;
	}
	p->partners = count > 0 ? calloc(count, sizeof(*p->partners)) : NULL;
	if (p->partners == NULL) {
		d->no_memory |= count > 0;
		return;
	}
	for (const xmlNode *c = config_child(e, name); c != NULL; c = config_next(c, name)) {
		if (!config_bool(d, c, "Enabled", true)) {
			note_disabled(d, c, count);
			continue;
		}
		read_partner(d, c, &p->partners[p->partner_count], p->partner_count);
		p->partner_count++;
	}
}
