/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_burst_test.c - segments in bursts do what they do one by one: two engines of one secret hear
 * the same, and must say the same, byte by byte, and count the same.
 */
#include <string.h>

#include "tests/check.h"
#include "tests/tcp/tcp_env.h"

#include "dataplane/tcp/tcp_conn.h"

enum { PEERS = 24, ROUNDS = 4000, PAYLOAD_MAX = 300 };

static struct env env[2]; /* one by one; in bursts. Pools are shared, counters are not */

struct peer {
	struct ip_addr addr;
	tcp_seq snd_nxt, rcv_nxt;
};

struct world {
	struct tcp *t[2];
	struct ip_addr us, us6;
	uint64_t now_us, seed;
	struct peer peer[PEERS];
	/* of the burst under way, twice */
	struct rte_mbuf *m[2][BURST_MAX];
	struct tcp_packet packet[BURST_MAX];
	unsigned int count;
	unsigned int said, told; /* what came of it all: segments, news */
};

static uint8_t payload[PAYLOAD_MAX];

static uint32_t below(struct world *w, uint32_t n)
{
	return (uint32_t)(check_random(&w->seed) >> 20) % n;
}

static void put(struct world *w, const struct peer *p, const struct env_segment *s)
{
	const struct ip_addr *to = addr_is_v4(&p->addr) ? &w->us : &w->us6;
	const uint32_t harm = below(w, 40);

	for (int e = 0; e < 2; e++) {
		struct rte_mbuf *m = env_build(&env[0], s, &p->addr, to);

		if (harm == 0)
			rte_pktmbuf_trim(m, (uint16_t)(m->data_len - 12)); /* no header */
		else if (harm == 1)
			*rte_pktmbuf_mtod_offset(m, uint8_t *, 13) ^= 1; /* a wrong checksum */
		else if (harm == 2)
			*rte_pktmbuf_mtod_offset(m, uint8_t *, 12) = 0x10; /* a wrong length */
		w->m[e][w->count] = m;
	}
	w->packet[w->count++] = (struct tcp_packet){IFACE_EDGE, p->addr, *to, harm > 30, 0};
}

/* What a peer may say at any time: a SYN, what follows, what is out of order, an end. */
static void speak(struct world *w)
{
	const uint32_t i = below(w, PEERS), what = below(w, 16);
	struct peer *p = &w->peer[i];
	struct env_segment s = {
	    .src_port = 40000,
	    .dst_port = what == 15 ? 0 : 5269,
	    .seq = p->snd_nxt,
	    .ack = p->rcv_nxt,
	    .flags = TCP_ACK,
	    .window = 60000,
	    .opt = {.has_ts = true, .ts_val = (uint32_t)(w->now_us / 1000)},
	};

	if (what == 0) {
		s.flags = TCP_SYN;
		s.opt.sack_permitted = true;
		p->snd_nxt++;
	} else if (what < 10) {
		s.payload = payload;
		s.len = 1 + below(w, PAYLOAD_MAX);
		s.seq += what == 1 ? 100 : 0;
		p->snd_nxt += what == 1 ? 0 : s.len;
	} else if (what == 10 && below(w, 4) == 0) {
		s.flags |= below(w, 2) ? TCP_FIN : TCP_RST;
	}
	put(w, p, &s);
}

/* The engine's numbers of each peer, from what it has said last. */
static void hear(struct world *w, const struct tcp_output *o)
{
	struct env_segment s;

	CHECK(env_parse(o->m, &o->src, &o->dst, &s));
	for (unsigned int i = 0; i < PEERS; i++) {
		struct peer *p = &w->peer[i];

		if (!addr_equal(&p->addr, &o->dst) || s.flags & TCP_RST)
			continue;
		p->rcv_nxt = s.seq + s.len + ((s.flags & (TCP_SYN | TCP_FIN)) != 0);
		if (s.flags & TCP_ACK)
			p->snd_nxt = s.ack;
	}
}

static void compare_output(struct world *w)
{
	struct tcp_output out[2][BURST_MAX];
	unsigned int n[2];

	do {
		for (int e = 0; e < 2; e++)
			n[e] = tcp_take_output(w->t[e], out[e], BURST_MAX);
		CHECK_EQ(n[0], n[1]);
		for (unsigned int i = 0; i < n[0] && n[0] == n[1]; i++) {
			CHECK_EQ(out[0][i].m->data_len, out[1][i].m->data_len);
			CHECK(memcmp(rte_pktmbuf_mtod(out[0][i].m, void *),
				     rte_pktmbuf_mtod(out[1][i].m, void *),
				     out[0][i].m->data_len) == 0);
			CHECK(addr_equal(&out[0][i].dst, &out[1][i].dst));
			hear(w, &out[0][i]);
			w->said++;
		}
		for (int e = 0; e < 2; e++)
			for (unsigned int i = 0; i < n[e]; i++)
				rte_pktmbuf_free(out[e][i].m);
	} while (n[0] > 0 && n[0] == n[1]);
}

