/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_timeline_fuzz.c - many segments, with time passing and users acting, against one engine that
 * listens, dials and has an open connection; after each step what must always hold is checked, at
 * the end the pools are full.
 *
 * The input is a list of actions: one byte says what, the next few with which numbers. Numbers are
 * small offsets from what the connection expects, so that states are reached by chance.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tcp/tcp_env.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LOCAL_PORT = 5269, PEERS = 4 };

struct peer {
	uint16_t port, local_port;
	tcp_seq their_nxt, our_nxt; /* as the peer sees it */
	struct tcp_conn *c;
};

struct world {
	const uint8_t *at, *end;
	struct tcp *t;
	uint64_t now_us;
	struct peer peer[PEERS];
};

static struct env env;
static const uint8_t zeros[2000];

#define REQUIRE(what)                                                                              \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #what);   \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	env_start(&env);
	return 0;
}

static uint8_t byte(struct world *w)
{
	return w->at < w->end ? *w->at++ : 0;
}

static struct ip_addr us(void)
{
	return addr_from_v4(0x0a000001);
}

static struct ip_addr them(void)
{
	return addr_from_v4(0x0a000002);
}

static struct peer *find_peer(struct world *w, uint16_t port)
{
	for (unsigned int i = 0; i < PEERS; i++)
		if (w->peer[i].port == port)
			return &w->peer[i];
	return NULL;
}

/* Mostly a little around @base, at times anywhere. */
static uint32_t near(struct world *w, uint32_t base)
{
	const uint8_t b = byte(w);

	if (b < 128)
		return base;
	if (b < 240)
		return base + b - 184;
	return base + ((uint32_t)byte(w) << 24 | (uint32_t)byte(w) << 16 | byte(w));
}

static void give_segment(struct world *w, struct peer *p)
{
	/* Its upper two bits are CWR and ECE; with both the packet is marked, too. */
	const uint8_t said = byte(w);
	const struct tcp_packet packet = {IFACE_EDGE, them(), us(), false, said >> 6};
	struct env_segment s = {.src_port = p->port, .dst_port = p->local_port};
	struct rte_mbuf *m;

	s.flags = said;
	s.seq = near(w, p->their_nxt);
	s.ack = near(w, p->our_nxt);
	s.window = (uint16_t)(byte(w) << 8 | byte(w));
	s.len = byte(w) < 128 ? 0 : byte(w) * 6u;
	s.payload = zeros;
	if (byte(w) & 1) {
		s.opt.has_ts = true;
		s.opt.ts_val = near(w, (uint32_t)(w->now_us / 1000));
		s.opt.ts_ecr = near(w, 0);
	}
	if (s.flags & 2) {
		s.opt.has_mss = byte(w) & 1;
		s.opt.mss = (uint16_t)(byte(w) << 3);
		s.opt.has_wscale = byte(w) & 1;
		s.opt.wscale = byte(w) & 15;
	}
	m = env_build(&env, &s, &packet.src, &packet.dst);
	if (m == NULL)
		return;
	tcp_segment(w->t, m, &packet, w->now_us);
	if (s.flags & 3 || s.len > 0)
		p->their_nxt = s.seq + s.len + (s.flags & 1) + (s.flags >> 1 & 1);
}

/* Bytes as they come, checksum taken on trust. */
static void give_raw(struct world *w)
{
	const struct tcp_packet packet = {IFACE_EDGE, them(), us(), true, 0};
	const uint8_t wanted = byte(w);
	const uint16_t n = (uint16_t)min_size(wanted, (size_t)(w->end - w->at));
	struct rte_mbuf *m = env_rx(&env, w->at, n);

	w->at += n;
	if (m != NULL)
		tcp_segment(w->t, m, &packet, w->now_us);
}

static void user_sends(struct world *w, struct peer *p)
{
	const uint16_t n = (uint16_t)min_u32(1u + byte(w) * 5u, tcp_segment_bytes(p->c));
	struct rte_mbuf *m = env_data(&env, zeros, n);

	if (m != NULL && !tcp_send(w->t, p->c, m))
		rte_pktmbuf_free(m);
}

static void user_acts(struct world *w, struct peer *p)
{
	if (p->c == NULL)
		return;
	switch (byte(w) % 8) {
	case 0:
		tcp_close(w->t, p->c, w->now_us);
		return;
	case 1:
		tcp_abort(w->t, p->c, w->now_us);
		return;
	case 2:
		tcp_release(w->t, p->c);
		p->c = NULL;
		return;
	case 3:
	case 4:
		tcp_consume(w->t, p->c, byte(w) * 16u, w->now_us);
		return;
	case 5:
		tcp_free_to(w->t, p->c, byte(w) * 64u);
		return;
	default:
		user_sends(w, p);
		return;
	}
}

static void hear_news(struct world *w)
{
	struct tcp_conn *c;
	unsigned int news;

	while ((c = tcp_next_news(w->t, &news)) != NULL) {
		struct peer *p = find_peer(w, tcp_key(w->t, c)->remote_port);

		REQUIRE(p != NULL && tcp_find(w->t, tcp_id(w->t, c)) == c);
		REQUIRE((news & TCP_NEWS_ACCEPTED) || p->c == c);
		if (news & TCP_NEWS_ACCEPTED && p->c != NULL && p->c != c)
			tcp_release(w->t, p->c);
		p->c = c;
		if (news & TCP_NEWS_GONE && byte(w) & 1) {
			tcp_release(w->t, c);
			p->c = NULL;
		}
	}
}

