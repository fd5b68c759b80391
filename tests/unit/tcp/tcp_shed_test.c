/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_shed_test.c - who makes room for whom, and a hundred thousand connections from SYN to closed.
 */
#include "tests/check.h"
#include "tests/tcp/tcp_env.h"

#include "dataplane/tcp/tcp_conn.h"

static struct env env;

struct world {
	struct tcp *t;
	struct ip_addr us;
	uint64_t now_us;
	tcp_seq answer; /* of the last SYN-ACK */
	unsigned int resets;
};

static struct world begin(uint32_t conns)
{
	struct tcp_setup setup = env_setup(&env);
	struct world w = {.us = addr_from_v4(0xc0000201), .now_us = UINT64_C(1) << 34};

	setup.conns = conns;
	w.t = tcp_init(&setup, w.now_us);
	CHECK(w.t != NULL);
	for (enum iface i = IFACE_EDGE; i < IFACE_COUNT; i++)
		CHECK(tcp_listen(w.t, i, &w.us, 5269));
	return w;
}

static void end(struct world *w)
{
	tcp_fini(w->t);
	CHECK(env_pools_full(&env));
}

static void take_output(struct world *w)
{
	struct tcp_output out[BURST_MAX];
	struct env_segment s;
	unsigned int n;

	tcp_flush(w->t, w->now_us);
	while ((n = tcp_take_output(w->t, out, BURST_MAX)) > 0)
		for (unsigned int i = 0; i < n; i++) {
			CHECK(env_parse(out[i].m, &out[i].src, &out[i].dst, &s));
			if (s.flags & TCP_SYN)
				w->answer = s.seq;
			w->resets += (s.flags & TCP_RST) != 0;
			rte_pktmbuf_free(out[i].m);
		}
}

static void give(struct world *w, enum iface iface, uint32_t peer, const struct env_segment *in)
{
	const struct ip_addr from = addr_from_v4(0x0a000000 + peer);
	const struct tcp_packet packet = {iface, from, w->us, false, 0};
	struct env_segment s = *in;

	s.src_port = 40000;
	s.dst_port = 5269;
	s.window = 60000;
	tcp_segment(w->t, env_build(&env, &s, &from, &w->us), &packet, w->now_us);
}

static void knock(struct world *w, enum iface iface, uint32_t peer)
{
	const struct env_segment syn = {.seq = 100 * peer, .flags = TCP_SYN};

	give(w, iface, peer, &syn);
	take_output(w);
}

/* A whole handshake; NULL when it does not get in. News of others are left for the caller. */
static struct tcp_conn *enter(struct world *w, enum iface iface, uint32_t peer)
{
	struct env_segment ack = {.seq = 100 * peer + 1, .flags = TCP_ACK};
	const struct ip_addr from = addr_from_v4(0x0a000000 + peer);

	knock(w, iface, peer);
	ack.ack = w->answer + 1;
	give(w, iface, peer, &ack);
	for (uint32_t i = 0; i < w->t->setup.conns; i++) {
		struct tcp_conn *c = &w->t->conns[i];

		if (c->in_use && addr_equal(&c->key.remote, &from) && c->state == TCP_ESTABLISHED)
			return c;
	}
	return NULL;
}

/* Releases whoever is gone, the way a caller does; how many there were. */
static unsigned int let_go(struct world *w)
{
	unsigned int news, gone = 0;
	struct tcp_conn *c;

	while ((c = tcp_next_news(w->t, &news)) != NULL)
		if (news & TCP_NEWS_GONE) {
			CHECK(news & TCP_NEWS_RESET);
			tcp_release(w->t, c);
			gone++;
		}
	take_output(w);
	return gone;
}

