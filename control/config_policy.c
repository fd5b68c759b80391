/* SPDX-License-Identifier: BSD-3-Clause */
/* config_policy.c - GatewayConfiguration, local domains and gateways. */
#include <stdlib.h>
#include <string.h>

#include "control/config_parts.h"
#include "control/secret.h"

enum { KEEPALIVE_FLOOR_S = 300 /* RFC 6120 4.6.4: do not check oftener than every 5 minutes */ };

/* Lync documents defaults and no ranges; the ranges here keep a typing error from being taken. */
static const struct {
	const char *name;
	size_t offset;
	uint32_t fallback, min, max;
} numbers[] = {
    {"ConnectionLimit", offsetof(struct limits, connection_limit), 1000, 1, CONNS_MAX},
    {"PartnerConnectionLimit", offsetof(struct limits, partner_connection_limit), 20, 1, CONNS_MAX},
    {"KeepAliveInterval", offsetof(struct limits, keepalive_interval_s), 300, 10, 86400},
    {"StreamEstablishmentTimeout", offsetof(struct limits, establishment_timeout_s), 60, 1, 3600},
    {"StreamInactivityTimeout", offsetof(struct limits, inactivity_timeout_s), 600, 10, 604800},
    {"SubscriptionRefreshInterval", offsetof(struct limits, subscription_refresh_interval_s), 28800,
     60, 31536000},
    {"MaxStanzaBytes", offsetof(struct limits, stanza_bytes_max), STANZA_BYTES_DEFAULT,
     STANZA_BYTES_FLOOR, STANZA_BYTES_MAX},
};

static void read_limits(struct config_draft *d, const xmlNode *e, struct limits *l)
{
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		const uint32_t value = config_u32(d, e, numbers[i].name, numbers[i].fallback,
						  numbers[i].min, numbers[i].max);

		memcpy((char *)l + numbers[i].offset, &value, sizeof(value));
	}
	l->log_all_message_bodies = config_bool(d, e, "EnableLoggingAllMessageBodies", false);
	if (l->partner_connection_limit > l->connection_limit)
		config_warning(d->report, d->limits_at,
			       "PartnerConnectionLimit %u is more than ConnectionLimit %u",
			       l->partner_connection_limit, l->connection_limit);
	if (l->keepalive_interval_s < KEEPALIVE_FLOOR_S)
		config_warning(d->report, d->limits_at,
			       "KeepAliveInterval %u s is below 300 s: RFC 6120 4.6.4 asks not to "
			       "check a quiet stream oftener",
			       l->keepalive_interval_s);
	if (l->inactivity_timeout_s <= l->keepalive_interval_s)
		config_warning(d->report, d->limits_at,
			       "StreamInactivityTimeout %u s is not above KeepAliveInterval %u s: "
			       "quiet streams end before a keep-alive is due",
			       l->inactivity_timeout_s, l->keepalive_interval_s);
}

/* The first line of the file; NULL after a complaint. */
static char *passphrase_from(struct config_draft *d, const xmlNode *e, const char *path)
{
	const char *why = "not read";
	char *text = d->check_files ? secret_from_file(path, &why) : NULL;

	if (text == NULL)
		config_error(d->report, config_at(d, e), "DialbackPassphraseFile \"%s\": %s", path,
			     why);
	return text;
}

static void read_passphrase(struct config_draft *d, const xmlNode *e, struct policy *p)
{
	char *path = e != NULL ? config_path(d, e, "DialbackPassphraseFile") : NULL;
	bool given;

	if (d->passphrase != NULL) {
		p->dialback_passphrase = strdup(d->passphrase);
		d->no_memory |= p->dialback_passphrase == NULL;
		free(path);
		return;
	}
	p->dialback_passphrase = config_attr(d, e, "DialbackPassphrase");
	if (path != NULL && p->dialback_passphrase != NULL)
		config_error(d->report, d->limits_at,
			     "DialbackPassphrase and DialbackPassphraseFile are both given: "
			     "expected one of them");
	else if (path != NULL)
		p->dialback_passphrase = passphrase_from(d, e, path);
	given = path != NULL || p->dialback_passphrase != NULL;
	free(path);
	if (!given) {
		config_warning(d->report, d->limits_at,
			       "no DialbackPassphrase: one is made up at random for this process, "
			       "so other members of an edge pool cannot verify its dialback keys");
		p->dialback_passphrase = secret_random();
		p->is_passphrase_random = true;
		d->no_memory |= p->dialback_passphrase == NULL;
	} else if (p->dialback_passphrase != NULL && strlen(p->dialback_passphrase) < 16) {
		config_warning(d->report, d->limits_at,
			       "the dialback passphrase has fewer than 16 characters: it can be "
			       "guessed from a key that a partner has seen");
	}
}

