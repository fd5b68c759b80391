/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_bounds_test.c - where something runs out: memory at the start, addresses, listeners, ports,
 * buffers of TCP's own, room in the output.
 */
#include <rte_malloc.h>

#include "tests/check.h"
#include "tests/tcp/tcp_env.h"

#include "dataplane/tcp/tcp_conn.h"

static struct env env;

struct world {
	struct tcp *t;
	struct ip_addr us, them;
	uint64_t now_us;
	struct env_segment last; /* sent; payload is not kept */
};

static struct world begin(struct tcp_setup setup)
{
	struct world w = {.us = addr_from_v4(0xc0000201),
			  .them = addr_from_v4(0x0a000001),
			  .now_us = UINT64_C(1) << 34};

	w.t = tcp_init(&setup, w.now_us);
	CHECK(w.t != NULL && tcp_listen(w.t, IFACE_EDGE, &w.us, 5269));
	return w;
}

static void end(struct world *w)
{
	tcp_fini(w->t);
	CHECK(env_pools_full(&env));
}

/* What is sent now, as many segments as it is. */
static unsigned int take(struct world *w)
{
	struct tcp_output out[BURST_MAX];
	unsigned int n, all = 0;

	tcp_flush(w->t, w->now_us);
	while ((n = tcp_take_output(w->t, out, BURST_MAX)) > 0) {
		for (unsigned int i = 0; i < n; i++) {
			CHECK(env_parse(out[i].m, &out[i].src, &out[i].dst, &w->last));
			rte_pktmbuf_free(out[i].m);
		}
		all += n;
	}
	return all;
}

static unsigned int wait(struct world *w, uint64_t us)
{
	w->now_us += us;
	tcp_tick(w->t, w->now_us);
	return take(w);
}

static void give(struct world *w, uint16_t port, struct env_segment s)
{
	const struct tcp_packet packet = {IFACE_EDGE, w->them, w->us, false, 0};

	s.src_port = port;
	s.dst_port = 5269;
	tcp_segment(w->t, env_build(&env, &s, &w->them, &w->us), &packet, w->now_us);
}

/* One that is open and trusted; its peer's next number is 100. */
static struct tcp_conn *enter(struct world *w, uint16_t port, uint16_t window)
{
	struct tcp_conn *c;
	unsigned int news;

	give(w, port,
	     (struct env_segment){
		 .seq = 99, .flags = TCP_SYN, .opt = {.has_mss = true, .mss = 1000}});
	CHECK_EQ(take(w), 1);
	give(w, port,
	     (struct env_segment){
		 .seq = 100, .ack = w->last.seq + 1, .flags = TCP_ACK, .window = window});
	c = tcp_next_news(w->t, &news);
	CHECK(c != NULL && news == TCP_NEWS_ACCEPTED);
	tcp_trust(w->t, c);
	return c;
}

static void give_text(struct world *w, struct tcp_conn *c, uint16_t bytes)
{
	static const uint8_t text[1000];

	CHECK(tcp_send(w->t, c, env_data(&env, text, bytes)));
}

/* All buffers that TCP builds segments in are somewhere else. */
static struct rte_mbuf *elsewhere[ENV_TX_MBUFS];

static unsigned int take_buffers(void)
{
	unsigned int n = 0;

	while (n < ENV_TX_MBUFS && (elsewhere[n] = rte_pktmbuf_alloc(env.tx)) != NULL)
		n++;
	return n;
}

static size_t heap_bytes(void)
{
	struct rte_malloc_socket_stats stats;

	CHECK_EQ(rte_malloc_get_socket_stats(0, &stats), 0);
	return stats.heap_allocsz_bytes;
}

