/* SPDX-License-Identifier: BSD-3-Clause */
/* config_values.c - what each key of a configuration is, in words. */
#include <stdio.h>
#include <string.h>

#include "control/config_values.h"

static const char *text_of(bool b)
{
	return b ? "true" : "false";
}

static void put(struct config_value *v, const char *value)
{
	(void)snprintf(v->value, sizeof(v->value), "%s", value != NULL ? value : "");
}

static void put_number(struct config_value *v, uint64_t n)
{
	(void)snprintf(v->value, sizeof(v->value), "%llu", (unsigned long long)n);
}

static void put_address(struct config_value *v, const struct ip_addr *a, int prefix)
{
	char text[ADDR_TEXT_MAX];

	if (addr_is_unspecified(a))
		put(v, "");
	else if (prefix < 0)
		put(v, addr_text(a, text));
	else
		(void)snprintf(v->value, sizeof(v->value), "%s/%d", addr_text(a, text), prefix);
}

static void put_list(struct config_value *v, char *const *list)
{
	size_t used = 0;

	v->value[0] = '\0';
	for (; list != NULL && *list != NULL && used < sizeof(v->value); list++)
		used += (size_t)snprintf(v->value + used, sizeof(v->value) - used, "%s%s",
					 used > 0 ? "," : "", *list);
}

static void put_dataplane(const struct config *c, size_t n, struct config_value *v)
{
	static const char *const keys[] = {"cores",       "memory-mb",        "huge-pages", "idle",
					   "connections", "busy-connections", "congestion", "ecn"};
	static const char *const idles[] = {"spin", "yield", "sleep"};

	(void)snprintf(v->key, sizeof(v->key), "dataplane %s", keys[n]);
	v->needs_restart = true;
	switch (n) {
	case 0:
		put_number(v, c->cores);
		break;
	case 1:
		put_number(v, c->memory_mb);
		break;
	case 2:
		put(v, text_of(c->huge_pages));
		break;
	case 3:
		put(v, idles[c->idle]);
		break;
	case 4:
		put_number(v, c->conns_per_core);
		break;
	case 5:
		put_number(v, c->busy_per_core);
		break;
	case 6:
		put(v, c->congestion == TCP_CUBIC ? "cubic" : "newreno");
		break;
	default:
		put(v, text_of(c->ecn));
		break;
	}
}

static const char *const iface_keys[] = {"driver",
					 "device",
					 "device-args",
					 "address",
					 "gateway",
					 "address6",
					 "gateway6",
					 "vlan",
					 "mtu",
					 "mac",
					 "checksum-trust",
					 "port",
					 "tls certificate",
					 "tls key",
					 "tls trust",
					 "tls certificate-dir"};
enum { IFACE_TLS = 12 };

static void put_tls(const struct config_tls *t, size_t n, struct config_value *v)
{
	const char *const paths[] = {t->certificate, t->key, t->trust, t->certificate_dir};

	put(v, paths[n]);
}

static void put_iface_value(const struct config_iface *i, size_t n, struct config_value *v)
{
	const uint8_t *m = i->mac.addr_bytes;

	switch (n) {
	case 0:
		put(v, i->driver);
		break;
	case 1:
		put(v, i->device);
		break;
	case 2:
		put(v, i->device_args);
		break;
	case 3:
		put_address(v, &i->address, i->prefix_len);
		break;
	case 4:
		put_address(v, &i->gateway, -1);
		break;
	case 5:
		put_address(v, &i->address6, i->prefix6_len);
		break;
	case 6:
		put_address(v, &i->gateway6, -1);
		break;
	case 7:
		put_number(v, i->vlan);
		break;
	case 8:
		put_number(v, i->mtu);
		break;
	case 9:
		put(v, "");
		if (i->has_mac)
			(void)snprintf(v->value, sizeof(v->value), "%02x:%02x:%02x:%02x:%02x:%02x",
				       m[0], m[1], m[2], m[3], m[4], m[5]);
		break;
	case 10:
		put(v, text_of(i->checksum_trust));
		break;
	default:
		put_number(v, i->port);
		break;
	}
}

static void put_iface(const struct config *c, enum iface iface, size_t n, struct config_value *v)
{
	const char *key = iface_keys[n];

	if (strcmp(key, "port") == 0)
		key = iface == IFACE_EDGE ? "XmppListeningPort" : "XmppInternalPort";
	(void)snprintf(v->key, sizeof(v->key), "%s %s", iface == IFACE_EDGE ? "edge" : "internal",
		       key);
	v->needs_restart = n < IFACE_TLS;
	if (n < IFACE_TLS)
		put_iface_value(&c->iface[iface], n, v);
	else
		put_tls(&c->tls[iface], n - IFACE_TLS, v);
}

static void put_host(const struct config *c, size_t n, struct config_value *v)
{
	static const char *const keys[] = {
	    "resolver server", "resolver dnssec", "operator socket", "operator monitor-socket",
	    "operator group",  "log level",       "log format",      "log messages",
	    "local-domains"};
	const char *const texts[] = {c->resolver,     text_of(c->dnssec),      c->socket_path,
				     c->monitor_path, c->socket_group,         c->log_level,
				     c->log_format,   text_of(c->log_messages)};

	put(v, "");
	(void)snprintf(v->key, sizeof(v->key), "%s", keys[n]);
	v->needs_restart = n < 5;
	if (n < ARRAY_LEN(texts))
		put(v, texts[n]);
	else
		put_list(v, c->policy->local_domains);
}

