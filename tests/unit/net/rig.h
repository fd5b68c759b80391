/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rig.h - one struct net with virtual time for the tests of this folder: frames go in as bytes,
 * come out as bytes, and at the end every mbuf must be back in its pool.
 */
#ifndef TESTS_UNIT_NET_RIG_H
#define TESTS_UNIT_NET_RIG_H

#include <netinet/in.h>

#include <rte_arp.h>
#include <rte_icmp.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "dataplane/net/net.h"
#include "tests/check.h"
#include "tests/eal.h"

#define OURS     0xc0000201u /* 192.0.2.1/24, 198.51.100.1 on the other interface */
#define GATEWAY  0xc00002feu
#define STATION  0xc0000207u /* on link */
#define FAR_AWAY 0xcb007105u /* 203.0.113.5: behind the gateway */
#define POOL     2047

static const struct rte_ether_addr our_mac = {{2, 0, 0, 0, 0, 1}};
static const struct rte_ether_addr station_mac = {{2, 0, 0, 0, 0, 7}};
static const struct rte_ether_addr gateway_mac = {{2, 0, 0, 0, 0, 0xfe}};
static const struct rte_ether_addr all_macs = {{255, 255, 255, 255, 255, 255}};

static struct rte_mempool *pool;
static struct net *net;
static uint32_t drops[DROP_COUNT];
static uint64_t now_us;
/* of the last net_input() */
static struct tcp_packet packet;
static struct tcp_quoted quoted;
static struct rte_mbuf *segment;
/* Of the next rig_open(): as one core of several. */
static bool has_others, is_silent;

/* One frame that net wants to send. */
struct frame {
	uint16_t len; /* 0: there was none */
	uint8_t bytes[1024];
};

static inline void rig_start(void)
{
	eal_start("64", "0", NULL);
	pool = rte_pktmbuf_pool_create("net", POOL, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	if (pool == NULL)
		exit(2);
}

static inline struct frame rig_take_on(enum iface iface)
{
	struct frame f = {0};
	struct rte_mbuf *m;

	if (net_take_frames(net, iface, &m, 1) == 1) {
		f.len = m->data_len;
		memcpy(f.bytes, rte_pktmbuf_mtod(m, void *), min_size(f.len, sizeof(f.bytes)));
		CHECK_EQ(m->pkt_len, m->data_len);
		rte_pktmbuf_free(m);
	}
	return f;
}

static inline struct frame rig_take(void)
{
	return rig_take_on(IFACE_EDGE);
}

static inline void rig_open_with(const struct net_iface_setup *edge)
{
	const struct net_setup setup = {
	    .iface = {[IFACE_EDGE] = *edge,
		      [IFACE_INTERNAL] = {.mac = {{2, 0, 0, 0, 1, 1}},
					  .address = addr_from_v4(0xc6336401),
					  .prefix_len = 24,
					  .mtu = 1500,
					  .listen_port = 23456}},
	    .pool = pool,
	    .drops = drops,
	    .has_others = has_others,
	    .is_silent = is_silent,
	};

	memset(drops, 0, sizeof(drops));
	now_us = 77 * US_PER_S;
	net = net_init(&setup, now_us);
	if (net == NULL)
		exit(2);
}

static inline struct net_iface_setup rig_edge(void)
{
	return (struct net_iface_setup){.mac = our_mac,
					.address = addr_from_v4(OURS),
					.prefix_len = 24,
					.gateway = addr_from_v4(GATEWAY),
					.mtu = 1500,
					.listen_port = 5269};
}

/* With the two announcements of the start taken away. */
static inline void rig_open_quiet(const struct net_iface_setup *edge)
{
	rig_open_with(edge);
	now_us += 2 * US_PER_S;
	net_tick(net, now_us);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(rig_take_on(IFACE_EDGE).len, 42);
		CHECK_EQ(rig_take_on(IFACE_INTERNAL).len, 42);
	}
}

