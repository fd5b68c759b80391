/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_bench_world.c - an engine, its pools, and peers that build segments by hand. */
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_ip.h>

#include "bench/tcp_bench.h"

#define LOCAL_V4   UINT32_C(0xc0000201) /* 192.0.2.1 */
#define PEERS_V4   UINT32_C(0x0a000000) /* 10.0.0.0 and on */
#define MEMORY_MB  "900"
#define START_US   UINT64_C(1000000000)
#define WINDOW     4096 /* as on the wire: 512 KiB with the scale below */
#define WSCALE     7
#define SYN_WINDOW 65535

enum {
	RX_MBUFS = 16383,
	TX_MBUFS = 16383,
	DATA_MBUFS = 16383,
	POOL_CACHE = 256,
	PORT_FIRST = 1024,
	PORTS_EACH = 32768, /* of one peer address */
	BATCH = 32,
};

/* RFC 9293 3.1, with the one option each segment of these connections has (RFC 7323 appendix A). */
struct header {
	rte_be16_t src_port, dst_port;
	rte_be32_t seq, ack;
	uint8_t offset, flags;
	rte_be16_t window, checksum, urgent;
	uint8_t nop[2], kind, len;
	rte_be32_t ts_val, ts_ecr;
} __attribute__((packed));

static const uint8_t syn_options[8] = {2, 4, 1460 >> 8, 1460 & 255, 1, 3, 3, WSCALE};

void bench_pools_make(struct bench_pools *p, bool huge)
{
	static char args[][16] = {"tcp_bench",  "--no-pci",       "--no-shconf",   "-m", MEMORY_MB,
				  "--lcores=0", "--no-telemetry", "--log-level=4", ""};
	const uint16_t room = RTE_MBUF_DEFAULT_BUF_SIZE;
	char *argv[ARRAY_LEN(args)];

	(void)snprintf(args[ARRAY_LEN(args) - 1], sizeof(args[0]),
		       huge ? "--in-memory" : "--no-huge");
	for (size_t i = 0; i < ARRAY_LEN(args); i++)
		argv[i] = args[i];
	if (rte_eal_init(ARRAY_LEN(args), argv) < 0)
		bench_die("EAL does not start");
	p->rx = rte_pktmbuf_pool_create("rx", RX_MBUFS, POOL_CACHE, 0, room, SOCKET_ID_ANY);
	p->tx = rte_pktmbuf_pool_create("tx", TX_MBUFS, POOL_CACHE, 0, room, SOCKET_ID_ANY);
	p->data = rte_pktmbuf_pool_create("data", DATA_MBUFS, POOL_CACHE, 0, room, SOCKET_ID_ANY);
	if (p->rx == NULL || p->tx == NULL || p->data == NULL)
		bench_die("no memory for the pools");
}

unsigned int bench_pools_used(const struct bench_pools *p)
{
	return rte_mempool_in_use_count(p->rx) + rte_mempool_in_use_count(p->tx) +
	       rte_mempool_in_use_count(p->data);
}

struct tcp_setup bench_setup(struct bench_pools *p, uint32_t conns, uint32_t *drops)
{
	return (struct tcp_setup){
	    .conns = conns,
	    .pool = p->tx,
	    .isn_key = {UINT64_C(0x0123456789abcdef), UINT64_C(0xfedcba9876543210)},
	    .flow_key = {UINT64_C(0x1122334455667788), UINT64_C(0x99aabbccddeeff00)},
	    .mtu = {1500, 1500},
	    .congestion = TCP_CUBIC,
	    .keepalive_idle_us = UINT64_C(7200) * 1000 * 1000,
	    .user_timeout_us = UINT64_C(300) * 1000 * 1000,
	    .time_wait_us = UINT64_C(60) * 1000 * 1000,
	    .untrusted_per_source = 255, /* so that the table of sources is there and counts */
	    .drops = drops,
	};
}

