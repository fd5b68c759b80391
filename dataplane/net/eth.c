/* SPDX-License-Identifier: BSD-3-Clause */
/* eth.c - Ethernet II and 802.1Q in and out, and the queue of frames to send. */
#include "dataplane/net/net_impl.h"

#define VLAN_ID_MASK 0x0fff

static bool is_for_our_group(const struct net_iface *in, const struct rte_ether_addr *dst)
{
	for (unsigned int g = 0; g < IP6_GROUPS; g++) {
		const struct rte_ether_addr group = ip6_group_mac(&in->v6.group[g]);

		if (rte_is_same_ether_addr(dst, &group))
			return has_v6(in);
	}
	return false;
}

/* What stands between the addresses of a frame and its packet. */
struct eth_type {
	uint16_t type, vlan; /* vlan: 0 = untagged, or a tag that carries but a priority */
	uint16_t header_len;
};

/* The tag is in the frame, or in the mbuf where the device has taken it off. */
static bool read_type(const struct rte_mbuf *m, struct eth_type *out)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const struct rte_vlan_hdr *tag = (const void *)(eth + 1);

	*out =
	    (struct eth_type){.type = rte_be_to_cpu_16(eth->ether_type), .header_len = ETH_BYTES};
	if ((m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0) {
		out->vlan = m->vlan_tci & VLAN_ID_MASK;
	} else if (out->type == RTE_ETHER_TYPE_VLAN) {
		if (m->data_len < ETH_BYTES + VLAN_BYTES)
			return false;
		out->type = rte_be_to_cpu_16(tag->eth_proto);
		out->vlan = rte_be_to_cpu_16(tag->vlan_tci) & VLAN_ID_MASK;
		out->header_len = ETH_BYTES + VLAN_BYTES;
	}
	return true;
}

static enum eth_kind refuse(struct net_iface *in, struct rte_mbuf *m, enum drop why)
{
	drop(in, m, why);
	return ETH_DROPPED;
}

enum eth_kind eth_input(struct net_iface *in, struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth;
	bool for_us, for_all, for_group;
	struct eth_type t;

	/* Devices that scatter are not asked to, but some do: the rest of net reads one piece. */
	if (m->pkt_len < ETH_BYTES || (m->nb_segs > 1 && rte_pktmbuf_linearize(m) != 0))
		return refuse(in, m, DROP_FRAME_SHORT);
	eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	for_us = rte_is_same_ether_addr(&eth->dst_addr, &in->mac);
	for_all = !for_us && rte_is_broadcast_ether_addr(&eth->dst_addr);
	for_group = !for_us && !for_all && is_for_our_group(in, &eth->dst_addr);
	if (!for_us && !for_all && !for_group)
		return refuse(in, m, DROP_FRAME_NOT_FOR_US);
	if (!read_type(m, &t))
		return refuse(in, m, DROP_FRAME_SHORT);
	if (t.vlan != in->vlan)
		return refuse(in, m, DROP_FRAME_VLAN);
	rte_pktmbuf_adj(m, t.header_len);
	switch (t.type) {
	case RTE_ETHER_TYPE_ARP:
		return for_group ? refuse(in, m, DROP_FRAME_NOT_FOR_US) : ETH_ARP;
	case RTE_ETHER_TYPE_IPV4: /* RFC 1122 3.3.6: no unicast packet in a broadcast frame */
		return for_us ? ETH_IP : refuse(in, m, DROP_FRAME_NOT_FOR_US);
	case RTE_ETHER_TYPE_IPV6:
		if (for_all)
			return refuse(in, m, DROP_FRAME_NOT_FOR_US);
		return for_us ? ETH_IP6 : ETH_IP6_GROUP;
	default:
		return refuse(in, m, DROP_FRAME_TYPE);
	}
}

/* Behind the addresses comes the type, or tag and type. */
static void put_type(struct net_iface *out, struct rte_ether_hdr *eth, uint16_t type)
{
	struct rte_vlan_hdr *tag = (void *)(eth + 1);

	if (out->vlan == 0) {
		eth->ether_type = rte_cpu_to_be_16(type);
		return;
	}
	eth->ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_VLAN);
	tag->vlan_tci = rte_cpu_to_be_16(out->vlan);
	tag->eth_proto = rte_cpu_to_be_16(type);
}

void eth_output(struct net_iface *out, struct rte_mbuf *m, const struct rte_ether_addr *to,
		uint16_t type)
{
	struct rte_ether_hdr *eth;

	if (out->tx_tail - out->tx_head == TX_FRAMES) {
		drop(out, m, DROP_TX_FULL);
		return;
	}
	eth = (void *)rte_pktmbuf_prepend(m, out->vlan == 0 ? ETH_BYTES : ETH_BYTES + VLAN_BYTES);
	if (eth == NULL) {
		drop(out, m, DROP_MBUF_EMPTY);
		return;
	}
	eth->dst_addr = *to;
	eth->src_addr = out->mac;
	put_type(out, eth, type);
	out->tx[out->tx_tail++ % TX_FRAMES] = frame_of(m);
}