static void look_at_output(struct world *w, const struct tcp_output *o)
{
	struct env_segment s;
	struct peer *p;

	REQUIRE(env_parse(o->m, &o->src, &o->dst, &s));
	p = find_peer(w, s.dst_port);
	if (p == NULL || s.flags & 4)
		return;
	p->our_nxt = s.seq + s.len + (s.flags & 1) + (s.flags >> 1 & 1);
	p->local_port = s.src_port;
}

/* What holds of every connection at every moment. */
static void look_at(struct world *w, const struct peer *p)
{
	uint64_t next = UINT64_MAX, sum = 0;
	struct tcp_kept k;

	if (p->c == NULL)
		return;
	REQUIRE((unsigned int)tcp_state(p->c) < TCP_STATE_COUNT);
	for (struct rte_mbuf *m = tcp_inbound(p->c); m != NULL; m = m->next)
		sum += rte_pktmbuf_data_len(m);
	REQUIRE(sum == tcp_inbound_bytes(p->c) && sum <= RECEIVE_WINDOW_BYTES);
	REQUIRE(tcp_acked(p->c) <= tcp_sent_offset(p->c));
	for (bool more = tcp_kept_first(p->c, &k); more; more = tcp_kept_next(p->c, &k)) {
		REQUIRE(next == UINT64_MAX || k.offset == next);
		next = k.offset + k.len;
	}
	REQUIRE(next == UINT64_MAX || next == tcp_sent_offset(p->c));
	REQUIRE(next != UINT64_MAX || tcp_acked(p->c) == tcp_sent_offset(p->c));
	REQUIRE(tcp_conns(w->t) >= 1 || tcp_state(p->c) == TCP_TIME_WAIT);
}

static void settle(struct world *w)
{
	struct tcp_output out[BURST_MAX];
	unsigned int n;

	hear_news(w);
	tcp_tick(w->t, w->now_us);
	hear_news(w);
	do {
		tcp_flush(w->t, w->now_us);
		n = tcp_take_output(w->t, out, BURST_MAX);
		for (unsigned int i = 0; i < n; i++) {
			look_at_output(w, &out[i]);
			rte_pktmbuf_free(out[i].m);
		}
	} while (n > 0);
	hear_news(w);
	REQUIRE(tcp_is_idle(w->t));
}

static void start(struct world *w)
{
	struct tcp_setup setup = env_setup(&env);
	const struct ip_addr local = us(), remote = them();

	setup.ecn = true;
	setup.conns = 6; /* few, so that they run out */
	setup.keepalive_idle_us = UINT64_C(30) * 1000 * 1000;
	w->t = tcp_init(&setup, w->now_us);
	REQUIRE(w->t != NULL && tcp_listen(w->t, IFACE_EDGE, &local, LOCAL_PORT));
	for (unsigned int i = 0; i < PEERS; i++)
		w->peer[i] = (struct peer){.port = (uint16_t)(4000 + i),
					   .local_port = LOCAL_PORT,
					   .their_nxt = UINT32_MAX - 50};
	w->peer[0].c = tcp_dial(w->t, IFACE_EDGE, &local, &remote, w->peer[0].port, w->now_us);
	REQUIRE(w->peer[0].c != NULL);
	settle(w);
}

/* The second peer opens as it should. */
static void open_one(struct world *w)
{
	const struct tcp_packet packet = {IFACE_EDGE, them(), us(), false, 0};
	struct peer *p = &w->peer[1];
	struct env_segment s = {p->port, LOCAL_PORT, p->their_nxt, 0, 2, 60000, {0}, NULL, 0};

	for (unsigned int i = 0; i < 2; i++) {
		struct rte_mbuf *m = env_build(&env, &s, &packet.src, &packet.dst);

		REQUIRE(m != NULL);
		tcp_segment(w->t, m, &packet, w->now_us);
		settle(w);
		s.seq = p->their_nxt + 1;
		s.ack = p->our_nxt;
		s.flags = 16;
	}
	p->their_nxt++;
	REQUIRE(p->c != NULL);
}

static void play_one(struct world *w)
{
	const uint8_t what = byte(w);
	struct peer *p = &w->peer[what / 8 % PEERS];

	if (what % 8 < 4)
		give_segment(w, p);
	else if (what % 8 < 6)
		user_acts(w, p);
	else if (what % 8 == 6)
		w->now_us += (uint64_t)byte(w) * byte(w) * 1000;
	else
		give_raw(w);
	if (what & 128)
		settle(w);
	for (unsigned int i = 0; i < PEERS; i++)
		look_at(w, &w->peer[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w = {.at = data, .end = data + size, .now_us = UINT64_C(1) << 34};

	start(&w);
	open_one(&w);
	while (w.at < w.end)
		play_one(&w);
	settle(&w);
	/* Ten minutes later nothing is left, whatever came. */
	for (unsigned int i = 0; i < 10; i++) {
		w.now_us += UINT64_C(60) * 1000 * 1000;
		settle(&w);
		for (unsigned int k = 0; k < PEERS; k++)
			if (w.peer[k].c != NULL) {
				tcp_release(w.t, w.peer[k].c);
				w.peer[k].c = NULL;
			}
	}
	REQUIRE(tcp_conns(w.t) == 0);
	tcp_fini(w.t);
	REQUIRE(env_pools_full(&env));
	return 0;
}