/* Wherever on its way it runs out of memory: it says so, and has given back what it had taken. */
static void init_gives_back_what_it_took(void)
{
	struct tcp_setup setup = env_setup(&env);
	unsigned int refused = 0, taken = 0;
	struct world first = begin(setup); /* the mbuf field stays registered */
	size_t before;

	end(&first);
	before = heap_bytes();
	for (setup.conns = 1 << 20; setup.conns > 1 << 14 && check_bad_now == 0;
	     setup.conns -= setup.conns / 32) {
		struct tcp *t = tcp_init(&setup, 1);

		refused += t == NULL;
		taken += t != NULL;
		tcp_fini(t);
		CHECK_EQ(heap_bytes(), before);
	}
	CHECK(refused > 10 && taken > 10);
}

static void addresses_and_listeners_are_bounded(void)
{
	struct world w = begin(env_setup(&env));
	const struct ip_addr stranger = addr_from_v4(0xc0000300);
	const struct tcp_packet packet = {IFACE_EDGE, w.them, stranger, false, 0};
	const struct env_segment syn = {.src_port = 1, .dst_port = 5269, .flags = TCP_SYN};
	struct tcp_conn *c;

	for (uint32_t i = 1; i < TCP_LISTENERS_MAX; i++)
		CHECK(tcp_listen(w.t, IFACE_EDGE, &w.us, (uint16_t)(5269 + i)));
	CHECK(!tcp_listen(w.t, IFACE_EDGE, &w.us, 80));
	tcp_unlisten(w.t, IFACE_EDGE, &w.us, 5270);
	CHECK(tcp_listen(w.t, IFACE_EDGE, &w.us, 80));
	for (uint32_t i = 1; i < TCP_LOCALS_MAX; i++) {
		const struct ip_addr local = addr_from_v4(0xc0000201 + i);

		c = tcp_dial(w.t, IFACE_EDGE, &local, &w.them, 5269, w.now_us);
		CHECK(c != NULL && addr_equal(tcp_local(w.t, c), &local));
	}
	CHECK(tcp_dial(w.t, IFACE_EDGE, &stranger, &w.them, 5269, w.now_us) == NULL);
	(void)take(&w);
	tcp_segment(w.t, env_build(&env, &syn, &w.them, &stranger), &packet, w.now_us);
	CHECK_EQ(take(&w), 0);
	end(&w);
}

static void ids_of_elsewhere_are_nobodys(void)
{
	struct world w = begin(env_setup(&env));
	struct tcp_conn *c = enter(&w, 40000, 60000);
	struct conn_id id = tcp_id(w.t, c);

	CHECK(tcp_find(w.t, id) == c);
	id.core++;
	CHECK(tcp_find(w.t, id) == NULL);
	id.core--;
	id.slot = w.t->setup.conns;
	CHECK(tcp_find(w.t, id) == NULL);
	end(&w);
}

static void ports_that_listen_are_not_dialled_from(void)
{
	struct world w = begin(env_setup(&env));

	for (uint32_t i = 1; i < TCP_LISTENERS_MAX; i++)
		CHECK(tcp_listen(w.t, IFACE_EDGE, &w.us, (uint16_t)(5269 + i)));
	for (uint32_t i = 0; i < 200000; i++) { /* each port about three times */
		struct flow_key key = {.remote = w.them, .remote_port = 5269};

		CHECK(tcp_port_choose(w.t, &key));
		CHECK(key.local_port < 5269 || key.local_port >= 5269 + TCP_LISTENERS_MAX);
	}
	end(&w);
}

/* Answers come to the core that dials; one that none can reach dials nobody. */
static void ports_return_to_their_core(void)
{
	static struct steer steer = {.cores = 4, .key = {1, 2}};
	struct tcp_setup setup = env_setup(&env);
	struct world w;

	steer.iface[IFACE_EDGE].way = STEER_SOFTWARE;
	setup.steer = &steer;
	for (uint16_t core = 0; core < 4; core++) {
		setup.core = core;
		w = begin(setup);
		for (uint32_t i = 0; i < 20; i++) {
			struct tcp_conn *c =
			    tcp_dial(w.t, IFACE_EDGE, &w.us, &w.them, 5269, w.now_us);
			const struct steer_flow f = {w.us, w.them, tcp_key(w.t, c)->local_port,
						     5269};

			CHECK_EQ(steer_core(&steer, IFACE_EDGE, &f), core);
		}
		end(&w);
	}
	setup.core = 4;
	w = begin(setup);
	CHECK(tcp_dial(w.t, IFACE_EDGE, &w.us, &w.them, 5269, w.now_us) == NULL);
	end(&w);
}

