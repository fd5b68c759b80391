/* SPDX-License-Identifier: BSD-3-Clause */
/* arp.c - questions and answers about IPv4 neighbours (RFC 826, 1122 2.3.2, 5227 3). */
#include <rte_arp.h>

#include "dataplane/net/net_impl.h"

static const struct rte_ether_addr everybody = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
static const struct rte_ether_addr nobody;

/* --- out --- */

static void send_arp(struct net_iface *i, uint16_t op, const struct rte_ether_addr *to,
		     uint32_t target)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(i->net->pool);
	struct rte_arp_hdr *arp;

	if (m == NULL) {
		count_drop(i->net, DROP_MBUF_EMPTY);
		return;
	}
	arp = (void *)rte_pktmbuf_append(m, sizeof(*arp));
	if (arp == NULL) {
		drop(i, m, DROP_MBUF_EMPTY);
		return;
	}
	*arp = (struct rte_arp_hdr){
	    .arp_hardware = rte_cpu_to_be_16(RTE_ARP_HRD_ETHER),
	    .arp_protocol = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4),
	    .arp_hlen = RTE_ETHER_ADDR_LEN,
	    .arp_plen = sizeof(uint32_t),
	    .arp_opcode = rte_cpu_to_be_16(op),
	    .arp_data =
		{
		    .arp_sha = i->mac,
		    .arp_sip = rte_cpu_to_be_32(i->v4.address),
		    .arp_tha = op == RTE_ARP_OP_REPLY ? *to : nobody,
		    .arp_tip = rte_cpu_to_be_32(target),
		},
	};
	eth_output(i, m, to, RTE_ETHER_TYPE_ARP);
}

void arp_ask(struct net_iface *i, uint32_t target, const struct rte_ether_addr *to)
{
	send_arp(i, RTE_ARP_OP_REQUEST, to != NULL ? to : &everybody, target);
}

void arp_announce(struct net_iface *i)
{
	send_arp(i, RTE_ARP_OP_REQUEST, &everybody, i->v4.address);
}

/* --- in --- */

/* What one ARP packet says. */
struct claim {
	uint16_t op;
	uint32_t sender, target; /* host order */
	struct rte_ether_addr mac;
};

static bool read_claim(const struct rte_mbuf *m, struct claim *out)
{
	const struct rte_arp_hdr *arp = rte_pktmbuf_mtod(m, const struct rte_arp_hdr *);

	if (m->data_len < sizeof(*arp) ||
	    arp->arp_hardware != rte_cpu_to_be_16(RTE_ARP_HRD_ETHER) ||
	    arp->arp_protocol != rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4) ||
	    arp->arp_hlen != RTE_ETHER_ADDR_LEN || arp->arp_plen != sizeof(uint32_t))
		return false;
	*out = (struct claim){
	    .op = rte_be_to_cpu_16(arp->arp_opcode),
	    .sender = rte_be_to_cpu_32(arp->arp_data.arp_sip),
	    .target = rte_be_to_cpu_32(arp->arp_data.arp_tip),
	    .mac = arp->arp_data.arp_sha,
	};
	return (out->op == RTE_ARP_OP_REQUEST || out->op == RTE_ARP_OP_REPLY) &&
	       rte_is_valid_assigned_ether_addr(&out->mac);
}

static void take_claim(struct net_iface *in, const struct claim *c, uint64_t now_us)
{
	const bool may_be_used = ip_is_host(in, c->sender) &&
				 (ip_is_on_link(in, c->sender) || c->sender == in->v4.gateway);
	const struct ip_addr sender = addr_from_v4(c->sender);

	if (c->sender == in->v4.address) {
		/* Somebody has our address (RFC 5227 2.4), or our own announcement came back. */
		count_drop(in->net, rte_is_same_ether_addr(&c->mac, &in->mac)
					? DROP_FRAME_NOT_FOR_US
					: DROP_ADDRESS_DUPLICATE);
	} else if (c->sender == c->target && may_be_used) {
		neigh_announced(in, &sender, &c->mac, now_us);
	} else if (c->target != in->v4.address) {
		count_drop(in->net, DROP_FRAME_NOT_FOR_US);
	} else if (c->op == RTE_ARP_OP_REQUEST) {
		send_arp(in, RTE_ARP_OP_REPLY, &c->mac, c->sender);
		if (may_be_used) /* not a probe: RFC 5227 2.1.1 asks from address 0 */
			neigh_asked(in, &sender, &c->mac, now_us);
	} else if (may_be_used) {
		neigh_tell(in, &sender, &c->mac);
		if (!neigh_answered(in, &sender, &c->mac, now_us) && !in->net->has_others)
			count_drop(in->net, DROP_ARP_BAD);
	} else {
		count_drop(in->net, DROP_ARP_BAD);
	}
}

void arp_input(struct net_iface *in, struct rte_mbuf *m, uint64_t now_us)
{
	struct claim c;

	if (in->v4.address == 0 || !read_claim(m, &c))
		count_drop(in->net, DROP_ARP_BAD);
	else
		take_claim(in, &c, now_us);
	rte_pktmbuf_free(m);
}

void arp_init(struct net_iface *i, uint64_t now_us)
{
	if (i->v4.address == 0 || i->net->is_silent)
		return;
	i->arp_announce.kind = TIMER_ARP_ANNOUNCE;
	wheel_set(&i->wheel, &i->arp_announce, now_us + ARP_ANNOUNCE_US);
	arp_announce(i);
}
