/* SPDX-License-Identifier: BSD-3-Clause */
/* config_iface.c - do the addresses of the two interfaces, and of what lies behind them, make
 * sense? */
#include <string.h>

#include "control/config_parts.h"

/* One family of one interface. */
struct network {
	const struct ip_addr *address, *gateway;
	uint8_t bits; /* of the prefix, in the 128 of struct ip_addr */
	const char *address_name, *gateway_name;
};

static bool is_zero(const struct ip_addr *a)
{
	static const struct ip_addr zero;

	return addr_equal(a, &zero);
}

static struct network network_of(const struct config_iface *i, bool is_v4)
{
	if (is_v4)
		return (struct network){&i->address, &i->gateway, (uint8_t)(96 + i->prefix_len),
					"address", "gateway"};
	return (struct network){&i->address6, &i->gateway6, i->prefix6_len, "address6", "gateway6"};
}

/* Are the first @bits the same? */
static bool shares(const struct ip_addr *a, const struct ip_addr *b, uint8_t bits)
{
	const uint8_t last = (uint8_t)(0xff00 >> bits % 8);

	return memcmp(a->b, b->b, bits / 8) == 0 &&
	       (bits % 8 == 0 || ((a->b[bits / 8] ^ b->b[bits / 8]) & last) == 0);
}

static bool is_link_local(const struct ip_addr *a)
{
	return a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

/* Why the address cannot be a host's, or NULL. */
static const char *not_a_host(const struct network *n)
{
	struct ip_addr loopback = {{[15] = 1}};
	uint32_t a, host;

	if (!addr_is_v4(n->address))
		return n->address->b[0] == 0xff || addr_equal(n->address, &loopback)
			   ? "is not a unicast address of a host"
		       : is_link_local(n->address) ? "is a link-local address: nobody beyond the "
						     "link can reach it"
						   : NULL;
	a = addr_v4(n->address);
	host = n->bits == 128 ? 0 : UINT32_MAX >> (n->bits - 96);
	if (n->bits < 96 + 31 && (a & host) == 0)
		return "is the address of the network itself";
	if (n->bits < 96 + 31 && (a & host) == host)
		return "is the network's broadcast address";
	if (a >> 24 == 0 || a >> 24 == 127 || a >> 24 >= 224)
		return "is not a unicast address of a host";
	return NULL;
}

static void check_network(struct config_draft *d, const struct network *n, enum iface iface)
{
	const struct config_place at = d->iface_at[iface];
	const char *why;
	char text[ADDR_TEXT_MAX];

	if (is_zero(n->address)) {
		if (!is_zero(n->gateway))
			config_error(d->report, at, "%s without %s", n->gateway_name,
				     n->address_name);
		return;
	}
	why = not_a_host(n);
	if (why != NULL)
		config_error(d->report, at, "%s %s/%u %s", n->address_name,
			     addr_text(n->address, text),
			     addr_is_v4(n->address) ? n->bits - 96 : n->bits, why);
	if (!is_zero(n->gateway) && addr_equal(n->gateway, n->address))
		config_error(d->report, at, "%s %s is the interface's own address", n->gateway_name,
			     addr_text(n->gateway, text));
	else if (!is_zero(n->gateway) && !is_link_local(n->gateway) &&
		 !shares(n->address, n->gateway, n->bits))
		config_error(d->report, at, "%s %s is not within the interface's own network",
			     n->gateway_name, addr_text(n->gateway, text));
	else if (is_zero(n->gateway) && iface == IFACE_EDGE)
		config_warning(d->report, at,
			       "no %s: only partners of the interface's own network can be "
			       "reached",
			       n->gateway_name);
}

static void check_iface(struct config_draft *d, enum iface iface)
{
	const struct config_iface *i = &d->config->iface[iface];

	if (d->addresses_bad[iface])
		return;
	for (int is_v4 = 1; is_v4 >= 0; is_v4--) {
		const struct network n = network_of(i, is_v4 != 0);

		check_network(d, &n, iface);
	}
	if (is_zero(&i->address) && is_zero(&i->address6) && i->driver != NULL)
		config_error(d->report, d->iface_at[iface],
			     "neither address nor address6: one is needed");
	if (!is_zero(&i->address6) && i->mtu < MTU_IPV6_MIN)
		config_error(d->report, d->iface_at[iface],
			     "mtu is %u: IPv6 needs %u (RFC 8200), or leave out address6", i->mtu,
			     MTU_IPV6_MIN);
}

static void check_apart(struct config_draft *d, bool is_v4)
{
	if (d->addresses_bad[IFACE_EDGE] || d->addresses_bad[IFACE_INTERNAL])
		return;

	const struct network edge = network_of(&d->config->iface[IFACE_EDGE], is_v4);
	const struct network internal = network_of(&d->config->iface[IFACE_INTERNAL], is_v4);
	const struct config_place at = d->iface_at[IFACE_INTERNAL];

	if (is_zero(edge.address) || is_zero(internal.address))
		return;
	if (addr_equal(edge.address, internal.address))
		config_error(d->report, at, "edge and internal have the same %s",
			     edge.address_name);
	else if (shares(edge.address, internal.address,
			edge.bits < internal.bits ? edge.bits : internal.bits))
		config_warning(d->report, at, "the networks of edge and internal overlap");
}

void config_check_ifaces(struct config_draft *d)
{
	const struct config_iface *edge = &d->config->iface[IFACE_EDGE];
	const struct config_iface *internal = &d->config->iface[IFACE_INTERNAL];

	check_iface(d, IFACE_EDGE);
	check_iface(d, IFACE_INTERNAL);
	if (edge->driver != NULL && internal->driver != NULL && edge->device != NULL &&
	    internal->device != NULL && strcmp(edge->driver, internal->driver) == 0 &&
	    strcmp(edge->device, internal->device) == 0)
		config_error(d->report, d->iface_at[IFACE_INTERNAL],
			     "edge and internal are the same device %s", internal->device);
	check_apart(d, true);
	check_apart(d, false);
}

/* A dialled gateway lies behind the internal interface. */
static void check_gateway(struct config_draft *d, size_t number)
{
	const struct gateway *g = &d->config->policy->gateways[number];
	const struct network n =
	    network_of(&d->config->iface[IFACE_INTERNAL], addr_is_v4(&g->address));
	char text[ADDR_TEXT_MAX];

	if (d->addresses_bad[IFACE_INTERNAL] || g->dial == GATEWAY_DIAL_NONE ||
	    is_zero(&g->address))
		return;
	if (is_zero(n.address))
		config_error(d->report, d->gateway_at[number],
			     "address %s of gateway \"%s\": <internal> has no %s",
			     addr_text(&g->address, text), g->name, n.address_name);
	else if (is_zero(n.gateway) && !shares(n.address, &g->address, n.bits))
		config_error(d->report, d->gateway_at[number],
			     "address %s of gateway \"%s\" is outside the internal network, "
			     "and <internal> has no %s",
			     addr_text(&g->address, text), g->name, n.gateway_name);
}

void config_check_reach(struct config_draft *d)
{
	for (size_t n = 0; n < d->config->policy->gateway_count; n++)
		check_gateway(d, n);
}
