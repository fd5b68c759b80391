/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_env.c - EAL without devices, pools, and segments made and read by code of the tests' own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/eal.h"
#include "tests/tcp/tcp_env.h"

static struct rte_mempool *make_pool(const char *name, unsigned int n)
{
	struct rte_mempool *p = rte_pktmbuf_pool_create(name, n, 0, 0, 2176, 0);

	if (p == NULL) {
		fprintf(stderr, "cannot make pool %s\n", name);
		exit(2);
	}
	return p;
}

void env_start(struct env *e)
{
	eal_start("96", "0", NULL);
	memset(e, 0, sizeof(*e));
	e->rx = make_pool("rx", ENV_RX_MBUFS);
	e->tx = make_pool("tx", ENV_TX_MBUFS);
	e->data = make_pool("data", ENV_DATA_MBUFS);
}

bool env_pools_full(const struct env *e)
{
	const unsigned int rx = rte_mempool_avail_count(e->rx);
	const unsigned int tx = rte_mempool_avail_count(e->tx);
	const unsigned int data = rte_mempool_avail_count(e->data);

	if (rx == ENV_RX_MBUFS && tx == ENV_TX_MBUFS && data == ENV_DATA_MBUFS)
		return true;
	fprintf(stderr, "mbufs out: rx %u, tx %u, data %u\n", ENV_RX_MBUFS - rx, ENV_TX_MBUFS - tx,
		ENV_DATA_MBUFS - data);
	return false;
}

struct tcp_setup env_setup(struct env *e)
{
	return (struct tcp_setup){
	    .core = 3,
	    .conns = 64,
	    .pool = e->tx,
	    .isn_key = {UINT64_C(0x0123456789abcdef), UINT64_C(0xfedcba9876543210)},
	    .flow_key = {7, 9},
	    .mtu = {1500, 1500},
	    .rx_mbufs = {ENV_RX_MBUFS, ENV_RX_MBUFS},
	    .keepalive_idle_us = 0,
	    .user_timeout_us = UINT64_C(120) * 1000 * 1000,
	    .time_wait_us = UINT64_C(60) * 1000 * 1000,
	    .drops = e->drops,
	};
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static uint32_t get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) << 16 | get16(p + 2);
}

/* Not the code under test: big-endian words, one by one. */
uint16_t env_checksum(const uint8_t *at, size_t len, const struct ip_addr *src,
		      const struct ip_addr *dst)
{
	const size_t from = addr_is_v4(src) ? 12 : 0;
	uint32_t sum = 6 + (uint32_t)len;
	size_t i;

	for (i = from; i < 16; i += 2)
		sum += get16(src->b + i) + get16(dst->b + i);
	for (i = 0; i + 1 < len; i += 2)
		sum += get16(at + i);
	if (i < len)
		sum += (uint32_t)at[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

struct rte_mbuf *env_rx(struct env *e, const uint8_t *at, uint16_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(e->rx);

	if (m != NULL && len > 0)
		memcpy(rte_pktmbuf_append(m, len), at, len);
	return m;
}

struct rte_mbuf *env_data(struct env *e, const uint8_t *at, uint16_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(e->data);

	if (m != NULL && len > 0)
		memcpy(rte_pktmbuf_append(m, len), at, len);
	return m;
}

struct rte_mbuf *env_build(struct env *e, const struct env_segment *s, const struct ip_addr *src,
			   const struct ip_addr *dst)
{
	uint8_t b[20 + TCP_OPT_BYTES_MAX + 2048] = {0};
	size_t len = 20;

	put16(b, s->src_port);
	put16(b + 2, s->dst_port);
	put32(b + 4, s->seq);
	put32(b + 8, s->ack);
	len += tcp_opt_write(b + 20, &s->opt);
	b[12] = (uint8_t)(len / 4 << 4);
	b[13] = s->flags;
	put16(b + 14, s->window);
	if (s->len > 0)
		memcpy(b + len, s->payload, s->len);
	len += s->len;
	put16(b + 16, env_checksum(b, len, src, dst));
	return env_rx(e, b, (uint16_t)len);
}

bool env_parse_bytes(const uint8_t *at, size_t len, const struct ip_addr *src,
		     const struct ip_addr *dst, struct env_segment *s)
{
	const size_t header = len >= 20 ? (size_t)(at[12] >> 4) * 4 : 0;

	if (header < 20 || header > len || (at[12] & 0xf) != 0 ||
	    env_checksum(at, len, src, dst) != 0)
		return false;
	*s = (struct env_segment){
	    .src_port = (uint16_t)get16(at),
	    .dst_port = (uint16_t)get16(at + 2),
	    .seq = get32(at + 4),
	    .ack = get32(at + 8),
	    .flags = at[13],
	    .window = (uint16_t)get16(at + 14),
	    .payload = at + header,
	    .len = (uint32_t)(len - header),
	};
	return tcp_opt_parse(at + 20, header - 20, &s->opt);
}

void env_seal(struct rte_mbuf *m, const struct ip_addr *src, const struct ip_addr *dst)
{
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);

	put16(p + 16, 0);
	put16(p + 16, env_checksum(p, m->data_len, src, dst));
}

bool env_parse(const struct rte_mbuf *m, const struct ip_addr *src, const struct ip_addr *dst,
	       struct env_segment *s)
{
	return m->nb_segs == 1 && m->next == NULL && m->pkt_len == m->data_len &&
	       rte_pktmbuf_headroom(m) >= TCP_HEADROOM - 60 &&
	       env_parse_bytes(rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, src, dst, s);
}