void bench_world_open(struct bench_world *w, struct bench_pools *p, uint32_t peers)
{
	const struct ip_addr local = addr_from_v4(LOCAL_V4);
	struct tcp_setup setup;

	*w = (struct bench_world){.pools = p, .count = peers, .now_us = START_US};
	setup =
	    bench_setup(p, max_u32(peers, 4 * BATCH), w->drops); /* a quarter may be half open */
	w->tcp = tcp_init(&setup, w->now_us);
	w->peers = calloc(peers, sizeof(*w->peers));
	if (w->tcp == NULL || w->peers == NULL)
		bench_die("no memory for the engine");
	if (!tcp_listen(w->tcp, IFACE_EDGE, &local, BENCH_PORT))
		bench_die("no listener");
}

void bench_world_close(struct bench_world *w)
{
	tcp_fini(w->tcp);
	free(w->peers);
	if (bench_pools_used(w->pools) != 0)
		bench_die("mbufs are missing at the end");
}

static uint32_t peer_v4(uint32_t index)
{
	return PEERS_V4 + index / PORTS_EACH;
}

static struct rte_mbuf *fresh(struct rte_mempool *pool)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	if (m == NULL)
		bench_die("a pool is empty");
	return m;
}

static void fill_header(const struct bench_world *w, uint32_t index, uint8_t flags,
			struct header *h)
{
	const struct bench_peer *peer = &w->peers[index];
	const bool syn = flags & BENCH_SYN;

	*h = (struct header){
	    .src_port = rte_cpu_to_be_16((uint16_t)(PORT_FIRST + index % PORTS_EACH)),
	    .dst_port = rte_cpu_to_be_16(BENCH_PORT),
	    .seq = rte_cpu_to_be_32(peer->snd_nxt),
	    .ack = rte_cpu_to_be_32(flags & BENCH_ACK ? peer->rcv_nxt : 0),
	    .offset = (uint8_t)((sizeof(*h) + (syn ? sizeof(syn_options) : 0)) / 4 << 4),
	    .flags = flags,
	    .window = rte_cpu_to_be_16(syn ? SYN_WINDOW : WINDOW),
	    .nop = {1, 1},
	    .kind = 8,
	    .len = 10,
	    .ts_val = rte_cpu_to_be_32((uint32_t)(w->now_us / 1000)),
	    .ts_ecr = rte_cpu_to_be_32(peer->ts_ecr),
	};
}

static void sum_up(struct rte_mbuf *m, uint32_t src, uint32_t dst)
{
	struct rte_ipv4_hdr ip = {
	    .version_ihl = 0x45,
	    .next_proto_id = IPPROTO_TCP,
	    .total_length = rte_cpu_to_be_16((uint16_t)(sizeof(ip) + m->data_len)),
	    .src_addr = rte_cpu_to_be_32(src),
	    .dst_addr = rte_cpu_to_be_32(dst),
	};
	struct header *h = rte_pktmbuf_mtod(m, struct header *);

	h->checksum = rte_ipv4_udptcp_cksum(&ip, h);
}

void bench_build(struct bench_world *w, uint32_t index, uint8_t flags, uint16_t len,
		 struct bench_in *in)
{
	const uint16_t options = flags & BENCH_SYN ? sizeof(syn_options) : 0;
	struct bench_peer *peer = &w->peers[index];
	struct rte_mbuf *m = fresh(w->pools->rx);
	uint8_t *at =
	    (void *)rte_pktmbuf_append(m, (uint16_t)(sizeof(struct header) + options + len));

	fill_header(w, index, flags, (void *)at);
	memcpy(at + sizeof(struct header), syn_options, options);
	memset(at + sizeof(struct header) + options, 'x', len);
	sum_up(m, peer_v4(index), LOCAL_V4);
	peer->snd_nxt += len + (flags & (BENCH_SYN | BENCH_FIN) ? 1u : 0u);
	in->m[in->count] = m;
	in->packet[in->count++] = (struct tcp_packet){.iface = IFACE_EDGE,
						      .src = addr_from_v4(peer_v4(index)),
						      .dst = addr_from_v4(LOCAL_V4)};
}