/* RFC 9293 3.8.4: a probe that finds no buffer is made up for by the next. */
static void keepalive_waits_for_a_buffer(void)
{
	struct tcp_setup setup = env_setup(&env);
	struct tcp_conn *c;
	struct world w;
	unsigned int n;

	setup.keepalive_idle_us = 20 * TCP_SECOND_US;
	w = begin(setup);
	c = enter(&w, 40000, 60000);
	n = take_buffers();
	env.drops[DROP_MBUF_EMPTY] = 0;
	CHECK_EQ(wait(&w, 21 * TCP_SECOND_US), 0);
	CHECK(env.drops[DROP_MBUF_EMPTY] > 0);
	rte_pktmbuf_free_bulk(elsewhere, n);
	CHECK_EQ(wait(&w, TCP_SECOND_US), 0);
	CHECK_EQ(wait(&w, 15 * TCP_SECOND_US), 1);
	CHECK_EQ(w.last.seq, c->snd_nxt - 1);
	end(&w);
}

/* RFC 9293 3.8.6.1: so is a probe of a shut window, which goes as a copy of one byte. */
static void persist_waits_for_a_buffer(void)
{
	struct world w = begin(env_setup(&env));
	struct tcp_conn *c = enter(&w, 40000, 0);
	unsigned int n, sent = 0;

	give_text(&w, c, 100);
	CHECK_EQ(take(&w), 0);
	n = take_buffers();
	for (unsigned int i = 0; i < 10; i++)
		sent += wait(&w, TCP_SECOND_US / 2);
	CHECK_EQ(sent, 0);
	rte_pktmbuf_free_bulk(elsewhere, n);
	for (unsigned int i = 0; i < 60 && sent == 0; i++)
		sent += wait(&w, TCP_SECOND_US / 2);
	CHECK_EQ(sent, 1);
	CHECK_EQ(w.last.len, 1);
	end(&w);
}

/* Three duplicate ACKs, and no buffer for the copy: the mbuf is still the device's. It goes when
 * there is one again, without a timeout. */
static void fast_retransmit_waits_for_a_buffer(void)
{
	struct world w = begin(env_setup(&env));
	struct tcp_conn *c = enter(&w, 40000, 60000);
	const tcp_seq first = c->snd_nxt;
	unsigned int n;

	for (unsigned int i = 0; i < 4; i++)
		give_text(&w, c, 1000);
	CHECK_EQ(take(&w), 4);
	rte_mbuf_refcnt_update(c->una_mbuf, 1);
	n = take_buffers();
	for (unsigned int i = 0; i < 3; i++)
		give(&w, 40000,
		     (struct env_segment){
			 .seq = 100, .ack = first, .flags = TCP_ACK, .window = 60000});
	CHECK_EQ(take(&w), 0);
	rte_pktmbuf_free_bulk(elsewhere, n);
	CHECK_EQ(take(&w), 1);
	CHECK(w.last.seq == first && w.last.len == 1000);
	rte_pktmbuf_free(c->una_mbuf);
	end(&w);
}

