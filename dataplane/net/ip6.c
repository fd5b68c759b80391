/* SPDX-License-Identifier: BSD-3-Clause */
/* ip6.c - IPv6 in and out (RFC 8200): no fragments, no forwarding, one global address. */
#include <netinet/in.h>

#include <rte_ip.h>

#include "dataplane/net/net_impl.h"

#define VERSION_6    6
#define ECN_SHIFT    20 /* of the traffic class's last two bits in the first word */
#define LABEL_MASK   0xfffff
#define PORTS_BYTES  4
#define OPTION_PAD_1 0 /* the one option without a length: RFC 8200 4.2 */

void ip6_init(struct net_iface *i, const struct net_iface_setup *s)
{
	static const struct ip_addr all_nodes = {
	    {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
	struct net_v6 *v6 = &i->v6;

	if (addr_is_unspecified(&s->address6))
		return;
	v6->address = s->address6;
	v6->prefix_len = s->prefix6_len;
	v6->gateway = s->gateway6;
	v6->link_local = ip6_link_local(&s->mac);
	v6->group[0] = all_nodes;
	v6->group[1] = ip6_solicited_node(&v6->address);
	v6->group[2] = ip6_solicited_node(&v6->link_local);
}

bool ip6_next_hop(const struct net_iface *i, const struct ip_addr *dst, struct ip_addr *hop)
{
	if (!has_v6(i) || ip6_is_ours(i, dst) || !ip6_is_host(dst))
		return false;
	*hop = ip6_is_on_link(i, dst) ? *dst : i->v6.gateway;
	return !addr_is_unspecified(hop);
}

/* --- in --- */

/* One extension header, and the options that two kinds of them hold. */
struct extension {
	uint8_t next, len; /* len: 8-byte units behind the first */
};

/* Each option says by its first two bits whether a node that does not know it may go on. */
static bool may_skip_options(struct span options)
{
	size_t at = 0;

	while (at < options.len) {
		if (options.at[at] == OPTION_PAD_1) {
			at++;
			continue;
		}
		if (options.at[at] >> 6 != 0 || options.len - at < 2)
			return false;
		at += 2u + options.at[at + 1];
	}
	return at == options.len;
}

/*
 * Walks to the payload: its protocol to @protocol, its place to @at, which stands at the first
 * extension header. DROP_COUNT when it is found.
 */
static enum drop skip_extensions(struct span packet, uint8_t *protocol, size_t *at)
{
	const size_t start = *at;

	for (unsigned int n = 0;; n++) {
		struct extension x;
		size_t len;

		if (*protocol == IPPROTO_FRAGMENT)
			return DROP_IP_FRAGMENT;
		if (*protocol == IPPROTO_ROUTING)
			return DROP_IP_EXTENSION;
		if (*protocol != IPPROTO_HOPOPTS && *protocol != IPPROTO_DSTOPTS)
			return DROP_COUNT;
		/* Hop-by-hop options only come first: RFC 8200 4.1. */
		if (n == IP6_EXTENSIONS_MAX || (*protocol == IPPROTO_HOPOPTS && n > 0))
			return DROP_IP_EXTENSION;
		if (packet.len - *at < sizeof(x))
			return DROP_IP_BAD;
		memcpy(&x, packet.at + *at, sizeof(x));
		len = 8u + 8u * x.len;
		if (packet.len - *at < len)
			return DROP_IP_BAD;
		if (*at + len - start > IP6_EXTENSION_BYTES_MAX ||
		    !may_skip_options((struct span){packet.at + *at + sizeof(x), len - sizeof(x)}))
			return DROP_IP_EXTENSION;
		*protocol = x.next;
		*at += len;
	}
}

static bool is_well_formed(const struct rte_mbuf *m, const struct rte_ipv6_hdr *ip)
{
	return m->data_len >= sizeof(*ip) && rte_be_to_cpu_32(ip->vtc_flow) >> 28 == VERSION_6 &&
	       rte_be_to_cpu_16(ip->payload_len) <= m->data_len - sizeof(*ip);
}

static struct ip_info read_header(const struct rte_mbuf *m, const struct rte_ipv6_hdr *ip)
{
	struct ip_info info = {
	    .protocol = ip->proto,
	    .hop_limit = ip->hop_limits,
	    .ecn = rte_be_to_cpu_32(ip->vtc_flow) >> ECN_SHIFT & RTE_IPV4_HDR_ECN_MASK,
	    .l4_checksum_good = is_l4_good(m),
	};

	memcpy(info.src.b, ip->src_addr, sizeof(info.src.b));
	memcpy(info.dst.b, ip->dst_addr, sizeof(info.dst.b));
	return info;
}

/* A frame to a group carries packets to that group, any other frame to an address of ours. */
static enum drop check_addresses(const struct net_iface *in, const struct ip_info *info,
				 bool is_group)
{
	if (is_group ? !ip6_is_our_group(in, &info->dst) : !ip6_is_ours(in, &info->dst))
		return DROP_IP_NOT_FOR_US;
	if (ip6_is_ours(in, &info->src))
		return DROP_IP_BAD;
	/* Who asks whether an address is free has none: RFC 4862 5.4.2. */
	if (!ip6_is_host(&info->src) && !addr_is_unspecified(&info->src))
		return DROP_IP_BAD;
	return DROP_COUNT;
}

bool ip6_input(struct net_iface *in, struct rte_mbuf *m, bool is_group, struct ip_info *info)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	size_t at = sizeof(*ip);
	struct span packet;
	enum drop refusal;

	if (!is_well_formed(m, ip)) {
		drop(in, m, DROP_IP_BAD);
		return false;
	}
	*info = read_header(m, ip);
	packet =
	    (struct span){(const uint8_t *)ip, sizeof(*ip) + rte_be_to_cpu_16(ip->payload_len)};
	refusal = check_addresses(in, info, is_group);
	if (refusal == DROP_COUNT)
		refusal = skip_extensions(packet, &info->protocol, &at);
	if (refusal == DROP_COUNT && addr_is_unspecified(&info->src) &&
	    info->protocol != IPPROTO_ICMPV6)
		refusal = DROP_IP_BAD;
	if (refusal != DROP_COUNT) {
		drop(in, m, refusal);
		return false;
	}
	(void)rte_pktmbuf_trim(m, (uint16_t)(m->data_len - packet.len));
	rte_pktmbuf_adj(m, (uint16_t)at);
	return true;
}

/* --- out --- */

/*
 * What a router may spread flows by, and nobody can guess the next one of (RFC 6437 3). Our own
 * address is the same in all, so it need not go in.
 */
static uint32_t flow_label(const struct net_iface *i, const struct rte_mbuf *m,
			   const struct ip_info *info)
{
	uint8_t flow[sizeof(info->dst.b) + PORTS_BYTES] = {0};
	uint32_t label;

	memcpy(flow, info->dst.b, sizeof(info->dst.b));
	if (info->protocol == IPPROTO_TCP && m->data_len >= PORTS_BYTES)
		memcpy(flow + sizeof(info->dst.b), rte_pktmbuf_mtod(m, const void *), PORTS_BYTES);
	label = keyed_hash(&i->v6.label_key, flow, sizeof(flow)) & LABEL_MASK;
	return label != 0 ? label : 1; /* 0 says that there is none */
}

/* False: taken, for want of room. */
static bool put_header(struct net_iface *out, struct rte_mbuf *m, const struct ip_info *info)
{
	const uint32_t label = flow_label(out, m, info);
	const uint16_t payload_len = m->data_len;
	struct rte_ipv6_hdr *ip = (void *)rte_pktmbuf_prepend(m, sizeof(*ip));

	if (ip == NULL) {
		drop(out, m, DROP_MBUF_EMPTY);
		return false;
	}
	ip->vtc_flow =
	    rte_cpu_to_be_32((uint32_t)VERSION_6 << 28 | (uint32_t)info->ecn << ECN_SHIFT | label);
	ip->payload_len = rte_cpu_to_be_16(payload_len);
	ip->proto = info->protocol;
	ip->hop_limits = info->hop_limit;
	memcpy(ip->src_addr, info->src.b, sizeof(ip->src_addr));
	memcpy(ip->dst_addr, info->dst.b, sizeof(ip->dst_addr));
	return true;
}

void ip6_output_to(struct net_iface *out, struct rte_mbuf *m, const struct ip_info *info,
		   const struct rte_ether_addr *to)
{
	if (put_header(out, m, info))
		eth_output(out, m, to, RTE_ETHER_TYPE_IPV6);
}

void ip6_output(struct net_iface *out, struct rte_mbuf *m, const struct ip_info *info,
		uint64_t now_us)
{
	struct rte_ether_addr group;
	struct ip_addr hop;

	if (ip6_is_group(&info->dst)) {
		group = ip6_group_mac(&info->dst);
		ip6_output_to(out, m, info, &group);
		return;
	}
	if (!ip6_next_hop(out, &info->dst, &hop)) {
		drop(out, m, DROP_IP_NO_ROUTE);
		return;
	}
	if (put_header(out, m, info))
		neigh_send(out, m, &hop, now_us);
}
