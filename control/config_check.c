/* SPDX-License-Identifier: BSD-3-Clause */
/* config_check.c - does the whole make sense: names used twice, who serves what, addresses. */
#include <stdlib.h>
#include <string.h>

#include "control/config_parts.h"

void config_note_use(struct config_draft *d, const char *name, enum config_use_kind kind,
		     size_t record, const xmlNode *e)
{
	if (d->use_count == d->use_room) {
		const size_t room = d->use_room > 0 ? 2 * d->use_room : 64;
		struct config_use *more = reallocarray(d->uses, room, sizeof(*more));

		if (more == NULL) {
			d->no_memory = true;
			return;
		}
		d->uses = more;
		d->use_room = room;
	}
	d->uses[d->use_count++] = (struct config_use){name, kind, record, config_at(d, e)};
}

/* By name, then in the order of the document. */
static int order(const void *a, const void *b)
{
	const struct config_use *x = a, *y = b;
	const int names = strcmp(x->name, y->name);

	if (names != 0)
		return names;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->record != y->record)
		return x->record < y->record ? -1 : 1;
	return x->at.line < y->at.line ? -1 : x->at.line > y->at.line;
}

/* One name twice, at @first and @second, neither at a gateway. */
static void judge_twice(struct config_draft *d, const struct config_use *first,
			const struct config_use *second)
{
	const char *what =
	    second->kind == CONFIG_USE_LOCAL  ? "is a local domain twice"
	    : first->kind == CONFIG_USE_LOCAL ? "is both a local domain and a partner's"
	    : first->record == second->record ? "is listed twice for the same partner"
					      : "belongs to two partners";

	config_error(d->report, second->at, "domain %s %s: see %s:%u", second->name, what,
		     first->at.file, first->at.line);
}

/* @uses: all of one name, in order: local, partner, gateway. */
static void judge_name(struct config_draft *d, const struct config_use *uses, size_t count)
{
	bool local = false, served = false;

	for (size_t i = 0; i < count; i++) {
		const struct config_use *u = &uses[i];

		local |= u->kind == CONFIG_USE_LOCAL;
		served |= u->kind == CONFIG_USE_GATEWAY;
		if (u->kind != CONFIG_USE_GATEWAY && i > 0) {
			judge_twice(d, &uses[i - 1], u);
		} else if (u->kind == CONFIG_USE_GATEWAY && !local) {
			config_error(d->report, u->at,
				     "gateway \"%s\" serves %s, which is not among <local-domains>",
				     d->config->policy->gateways[u->record].name, u->name);
		} else if (u->kind == CONFIG_USE_GATEWAY && i > 0 &&
			   uses[i - 1].kind == CONFIG_USE_GATEWAY &&
			   uses[i - 1].record == u->record) {
			config_error(d->report, u->at,
				     "domain %s is listed twice for the same gateway", u->name);
		}
	}
	if (local && !served)
		config_warning(d->report, uses[0].at,
			       "no gateway serves the local domain %s: stanzas to it will bounce",
			       uses[0].name);
}

static void check_names(struct config_draft *d)
{
	if (d->use_count == 0)
		return;
	qsort(d->uses, d->use_count, sizeof(*d->uses), order);
	for (size_t i = 0, n; i < d->use_count; i += n) {
		for (n = 1; i + n < d->use_count; n++)
			if (strcmp(d->uses[i].name, d->uses[i + n].name) != 0)
				break;
		judge_name(d, &d->uses[i], n);
	}
	if (d->use_count > DOMAINS_MAX)
		config_error(d->report, d->root_at, "%zu domain names: expected %d at most",
			     d->use_count, DOMAINS_MAX);
}

static void check_gateway_names(struct config_draft *d)
{
	const struct policy *p = d->config->policy;

	for (size_t i = 1; i < p->gateway_count; i++)
		for (size_t k = 0; k < i; k++)
			if (p->gateways[i].name != NULL && p->gateways[k].name != NULL &&
			    strcmp(p->gateways[i].name, p->gateways[k].name) == 0)
				config_error(d->report, d->gateway_at[i],
					     "two gateways are called \"%s\": see %s:%u",
					     p->gateways[i].name, d->gateway_at[k].file,
					     d->gateway_at[k].line);
}

static uint32_t mask_of(uint8_t prefix_len)
{
	return prefix_len == 0 ? 0 : UINT32_MAX << (32 - prefix_len);
}

static bool is_zero(const struct ip_addr *a)
{
	static const struct ip_addr zero;

	return addr_equal(a, &zero);
}

static bool shares_subnet(const struct config_iface *i, const struct ip_addr *other,
			  uint8_t prefix_len)
{
	const uint32_t mask = mask_of(i->prefix_len < prefix_len ? i->prefix_len : prefix_len);

	return ((addr_v4(&i->address) ^ addr_v4(other)) & mask) == 0;
}