/* The children of @e called @name as folded domain names, NULL-terminated. */
static char **read_names(struct config_draft *d, const xmlNode *e, const char *name,
			 enum config_use_kind kind, size_t record)
{
	char **list = calloc(config_count(e, name) + 1, sizeof(*list));
	size_t n = 0;

	if (list == NULL) {
		d->no_memory = true;
		return NULL;
	}
	for (const xmlNode *c = config_child(e, name); c != NULL; c = config_next(c, name)) {
		list[n] = config_fold(d, c, config_text(d, c));
		if (list[n] == NULL)
			continue;
		if (kind != CONFIG_USE_CERTIFICATE)
			config_note_use(d, list[n], kind, record, c);
		n++;
	}
	return list;
}

static void read_dial(struct config_draft *d, const xmlNode *e, struct gateway *g)
{
	static const char *const dials[] = {"none", "direct-tls", "starttls", NULL};
	char *address = config_attr(d, e, "address");

	g->dial = (enum gateway_dial)config_choice(d, e, "dial", dials, GATEWAY_DIAL_NONE);
	g->port = (uint16_t)config_u32(d, e, "port", 23456, 1, UINT16_MAX);
	if (address != NULL && !addr_parse(address, &g->address))
		config_error(d->report, config_at(d, e), "address is %s: expected an IP address",
			     address);
	if (address == NULL && g->dial != GATEWAY_DIAL_NONE)
		config_error(d->report, config_at(d, e),
			     "gateway \"%s\" is to be dialled (dial=\"%s\") but has no address",
			     g->name, dials[g->dial]);
	if (address != NULL && g->dial == GATEWAY_DIAL_NONE)
		config_warning(
		    d->report, config_at(d, e),
		    "gateway \"%s\" has an address, which is not used while dial is none", g->name);
	free(address);
}

static void read_gateways(struct config_draft *d, const xmlNode *e, struct policy *p)
{
	const size_t count = config_count(e, "gateway");

	if (count > ARRAY_LEN(d->gateway_at)) {
		config_error(d->report, config_at(d, e), "%zu gateways: expected %zu at most",
			     count, ARRAY_LEN(d->gateway_at));
		return;
	}
	p->gateways = count > 0 ? calloc(count, sizeof(*p->gateways)) : NULL;
	if (p->gateways == NULL) {
		d->no_memory |= count > 0;
		return;
	}
	for (const xmlNode *c = config_child(e, "gateway"); c != NULL;
	     c = config_next(c, "gateway")) {
		const size_t n = p->gateway_count++;
		struct gateway *g = &p->gateways[n];

		d->gateway_at[n] = config_at(d, c);
		g->line = d->gateway_at[n].line;
		g->name = config_attr(d, c, "name");
		g->match_common_name = config_bool(d, c, "match-common-name", false);
		read_dial(d, c, g);
		g->certificate_names =
		    read_names(d, c, "certificate-name", CONFIG_USE_CERTIFICATE, n);
		g->local_domains = read_names(d, c, "domain", CONFIG_USE_GATEWAY, n);
	}
}

void config_read_policy(struct config_draft *d, const xmlNode *root)
{
	const xmlNode *limits = config_child(root, "GatewayConfiguration");
	struct policy *p = d->config->policy;

	d->limits_at = config_at(d, limits != NULL ? limits : root);
	read_limits(d, limits, &p->limits);
	read_passphrase(d, limits, p);
	p->local_domains =
	    read_names(d, config_child(root, "local-domains"), "domain", CONFIG_USE_LOCAL, 0);
	read_gateways(d, config_child(root, "gateways"), p);
	config_read_partners(d, config_child(root, "AllowedPartners"));
}