static inline void rig_open(void)
{
	const struct net_iface_setup edge = rig_edge();

	rig_open_quiet(&edge);
}

static inline void rig_close(void)
{
	net_fini(net);
	CHECK_EQ(rte_mempool_avail_count(pool), POOL);
}

static inline struct rte_mbuf *rig_mbuf(const void *bytes, size_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	if (m == NULL)
		exit(2);
	memcpy(rte_pktmbuf_append(m, (uint16_t)len), bytes, len);
	return m;
}

static inline enum net_verdict rig_feed(const void *bytes, size_t len)
{
	segment = rig_mbuf(bytes, len);
	return net_input(net, IFACE_EDGE, segment, now_us, &packet, &quoted);
}

static inline void rig_wait(uint64_t us)
{
	for (; us >= 1000; us -= 1000) {
		now_us += 1000;
		net_tick(net, now_us);
	}
}

/* Sum of all counters but those that were checked and reset. */
static inline uint32_t rig_drops(void)
{
	uint32_t sum = 0;

	for (unsigned int d = 0; d < DROP_COUNT; d++)
		sum += drops[d];
	return sum;
}

/* One drop of this kind and no other since the last time. */
static inline bool rig_dropped(enum drop d)
{
	const bool right = drops[d] == 1 && rig_drops() == 1;

	if (!right)
		for (unsigned int i = 0; i < DROP_COUNT; i++)
			if (drops[i] != 0)
				fprintf(stderr, "%s: %u\n", drop_name(i), drops[i]);
	memset(drops, 0, sizeof(drops));
	return right;
}

/* --- frames by hand --- */

static inline size_t put_eth(uint8_t *at, struct rte_ether_addr dst, struct rte_ether_addr src,
			     uint16_t type)
{
	memcpy(at, &dst, 6);
	memcpy(at + 6, &src, 6);
	at[12] = (uint8_t)(type >> 8);
	at[13] = (uint8_t)type;
	return 14;
}

struct arp_fields {
	uint16_t op;
	uint32_t sender, target;
	struct rte_ether_addr mac, to;
};

static inline struct frame make_arp(struct arp_fields a)
{
	struct frame f = {.len = 60};
	struct rte_arp_hdr arp = {
	    .arp_hardware = htons(1),
	    .arp_protocol = htons(0x0800),
	    .arp_hlen = 6,
	    .arp_plen = 4,
	    .arp_opcode = htons(a.op),
	    .arp_data = {.arp_sha = a.mac, .arp_sip = htonl(a.sender), .arp_tip = htonl(a.target)},
	};

	memcpy(f.bytes + put_eth(f.bytes, a.to, a.mac, 0x0806), &arp, sizeof(arp));
	return f;
}

static inline enum net_verdict feed_arp(struct arp_fields a)
{
	const struct frame f = make_arp(a);

	return rig_feed(f.bytes, f.len);
}

/* The whole of what an ARP frame of ours must be. */
static inline bool is_arp(const struct frame *f, struct arp_fields want)
{
	struct rte_arp_hdr arp;

	if (f->len != 42)
		return false;
	memcpy(&arp, f->bytes + 14, sizeof(arp));
	return memcmp(f->bytes, &want.to, 6) == 0 && memcmp(f->bytes + 6, &our_mac, 6) == 0 &&
	       f->bytes[12] == 8 && f->bytes[13] == 6 && arp.arp_hardware == htons(1) &&
	       arp.arp_protocol == htons(0x0800) && arp.arp_hlen == 6 && arp.arp_plen == 4 &&
	       arp.arp_opcode == htons(want.op) && arp.arp_data.arp_sip == htonl(want.sender) &&
	       arp.arp_data.arp_tip == htonl(want.target) &&
	       rte_is_same_ether_addr(&arp.arp_data.arp_sha, &our_mac);
}

