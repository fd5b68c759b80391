/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_fuzz.c - a row of frames and of passing time into struct net. Input: records of one byte
 * what (0..3: wait, send, else a frame), two bytes length, and so many bytes.
 */
#include <rte_mbuf.h>

#include "dataplane/net/net.h"
#include "tests/eal.h"

#define POOL        2047
#define RECORDS_MAX 200

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

static struct net *open_net(uint64_t now_us)
{
	const struct net_setup setup = {
	    .iface = {[IFACE_EDGE] = {.mac = {{2, 0, 0, 0, 0, 1}},
				      .address = addr_from_v4(0xc0000201),
				      .prefix_len = 24,
				      .gateway = addr_from_v4(0xc00002fe),
				      .mtu = 1500,
				      .listen_port = 5269},
		      [IFACE_INTERNAL] = {.mac = {{2, 0, 0, 0, 1, 1}},
					  .address = addr_from_v4(0x0a000001),
					  .prefix_len = 8,
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

/* A frame into the interface that the first byte names; what comes of it must keep its promise. */
static void feed(struct net *n, enum iface iface, struct span bytes, uint64_t now_us)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	const uint16_t len = (uint16_t)min_size(bytes.len, 1514);
	struct tcp_quoted quoted = {0};
	struct tcp_packet packet = {0};

	check(m != NULL);
	if (len > 0)
		memcpy(rte_pktmbuf_append(m, len), bytes.at, len);
	switch (net_input(n, iface, m, now_us, &packet, &quoted)) {
	case NET_TCP:
		check(m->data_len >= 20 && m->data_len <= len && m->pkt_len == m->data_len);
		check(packet.iface == iface && addr_is_v4(&packet.src) && addr_is_v4(&packet.dst));
		check(!addr_equal(&packet.src, &packet.dst));
		rte_pktmbuf_free(m);
		break;
	case NET_QUOTED:
		check(quoted.iface == iface && addr_is_v4(&quoted.remote));
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
	memcpy(&dst, bytes.at, min_size(bytes.len, sizeof(dst)));
	out.src = addr_from_v4(iface == IFACE_EDGE ? 0xc0000201 : 0x0a000001);
	out.dst = addr_from_v4(dst);
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
			feed(n, iface, bytes, now_us);
		}
		if ((what & 8) != 0)
			drain(n);
		at += 3 + len;
	}
	net_fini(n);
	check(rte_mempool_avail_count(pool) == POOL);
	return 0;
}
