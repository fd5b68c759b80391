/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net.h - from frames to segments and back, for the two interfaces of the edge: Ethernet, 802.1Q,
 * ARP (RFC 826, 5227 3), IPv4 (RFC 791, 1122), IPv6 (RFC 8200), neighbour discovery (RFC 4861),
 * ICMP echo and errors about our segments (RFC 792, 4443), multicast listener reports (RFC 3810).
 * What the three rules do not allow is dropped and counted here.
 *
 * Pure: struct net knows no device; net_input() takes a frame and says what it is, net_output()
 * takes a segment and makes a frame. The poll loop moves the frames (core/core.c) through
 * net/port.h.
 *
 * Runs on  one core; each core has its own struct net.
 */
#ifndef DATAPLANE_NET_NET_H
#define DATAPLANE_NET_NET_H

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "dataplane/base/addr.h"
#include "dataplane/base/bounds.h"
#include "dataplane/base/drop.h"
#include "dataplane/base/ids.h"
#include "dataplane/tcp/tcp.h"

/*
 * One interface as configured: IPv4, IPv6 or both; an address that is all zero is none. With an
 * IPv6 address it also has a link-local one, made of its MAC, which only neighbours see. Routes are
 * these alone: router advertisements and redirects are not taken.
 */
struct net_iface_setup {
	struct rte_ether_addr mac;
	struct ip_addr address;
	uint8_t prefix_len;     /* 0..32 */
	struct ip_addr gateway; /* all zero: none, on-link only */
	struct ip_addr address6;
	uint8_t prefix6_len;     /* 0..128 */
	struct ip_addr gateway6; /* global or link-local; all zero: none, on-link only */
	uint16_t vlan;           /* 802.1Q id of all frames in and out, 1..4094; 0 = untagged */
	uint32_t mtu;            /* bytes of IP packet; with IPv6 at least MTU_IPV6_MIN */
	uint16_t listen_port;    /* R1 or R3: 5269 or 23456 */
	bool checksum_trust;     /* take TCP checksums as good (port_setup.rx_checksum_trust) */
};

struct net_setup {
	struct net_iface_setup iface[IFACE_COUNT];
	struct rte_mempool *pool; /* for what net sends itself: ARP, ICMP */
	uint32_t *drops;          /* DROP_COUNT counters of this core */
	/* Other cores have the same addresses: an answer nobody here has asked for may be theirs,
	 * and is no fault; and it is enough when one of them announces the addresses. */
	bool has_others, is_silent;
};

struct net;

enum net_verdict {
	NET_TCP,    /* @m's data now starts at the TCP header and ends with the segment: give it to
		       tcp_segment() */
	NET_TAKEN,  /* dealt with: ARP, ND, ICMP, or dropped and counted; the mbuf is gone */
	NET_QUOTED, /* an ICMP error that quotes a segment of ours (mbuf gone): give @quoted to
		       tcp_icmp() */
};

/* rte_zmalloc; NULL without memory. */
MUST_USE struct net *net_init(const struct net_setup *setup, uint64_t now_us);
void net_fini(struct net *n);

/* Takes @m unless NET_TCP. Port policy: TCP passes when its destination port is the listen port, or
 * >= 1024 and it is no bare SYN (answers to what we dialled: the flow table decides). IPv6
 * link-local addresses have no TCP. */
MUST_USE enum net_verdict net_input(struct net *n, enum iface iface, struct rte_mbuf *m,
				    uint64_t now_us, struct tcp_packet *packet,
				    struct tcp_quoted *quoted);

/*
 * Put IP and Ethernet before a segment and queue it for its interface; while the next hop is
 * unresolved a few are kept, the rest dropped and counted (TCP sends again). Takes out->m. A data
 * segment's mbuf may also be referenced by TCP's retransmission queue: headers go into its headroom
 * only, payload is never touched.
 */
void net_output(struct net *n, const struct tcp_output *out, uint64_t now_us);

/* Frames ready to send on @iface, in order; the caller owns them. */
unsigned int net_take_frames(struct net *n, enum iface iface, struct rte_mbuf **frames,
			     unsigned int max);

/* Neighbours' retries and expiry. Call about once a millisecond. */
void net_tick(struct net *n, uint64_t now_us);

/*
 * An answer to a question about a neighbour goes to one receive queue, whichever core had asked. A
 * core that is not alone takes the answers it has heard, at most 16 between two calls, and gives
 * them to the others (by value, inbox.h), who believe what they have asked for.
 */
struct net_neighbour {
	enum iface iface;
	struct ip_addr address;
	struct rte_ether_addr mac;
};
/* False: nothing new. */
MUST_USE bool net_take_neighbour(struct net *n, struct net_neighbour *out);
void net_hear_neighbour(struct net *n, const struct net_neighbour *answer, uint64_t now_us);

/* Is @remote reachable by configuration (on-link or by a gateway)? */
bool net_has_route(const struct net *n, enum iface iface, const struct ip_addr *remote);

#endif
