/* SPDX-License-Identifier: BSD-3-Clause */
/* rig6.h - what rig.h is, for IPv6: an interface of both families, and frames by hand. */
#ifndef TESTS_UNIT_NET_RIG6_H
#define TESTS_UNIT_NET_RIG6_H

#include "tests/unit/net/rig.h"

#define OURS6       addr6("2001:db8::1")     /* prefix of 64 bits */
#define OURS6_LOCAL addr6("fe80::ff:fe00:1") /* of our_mac */
#define GATEWAY6    addr6("fe80::fe")
#define STATION6    addr6("2001:db8::7")
#define FAR_AWAY6   addr6("2001:db8:1::5")
#define ALL_NODES6  addr6("ff02::1")

static const struct rte_ether_addr all_nodes_mac = {{0x33, 0x33, 0, 0, 0, 1}};

static inline struct ip_addr addr6(const char *text)
{
	struct ip_addr a = {{0}};

	CHECK(addr_parse(text, &a));
	return a;
}

static inline struct net_iface_setup rig6_edge(void)
{
	struct net_iface_setup s = rig_edge();

	s.address6 = OURS6;
	s.prefix6_len = 64;
	s.gateway6 = GATEWAY6;
	return s;
}

static inline void rig6_drain(void)
{
	while (rig_take().len > 0)
		;
	while (rig_take_on(IFACE_INTERNAL).len > 0)
		;
}

/* With all that is said at the start taken away. */
static inline void rig6_open_with(const struct net_iface_setup *edge)
{
	rig_open_with(edge);
	rig_wait(3 * US_PER_S);
	rig6_drain();
	CHECK_EQ(rig_drops(), 0);
}

static inline void rig6_open(void)
{
	const struct net_iface_setup edge = rig6_edge();

	rig6_open_with(&edge);
}

struct ip6_fields {
	struct ip_addr src, dst;
	uint8_t next, hop_limit, ecn;
	const void *payload;
	uint16_t payload_len;
};

static inline struct rte_ether_addr mac_for(const struct ip_addr *dst)
{
	if (dst->b[0] != 0xff)
		return our_mac;
	return (struct rte_ether_addr){
	    {0x33, 0x33, dst->b[12], dst->b[13], dst->b[14], dst->b[15]}};
}

static inline struct frame make_ip6(struct ip6_fields p)
{
	struct frame f = {.len = (uint16_t)(54 + p.payload_len)};
	uint8_t *at = f.bytes + put_eth(f.bytes, mac_for(&p.dst), station_mac, 0x86dd);

	at[0] = 0x60;
	at[1] = (uint8_t)(p.ecn << 4);
	at[4] = (uint8_t)(p.payload_len >> 8);
	at[5] = (uint8_t)p.payload_len;
	at[6] = p.next;
	at[7] = p.hop_limit;
	memcpy(at + 8, &p.src, 16);
	memcpy(at + 24, &p.dst, 16);
	memcpy(at + 40, p.payload, p.payload_len);
	return f;
}

static inline enum net_verdict feed_ip6(struct ip6_fields p)
{
	const struct frame f = make_ip6(p);

	return rig_feed(f.bytes, f.len);
}

/* Of the ICMPv6 message that starts at @at of a frame without extension headers before it: what
 * its sum comes to, 0xffff when right. */
static inline uint16_t icmp6_sum(const uint8_t *ip6, const uint8_t *at, uint16_t len)
{
	struct rte_ipv6_hdr h;

	memcpy(&h, ip6, sizeof(h));
	h.proto = IPPROTO_ICMPV6;
	h.payload_len = htons(len);
	return __rte_raw_cksum_reduce(__rte_raw_cksum(at, len, rte_ipv6_phdr_cksum(&h, 0)));
}

/* An ICMPv6 message; its checksum is filled in by feed_icmp6(). */
struct message6 {
	struct ip_addr src, dst;
	uint8_t hop_limit;
	uint16_t len;
	uint8_t bytes[256];
};

static inline struct frame make_icmp6(const struct message6 *m)
{
	struct frame f = make_ip6((struct ip6_fields){.src = m->src,
						      .dst = m->dst,
						      .next = IPPROTO_ICMPV6,
						      .hop_limit = m->hop_limit,
						      .payload = m->bytes,
						      .payload_len = m->len});
	uint16_t sum;

	memset(f.bytes + 56, 0, 2);
	sum = (uint16_t)~icmp6_sum(f.bytes + 14, f.bytes + 54, m->len);
	memcpy(f.bytes + 56, &sum, 2);
	return f;
}

static inline enum net_verdict feed_icmp6(const struct message6 *m)
{
	const struct frame f = make_icmp6(m);

	return rig_feed(f.bytes, f.len);
}