/* Why the address cannot be a host's, or NULL. */
static const char *not_a_host(const struct config_iface *i)
{
	const uint32_t a = addr_v4(&i->address), host = ~mask_of(i->prefix_len);

	if (i->prefix_len < 31 && (a & host) == 0)
		return "is the address of the network itself";
	if (i->prefix_len < 31 && (a & host) == host)
		return "is the network's broadcast address";
	if (a >> 24 == 0 || a >> 24 == 127 || a >> 24 >= 224)
		return "is not a unicast address of a host";
	return NULL;
}

static void check_iface(struct config_draft *d, enum iface iface)
{
	const struct config_iface *i = &d->config->iface[iface];
	const struct config_place at = d->iface_at[iface];
	const char *why;
	char text[ADDR_TEXT_MAX];

	if (is_zero(&i->address))
		return; /* complained of already */
	if (!addr_is_v4(&i->address) || (!is_zero(&i->gateway) && !addr_is_v4(&i->gateway))) {
		config_error(d->report, at, "address and gateway: expected IPv4 addresses");
		return;
	}
	why = not_a_host(i);
	if (why != NULL)
		config_error(d->report, at, "address %s/%u %s", addr_text(&i->address, text),
			     i->prefix_len, why);
	if (!is_zero(&i->gateway) && addr_equal(&i->gateway, &i->address))
		config_error(d->report, at, "gateway %s is the interface's own address",
			     addr_text(&i->gateway, text));
	else if (!is_zero(&i->gateway) && !shares_subnet(i, &i->gateway, 32))
		config_error(d->report, at, "gateway %s is not within the interface's own network",
			     addr_text(&i->gateway, text));
	else if (is_zero(&i->gateway) && iface == IFACE_EDGE)
		config_warning(d->report, at,
			       "no gateway: only partners of the interface's own network can be "
			       "reached");
}

static void check_ifaces(struct config_draft *d)
{
	const struct config_iface *edge = &d->config->iface[IFACE_EDGE];
	const struct config_iface *internal = &d->config->iface[IFACE_INTERNAL];
	const struct config_place at = d->iface_at[IFACE_INTERNAL];

	check_iface(d, IFACE_EDGE);
	check_iface(d, IFACE_INTERNAL);
	if (edge->driver != NULL && internal->driver != NULL && edge->device != NULL &&
	    internal->device != NULL && strcmp(edge->driver, internal->driver) == 0 &&
	    strcmp(edge->device, internal->device) == 0)
		config_error(d->report, at, "edge and internal are the same device %s",
			     internal->device);
	if (is_zero(&edge->address) || is_zero(&internal->address) || !addr_is_v4(&edge->address) ||
	    !addr_is_v4(&internal->address))
		return;
	if (addr_equal(&edge->address, &internal->address))
		config_error(d->report, at, "edge and internal have the same address");
	else if (shares_subnet(edge, &internal->address, internal->prefix_len))
		config_warning(d->report, at, "the networks of edge and internal overlap");
}

/* A dialled gateway lies behind the internal interface. */
static void check_reach(struct config_draft *d)
{
	const struct config_iface *internal = &d->config->iface[IFACE_INTERNAL];
	const struct policy *p = d->config->policy;
	char text[ADDR_TEXT_MAX];

	if (!addr_is_v4(&internal->address))
		return;
	for (size_t n = 0; n < p->gateway_count; n++) {
		const struct gateway *g = &p->gateways[n];

		if (g->dial == GATEWAY_DIAL_NONE || is_zero(&g->address))
			continue;
		if (!addr_is_v4(&g->address))
			config_error(d->report, d->gateway_at[n],
				     "address of gateway \"%s\": expected an IPv4 address",
				     g->name);
		else if (is_zero(&internal->gateway) && !shares_subnet(internal, &g->address, 32))
			config_error(
			    d->report, d->gateway_at[n],
			    "address %s of gateway \"%s\" is outside the internal network, "
			    "and <internal> has no gateway",
			    addr_text(&g->address, text), g->name);
	}
}

void config_check(struct config_draft *d)
{
	const struct config *c = d->config;

	check_ifaces(d);
	check_names(d);
	check_gateway_names(d);
	check_reach(d);
	if ((uint64_t)c->cores * c->conns_per_core < c->policy->limits.connection_limit)
		config_warning(d->report, d->limits_at,
			       "ConnectionLimit %u is more than the %llu connections of all cores",
			       c->policy->limits.connection_limit,
			       (unsigned long long)c->cores * c->conns_per_core);
	if (c->policy->partner_count == 0)
		config_warning(d->report, d->root_at,
			       "no AllowedPartner: every partner is refused");
}
