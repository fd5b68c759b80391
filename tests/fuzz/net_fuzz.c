/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_fuzz.c - a row of frames and of passing time into struct net: IPv4 and IPv6 on both
 * interfaces, the internal one with a VLAN tag. Input: records of one byte what, two bytes length,
 * and so many bytes.
 *
 *	what & 3   0: wait, 1: send to the address given (16 bytes: IPv6), else a frame comes
 *	what & 4   on the internal interface
 *	what & 8   afterwards all frames are taken
 *	what & 16  the checksum of an ICMPv6 message in it is made right first
 */
#include <netinet/in.h>

#include <rte_ip.h>
#include <rte_mbuf.h>

#include "dataplane/net/net.h"
#include "tests/eal.h"

#define POOL        2047
#define RECORDS_MAX 200
#define FRAME_MAX   1518
#define VLAN        42

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rte_mempool *pool;
static uint32_t drops[DROP_COUNT];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	eal_start("64", "0", NULL);
	pool = rte_pktmbuf_pool_create("net", POOL, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	if (pool == NULL)
		exit(2);
	return 0;
}

/* 2001:db8:@subnet::@host */
static struct ip_addr address6(uint8_t subnet, uint8_t host)
{
	return (struct ip_addr){{0x20, 1, 0x0d, 0xb8, 0, subnet, 0, 0, 0, 0, 0, 0, 0, 0, 0, host}};
}

static struct net *open_net(uint64_t now_us)
{
	const struct net_setup setup = {
	    .iface = {[IFACE_EDGE] = {.mac = {{2, 0, 0, 0, 0, 1}},
				      .address = addr_from_v4(0xc0000201),
				      .prefix_len = 24,
				      .gateway = addr_from_v4(0xc00002fe),
				      .address6 = address6(0, 1),
				      .prefix6_len = 64,
				      .gateway6 = {{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
						    0, 0xfe}},
				      .mtu = 1500,
				      .listen_port = 5269},
		      [IFACE_INTERNAL] = {.mac = {{2, 0, 0, 0, 1, 1}},
					  .address = addr_from_v4(0x0a000001),
					  .prefix_len = 8,
					  .address6 = address6(1, 1),
					  .prefix6_len = 61,
					  .vlan = VLAN,
					  .mtu = 1500,
					  .listen_port = 23456}},
	    .pool = pool,
	    .drops = drops,
	};

	return net_init(&setup, now_us);
}

static void check(bool good)
{
	if (!good)
		abort();
}

/* Else nothing but the sum would ever be tried. */
static void seal_icmp6(struct rte_mbuf *m, enum iface iface)
{
	const size_t at = iface == IFACE_INTERNAL ? 18 : 14;
	uint8_t *ip6 = rte_pktmbuf_mtod(m, uint8_t *) + at, *icmp = ip6 + 40;
	struct rte_ipv6_hdr h;
	uint16_t sum, len;

	if (m->data_len < at + sizeof(h) + 4)
		return;
	memcpy(&h, ip6, sizeof(h));
	len = rte_be_to_cpu_16(h.payload_len);
	if (h.proto != IPPROTO_ICMPV6 || len < 4 || len > m->data_len - at - sizeof(h))
		return;
	memset(icmp + 2, 0, 2);
	sum = (uint16_t)~__rte_raw_cksum_reduce(
	    __rte_raw_cksum(icmp, len, rte_ipv6_phdr_cksum(&h, 0)));
	memcpy(icmp + 2, &sum, 2);
}

/* Nothing but what is for us, from a host of the same family, comes through. */
static void check_addresses(enum iface iface, const struct ip_addr *local,
			    const struct ip_addr *remote)
{
	const struct ip_addr ours6 = address6(iface == IFACE_EDGE ? 0 : 1, 1);
	const struct ip_addr ours = addr_from_v4(iface == IFACE_EDGE ? 0xc0000201 : 0x0a000001);

	check(addr_equal(local, addr_is_v4(remote) ? &ours : &ours6));
	check(!addr_is_unspecified(remote) && remote->b[0] != 0xff);
}

