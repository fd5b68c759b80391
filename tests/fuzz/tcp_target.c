/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_target.c - the engine that targets throw segments at. */
#include <string.h>

#include "tests/fuzz/tcp_target.h"

enum { PORT = 5269, PEER_PORT = 4000, HEADER = 20, TEXT = 700, LONGEST = 1500 };
enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

static uint8_t zeros[LONGEST];

void tcp_target_init(struct env *env)
{
	env_start(env);
}

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void hear_news(struct tcp_target *g)
{
	struct tcp_conn *c;
	unsigned int news;

	while ((c = tcp_next_news(g->t, &news)) != NULL) {
		REQUIRE(news != 0 && tcp_find(g->t, tcp_id(g->t, c)) == c);
		if (g->c != NULL && g->c != c)
			tcp_release(g->t, g->c);
		g->c = c;
	}
}

static void look_at(const struct tcp_target *g)
{
	uint64_t sum = 0;

	if (g->c == NULL)
		return;
	REQUIRE((unsigned int)tcp_state(g->c) < TCP_STATE_COUNT);
	for (const struct rte_mbuf *m = tcp_inbound(g->c); m != NULL; m = m->next)
		sum += rte_pktmbuf_data_len(m);
	REQUIRE(sum == tcp_inbound_bytes(g->c) && sum <= RECEIVE_WINDOW_BYTES);
	REQUIRE(tcp_acked(g->c) <= tcp_sent_offset(g->c));
}

static void look_at_output(struct tcp_target *g, const struct tcp_output *o)
{
	struct env_segment s;

	REQUIRE(env_parse(o->m, &o->src, &o->dst, &s));
	g->answers += s.len == 0;
	if (s.dst_port != g->their_port || s.flags & RST)
		return;
	g->our_port = s.src_port;
	g->our_nxt = s.seq + s.len + (s.flags & FIN) + (s.flags >> 1 & 1);
}

void tcp_target_settle(struct tcp_target *g)
{
	struct tcp_output out[BURST_MAX];
	unsigned int n;

	hear_news(g);
	tcp_tick(g->t, g->now_us);
	do {
		tcp_flush(g->t, g->now_us);
		n = tcp_take_output(g->t, out, BURST_MAX);
		for (unsigned int i = 0; i < n; i++) {
			look_at_output(g, &out[i]);
			rte_pktmbuf_free(out[i].m);
		}
	} while (n > 0);
	hear_news(g);
	REQUIRE(tcp_is_idle(g->t));
	look_at(g);
}

void tcp_target_give(struct tcp_target *g, const uint8_t *at, size_t len)
{
	/* The length, which means nothing else, says whether it is marked. */
	const struct tcp_packet packet = {IFACE_EDGE, g->them, g->us, true, (uint8_t)(len & 3)};
	uint8_t b[LONGEST] = {0};
	struct rte_mbuf *m;

	len = min_size(len, sizeof(b));
	if (len > 0)
		memcpy(b, at, len);
	len = len < HEADER ? HEADER : len;
	put32(b, (uint32_t)g->their_port << 16 | g->our_port);
	put32(b + 4, get32(b + 4) + g->their_nxt);
	put32(b + 8, get32(b + 8) + g->our_nxt);
	m = env_rx(g->env, b, (uint16_t)len);
	REQUIRE(m != NULL);
	g->in++;
	tcp_segment(g->t, m, &packet, g->now_us);
}

/* A proper one. */
static void give(struct tcp_target *g, uint8_t flags)
{
	uint8_t b[HEADER] = {[12] = 0x50, [13] = flags, [14] = 0xff};

	tcp_target_give(g, b, sizeof(b));
	g->their_nxt += (flags & FIN) + (flags >> 1 & 1);
	tcp_target_settle(g);
}

static void open_actively(struct tcp_target *g)
{
	g->c = tcp_dial(g->t, IFACE_EDGE, &g->us, &g->them, g->their_port, g->now_us);
	REQUIRE(g->c != NULL);
	tcp_target_settle(g);
}

static void send_text(struct tcp_target *g)
{
	struct rte_mbuf *m = env_data(g->env, zeros, TEXT);

	REQUIRE(m != NULL);
	if (!tcp_send(g->t, g->c, m))
		rte_pktmbuf_free(m);
	tcp_target_settle(g);
}

static void close_conn(struct tcp_target *g)
{
	tcp_close(g->t, g->c, g->now_us);
	tcp_target_settle(g);
}

/* From ESTABLISHED on. The numbers of our_nxt follow what is sent, so a plain ACK takes it all. */
static void go_on_to(struct tcp_target *g, enum tcp_state state)
{
	if (state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK)
		give(g, FIN | ACK);
	if (state != TCP_ESTABLISHED && state != TCP_CLOSE_WAIT)
		close_conn(g);
	else
		send_text(g);
	if (state == TCP_FIN_WAIT_2 || state == TCP_TIME_WAIT)
		give(g, ACK);
	if (state == TCP_TIME_WAIT)
		give(g, FIN | ACK);
	if (state == TCP_CLOSING) {
		g->our_nxt--; /* the FIN is not acknowledged */
		give(g, FIN | ACK);
	}
}

void tcp_target_open(struct tcp_target *g, struct env *env, enum tcp_state state)
{
	struct tcp_setup setup = env_setup(env);

	*g = (struct tcp_target){.env = env,
				 .now_us = UINT64_C(1) << 34,
				 .us = addr_from_v4(0x0a000001),
				 .them = addr_from_v4(0x0a000002),
				 .our_port = PORT,
				 .their_port = PEER_PORT,
				 .their_nxt = UINT32_MAX - 50};
	setup.conns = 8;
	setup.ecn = true;
	setup.keepalive_idle_us = UINT64_C(30) * 1000 * 1000;
	g->t = tcp_init(&setup, g->now_us);
	REQUIRE(g->t != NULL && tcp_listen(g->t, IFACE_EDGE, &g->us, PORT));
	if (state == TCP_CLOSED)
		return;
	if (state == TCP_SYN_SENT) {
		open_actively(g);
		return;
	}
	give(g, SYN);
	if (state == TCP_SYN_RECEIVED)
		return;
	give(g, ACK);
	REQUIRE(g->c != NULL);
	go_on_to(g, state);
	REQUIRE(tcp_state(g->c) == state);
}

void tcp_target_finish(struct tcp_target *g)
{
	const struct env *env = g->env;

	tcp_target_settle(g);
	/* one answer each, and what users and timers of few connections make */
	REQUIRE(g->answers <= g->in + 64);
	for (unsigned int i = 0; i < 10; i++) {
		g->now_us += UINT64_C(60) * 1000 * 1000;
		tcp_target_settle(g);
		if (g->c != NULL)
			tcp_release(g->t, g->c);
		g->c = NULL;
	}
	REQUIRE(tcp_conns(g->t) == 0);
	tcp_fini(g->t);
	REQUIRE(env_pools_full(env));
}