/* Neighbour solicitation (135) and advertisement (136). */
struct nd_fields {
	uint8_t type;
	uint8_t flags;  /* 0x40 solicited, 0x20 override */
	uint8_t option; /* 1 source's, 2 target's Ethernet address; 0 none */
	struct ip_addr src, dst, target;
	struct rte_ether_addr mac;
};

static inline struct message6 make_nd(struct nd_fields n)
{
	struct message6 m = {.src = n.src,
			     .dst = n.dst,
			     .hop_limit = 255,
			     .len = n.option != 0 ? 32 : 24,
			     .bytes = {n.type, 0, 0, 0, n.flags}};

	memcpy(m.bytes + 8, &n.target, 16);
	if (n.option != 0) {
		m.bytes[24] = n.option;
		m.bytes[25] = 1;
		memcpy(m.bytes + 26, &n.mac, 6);
	}
	return m;
}

static inline enum net_verdict feed_nd(struct nd_fields n)
{
	const struct message6 m = make_nd(n);

	return feed_icmp6(&m);
}

/* The whole of what an ND frame of ours to @to must be. */
static inline bool is_nd(const struct frame *f, struct rte_ether_addr to, struct nd_fields want)
{
	const struct message6 m = make_nd(want);
	struct frame whole = make_icmp6(&m);

	memcpy(whole.bytes, &to, 6);
	memcpy(whole.bytes + 6, &our_mac, 6);
	memcpy(whole.bytes + 14, f->bytes + 14, 4); /* the flow label is secret */
	return f->len == whole.len && f->bytes[14] == 0x60 && f->bytes[15] >> 4 == 0 &&
	       memcmp(f->bytes, whole.bytes, f->len) == 0;
}

static inline bool took_nd(struct rte_ether_addr to, struct nd_fields want)
{
	const struct frame f = rig_take();

	return is_nd(&f, to, want);
}

static inline struct ip_addr solicited_node(struct ip_addr a)
{
	struct ip_addr group = addr6("ff02::1:ff00:0");

	memcpy(group.b + 13, a.b + 13, 3);
	return group;
}

/* A question of ours about @target: to its group, or to @directly. */
static inline bool took_nd_question(struct ip_addr target, const struct rte_ether_addr *directly)
{
	const struct ip_addr dst = directly != NULL ? target : solicited_node(target);

	return took_nd(directly != NULL ? *directly : mac_for(&dst),
		       (struct nd_fields){.type = 135,
					  .option = 1,
					  .src = OURS6_LOCAL,
					  .dst = dst,
					  .target = target,
					  .mac = our_mac});
}

static inline void answer_nd(struct ip_addr target, struct rte_ether_addr mac)
{
	CHECK_EQ(feed_nd((struct nd_fields){.type = 136,
					    .flags = 0x60,
					    .option = 2,
					    .src = target,
					    .dst = OURS6_LOCAL,
					    .target = target,
					    .mac = mac}),
		 NET_TAKEN);
}

/* Lets our side know @address, as somebody who has just asked for us. */
static inline void rig6_introduce(struct ip_addr address, struct rte_ether_addr mac)
{
	CHECK_EQ(feed_nd((struct nd_fields){.type = 135,
					    .option = 1,
					    .src = address,
					    .dst = solicited_node(OURS6),
					    .target = OURS6,
					    .mac = mac}),
		 NET_TAKEN);
	CHECK(took_nd(mac, (struct nd_fields){.type = 136,
					      .flags = 0x60,
					      .option = 2,
					      .src = OURS6,
					      .dst = address,
					      .target = OURS6,
					      .mac = our_mac}));
}

static inline void rig6_output(struct rte_mbuf *m, struct ip_addr dst, uint8_t ecn)
{
	const struct tcp_output out = {
	    .m = m, .iface = IFACE_EDGE, .src = OURS6, .dst = dst, .ecn = ecn};

	net_output(net, &out, now_us);
}

/* An IPv6 frame of ours to @dst at @mac that carries rig_segment(@mark). */
static inline bool is_segment6(const struct frame *f, struct rte_ether_addr mac, struct ip_addr dst,
			       uint8_t mark)
{
	const struct ip_addr src = OURS6;

	return f->len == 94 && memcmp(f->bytes, &mac, 6) == 0 &&
	       memcmp(f->bytes + 6, &our_mac, 6) == 0 && f->bytes[12] == 0x86 &&
	       f->bytes[13] == 0xdd && f->bytes[14] == 0x60 && f->bytes[18] == 0 &&
	       f->bytes[19] == 40 && f->bytes[20] == IPPROTO_TCP && f->bytes[21] == 64 &&
	       memcmp(f->bytes + 22, &src, 16) == 0 && memcmp(f->bytes + 38, &dst, 16) == 0 &&
	       f->bytes[54] == mark && f->bytes[93] == mark;
}

static inline bool took_segment6(struct rte_ether_addr mac, struct ip_addr dst, uint8_t mark)
{
	const struct frame f = rig_take();

	return is_segment6(&f, mac, dst, mark);
}

#endif