static void youngest_goes_first(void)
{
	struct world w = begin(40);
	struct tcp_conn *c[41];

	for (uint32_t i = 0; i < 38; i++) { /* 95 % */
		w.now_us += TCP_SECOND_US;
		c[i] = enter(&w, IFACE_EDGE, i + 1);
		CHECK(c[i] != NULL);
		if (i % 2 == 0)
			tcp_trust(w.t, c[i]);
	}
	CHECK_EQ(let_go(&w), 0);
	/* Each newcomer, trusted at once, costs the youngest of those that are not. */
	for (uint32_t i = 0; i < 19; i++) {
		const struct conn_id victim = tcp_id(w.t, c[37 - 2 * i]);
		struct tcp_conn *new = enter(&w, IFACE_EDGE, 100 + i);

		CHECK(new != NULL);
		tcp_trust(w.t, new);
		CHECK_EQ(let_go(&w), 1);
		CHECK_EQ(w.resets, i + 1);
		CHECK(tcp_find(w.t, victim) == NULL);
		CHECK_EQ(tcp_conns(w.t), 38);
	}
	/* Nobody is left that could be shed: the last two slots, and no more. */
	CHECK(enter(&w, IFACE_EDGE, 200) != NULL);
	tcp_trust(w.t, enter(&w, IFACE_EDGE, 200));
	c[0] = enter(&w, IFACE_EDGE, 201);
	CHECK(c[0] != NULL);
	tcp_trust(w.t, c[0]);
	CHECK(enter(&w, IFACE_EDGE, 202) == NULL);
	CHECK_EQ(let_go(&w), 0);
	CHECK_EQ(tcp_conns(w.t), 40);
	end(&w);
}

static void dial_finds_room(void)
{
	struct world w = begin(20);
	const struct ip_addr to = addr_from_v4(0x0b000001);

	for (uint32_t i = 0; i < 19; i++)
		CHECK(enter(&w, IFACE_EDGE, i + 1) != NULL);
	CHECK_EQ(let_go(&w), 0);
	CHECK(tcp_dial(w.t, IFACE_EDGE, &w.us, &to, 5269, w.now_us) != NULL);
	CHECK_EQ(let_go(&w), 1);
	/* What we have dialled is ours: never shed, though nobody has vouched for it. */
	for (uint32_t i = 0; i < 18; i++) {
		CHECK(tcp_dial(w.t, IFACE_EDGE, &w.us, &to, 5269, w.now_us) != NULL);
		CHECK_EQ(let_go(&w), 1);
	}
	CHECK(tcp_dial(w.t, IFACE_EDGE, &w.us, &to, 5269, w.now_us) != NULL);
	CHECK(tcp_dial(w.t, IFACE_EDGE, &w.us, &to, 5269, w.now_us) == NULL);
	CHECK_EQ(let_go(&w), 0);
	end(&w);
}

static void edge_sheds_nobody_inside(void)
{
	struct world w = begin(20);

	for (uint32_t i = 0; i < 20; i++)
		CHECK(enter(&w, IFACE_INTERNAL, i + 1) != NULL || i >= 19);
	(void)let_go(&w);
	while (w.t->free.count > 0) {
		struct tcp_conn *c = enter(&w, IFACE_EDGE, 100 + w.t->free.count);

		CHECK(c != NULL);
		tcp_trust(w.t, c);
	}
	CHECK_EQ(let_go(&w), 0);
	CHECK(enter(&w, IFACE_EDGE, 200) == NULL);
	CHECK_EQ(let_go(&w), 0);
	CHECK(enter(&w, IFACE_INTERNAL, 201) == NULL); /* its slot comes free ... */
	CHECK_EQ(let_go(&w), 1);
	CHECK(enter(&w, IFACE_INTERNAL, 201) != NULL); /* ... for the next try */
	end(&w);
}

static void half_open_goes_before(void)
{
	struct world w = begin(40);

	for (uint32_t i = 0; i < 5; i++)
		knock(&w, IFACE_EDGE, 500 + i);
	CHECK_EQ(w.t->half_open.count, 5);
	for (uint32_t i = 0; i < 33; i++)
		CHECK(enter(&w, IFACE_EDGE, i + 1) != NULL);
	for (uint32_t i = 0; i < 5; i++) {
		CHECK_EQ(w.t->half_open.count, 5 - i);
		CHECK(w.t->conns[w.t->half_open.first].key.remote.b[15] == (uint8_t)(500 + i));
		CHECK(enter(&w, IFACE_EDGE, 100 + i) != NULL);
		CHECK_EQ(let_go(&w), 0);
	}
	CHECK(enter(&w, IFACE_EDGE, 200) != NULL);
	CHECK_EQ(let_go(&w), 1);
	end(&w);
}