/* Reads and answers in both as a caller does; the news are the same and in the same order. */
static void compare_news(struct world *w)
{
	struct tcp_conn *c[2];
	unsigned int news[2] = {0, 0};

	do {
		for (int e = 0; e < 2; e++)
			c[e] = tcp_next_news(w->t[e], &news[e]);
		CHECK_EQ(c[0] == NULL, c[1] == NULL);
		if (c[0] == NULL || c[1] == NULL)
			return;
		CHECK_EQ(tcp_slot_of(w->t[0], c[0]), tcp_slot_of(w->t[1], c[1]));
		CHECK_EQ(news[0], news[1]);
		CHECK_EQ(tcp_inbound_bytes(c[0]), tcp_inbound_bytes(c[1]));
		w->told++;
		for (int e = 0; e < 2; e++) {
			tcp_consume(w->t[e], c[e], tcp_inbound_bytes(c[e]), w->now_us);
			if (news[e] & TCP_NEWS_GONE)
				tcp_release(w->t[e], c[e]);
			else if (news[e] & TCP_NEWS_FIN)
				tcp_close(w->t[e], c[e], w->now_us);
		}
	} while (check_bad_now == 0);
}

static void run_round(struct world *w)
{
	const unsigned int count = below(w, BURST_MAX + 1);

	w->count = 0;
	while (w->count < count)
		speak(w);
	for (unsigned int i = 0; i < count; i++)
		tcp_segment(w->t[0], w->m[0][i], &w->packet[i], w->now_us);
	tcp_segments(w->t[1], w->m[1], w->packet, count, w->now_us);
	compare_news(w);
	for (int e = 0; e < 2; e++) {
		tcp_tick(w->t[e], w->now_us);
		tcp_flush(w->t[e], w->now_us);
	}
	compare_output(w);
	CHECK_EQ(tcp_conns(w->t[0]), tcp_conns(w->t[1]));
	CHECK(memcmp(env[0].drops, env[1].drops, sizeof(env[0].drops)) == 0);
	w->now_us += 100 + below(w, 20000);
}

static void bursts_do_what_single_segments_do(void)
{
	static struct world w;

	w = (struct world){.us = addr_from_v4(0xc0000201),
			   .us6 = {{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
			   .now_us = UINT64_C(1) << 34,
			   .seed = UINT64_C(0x5eed5eed00000021)};
	for (int e = 0; e < 2; e++) {
		struct tcp_setup setup = env_setup(&env[0]);

		setup.drops = env[e].drops;
		setup.conns = 20; /* fewer than there are peers */
		setup.repairs = 2;
		w.t[e] = tcp_init(&setup, w.now_us);
		CHECK(w.t[e] != NULL);
		CHECK(tcp_listen(w.t[e], IFACE_EDGE, &w.us, 5269));
		CHECK(tcp_listen(w.t[e], IFACE_EDGE, &w.us6, 5269));
	}
	for (uint32_t i = 0; i < PEERS; i++) {
		struct peer *p = &w.peer[i];

		p->snd_nxt = 0xfffff000u + i * 77;
		p->addr = i % 3 > 0 ? addr_from_v4(0x0a000000 + i) : w.us6;
		p->addr.b[15] = (uint8_t)(i + 2);
	}
	for (int round = 0; round < ROUNDS && check_bad_now == 0; round++)
		run_round(&w);
	CHECK(w.said > ROUNDS && w.told > ROUNDS);
	CHECK(env[1].drops[DROP_TCP_BAD] > 1000 && env[1].drops[DROP_TCP_NO_CONN] > 100);
	CHECK(env[1].drops[DROP_TCP_REPAIR_TAKEN] > 100 && env[1].drops[DROP_TCP_WINDOW] > 100);
	for (int e = 0; e < 2; e++)
		tcp_fini(w.t[e]);
	CHECK(env_pools_full(&env[0]));
}

int main(void)
{
	env_start(&env[0]);
	RUN(bursts_do_what_single_segments_do);
	return check_summary();
}
