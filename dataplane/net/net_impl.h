/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_impl.h - what the files of net share: the state of one interface, and the calls by which
 * they hand frames to each other.
 *
 * Owns     a function that takes an mbuf frees it on every path on which it does not pass it on.
 */
#ifndef DATAPLANE_NET_NET_IMPL_H
#define DATAPLANE_NET_NET_IMPL_H

#include "dataplane/base/keyed_hash.h"
#include "dataplane/base/wheel.h"
#include "dataplane/net/neigh.h"
#include "dataplane/net/net.h"

enum net_bounds {
	ETH_BYTES = 14,         /* Ethernet II header */
	VLAN_BYTES = 4,         /* 802.1Q tag behind its addresses */
	TX_FRAMES = 1024,       /* of one interface between two net_take_frames() */
	ICMP_ECHO_BURST = 50,   /* replies at once */
	ICMP_ECHO_PER_S = 100,  /* and on average: enough for monitoring, no use for a flood */
	HOP_LIMIT = 64,         /* RFC 1700's figure */
	ND_HOP_LIMIT = 255,     /* what no router has passed on: RFC 4861 3.1 */
	IP6_EXTENSIONS_MAX = 4, /* extension headers before the payload ... */
	IP6_EXTENSION_BYTES_MAX = 256, /* ... and their bytes */
	IP6_GROUPS = 3,                /* all nodes, and one for each address */
	ARP_ANNOUNCE_US = 2000000,     /* RFC 5227 2.3: second announcement */
	ND_ANNOUNCE_US = 1000000,      /* RFC 4862 5.4: the probe had its RETRANS_TIMER */
	MLD_AGAIN_US = 1000000,        /* RFC 3810 9.11 Unsolicited Report Interval */
};

_Static_assert((TX_FRAMES & (TX_FRAMES - 1)) == 0, "TX_FRAMES is a mask + 1");

/* IPv4 of one interface, host order; address 0 = none. */
struct net_v4 {
	uint32_t address, mask, gateway;
};

/* IPv6 of one interface; unspecified address = none, then it has no link-local one either. */
struct net_v6 {
	struct ip_addr address, link_local, gateway;
	struct ip_addr group[IP6_GROUPS];
	struct hash_key label_key; /* flow labels: RFC 6437 3 */
	uint8_t prefix_len;
};

/* Timers of an interface besides those of its neighbours. */
enum timer_kind { TIMER_NEIGH, TIMER_ARP_ANNOUNCE, TIMER_ND_ANNOUNCE, TIMER_MLD_REPORT };

struct net_iface {
	struct net *net;
	enum iface index;
	struct rte_ether_addr mac;
	uint16_t vlan; /* 0 = untagged */
	uint16_t listen_port;
	bool checksum_trust;
	bool mld_is_answer; /* the report that is due answers a query */
	struct net_v4 v4;
	struct net_v6 v6;
	uint32_t echo_tokens;
	uint64_t echo_filled_us;
	struct wheel wheel;
	struct wheel_timer arp_announce, nd_announce, mld_report;
	uint32_t tx_head, tx_tail; /* run freely; head is taken first */
	struct net_frame tx[TX_FRAMES];
	struct neigh_cache neigh;
};

struct net {
	struct rte_mempool *pool;
	uint32_t *drops;
	bool has_others, is_silent;
	uint32_t news_head, news_tail;
	struct net_neighbour news[NEIGH_NEWS];
	struct net_iface iface[IFACE_COUNT];
};

static inline void count_drop(struct net *n, enum drop d)
{
	/* One writer; others read with relaxed loads (core/stats.h). */
	__atomic_store_n(&n->drops[d], n->drops[d] + 1, __ATOMIC_RELAXED);
}

/* Takes @m. */
static inline void drop(struct net_iface *i, struct rte_mbuf *m, enum drop d)
{
	count_drop(i->net, d);
	rte_pktmbuf_free(m);
}

static inline bool has_v6(const struct net_iface *i)
{
	return !addr_is_unspecified(&i->v6.address);
}

/* What an IP header of either family says, or is to say. */
struct ip_info {
	struct ip_addr src, dst;
	uint8_t protocol;
	uint8_t hop_limit;
	uint8_t ecn;
	bool l4_checksum_good; /* as far as the device knows */
};

/* RTE_MBUF_F_RX_L4_CKSUM_NONE: the bytes are right, the field was never filled in (virtio). */
static inline bool is_l4_good(const struct rte_mbuf *m)
{
	const uint64_t l4 = m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;

	return l4 == RTE_MBUF_F_RX_L4_CKSUM_GOOD || l4 == RTE_MBUF_F_RX_L4_CKSUM_NONE;
}

/* --- eth.c --- */

enum eth_kind {
	ETH_DROPPED,
	ETH_ARP,
	ETH_IP,
	ETH_IP6,
	ETH_IP6_GROUP, /* in a frame to a group that we are in */
};

/* Takes @m if ETH_DROPPED; otherwise its data starts behind the Ethernet header, in one piece. */
MUST_USE enum eth_kind eth_input(struct net_iface *in, struct rte_mbuf *m);
/* Takes @m: puts the Ethernet header before it and queues the frame. */
void eth_output(struct net_iface *out, struct rte_mbuf *m, const struct rte_ether_addr *to,
		uint16_t type);

/* --- arp.c --- */

