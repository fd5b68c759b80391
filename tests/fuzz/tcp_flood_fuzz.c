/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_flood_fuzz.c - a flood that the input describes, beside a good peer, who must connect, if
 * need be at another try, and get its bytes across.
 *
 * Each five bytes of the input are a burst: how many segments, milliseconds before it, flags,
 * which sources, and which numbers.
 */
#include <string.h>

#include "tests/fuzz/tcp_target.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PORT = 5269, BURST_BYTES = 5, BURSTS_MAX = 400, PIECES = 24, PIECE = 500, TRIES_MAX = 40 };
#define SECOND UINT64_C(1000000)

enum { VICTIM, GOOD };

struct world {
	struct tcp *t[2];
	struct ip_addr addr[2];
	struct tcp_conn *c[2];
	uint64_t now_us;
	unsigned int given, tries;
	uint32_t got;
	uint64_t in, answers; /* of the flood */
	bool done;
};

static struct env env;
static uint8_t piece[PIECE];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	env_start(&env);
	return 0;
}

/* --- the good peer and whom it talks to --- */

static void dial(struct world *w)
{
	REQUIRE(++w->tries < TRIES_MAX);
	w->given = 0;
	w->got = 0;
	w->c[GOOD] =
	    tcp_dial(w->t[GOOD], IFACE_EDGE, &w->addr[GOOD], &w->addr[VICTIM], PORT, w->now_us);
	REQUIRE(w->c[GOOD] != NULL);
}

static void write_some(struct world *w)
{
	while (w->c[GOOD] != NULL && tcp_state(w->c[GOOD]) == TCP_ESTABLISHED &&
	       w->given < PIECES) {
		struct rte_mbuf *m = env_data(&env, piece, PIECE);

		REQUIRE(m != NULL && tcp_send(w->t[GOOD], w->c[GOOD], m));
		w->given++;
	}
}

static void read_all(struct world *w, struct tcp_conn *c)
{
	const uint32_t n = tcp_inbound_bytes(c);

	w->got += n;
	tcp_consume(w->t[VICTIM], c, n, w->now_us);
	w->done |= w->got == PIECES * PIECE;
}

static void hear_victim(struct world *w)
{
	struct tcp_conn *c;
	unsigned int news;

	while ((c = tcp_next_news(w->t[VICTIM], &news)) != NULL) {
		const bool is_good = addr_equal(&tcp_key(w->t[VICTIM], c)->remote, &w->addr[GOOD]);

		if (!is_good || news & TCP_NEWS_GONE) {
			tcp_release(w->t[VICTIM],
				    c); /* a stranger has guessed our ISN, or the end */
			if (c == w->c[VICTIM])
				w->c[VICTIM] = NULL;
			continue;
		}
		if (w->c[VICTIM] != NULL && w->c[VICTIM] != c)
			tcp_release(w->t[VICTIM], w->c[VICTIM]);
		w->c[VICTIM] = c;
		read_all(w, c);
	}
}

/* Refused or forgotten while the flood is on: it tries again, as anybody does. */
static void hear_good(struct world *w)
{
	struct tcp_conn *c;
	unsigned int news;

	while ((c = tcp_next_news(w->t[GOOD], &news)) != NULL) {
		if (!(news & TCP_NEWS_GONE))
			continue;
		tcp_release(w->t[GOOD], c);
		dial(w);
	}
}

/* --- the link --- */

static void carry(struct world *w, unsigned int from, const struct tcp_output *o)
{
	const unsigned int to = !from;
	const struct tcp_packet packet = {IFACE_EDGE, o->src, o->dst, false, 0};
	struct env_segment s;
	struct rte_mbuf *m;

	REQUIRE(env_parse(o->m, &o->src, &o->dst, &s));
	if (!addr_equal(&o->dst, &w->addr[to])) {
		w->answers++;
		return; /* nobody is there */
	}
	m = env_rx(&env, rte_pktmbuf_mtod(o->m, const uint8_t *), o->m->data_len);
	REQUIRE(m != NULL);
	tcp_segment(w->t[to], m, &packet, w->now_us);
}