/* A frame into the interface that the first byte names; what comes of it must keep its promise. */
static void feed(struct net *n, uint8_t what, struct span bytes, uint64_t now_us)
{
	const enum iface iface = (what & 4) != 0 ? IFACE_INTERNAL : IFACE_EDGE;
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	const uint16_t len = (uint16_t)min_size(bytes.len, FRAME_MAX);
	struct tcp_quoted quoted = {0};
	struct tcp_packet packet = {0};

	check(m != NULL);
	if (len > 0)
		memcpy(rte_pktmbuf_append(m, len), bytes.at, len);
	if ((what & 16) != 0)
		seal_icmp6(m, iface);
	switch (net_input(n, iface, m, now_us, &packet, &quoted)) {
	case NET_TCP:
		check(m->data_len >= 20 && m->data_len <= len && m->pkt_len == m->data_len);
		check(packet.iface == iface && packet.ecn < 4);
		check_addresses(iface, &packet.dst, &packet.src);
		check(!addr_equal(&packet.src, &packet.dst));
		rte_pktmbuf_free(m);
		break;
	case NET_QUOTED:
		check(quoted.iface == iface);
		check(addr_is_v4(&quoted.local) == addr_is_v4(&quoted.remote));
		check(!quoted.is_too_big || addr_is_v4(&quoted.remote) || quoted.mtu >= 1280);
		break;
	case NET_TAKEN:
		break;
	}
}

static void send_one(struct net *n, enum iface iface, struct span bytes, uint64_t now_us)
{
	uint32_t dst = 0xc0000207;
	struct tcp_output out = {.iface = iface, .m = rte_pktmbuf_alloc(pool)};

	check(out.m != NULL && rte_pktmbuf_append(out.m, 40) != NULL);
	if (bytes.len >= sizeof(out.dst)) {
		out.src = address6(iface == IFACE_EDGE ? 0 : 1, 1);
		memcpy(&out.dst, bytes.at, sizeof(out.dst));
	} else {
		memcpy(&dst, bytes.at, min_size(bytes.len, sizeof(dst)));
		out.src = addr_from_v4(iface == IFACE_EDGE ? 0xc0000201 : 0x0a000001);
		out.dst = addr_from_v4(dst);
	}
	net_output(n, &out, now_us);
}

static void drain(struct net *n)
{
	struct rte_mbuf *frames[BURST_MAX];

	for (enum iface i = 0; i < IFACE_COUNT; i++) {
		unsigned int count;

		while ((count = net_take_frames(n, i, frames, BURST_MAX)) > 0) {
			for (unsigned int f = 0; f < count; f++)
				check(frames[f]->data_len >= 42 && frames[f]->nb_segs == 1);
			rte_pktmbuf_free_bulk(frames, count);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t now_us = 1000000;
	struct net *n = open_net(now_us);
	size_t at = 0;

	check(n != NULL);
	for (int r = 0; r < RECORDS_MAX && size - at >= 3; r++) {
		const uint8_t what = data[at];
		const size_t len =
		    min_size((size_t)data[at + 1] << 8 | data[at + 2], size - at - 3);
		const struct span bytes = {data + at + 3, len};
		const enum iface iface = (what & 4) != 0 ? IFACE_INTERNAL : IFACE_EDGE;

		if ((what & 3) == 0) {
			now_us += (uint64_t)len * 20000;
			net_tick(n, now_us);
		} else if ((what & 3) == 1) {
			send_one(n, iface, bytes, now_us);
		} else {
			feed(n, what, bytes, now_us);
		}
		if ((what & 8) != 0)
			drain(n);
		at += 3 + len;
	}
	net_fini(n);
	check(rte_mempool_avail_count(pool) == POOL);
	return 0;
}