struct ip_fields {
	uint32_t src, dst;
	uint8_t protocol;
	uint16_t fragment;
	uint8_t options; /* bytes, a multiple of 4 */
	const void *payload;
	uint16_t payload_len;
};

static inline struct frame make_ip(struct ip_fields p)
{
	const uint16_t header_len = (uint16_t)(20 + p.options);
	struct frame f = {.len = (uint16_t)(14 + header_len + p.payload_len)};
	struct rte_ipv4_hdr ip = {
	    .version_ihl = (uint8_t)(0x40 | header_len / 4),
	    .total_length = htons((uint16_t)(header_len + p.payload_len)),
	    .fragment_offset = htons(p.fragment),
	    .time_to_live = 1,
	    .next_proto_id = p.protocol,
	    .src_addr = htonl(p.src),
	    .dst_addr = htonl(p.dst),
	};
	uint8_t *at = f.bytes + put_eth(f.bytes, our_mac, station_mac, 0x0800);

	memcpy(at, &ip, sizeof(ip));
	memset(at + 20, 1, p.options); /* no operation */
	ip.hdr_checksum = (uint16_t)~rte_raw_cksum(at, header_len);
	memcpy(at, &ip, sizeof(ip));
	if (p.payload_len > 0)
		memcpy(at + header_len, p.payload, p.payload_len);
	return f;
}

static inline struct rte_tcp_hdr make_tcp(uint16_t src_port, uint16_t dst_port, uint8_t flags)
{
	return (struct rte_tcp_hdr){.src_port = htons(src_port),
				    .dst_port = htons(dst_port),
				    .sent_seq = htonl(0x01020304),
				    .data_off = 0x50,
				    .tcp_flags = flags};
}

/* A segment as TCP gives it: data starts at the TCP header, headroom before it. */
static inline struct rte_mbuf *rig_segment(uint8_t mark)
{
	uint8_t bytes[40];

	memset(bytes, mark, sizeof(bytes));
	return rig_mbuf(bytes, sizeof(bytes));
}

static inline void rig_output(struct rte_mbuf *m, uint32_t dst)
{
	const struct tcp_output out = {
	    .m = m, .iface = IFACE_EDGE, .src = addr_from_v4(OURS), .dst = addr_from_v4(dst)};

	net_output(net, &out, now_us);
}

/* An IP frame of ours to @dst at @mac that carries rig_segment(@mark). */
static inline bool is_segment(const struct frame *f, struct rte_ether_addr mac, uint32_t dst,
			      uint8_t mark)
{
	struct rte_ipv4_hdr ip;

	if (f->len != 74)
		return false;
	memcpy(&ip, f->bytes + 14, sizeof(ip));
	return memcmp(f->bytes, &mac, 6) == 0 && memcmp(f->bytes + 6, &our_mac, 6) == 0 &&
	       f->bytes[12] == 8 && f->bytes[13] == 0 && ip.version_ihl == 0x45 &&
	       ip.total_length == htons(60) && ip.fragment_offset == htons(0x4000) &&
	       ip.time_to_live == 64 && ip.next_proto_id == IPPROTO_TCP &&
	       ip.src_addr == htonl(OURS) && ip.dst_addr == htonl(dst) &&
	       rte_raw_cksum(f->bytes + 14, 20) == 0xffff && f->bytes[34] == mark &&
	       f->bytes[73] == mark;
}

/* Lets our side know @address, as somebody who has just asked for us. */
static inline void rig_introduce(uint32_t address, struct rte_ether_addr mac)
{
	struct frame f;

	CHECK_EQ(feed_arp((struct arp_fields){RTE_ARP_OP_REQUEST, address, OURS, mac, all_macs}),
		 NET_TAKEN);
	f = rig_take();
	CHECK(is_arp(&f, (struct arp_fields){RTE_ARP_OP_REPLY, OURS, address, our_mac, mac}));
}

#endif
