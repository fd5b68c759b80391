/* SPDX-License-Identifier: BSD-3-Clause */
/* net.c - a frame's way in and a segment's way out, and the port policy (design.md 1). */
#include <netinet/in.h>

#include <rte_malloc.h>
#include <rte_tcp.h>

#include "dataplane/net/net_impl.h"

#define FIRST_USER_PORT 1024 /* what we dial from: RFC 6056 3.2 */

static uint32_t mask_of(uint8_t prefix_len)
{
	return prefix_len == 0 ? 0 : UINT32_MAX << (32 - prefix_len);
}

static void init_iface(struct net *n, enum iface index, const struct net_iface_setup *s,
		       uint64_t now_us)
{
	struct net_iface *i = &n->iface[index];

	i->net = n;
	i->index = index;
	i->mac = s->mac;
	i->address = addr_is_v4(&s->address) ? addr_v4(&s->address) : 0;
	i->mask = mask_of(s->prefix_len);
	i->gateway = addr_is_v4(&s->gateway) ? addr_v4(&s->gateway) : 0;
	i->listen_port = s->listen_port;
	i->checksum_trust = s->checksum_trust;
	i->echo_tokens = ICMP_ECHO_BURST;
	i->echo_filled_us = now_us;
}

struct net *net_init(const struct net_setup *setup, uint64_t now_us)
{
	struct net *n = rte_zmalloc("net", sizeof(*n), CACHE_LINE);

	if (n == NULL)
		return NULL;
	n->pool = setup->pool;
	n->drops = setup->drops;
	for (enum iface i = 0; i < IFACE_COUNT; i++) {
		init_iface(n, i, &setup->iface[i], now_us);
		if (!arp_init(&n->iface[i], now_us)) {
			net_fini(n);
			return NULL;
		}
	}
	return n;
}

void net_fini(struct net *n)
{
	struct rte_mbuf *frame;

	if (n == NULL)
		return;
	for (enum iface i = 0; i < IFACE_COUNT; i++) {
		arp_fini(&n->iface[i]);
		while (net_take_frames(n, i, &frame, 1) == 1)
			rte_pktmbuf_free(frame);
	}
	rte_free(n);
}

/* R1, R3: to the listen port. R2 and dialled gateways: answers to a port of our choice, which are
 * never a bare SYN. */
static enum drop check_ports(const struct net_iface *in, const struct rte_mbuf *m)
{
	const struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod(m, const struct rte_tcp_hdr *);
	uint16_t port;

	if (m->data_len < sizeof(*tcp))
		return DROP_TCP_BAD;
	port = rte_be_to_cpu_16(tcp->dst_port);
	if (port == in->listen_port)
		return DROP_COUNT;
	if (port < FIRST_USER_PORT ||
	    (tcp->tcp_flags & (RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG)) == RTE_TCP_SYN_FLAG)
		return DROP_PORT_CLOSED;
	return DROP_COUNT;
}

static enum net_verdict take_tcp(struct net_iface *in, struct rte_mbuf *m,
				 const struct ip_info *info, struct tcp_packet *packet)
{
	const enum drop refusal = check_ports(in, m);

	if (refusal != DROP_COUNT) {
		drop(in, m, refusal);
		return NET_TAKEN;
	}
	*packet = (struct tcp_packet){
	    .iface = in->index,
	    .src = addr_from_v4(info->src),
	    .dst = addr_from_v4(in->address),
	    .checksum_good = info->l4_checksum_good || in->checksum_trust,
	};
	return NET_TCP;
}

enum net_verdict net_input(struct net *n, enum iface iface, struct rte_mbuf *m, uint64_t now_us,
			   struct tcp_packet *packet, struct tcp_quoted *quoted)
{
	struct net_iface *in = &n->iface[iface];
	struct ip_info info;

	switch (eth_input(in, m)) {
	case ETH_DROPPED:
		return NET_TAKEN;
	case ETH_ARP:
		arp_input(in, m, now_us);
		return NET_TAKEN;
	case ETH_IP:
		break;
	}
	if (!ip_input(in, m, &info))
		return NET_TAKEN;
	if (info.protocol == IPPROTO_TCP)
		return take_tcp(in, m, &info, packet);
	if (info.protocol == IPPROTO_ICMP)
		return icmp_input(in, m, info.src, now_us, quoted) ? NET_QUOTED : NET_TAKEN;
	drop(in, m, DROP_IP_PROTOCOL);
	return NET_TAKEN;
}

void net_output(struct net *n, const struct tcp_output *out, uint64_t now_us)
{
	struct net_iface *i = &n->iface[out->iface];

	if (!addr_is_v4(&out->src) || !addr_is_v4(&out->dst)) {
		drop(i, out->m, DROP_IP_NO_ROUTE);
		return;
	}
	ip_output(i, out->m, addr_v4(&out->src), addr_v4(&out->dst), IPPROTO_TCP, now_us);
}

unsigned int net_take_frames(struct net *n, enum iface iface, struct rte_mbuf **frames,
			     unsigned int max)
{
	struct net_iface *i = &n->iface[iface];
	unsigned int count = 0;

	while (count < max && i->tx_head != i->tx_tail)
		frames[count++] = frame_restore(&i->tx[i->tx_head++ % TX_FRAMES]);
	return count;
}

void net_tick(struct net *n, uint64_t now_us)
{
	for (enum iface i = 0; i < IFACE_COUNT; i++)
		arp_tick(&n->iface[i], now_us);
}

bool net_take_arp(struct net *n, struct net_arp *out)
{
	if (n->news_head == n->news_tail)
		return false;
	*out = n->news[n->news_head++ % ARP_NEWS];
	return true;
}

void net_hear_arp(struct net *n, const struct net_arp *answer, uint64_t now_us)
{
	arp_heard(&n->iface[answer->iface], answer, now_us);
}

bool net_has_route(const struct net *n, enum iface iface, const struct ip_addr *remote)
{
	uint32_t hop;

	return addr_is_v4(remote) && ip_next_hop(&n->iface[iface], addr_v4(remote), &hop);
}
