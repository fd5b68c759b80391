/* SPDX-License-Identifier: BSD-3-Clause */
/* eth.c - Ethernet II in and out, and the queue of frames to send. */
#include "dataplane/net/net_impl.h"

enum eth_kind eth_input(struct net_iface *in, struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth;
	bool for_us, for_all;

	/* Devices that scatter are not asked to, but some do: the rest of net reads one piece. */
	if (m->pkt_len < ETH_BYTES || (m->nb_segs > 1 && rte_pktmbuf_linearize(m) != 0)) {
		drop(in, m, DROP_FRAME_SHORT);
		return ETH_DROPPED;
	}
	eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	for_us = rte_is_same_ether_addr(&eth->dst_addr, &in->mac);
	for_all = rte_is_broadcast_ether_addr(&eth->dst_addr);
	if (!for_us && !for_all) {
		drop(in, m, DROP_FRAME_NOT_FOR_US);
		return ETH_DROPPED;
	}
	switch (rte_be_to_cpu_16(eth->ether_type)) {
	case RTE_ETHER_TYPE_ARP:
		rte_pktmbuf_adj(m, ETH_BYTES);
		return ETH_ARP;
	case RTE_ETHER_TYPE_IPV4:
		if (for_all) { /* RFC 1122 3.3.6: no unicast packet in a broadcast frame */
			drop(in, m, DROP_FRAME_NOT_FOR_US);
			return ETH_DROPPED;
		}
		rte_pktmbuf_adj(m, ETH_BYTES);
		return ETH_IP;
	default: /* VLAN tags too: the interface is untagged */
		drop(in, m, DROP_FRAME_TYPE);
		return ETH_DROPPED;
	}
}

void eth_output(struct net_iface *out, struct rte_mbuf *m, const struct rte_ether_addr *to,
		uint16_t type)
{
	struct rte_ether_hdr *eth;

	if (out->tx_tail - out->tx_head == TX_FRAMES) {
		drop(out, m, DROP_TX_FULL);
		return;
	}
	eth = (void *)rte_pktmbuf_prepend(m, ETH_BYTES);
	if (eth == NULL) {
		drop(out, m, DROP_MBUF_EMPTY);
		return;
	}
	eth->dst_addr = *to;
	eth->src_addr = out->mac;
	eth->ether_type = rte_cpu_to_be_16(type);
	out->tx[out->tx_tail++ % TX_FRAMES] = frame_of(m);
}
