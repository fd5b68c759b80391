/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policy.h - the partners, gateways and domains of one configuration, and what follows from them:
 * which authentication is offered and accepted, who may speak for which domain. Immutable once
 * made.
 *
 * Names, values and defaults are Lync Server 2013's (New-CsXmppAllowedPartner,
 * Set-CsXmppGatewayConfiguration); see the table in sluice.example.xml. Everything not listed is
 * denied.
 *
 * Runs on  control. Pure: no clock, no file, no XML.
 * Owns     policy_free() frees all strings and arrays.
 */
#ifndef CONTROL_POLICY_H
#define CONTROL_POLICY_H

#include "dataplane/base/addr.h"
#include "dataplane/base/base.h"
#include "dataplane/base/ids.h"

enum level { LEVEL_REQUIRED, LEVEL_OPTIONAL, LEVEL_NOT_SUPPORTED };
enum partner_type { PARTNER_FEDERATED, PARTNER_PUBLIC_VERIFIED, PARTNER_PUBLIC_UNVERIFIED };

/* The ways a partner may be authenticated, best first. */
enum method {
	METHOD_SASL_EXTERNAL = BIT(0),  /* S  SASL EXTERNAL over TLS */
	METHOD_DIALBACK_TLS = BIT(1),   /* DT dialback over TLS */
	METHOD_DIALBACK_PLAIN = BIT(2), /* DC dialback over plain TCP */
};

enum verdict { VERDICT_OK, VERDICT_WARN, VERDICT_INVALID };

/* The closed form of the negotiation matrix: the methods that may be used, as method bits. 0 =
 * invalid. */
unsigned int policy_methods(enum level tls, enum level sasl, bool dialback);
/* Verdict on one row, and for WARN and INVALID a sentence that says what is doubtful. */
enum verdict policy_verdict(enum level tls, enum level sasl, bool dialback, const char **why);

struct partner {
	struct partner_id id;      /* 1.. in file order; stable by primary domain over reloads */
	char *domain;              /* primary, A-label form, lower case */
	char **additional_domains; /* NULL-terminated; no subdomain is implied */
	enum partner_type type;
	enum level tls, sasl;
	bool dialback;
	uint32_t connection_limit; /* 0 = the global PartnerConnectionLimit */
	bool keepalive;            /* partner is expected to send some: its silence is checked */
	char *proxy_fqdn;          /* dial this instead of the domain's SRV; NULL = none */
	uint16_t proxy_port;       /* 5269 unless given */
	char *description;
	unsigned int line; /* in the configuration file */
};

enum gateway_dial { GATEWAY_DIAL_NONE, GATEWAY_DIAL_DIRECT_TLS, GATEWAY_DIAL_STARTTLS };

/* One internal XMPP gateway, a client on 23456 and, where dial is set, also a server the relay
 * dials (reverse leg). */
struct gateway {
	char *name;               /* what an operator calls it */
	char **certificate_names; /* names its certificate may carry: any one suffices */
	bool match_common_name;   /* CN counts too (Lync's internal certificates) */
	char **local_domains;     /* domains it may speak for */
	enum gateway_dial dial;
	struct ip_addr address; /* where to dial */
	uint16_t port;          /* 23456 unless given */
	unsigned int line;
};

struct limits {                            /* GatewayConfiguration; seconds and counts */
	uint32_t connection_limit;         /* 1000 */
	uint32_t partner_connection_limit; /* 20 */
	uint32_t keepalive_interval_s;     /* 300 */
	uint32_t establishment_timeout_s;  /* 60 */
	uint32_t inactivity_timeout_s;     /* 600 */
	uint32_t
	    subscription_refresh_interval_s; /* 28800: kept and shown; the gateway enforces it */
	bool log_all_message_bodies;         /* false */
	uint32_t stanza_bytes_max;           /* 524288 */
};

struct blocks;

struct policy {
	struct blocks *blocks; /* what the operator has blocked for now, borrowed; NULL: nothing */
	char **local_domains;  /* A-label form, NULL-terminated */
	struct partner *partners;
	size_t partner_count;
	struct gateway *gateways;
	size_t gateway_count;
	struct limits limits;
	/* secret.h */
	char *dialback_passphrase; /* DialbackPassphrase, or random per process */
	bool is_passphrase_random;
	char **
	    disabled_partners; /* primary domains of records with Enabled="false"; as if unlisted */
	char *dialback_before; /* the one before it, NULL for none; keys by it are still good */
	uint64_t dialback_before_until_us; /* until then, on the loop's clock */
	char *dialback_configured; /* what the file said, where another has taken its place */
	bool dialback_is_rotated;
};

void policy_free(struct policy *p);

/* Exact match after folding; NULL when no partner has the domain. */
const struct partner *policy_partner(const struct policy *p, const char *domain);
bool policy_partner_has(const struct partner *partner, const char *domain);
bool policy_is_disabled(const struct policy *p, const char *domain);
bool policy_is_local(const struct policy *p, const char *domain);
/* Connections that @partner may have at once: its own limit, or that for all partners. */
uint32_t policy_connection_limit(const struct policy *p, const struct partner *partner);
/* The first gateway that serves @local, NULL when none does. */
const struct gateway *policy_gateway_for(const struct policy *p, const char *local);

const char *partner_type_name(enum partner_type t); /* "PublicUnverified" */
const char *level_name(enum level l);               /* "Required" */
const char *
method_name(unsigned int method); /* "sasl-external", "dialback-tls", "dialback-plain" */

#endif
