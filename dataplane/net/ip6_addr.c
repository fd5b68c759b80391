/* SPDX-License-Identifier: BSD-3-Clause */
/* ip6_addr.c - kinds of IPv6 addresses (RFC 4291), and those that an interface has. */
#include "dataplane/net/net_impl.h"

#define GROUP_FIRST_BYTE 0xff

static bool has_prefix(const struct ip_addr *a, const struct ip_addr *prefix, uint8_t bits)
{
	const size_t bytes = bits / 8;
	const uint8_t rest = (uint8_t)(0xff00u >> bits % 8);

	if (memcmp(a->b, prefix->b, bytes) != 0)
		return false;
	return bits % 8 == 0 || ((a->b[bytes] ^ prefix->b[bytes]) & rest) == 0;
}

bool ip6_is_group(const struct ip_addr *a)
{
	return a->b[0] == GROUP_FIRST_BYTE;
}

bool ip6_is_link_local(const struct ip_addr *a)
{
	static const struct ip_addr link_local = {{0xfe, 0x80}};

	return has_prefix(a, &link_local, 10);
}

/*
 * The whole of 0000::/8 is reserved (RFC 4291 2.4, RFC 5156): unspecified, loopback, and the
 * IPv4-mapped form, which means IPv4 everywhere in here and so must not come from the wire. Only
 * the NAT64 prefix in it (RFC 6052) names hosts.
 */
bool ip6_is_host(const struct ip_addr *a)
{
	static const struct ip_addr nat64 = {{0, 0x64, 0xff, 0x9b}};

	if (a->b[0] == 0)
		return has_prefix(a, &nat64, 96);
	return !ip6_is_group(a);
}

bool ip6_is_on_link(const struct net_iface *i, const struct ip_addr *a)
{
	return ip6_is_link_local(a) || has_prefix(a, &i->v6.address, i->v6.prefix_len);
}

bool ip6_is_ours(const struct net_iface *i, const struct ip_addr *a)
{
	return has_v6(i) && (addr_equal(a, &i->v6.address) || addr_equal(a, &i->v6.link_local));
}

bool ip6_is_our_group(const struct net_iface *i, const struct ip_addr *a)
{
	if (!has_v6(i))
		return false;
	for (unsigned int g = 0; g < IP6_GROUPS; g++)
		if (addr_equal(a, &i->v6.group[g]))
			return true;
	return false;
}

struct ip_addr ip6_solicited_node(const struct ip_addr *a)
{
	struct ip_addr group = {{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff}};

	memcpy(group.b + 13, a->b + 13, 3);
	return group;
}

struct ip_addr ip6_link_local(const struct rte_ether_addr *mac)
{
	const uint8_t *b = mac->addr_bytes;

	return (struct ip_addr){{0xfe, 0x80, 0, 0, 0, 0, 0, 0, b[0] ^ RTE_ETHER_LOCAL_ADMIN_ADDR,
				 b[1], b[2], 0xff, 0xfe, b[3], b[4], b[5]}};
}

struct rte_ether_addr ip6_group_mac(const struct ip_addr *group)
{
	const uint8_t *b = group->b;

	return (struct rte_ether_addr){{0x33, 0x33, b[12], b[13], b[14], b[15]}};
}