static uint32_t index_of(const struct tcp_output *out, const struct header *h)
{
	const uint32_t port = rte_be_to_cpu_16(h->dst_port);

	return (addr_v4(&out->dst) - PEERS_V4) * PORTS_EACH + port - PORT_FIRST;
}

/* The other side's timestamp, which must be there. */
static uint32_t timestamp_of(const uint8_t *segment)
{
	const uint8_t *option = segment + 20, *end = segment + (segment[12] >> 4) * 4;
	rte_be32_t ts_val;

	while (option < end && *option != 8)
		option += *option == 1 ? 1 : option[1];
	if (option >= end)
		bench_die("the engine has forgotten the timestamp");
	memcpy(&ts_val, option + 2, sizeof(ts_val));
	return rte_be_to_cpu_32(ts_val);
}

uint32_t bench_take(struct bench_world *w, const struct tcp_output *out)
{
	const struct header *h = rte_pktmbuf_mtod(out->m, const struct header *);
	const uint32_t bytes = out->m->pkt_len - (uint32_t)(h->offset >> 4) * 4;
	const uint32_t index = index_of(out, h);
	struct bench_peer *peer = &w->peers[index];

	if (index >= w->count)
		bench_die("a segment to nobody");
	if (h->flags & BENCH_SYN)
		peer->rcv_nxt = rte_be_to_cpu_32(h->seq);
	else if (peer->rcv_nxt != rte_be_to_cpu_32(h->seq))
		bench_die("the engine sent out of order");
	peer->ts_ecr = timestamp_of((const uint8_t *)h);
	peer->rcv_nxt += bytes + (h->flags & (BENCH_SYN | BENCH_FIN) ? 1u : 0u);
	rte_pktmbuf_free(out->m);
	return index;
}

struct rte_mbuf *bench_data(struct bench_pools *p, uint16_t len)
{
	struct rte_mbuf *m = fresh(p->data);

	memset(rte_pktmbuf_append(m, len), 'y', len);
	return m;
}

static void take_all(struct bench_world *w)
{
	struct tcp_output out[BATCH];
	unsigned int n;

	while ((n = tcp_take_output(w->tcp, out, BATCH)) > 0)
		for (unsigned int i = 0; i < n; i++)
			(void)bench_take(w, &out[i]);
}

static void connect_batch(struct bench_world *w, uint32_t first, uint32_t count)
{
	struct bench_in in = {.count = 0};
	struct tcp_conn *c;
	unsigned int news;

	w->now_us += 100;
	for (uint32_t i = first; i < first + count; i++) {
		w->peers[i] = (struct bench_peer){.snd_nxt = 0xffff0000u + i * 77};
		bench_build(w, i, BENCH_SYN, 0, &in);
		bench_give(w, &in);
	}
	tcp_flush(w->tcp, w->now_us);
	take_all(w);
	w->now_us += 100;
	for (uint32_t i = first; i < first + count; i++) {
		bench_build(w, i, BENCH_ACK, 0, &in);
		bench_give(w, &in);
		c = tcp_next_news(w->tcp, &news);
		if (c == NULL || !(news & TCP_NEWS_ACCEPTED))
			bench_die("a connection was not accepted");
		tcp_trust(w->tcp, c); /* else it would give way when slots are few */
		w->peers[i].conn = c;
	}
	tcp_flush(w->tcp, w->now_us);
	take_all(w);
}

void bench_world_connect(struct bench_world *w, uint32_t first, uint32_t count)
{
	for (; count > 0; first += min_u32(count, BATCH), count -= min_u32(count, BATCH))
		connect_batch(w, first, min_u32(count, BATCH));
}
