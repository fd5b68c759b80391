/* SPDX-License-Identifier: BSD-3-Clause */
/* ip.c - IPv4 in and out (RFC 791, 1122 3.2.1): no fragments, no forwarding, one address. */
#include <rte_ip.h>

#include "dataplane/base/checksum.h"
#include "dataplane/net/net_impl.h"

#define VERSION_4 4

static uint32_t mask_of(uint8_t prefix_len)
{
	return prefix_len == 0 ? 0 : UINT32_MAX << (32 - prefix_len);
}

void ip_init(struct net_iface *i, const struct net_iface_setup *s)
{
	i->v4 = (struct net_v4){
	    .address = addr_is_v4(&s->address) ? addr_v4(&s->address) : 0,
	    .mask = mask_of(s->prefix_len),
	    .gateway = addr_is_v4(&s->gateway) ? addr_v4(&s->gateway) : 0,
	};
}

bool ip_is_on_link(const struct net_iface *i, uint32_t address)
{
	return ((address ^ i->v4.address) & i->v4.mask) == 0;
}

bool ip_is_host(const struct net_iface *i, uint32_t address)
{
	const uint32_t net = address >> 24;
	const uint32_t host_bits = ~i->v4.mask;

	if (net == 0 || net == 127 || net >= 224)
		return false;
	/* A link of two or one (RFC 3021) has neither network nor broadcast address. */
	if (host_bits > 1 && ip_is_on_link(i, address))
		return (address & host_bits) != 0 && (address & host_bits) != host_bits;
	return true;
}

bool ip_next_hop(const struct net_iface *i, uint32_t dst, uint32_t *hop)
{
	if (i->v4.address == 0 || dst == i->v4.address || !ip_is_host(i, dst))
		return false;
	*hop = ip_is_on_link(i, dst) ? dst : i->v4.gateway;
	return *hop != 0;
}

static bool is_checksum_good(const struct rte_mbuf *m, const struct rte_ipv4_hdr *ip,
			     size_t header_len)
{
	if ((m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD)
		return true;
	return checksum_finish(checksum_add(0, ip, header_len)) == 0;
}

/* Options are skipped: none of them asks anything of a host that does not forward. */
static bool is_well_formed(const struct rte_mbuf *m, const struct rte_ipv4_hdr *ip)
{
	size_t header_len, total_len;

	if (m->data_len < sizeof(*ip) || ip->version_ihl >> 4 != VERSION_4)
		return false;
	header_len = rte_ipv4_hdr_len(ip);
	total_len = rte_be_to_cpu_16(ip->total_length);
	return header_len >= sizeof(*ip) && total_len >= header_len && total_len <= m->data_len &&
	       is_checksum_good(m, ip, header_len);
}

bool ip_input(struct net_iface *in, struct rte_mbuf *m, struct ip_info *info)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	const uint16_t fragment = RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK;
	uint16_t header_len, total_len;
	uint32_t src;

	if (!is_well_formed(m, ip)) {
		drop(in, m, DROP_IP_BAD);
		return false;
	}
	*info = (struct ip_info){
	    .src = addr_from_v4(rte_be_to_cpu_32(ip->src_addr)),
	    .dst = addr_from_v4(rte_be_to_cpu_32(ip->dst_addr)),
	    .protocol = ip->next_proto_id,
	    .hop_limit = ip->time_to_live,
	    .ecn = ip->type_of_service & RTE_IPV4_HDR_ECN_MASK,
	    .l4_checksum_good = is_l4_good(m),
	};
	header_len = rte_ipv4_hdr_len(ip);
	total_len = rte_be_to_cpu_16(ip->total_length);
	src = addr_v4(&info->src);
	if (in->v4.address == 0 || rte_be_to_cpu_32(ip->dst_addr) != in->v4.address) {
		drop(in, m, DROP_IP_NOT_FOR_US);
		return false;
	}
	if (src == in->v4.address || !ip_is_host(in, src)) {
		drop(in, m, DROP_IP_BAD);
		return false;
	}
	if ((rte_be_to_cpu_16(ip->fragment_offset) & fragment) != 0) {
		drop(in, m, DROP_IP_FRAGMENT);
		return false;
	}
	(void)rte_pktmbuf_trim(m, (uint16_t)(m->data_len - total_len));
	rte_pktmbuf_adj(m, header_len);
	return true;
}

void ip_output(struct net_iface *out, struct rte_mbuf *m, const struct ip_info *info,
	       uint64_t now_us)
{
	const uint32_t dst = addr_v4(&info->dst);
	struct rte_ipv4_hdr *ip;
	struct ip_addr next;
	uint32_t hop;

	if (!ip_next_hop(out, dst, &hop)) {
		drop(out, m, DROP_IP_NO_ROUTE);
		return;
	}
	ip = (void *)rte_pktmbuf_prepend(m, sizeof(*ip));
	if (ip == NULL) {
		drop(out, m, DROP_MBUF_EMPTY);
		return;
	}
	/* The id may be 0: a packet that must not be fragmented needs none (RFC 6864 4.1). */
	*ip = (struct rte_ipv4_hdr){
	    .version_ihl = RTE_IPV4_VHL_DEF,
	    .type_of_service = info->ecn,
	    .total_length = rte_cpu_to_be_16(m->data_len),
	    .fragment_offset = rte_cpu_to_be_16(RTE_IPV4_HDR_DF_FLAG),
	    .time_to_live = info->hop_limit,
	    .next_proto_id = info->protocol,
	    .src_addr = rte_cpu_to_be_32(addr_v4(&info->src)),
	    .dst_addr = rte_cpu_to_be_32(dst),
	};
	ip->hdr_checksum = checksum_finish(checksum_add(0, ip, sizeof(*ip)));
	next = addr_from_v4(hop);
	neigh_send(out, m, &next, now_us);
}
