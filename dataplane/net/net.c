/* SPDX-License-Identifier: BSD-3-Clause */
/* net.c - a frame's way in and a segment's way out, and the port policy (design.md 1). */
#include <netinet/in.h>
#include <sys/random.h>

#include <rte_malloc.h>
#include <rte_tcp.h>

#include "dataplane/net/net_impl.h"

#define FIRST_USER_PORT 1024 /* what we dial from: RFC 6056 3.2 */

static bool init_iface(struct net *n, enum iface index, const struct net_iface_setup *s,
		       uint64_t now_us)
{
	struct net_iface *i = &n->iface[index];
	struct hash_key keys[2];

	if (getrandom(keys, sizeof(keys), 0) != (ssize_t)sizeof(keys))
		return false;
	i->net = n;
	i->index = index;
	i->mac = s->mac;
	i->vlan = s->vlan;
	i->listen_port = s->listen_port;
	i->checksum_trust = s->checksum_trust;
	i->echo_tokens = ICMP_ECHO_BURST;
	i->echo_filled_us = now_us;
	wheel_init(&i->wheel, now_us);
	neigh_init(&i->neigh, &keys[0]);
	ip_init(i, s);
	ip6_init(i, s);
	i->v6.label_key = keys[1];
	arp_init(i, now_us);
	mld_init(i, now_us);
	nd_init(i, now_us);
	return true;
}

struct net *net_init(const struct net_setup *setup, uint64_t now_us)
{
	struct net *n = rte_zmalloc("net", sizeof(*n), CACHE_LINE);

	if (n == NULL)
		return NULL;
	n->pool = setup->pool;
	n->drops = setup->drops;
	n->has_others = setup->has_others;
	n->is_silent = setup->is_silent;
	for (enum iface i = 0; i < IFACE_COUNT; i++)
		if (!init_iface(n, i, &setup->iface[i], now_us)) {
			net_fini(n);
			return NULL;
		}
	return n;
}

void net_fini(struct net *n)
{
	struct rte_mbuf *frame;

	if (n == NULL)
		return;
	for (enum iface i = 0; i < IFACE_COUNT; i++) {
		neigh_fini(&n->iface[i].neigh);
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

/* A link-local address is for neighbours alone; the rules speak of the configured ones. */
static enum drop check_scope(const struct ip_info *info)
{
	if (addr_is_v4(&info->dst))
		return DROP_COUNT;
	if (ip6_is_group(&info->dst))
		return DROP_IP_NOT_FOR_US;
	if (ip6_is_link_local(&info->dst) || ip6_is_link_local(&info->src))
		return DROP_IP_LINK_LOCAL;
	return DROP_COUNT;
}

static enum net_verdict take_tcp(struct net_iface *in, struct rte_mbuf *m,
				 const struct ip_info *info, struct tcp_packet *packet)
{
	enum drop refusal = check_scope(info);

	if (refusal == DROP_COUNT)
		refusal = check_ports(in, m);
	if (refusal != DROP_COUNT) {
		drop(in, m, refusal);
		return NET_TAKEN;
	}
	*packet = (struct tcp_packet){
	    .iface = in->index,
	    .src = info->src,
	    .dst = info->dst,
	    .checksum_good = info->l4_checksum_good || in->checksum_trust,
	    .ecn = info->ecn,
	};
	return NET_TCP;
}

/* False: taken. True: an IP packet's payload, @info says of which. */
static bool take_frame(struct net_iface *in, struct rte_mbuf *m, uint64_t now_us,
		       struct ip_info *info)
{
	switch (eth_input(in, m)) {
	case ETH_IP:
		return ip_input(in, m, info);
	case ETH_IP6:
		return ip6_input(in, m, false, info);
	case ETH_IP6_GROUP:
		return ip6_input(in, m, true, info);
	case ETH_ARP:
		arp_input(in, m, now_us);
		return false;
	case ETH_DROPPED:
		break;
	}
	return false;
}

enum net_verdict net_input(struct net *n, enum iface iface, struct rte_mbuf *m, uint64_t now_us,
			   struct tcp_packet *packet, struct tcp_quoted *quoted)
{
	struct net_iface *in = &n->iface[iface];
	struct ip_info info;
	bool is_quoted;

	if (!take_frame(in, m, now_us, &info))
		return NET_TAKEN;
	if (info.protocol == IPPROTO_TCP)
		return take_tcp(in, m, &info, packet);
	/* Each family has its own ICMP. */
	if (info.protocol != (addr_is_v4(&info.dst) ? IPPROTO_ICMP : IPPROTO_ICMPV6)) {
		drop(in, m, DROP_IP_PROTOCOL);
		return NET_TAKEN;
	}
	is_quoted = addr_is_v4(&info.dst) ? icmp_input(in, m, &info, now_us, quoted)
					  : icmp6_input(in, m, &info, now_us, quoted);
	return is_quoted ? NET_QUOTED : NET_TAKEN;
}

void net_output(struct net *n, const struct tcp_output *out, uint64_t now_us)
{
	struct net_iface *i = &n->iface[out->iface];
	const struct ip_info info = {
	    .src = out->src,
	    .dst = out->dst,
	    .protocol = IPPROTO_TCP,
	    .hop_limit = HOP_LIMIT,
	    .ecn = out->ecn,
	};

	if (addr_is_v4(&out->src) != addr_is_v4(&out->dst))
		drop(i, out->m, DROP_IP_NO_ROUTE);
	else if (addr_is_v4(&out->dst))
		ip_output(i, out->m, &info, now_us);
	else
		ip6_output(i, out->m, &info, now_us);
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

static void on_timer(struct net_iface *i, struct wheel_timer *t, uint64_t now_us)
{
	switch ((enum timer_kind)t->kind) {
	case TIMER_NEIGH:
		neigh_on_timer(i, CONTAINER_OF(t, struct neigh_entry, timer), now_us);
		break;
	case TIMER_ARP_ANNOUNCE:
		arp_announce(i);
		break;
	case TIMER_ND_ANNOUNCE:
		nd_announce(i, now_us);
		break;
	case TIMER_MLD_REPORT:
		mld_report(i, now_us);
		break;
	}
}

void net_tick(struct net *n, uint64_t now_us)
{
	struct wheel_timer *t;

	for (enum iface i = 0; i < IFACE_COUNT; i++)
		while ((t = wheel_next(&n->iface[i].wheel, now_us)) != NULL)
			on_timer(&n->iface[i], t, now_us);
}

bool net_take_neighbour(struct net *n, struct net_neighbour *out)
{
	if (n->news_head == n->news_tail)
		return false;
	*out = n->news[n->news_head++ % NEIGH_NEWS];
	return true;
}

void net_hear_neighbour(struct net *n, const struct net_neighbour *answer, uint64_t now_us)
{
	neigh_answered(&n->iface[answer->iface], &answer->address, &answer->mac, now_us);
}

bool net_has_route(const struct net *n, enum iface iface, const struct ip_addr *remote)
{
	const struct net_iface *i = &n->iface[iface];
	struct ip_addr hop6;
	uint32_t hop;

	if (addr_is_v4(remote))
		return ip_next_hop(i, addr_v4(remote), &hop);
	return !ip6_is_link_local(remote) && ip6_next_hop(i, remote, &hop6);
}