void arp_init(struct net_iface *i, uint64_t now_us);
/* Takes @m. */
void arp_input(struct net_iface *in, struct rte_mbuf *m, uint64_t now_us);
/* Who has @target? @to NULL: everybody. */
void arp_ask(struct net_iface *i, uint32_t target, const struct rte_ether_addr *to);
void arp_announce(struct net_iface *i);

/* --- nd.c --- */

void nd_init(struct net_iface *i, uint64_t now_us);
/* Takes @m, an ICMPv6 message with a good checksum. */
void nd_input(struct net_iface *in, struct rte_mbuf *m, const struct ip_info *info,
	      uint64_t now_us);
/* Who has @target? @to NULL: its solicited-node group. */
void nd_ask(struct net_iface *i, const struct ip_addr *target, const struct rte_ether_addr *to);
void nd_announce(struct net_iface *i, uint64_t now_us);

/* --- mld.c --- */

void mld_init(struct net_iface *i, uint64_t now_us);
/* Takes @m, an ICMPv6 message with a good checksum. */
void mld_input(struct net_iface *in, struct rte_mbuf *m, const struct ip_info *info,
	       uint64_t now_us);
void mld_report(struct net_iface *i, uint64_t now_us);

/* --- ip.c: IPv4, addresses in host order --- */

void ip_init(struct net_iface *i, const struct net_iface_setup *s);
/* False: taken. True: @m's data is the packet's payload, without padding. */
MUST_USE bool ip_input(struct net_iface *in, struct rte_mbuf *m, struct ip_info *info);
/* Takes @m, the payload. */
void ip_output(struct net_iface *out, struct rte_mbuf *m, const struct ip_info *info,
	       uint64_t now_us);
/* False: no way towards @dst. */
MUST_USE bool ip_next_hop(const struct net_iface *i, uint32_t dst, uint32_t *hop);
/* A source that no host may have: nets 0 and 127, groups, broadcasts. */
MUST_USE bool ip_is_host(const struct net_iface *i, uint32_t address);
MUST_USE bool ip_is_on_link(const struct net_iface *i, uint32_t address);

/* --- ip6.c --- */

void ip6_init(struct net_iface *i, const struct net_iface_setup *s);
/* False: taken. True: @m's data is the packet's payload, without extension headers and padding;
 * info->src is a host's, or unspecified in ICMPv6. @is_group: of the frame's destination. */
MUST_USE bool ip6_input(struct net_iface *in, struct rte_mbuf *m, bool is_group,
			struct ip_info *info);
/* Takes @m, the payload; to a group or a neighbour. */
void ip6_output(struct net_iface *out, struct rte_mbuf *m, const struct ip_info *info,
		uint64_t now_us);
/* The same to a station whose Ethernet address is known. */
void ip6_output_to(struct net_iface *out, struct rte_mbuf *m, const struct ip_info *info,
		   const struct rte_ether_addr *to);
/* False: no way towards @dst. */
MUST_USE bool ip6_next_hop(const struct net_iface *i, const struct ip_addr *dst,
			   struct ip_addr *hop);

/* --- ip6_addr.c --- */

MUST_USE bool ip6_is_group(const struct ip_addr *a);
MUST_USE bool ip6_is_link_local(const struct ip_addr *a);
/* Neither a group, nor unspecified, loopback or one with an IPv4 address in it. */
MUST_USE bool ip6_is_host(const struct ip_addr *a);
MUST_USE bool ip6_is_on_link(const struct net_iface *i, const struct ip_addr *a);
/* One of our two addresses. */
MUST_USE bool ip6_is_ours(const struct net_iface *i, const struct ip_addr *a);
/* One of the groups that we are in. */
MUST_USE bool ip6_is_our_group(const struct net_iface *i, const struct ip_addr *a);
/* RFC 4291 2.7.1. */
struct ip_addr ip6_solicited_node(const struct ip_addr *a);
/* RFC 4291 appendix A: from the interface's MAC. */
struct ip_addr ip6_link_local(const struct rte_ether_addr *mac);
/* RFC 2464 7. */
struct rte_ether_addr ip6_group_mac(const struct ip_addr *group);

/* --- icmp.c --- */

/* Takes @m. True: an error about a segment of ours, told in @quoted. */
MUST_USE bool icmp_input(struct net_iface *in, struct rte_mbuf *m, const struct ip_info *info,
			 uint64_t now_us, struct tcp_quoted *quoted);
/* Takes @m, an echo request. A reply of the same bytes, in a buffer of our own, or NULL: none. */
MUST_USE struct rte_mbuf *icmp_make_reply(struct net_iface *in, struct rte_mbuf *m,
					  uint64_t now_us);
/* What an error quotes of our segment behind its IP header, @bytes, to the rest of @quoted. False:
 * too little. */
MUST_USE bool icmp_read_ports(struct span bytes, struct tcp_quoted *quoted);

/* --- icmp6.c --- */

/* Takes @m. True: an error about a segment of ours, told in @quoted. */
MUST_USE bool icmp6_input(struct net_iface *in, struct rte_mbuf *m, const struct ip_info *info,
			  uint64_t now_us, struct tcp_quoted *quoted);
/* An empty message of @len bytes, zeroed; NULL, counted, without memory. */
MUST_USE struct rte_mbuf *icmp6_make(struct net_iface *i, uint16_t len);
/* Fills in the checksum of the message that is all of @m. */
void icmp6_seal(struct rte_mbuf *m, const struct ip_info *info);

#endif