/* With 95 % of the receive buffers waiting the youngest that fills them goes, not those that wait
 * for nothing. */
static void readers_are_shed(void)
{
	static const uint8_t text[1400];
	struct tcp_setup setup = env_setup(&env);
	struct world w = {.us = addr_from_v4(0xc0000201), .now_us = UINT64_C(1) << 34};
	struct tcp_conn *c[10];
	struct env_segment data = {.flags = TCP_ACK, .payload = text, .len = sizeof(text)};

	setup.rx_mbufs[IFACE_EDGE] = 40;
	w.t = tcp_init(&setup, w.now_us);
	CHECK(w.t != NULL && tcp_listen(w.t, IFACE_EDGE, &w.us, 5269));
	for (uint32_t i = 0; i < 10; i++) {
		c[i] = enter(&w, IFACE_EDGE, i + 1);
		CHECK(c[i] != NULL);
	}
	(void)let_go(&w);
	tcp_trust(w.t, c[1]);
	for (uint32_t i = 0; i < 6; i++) {
		data.ack = c[i]->snd_nxt;
		for (data.seq = c[i]->rcv_nxt; data.seq < 100 * (i + 1) + 1 + 20 * 1400;
		     data.seq += 1400)
			give(&w, IFACE_EDGE, i + 1, &data);
	}
	while (w.t->waiting[IFACE_EDGE] < 38) /* the rest by hand: the engine takes no more */
		w.t->waiting[IFACE_EDGE]++;
	CHECK_EQ(let_go(&w), 0);
	for (uint32_t i = 6; i-- > 0;) {
		const bool reads = c[i]->inbound != NULL && i != 1;
		const struct conn_id id = tcp_id(w.t, c[i]);

		if (!reads)
			continue;
		w.now_us += 1000;
		w.t->waiting[IFACE_EDGE] = max_u32(w.t->waiting[IFACE_EDGE], 38);
		tcp_tick(w.t, w.now_us);
		CHECK_EQ(let_go(&w), 1);
		CHECK(tcp_find(w.t, id) == NULL);
	}
	w.now_us += 1000;
	tcp_tick(w.t, w.now_us);
	CHECK_EQ(let_go(&w), 0);
	CHECK(c[1]->state == TCP_ESTABLISHED && c[9]->state == TCP_ESTABLISHED);
	end(&w);
}

/* The path a bench measures, for its states: nothing is left behind. */
static void many_come_and_go(void)
{
	struct world w = begin(64);

	for (uint32_t i = 0; i < 100000 && check_bad_now == 0; i++) {
		const uint32_t peer = i % 5000 + 1;
		struct tcp_conn *c = enter(&w, IFACE_EDGE, peer);
		struct env_segment s = {
		    .seq = 100 * peer + 1, .ack = w.answer + 1, .flags = TCP_ACK | TCP_FIN};
		unsigned int news;

		CHECK(c != NULL && tcp_next_news(w.t, &news) == c);
		give(&w, IFACE_EDGE, peer, &s);
		CHECK(tcp_next_news(w.t, &news) == c && news == TCP_NEWS_FIN);
		tcp_close(w.t, c, w.now_us);
		take_output(&w);
		s = (struct env_segment){
		    .seq = 100 * peer + 2, .ack = w.answer + 2, .flags = TCP_ACK};
		give(&w, IFACE_EDGE, peer, &s);
		CHECK(tcp_next_news(w.t, &news) == c && news == TCP_NEWS_CLOSED);
		tcp_release(w.t, c);
		w.now_us += 3;
	}
	CHECK_EQ(tcp_conns(w.t), 0);
	CHECK_EQ(w.t->free.count, 64);
	CHECK_EQ(w.t->flow.used, 0);
	CHECK_EQ(w.t->wheel.armed, 0);
	end(&w);
}

int main(void)
{
	env_start(&env);
	RUN(youngest_goes_first);
	RUN(dial_finds_room);
	RUN(edge_sheds_nobody_inside);
	RUN(half_open_goes_before);
	RUN(readers_are_shed);
	RUN(many_come_and_go);
	return check_summary();
}