/* More than the output holds in one turn: nobody's text is forgotten or goes twice. */
static void text_waits_for_room_in_the_output(void)
{
	enum { CONNS = TCP_OUTPUT_MAX + 44 };
	struct tcp_setup setup = env_setup(&env);
	static struct tcp_conn *c[CONNS];
	struct tcp_output out[BURST_MAX];
	unsigned int n, all = 0;
	struct world w;

	setup.conns = 2 * CONNS;
	w = begin(setup);
	for (unsigned int i = 0; i < CONNS; i++)
		c[i] = enter(&w, (uint16_t)(40000 + i), 60000);
	for (unsigned int i = 0; i < CONNS; i++)
		give_text(&w, c[i], 10);
	tcp_flush(w.t, w.now_us);
	while ((n = tcp_take_output(w.t, out, BURST_MAX)) > 0) {
		for (unsigned int i = 0; i < n; i++)
			rte_pktmbuf_free(out[i].m);
		all += n;
	}
	CHECK_EQ(all, TCP_OUTPUT_MAX);
	CHECK(!tcp_is_idle(w.t));
	CHECK_EQ(take(&w), CONNS - TCP_OUTPUT_MAX);
	CHECK(tcp_is_idle(w.t));
	for (unsigned int i = 0; i < CONNS; i++)
		CHECK_EQ(c[i]->snd_nxt, c[i]->iss + 11);
	end(&w);
}

/* RFC 8985 6.2 step 4: what a D-SACK has widened stays so for sixteen recoveries. */
static void rack_narrows_after_sixteen_recoveries(void)
{
	struct world w = begin(env_setup(&env));
	struct tcp_conn *c = enter(&w, 40000, 60000);
	struct tcp_rack k;

	tcp_rack_begin(w.t, c, &k);
	tcp_rack_duplicate(c, &k);
	CHECK_EQ(k.multiplier, 2);
	for (unsigned int i = 1; i < TCP_RACK_PERSIST; i++)
		tcp_rack_recovered(&k);
	CHECK_EQ(k.multiplier, 2);
	tcp_rack_recovered(&k);
	CHECK_EQ(k.multiplier, 1);
	tcp_rack_recovered(&k);
	CHECK_EQ(k.multiplier, 1);
	end(&w);
}

/* Resets that @them is sent for @n segments of no connection. */
static unsigned int resets_for(struct world *w, uint32_t them, unsigned int n)
{
	unsigned int sent = 0;

	w->them = addr_from_v4(them);
	for (unsigned int i = 0; i < n; i++) {
		give(w, (uint16_t)(1 + i),
		     (struct env_segment){.seq = 1, .ack = 1, .flags = TCP_ACK});
		sent += take(w);
		CHECK(sent == 0 || w->last.flags == TCP_RST);
	}
	return sent;
}

/*
 * CVE-2016-5696: who counts the resets he gets learns nothing of those that went to another; now
 * and then both have the same share, but nobody knows when, nor how many there would have been.
 */
static void resets_say_nothing_of_others(void)
{
	enum { SECONDS = 100 };
	struct world w = begin(env_setup(&env));
	static uint8_t seen[TCP_RESETS_LEAST + 256];
	unsigned int differ = 0, shared = 0;

	memset(seen, 0, sizeof(seen));
	for (unsigned int i = 0; i < SECONDS; i++) {
		const unsigned int others = resets_for(&w, 0x0b000001, 400);
		const unsigned int his = resets_for(&w, 0x0c000001, 400);

		CHECK(others >= TCP_RESETS_LEAST && others < sizeof(seen));
		CHECK(his == 0 || (his >= TCP_RESETS_LEAST && his < sizeof(seen)));
		shared += his == 0;
		differ += his > 0 && !seen[his];
		seen[his] = 1;
		CHECK_EQ(resets_for(&w, 0x0c000001, 10), 0);
		w.now_us += TCP_SECOND_US;
	}
	CHECK(shared <= 4); /* 0.4 by chance */
	CHECK(differ > 60); /* 83 by chance */
	end(&w);
}

int main(void)
{
	env_start(&env);
	RUN(init_gives_back_what_it_took);
	RUN(addresses_and_listeners_are_bounded);
	RUN(ids_of_elsewhere_are_nobodys);
	RUN(ports_that_listen_are_not_dialled_from);
	RUN(ports_return_to_their_core);
	RUN(keepalive_waits_for_a_buffer);
	RUN(persist_waits_for_a_buffer);
	RUN(fast_retransmit_waits_for_a_buffer);
	RUN(text_waits_for_room_in_the_output);
	RUN(rack_narrows_after_sixteen_recoveries);
	RUN(resets_say_nothing_of_others);
	return check_summary();
}