/* Lync's names and their places, in the order of the example. */
static void put_limit(const struct config *c, size_t n, struct config_value *v)
{
	static const char *const keys[] = {
	    "ConnectionLimit",         "PartnerConnectionLimit",
	    "KeepAliveInterval",       "StreamEstablishmentTimeout",
	    "StreamInactivityTimeout", "SubscriptionRefreshInterval",
	    "MaxStanzaBytes",          "EnableLoggingAllMessageBodies",
	    "DialbackPassphrase"};
	const struct limits *l = &c->policy->limits;
	const uint32_t numbers[] = {l->connection_limit,     l->partner_connection_limit,
				    l->keepalive_interval_s, l->establishment_timeout_s,
				    l->inactivity_timeout_s, l->subscription_refresh_interval_s,
				    l->stanza_bytes_max};

	(void)snprintf(v->key, sizeof(v->key), "GatewayConfiguration %s", keys[n]);
	v->needs_restart = false;
	if (n < ARRAY_LEN(numbers))
		put_number(v, numbers[n]);
	else if (n == ARRAY_LEN(numbers))
		put(v, text_of(l->log_all_message_bodies));
	else
		put(v, c->policy->is_passphrase_random ? "(made up at random)" : "(secret)");
}

enum { GATEWAY_VALUES = 6 };

static void put_gateway(const struct gateway *g, size_t n, struct config_value *v)
{
	static const char *const keys[GATEWAY_VALUES] = {
	    "dial", "address", "port", "match-common-name", "certificate-name", "domain"};
	static const char *const dials[] = {"none", "direct-tls", "starttls"};

	(void)snprintf(v->key, sizeof(v->key), "gateway %s %s", g->name, keys[n]);
	v->needs_restart = false;
	switch (n) {
	case 0:
		put(v, dials[g->dial]);
		break;
	case 1:
		put_address(v, &g->address, -1);
		break;
	case 2:
		put_number(v, g->port);
		break;
	case 3:
		put(v, text_of(g->match_common_name));
		break;
	case 4:
		put_list(v, g->certificate_names);
		break;
	default:
		put_list(v, g->local_domains);
		break;
	}
}

enum {
	DATAPLANE_END = 8,
	EDGE_END = DATAPLANE_END + ARRAY_LEN(iface_keys) - 1, /* no certificate-dir there */
	INTERNAL_END = EDGE_END + ARRAY_LEN(iface_keys),
	HOST_END = INTERNAL_END + 9,
	LIMITS_END = HOST_END + 9,
};

size_t config_values_count(const struct config *c)
{
	return LIMITS_END + GATEWAY_VALUES * c->policy->gateway_count +
	       (c->policy->disabled_partners != NULL ? 1 : 0);
}

void config_values_get(const struct config *c, size_t n, struct config_value *out)
{
	const size_t gateways_end = LIMITS_END + GATEWAY_VALUES * c->policy->gateway_count;

	if (n < DATAPLANE_END) {
		put_dataplane(c, n, out);
	} else if (n < EDGE_END) {
		put_iface(c, IFACE_EDGE, n - DATAPLANE_END, out);
	} else if (n < INTERNAL_END) {
		put_iface(c, IFACE_INTERNAL, n - EDGE_END, out);
	} else if (n < HOST_END) {
		put_host(c, n - INTERNAL_END, out);
	} else if (n < LIMITS_END) {
		put_limit(c, n - HOST_END, out);
	} else if (n < gateways_end) {
		n -= LIMITS_END;
		put_gateway(&c->policy->gateways[n / GATEWAY_VALUES], n % GATEWAY_VALUES, out);
	} else {
		(void)snprintf(out->key, sizeof(out->key), "AllowedPartners disabled");
		out->needs_restart = false;
		put_list(out, c->policy->disabled_partners);
	}
}

void config_values_partner(const struct config *c, const struct partner *p, size_t n,
			   struct config_value *out)
{
	static const char *const keys[CONFIG_PARTNER_VALUES] = {
	    "PartnerType",      "TlsNegotiation",  "SaslNegotiation", "SupportDialbackNegotiation",
	    "ConnectionLimit",  "EnableKeepAlive", "ProxyFqdn",       "Description",
	    "AdditionalDomain", "methods"};
	const unsigned int methods = policy_methods(p->tls, p->sasl, p->dialback);

	(void)snprintf(out->key, sizeof(out->key), "AllowedPartner %s %s", p->domain, keys[n]);
	out->needs_restart = false;
	switch (n) {
	case 0:
		put(out, partner_type_name(p->type));
		break;
	case 1:
	case 2:
		put(out, level_name(n == 1 ? p->tls : p->sasl));
		break;
	case 3:
	case 5:
		put(out, text_of(n == 3 ? p->dialback : p->keepalive));
		break;
	case 4:
		put_number(out, p->connection_limit > 0
				    ? p->connection_limit
				    : c->policy->limits.partner_connection_limit);
		break;
	case 6:
		put(out, "");
		if (p->proxy_fqdn != NULL)
			(void)snprintf(out->value, sizeof(out->value), "%s:%u", p->proxy_fqdn,
				       p->proxy_port);
		break;
	case 7:
		put(out, p->description);
		break;
	case 8:
		put_list(out, p->additional_domains);
		break;
	default:
		(void)snprintf(
		    out->value, sizeof(out->value), "%s%s%s%s%s",
		    methods & METHOD_SASL_EXTERNAL ? "sasl-external" : "",
		    (methods & METHOD_SASL_EXTERNAL) && methods > METHOD_SASL_EXTERNAL ? "," : "",
		    methods & METHOD_DIALBACK_TLS ? "dialback-tls" : "",
		    (methods & METHOD_DIALBACK_TLS) && (methods & METHOD_DIALBACK_PLAIN) ? "," : "",
		    methods & METHOD_DIALBACK_PLAIN ? "dialback-plain" : "");
		break;
	}
}