static void turn(struct world *w)
{
	struct tcp_output out[BURST_MAX];
	unsigned int n;

	for (unsigned int i = 0; i < 2; i++) {
		tcp_tick(w->t[i], w->now_us);
		do {
			tcp_flush(w->t[i], w->now_us);
			n = tcp_take_output(w->t[i], out, BURST_MAX);
			for (unsigned int k = 0; k < n; k++) {
				carry(w, i, &out[k]);
				rte_pktmbuf_free(out[k].m);
			}
		} while (n > 0);
		hear_victim(w);
		hear_good(w);
		write_some(w);
	}
}

/* --- the flood --- */

static void give_burst(struct world *w, const uint8_t *b)
{
	struct tcp_packet packet = {IFACE_EDGE, w->addr[GOOD], w->addr[VICTIM], false, 0};
	struct env_segment s = {.dst_port = PORT, .flags = b[2] & 0x3f, .window = 1000};

	for (unsigned int i = 0; i < b[0]; i++) {
		const uint32_t n = (uint32_t)b[3] * 977 + i * (b[3] % 7 + 1u);
		struct rte_mbuf *m;

		packet.src = addr_from_v4(0xc0000000 + n);
		s.src_port = (uint16_t)(1024 + n % 60000);
		s.seq = (uint32_t)b[4] << 24 | i;
		s.ack = (uint32_t)b[4] << 16;
		s.opt =
		    (struct tcp_options){.has_mss = s.flags & 2, .mss = b[4], .has_ts = b[4] & 1};
		m = env_build(&env, &s, &packet.src, &packet.dst);
		REQUIRE(m != NULL);
		w->in++;
		tcp_segment(w->t[VICTIM], m, &packet, w->now_us);
	}
}

static void start(struct world *w)
{
	struct tcp_setup setup = env_setup(&env);

	*w = (struct world){.now_us = UINT64_C(1) << 34,
			    .addr = {addr_from_v4(0x0a000001), addr_from_v4(0x0a000002)}};
	setup.user_timeout_us = 60 * SECOND;
	setup.keepalive_idle_us = 20 * SECOND;
	for (unsigned int i = 0; i < 2; i++) {
		setup.isn_key.k0 += i;
		w->t[i] = tcp_init(&setup, w->now_us);
		REQUIRE(w->t[i] != NULL);
	}
	REQUIRE(tcp_listen(w->t[VICTIM], IFACE_EDGE, &w->addr[VICTIM], PORT));
	dial(w);
}

static void finish(struct world *w)
{
	for (unsigned int i = 0; i < 2; i++) {
		if (w->c[i] != NULL) {
			tcp_abort(w->t[i], w->c[i], w->now_us);
			tcp_release(w->t[i], w->c[i]);
		}
		w->c[i] = NULL;
	}
	for (unsigned int i = 0; i < 10; i++) {
		struct tcp_output out[BURST_MAX];

		w->now_us += 60 * SECOND;
		for (unsigned int k = 0; k < 2; k++) {
			tcp_tick(w->t[k], w->now_us);
			tcp_flush(w->t[k], w->now_us);
			for (unsigned int n; (n = tcp_take_output(w->t[k], out, BURST_MAX)) > 0;)
				while (n > 0)
					rte_pktmbuf_free(out[--n].m);
		}
	}
	for (unsigned int i = 0; i < 2; i++) {
		REQUIRE(tcp_conns(w->t[i]) == 0);
		tcp_fini(w->t[i]);
	}
	REQUIRE(env_pools_full(&env));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w;

	start(&w);
	for (size_t at = 0; at + BURST_BYTES <= size && at < BURST_BYTES * BURSTS_MAX;
	     at += BURST_BYTES) {
		w.now_us += (uint64_t)data[at + 1] * 1000;
		give_burst(&w, data + at);
		turn(&w);
		REQUIRE(tcp_conns(w.t[VICTIM]) <= 64);
	}
	/* The flood is over: two minutes are plenty for a SYN to be tried again. */
	for (unsigned int i = 0; i < 12000 && !w.done; i++) {
		w.now_us += 10 * 1000;
		turn(&w);
	}
	REQUIRE(w.done);
	/* A SYN-ACK is sent five times at most, anything else has one answer. */
	REQUIRE(w.answers <= 5 * w.in + 64);
	finish(&w);
	return 0;
}
