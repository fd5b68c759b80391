/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_test.c - what scripts cannot say: numbers of many connections, IPv6, odd mbufs, full pools.
 */
#include "tests/check.h"
#include "tests/tcp/tcp_env.h"

static struct env env;

struct pair {
	struct tcp *t;
	struct ip_addr us, them;
	uint64_t now_us;
};

static struct pair begin_at(uint32_t conns, const char *us, const char *them)
{
	struct tcp_setup setup = env_setup(&env);
	struct pair p = {.now_us = 5000000};

	setup.conns = conns;
	CHECK(addr_parse(us, &p.us) && addr_parse(them, &p.them));
	p.t = tcp_init(&setup, p.now_us);
	CHECK(p.t != NULL);
	CHECK(tcp_listen(p.t, IFACE_EDGE, &p.us, 5269));
	return p;
}

static struct pair begin(uint32_t conns)
{
	return begin_at(conns, "192.0.2.1", "192.0.2.2");
}

static void end(struct pair *p)
{
	tcp_fini(p->t);
	CHECK(env_pools_full(&env));
}

static void give(struct pair *p, struct rte_mbuf *m)
{
	const struct tcp_packet packet = {IFACE_EDGE, p->them, p->us, false, 0};

	tcp_segment(p->t, m, &packet, p->now_us);
}

static uint16_t their_port = 40000;

static void give_segment(struct pair *p, struct env_segment s)
{
	s.src_port = their_port;
	s.dst_port = 5269;
	s.window = 60000;
	give(p, env_build(&env, &s, &p->them, &p->us));
}

/* The one segment that is sent now; 0 flags when there is none. */
static struct env_segment sent(struct pair *p)
{
	static uint8_t payload[2048];
	struct env_segment s = {0};
	struct tcp_output out[2];
	unsigned int n;

	tcp_flush(p->t, p->now_us);
	n = tcp_take_output(p->t, out, 2);
	CHECK(n <= 1);
	if (n == 0)
		return s;
	CHECK(env_parse(out[0].m, &out[0].src, &out[0].dst, &s));
	CHECK(addr_equal(&out[0].dst, &p->them));
	memcpy(payload, s.payload, s.len);
	s.payload = payload;
	rte_pktmbuf_free(out[0].m);
	return s;
}

static struct tcp_conn *open_conn(struct pair *p, tcp_seq *our_nxt)
{
	unsigned int news = 0;
	struct env_segment s;
	struct tcp_conn *c;

	give_segment(
	    p, (struct env_segment){.seq = 99, .flags = 2, .opt = {.has_mss = true, .mss = 1460}});
	s = sent(p);
	CHECK_EQ(s.flags, 18);
	*our_nxt = s.seq + 1;
	give_segment(p, (struct env_segment){.seq = 100, .ack = *our_nxt, .flags = 16});
	c = tcp_next_news(p->t, &news);
	CHECK(c != NULL && news == TCP_NEWS_ACCEPTED);
	return c;
}

static void isn_goes_with_the_clock(void)
{
	const struct env_segment syn = {.seq = 1, .flags = 2}, rst = {.seq = 2, .flags = 4};
	struct pair p = begin(4);
	tcp_seq first, second;

	give_segment(&p, syn);
	first = sent(&p).seq;
	give_segment(&p, rst);
	p.now_us += 4000;
	give_segment(&p, syn);
	second = sent(&p).seq;
	CHECK_EQ((tcp_seq)(second - first), 1000); /* one each 4 us */
	end(&p);
}

static void ports_are_spread_and_differ(void)
{
	struct pair p = begin(2000);
	static uint8_t seen[65536];
	unsigned int steps_of_one = 0;
	uint16_t last = 0;

	memset(seen, 0, sizeof(seen));
	for (unsigned int i = 0; i < 1000; i++) {
		const struct ip_addr remote = addr_from_v4(0xc0000200 + i % 50);
		struct tcp_conn *c = tcp_dial(p.t, IFACE_EDGE, &p.us, &remote, 5269, p.now_us);
		uint16_t port;

		CHECK(c != NULL);
		port = tcp_key(p.t, c)->local_port;
		CHECK(port >= 1024 && port != 5269);
		steps_of_one += port == last + 1;
		last = port;
		seen[port]++;
	}
	CHECK(steps_of_one < 20);
	for (unsigned int i = 0; i < 65536; i++)
		CHECK(seen[i] < 6);
	end(&p);
}

static void dial_says_when_full(void)
{
	struct pair p = begin(2);

	CHECK(tcp_dial(p.t, IFACE_EDGE, &p.us, &p.them, 5269, p.now_us) != NULL);
	CHECK(tcp_dial(p.t, IFACE_EDGE, &p.us, &p.them, 5269, p.now_us) != NULL);
	CHECK(tcp_dial(p.t, IFACE_EDGE, &p.us, &p.them, 5269, p.now_us) == NULL);
	CHECK_EQ(tcp_conns(p.t), 2);
	end(&p);
}

static void ids_outlive_their_tenants(void)
{
	struct pair p = begin(1);
	struct tcp_conn *c = tcp_dial(p.t, IFACE_EDGE, &p.us, &p.them, 5269, p.now_us);
	const struct conn_id old = tcp_id(p.t, c);

	CHECK_EQ(old.core, 3);
	CHECK(old.generation != 0 && tcp_find(p.t, old) == c);
	tcp_abort(p.t, c, p.now_us);
	tcp_release(p.t, c);
	CHECK(tcp_find(p.t, old) == NULL);
	c = tcp_dial(p.t, IFACE_EDGE, &p.us, &p.them, 5269, p.now_us);
	CHECK(c != NULL && tcp_find(p.t, old) == NULL && tcp_find(p.t, tcp_id(p.t, c)) == c);
	end(&p);
}

static void speaks_ipv6(void)
{
	struct pair p = begin_at(4, "2001:db8::1", "2001:db8::2");
	struct env_segment s;

	give_segment(&p, (struct env_segment){.seq = 99, .flags = 2});
	s = sent(&p);
	CHECK_EQ(s.flags, 18);
	CHECK_EQ(s.opt.mss, 1440);
	end(&p);
}

static void listens_only_where_told(void)
{
	struct pair p = begin(4);
	struct tcp_packet packet = {IFACE_INTERNAL, p.them, p.us, false, 0};
	const struct env_segment syn = {.src_port = 1, .dst_port = 5269, .seq = 1, .flags = 2};

	tcp_segment(p.t, env_build(&env, &syn, &p.them, &p.us), &packet, p.now_us);
	CHECK_EQ(sent(&p).flags, 20);
	tcp_unlisten(p.t, IFACE_EDGE, &p.us, 5269);
	give_segment(&p, syn);
	CHECK_EQ(sent(&p).flags, 20);
	end(&p);
}

/* A segment that the device scattered over three mbufs, the middle one empty. */
static void takes_chains(void)
{
	struct pair p = begin(4);
	tcp_seq nxt;
	struct tcp_conn *c = open_conn(&p, &nxt);
	const struct env_segment s = {.src_port = 40000,
				      .dst_port = 5269,
				      .seq = 100,
				      .ack = nxt,
				      .flags = 16,
				      .window = 60000,
				      .payload = (const uint8_t *)"abcdefgh",
				      .len = 8};
	struct rte_mbuf *m = env_build(&env, &s, &p.them, &p.us);
	struct rte_mbuf *empty = env_rx(&env, (const uint8_t *)"", 0);
	struct rte_mbuf *rest = env_rx(&env, (const uint8_t *)"fgh", 3);

	CHECK_EQ(rte_pktmbuf_trim(m, 3), 0);
	CHECK_EQ(rte_pktmbuf_chain(m, empty), 0);
	CHECK_EQ(rte_pktmbuf_chain(m, rest), 0);
	give(&p, m);
	CHECK_EQ(tcp_inbound_bytes(c), 8);
	CHECK_EQ(rte_pktmbuf_mtod(tcp_inbound(c), char *)[0], 'a');
	tcp_consume(p.t, c, 6, p.now_us);
	CHECK_EQ(rte_pktmbuf_mtod(tcp_inbound(c), char *)[0], 'g');
	tcp_consume(p.t, c, 2, p.now_us);
	CHECK(tcp_inbound(c) == NULL);
	tcp_release(p.t, c);
	end(&p);
}

/* A peer that sends single bytes must not pin an mbuf for each. */
static void single_bytes_share_an_mbuf(void)
{
	struct pair p = begin(4);
	tcp_seq nxt;
	struct tcp_conn *c = open_conn(&p, &nxt);
	unsigned int mbufs = 0;

	for (uint32_t i = 0; i < 3000; i++)
		give_segment(&p, (struct env_segment){.seq = 100 + i,
						      .ack = nxt,
						      .flags = 16,
						      .payload = (const uint8_t *)"x",
						      .len = 1});
	CHECK_EQ(tcp_inbound_bytes(c), 3000);
	for (struct rte_mbuf *m = tcp_inbound(c); m != NULL; m = m->next)
		mbufs++;
	CHECK(mbufs <= 3);
	tcp_release(p.t, c);
	end(&p);
}

static void out_of_order_is_bounded(void)
{
	struct pair p = begin(4);
	tcp_seq nxt;
	struct tcp_conn *c = open_conn(&p, &nxt);

	for (uint32_t i = 0; i < 500; i++)
		give_segment(&p, (struct env_segment){.seq = 102 + 2 * i,
						      .ack = nxt,
						      .flags = 16,
						      .payload = (const uint8_t *)"x",
						      .len = 1});
	CHECK_EQ(ENV_RX_MBUFS - rte_mempool_avail_count(env.rx), 192);
	CHECK_EQ(env.drops[DROP_TCP_OUT_OF_ORDER_FULL], 308);
	tcp_release(p.t, c);
	end(&p);
}

/* A hundred that nobody reads fill their windows; one that is read must still be heard. */
static void unread_text_leaves_buffers_for_others(void)
{
	static const uint8_t text[1400];
	struct pair p = begin(128);
	struct env_segment s = {.flags = 16, .payload = text, .len = sizeof(text)};
	struct tcp_conn *c[101];
	unsigned int news;
	tcp_seq nxt;

	for (uint16_t i = 0; i < 101; i++) {
		their_port = (uint16_t)(40000 + i);
		c[i] = open_conn(&p, &nxt);
		s.ack = nxt;
		s.seq = 100;
		for (; i < 100 && s.seq < 100 + 180 * sizeof(text); s.seq += sizeof(text))
			give_segment(&p, s);
		(void)sent(&p);
		while (tcp_next_news(p.t, &news) != NULL)
			;
	}
	CHECK(rte_mempool_avail_count(env.rx) > ENV_RX_MBUFS / 5 * 2);
	CHECK(env.drops[DROP_TCP_UNREAD_FULL] > 0);
	for (unsigned int i = 0; i < 100; i++, s.seq += sizeof(text)) {
		give_segment(&p, s);
		CHECK_EQ(tcp_inbound_bytes(c[100]), sizeof(text));
		tcp_consume(p.t, c[100], sizeof(text), p.now_us);
		(void)sent(&p);
	}
	for (unsigned int i = 0; i < 101; i++)
		tcp_release(p.t, c[i]);
	their_port = 40000;
	end(&p);
}

static void send_takes_only_what_it_can_send(void)
{
	struct pair p = begin(4);
	tcp_seq nxt;
	struct tcp_conn *c = open_conn(&p, &nxt);
	struct rte_mbuf *m = env_data(&env, (const uint8_t *)"hello", 5);
	unsigned int given = 0;

	rte_pktmbuf_prepend(m, 20); /* the headroom is spent */
	CHECK(!tcp_send(p.t, c, m));
	rte_pktmbuf_free(m);
	m = env_data(&env, NULL, 0);
	CHECK(!tcp_send(p.t, c, m));
	rte_pktmbuf_free(m);
	CHECK_EQ(tcp_room(c), SEND_QUEUE_BYTES);
	while ((m = env_data(&env, (const uint8_t[1460]){0}, 1460)) != NULL && tcp_send(p.t, c, m))
		given++;
	rte_pktmbuf_free(m);
	CHECK_EQ(given, SEND_QUEUE_BYTES / 1460 + 1);
	CHECK_EQ(tcp_room(c), 0);
	tcp_close(p.t, c, p.now_us);
	tcp_abort(p.t, c, p.now_us);
	tcp_release(p.t, c);
	end(&p);
}

/* While a driver still reads the first copy, the second is one of its own; both say the same. */
static void resends_a_copy_while_the_device_holds_it(void)
{
	struct pair p = begin(4);
	tcp_seq nxt;
	struct tcp_conn *c = open_conn(&p, &nxt);
	struct rte_mbuf *m = env_data(&env, (const uint8_t *)"record", 6);
	struct tcp_output held, again;

	CHECK(tcp_send(p.t, c, m));
	tcp_flush(p.t, p.now_us);
	CHECK_EQ(tcp_take_output(p.t, &held, 1), 1);
	CHECK(held.m == m);
	for (unsigned int i = 0; i < 400; i++)
		tcp_tick(p.t, p.now_us += 1000);
	tcp_flush(p.t, p.now_us);
	CHECK_EQ(tcp_take_output(p.t, &again, 1), 1);
	CHECK(again.m != m && again.m->pool == env.tx && again.m->data_len == held.m->data_len);
	rte_pktmbuf_free(again.m);
	rte_pktmbuf_free(held.m);
	for (unsigned int i = 0; i < 700; i++)
		tcp_tick(p.t, p.now_us += 1000);
	tcp_flush(p.t, p.now_us);
	CHECK_EQ(tcp_take_output(p.t, &again, 1), 1);
	CHECK(again.m == m); /* given back: no copy */
	rte_pktmbuf_free(again.m);
	tcp_release(p.t, c);
	end(&p);
}

/* Without buffers nothing is lost but time. */
static void lives_through_an_empty_pool(void)
{
	static struct rte_mbuf *all[ENV_TX_MBUFS];
	struct pair p = begin(4);
	unsigned int n = 0;

	while (n < ENV_TX_MBUFS && (all[n] = rte_pktmbuf_alloc(env.tx)) != NULL)
		n++;
	give_segment(&p, (struct env_segment){.seq = 99, .flags = 2});
	CHECK_EQ(sent(&p).flags, 0);
	CHECK(!tcp_is_idle(p.t));
	rte_pktmbuf_free_bulk(all, n);
	CHECK_EQ(sent(&p).flags, 18);
	CHECK(tcp_is_idle(p.t));
	end(&p);
}

/* RFC 3168 6.1.1.1: who has not sent a SYN without ECN, for want of a buffer, has not fallen back.
 */
static void keeps_ecn_through_an_empty_pool(void)
{
	static struct rte_mbuf *all[ENV_TX_MBUFS];
	struct tcp_setup setup = env_setup(&env);
	struct pair p = begin(4);
	struct env_segment syn;
	struct tcp_output out;
	struct tcp_conn *c;
	unsigned int n = 0, news;

	tcp_fini(p.t);
	setup.ecn = true;
	p.t = tcp_init(&setup, p.now_us);
	c = tcp_dial(p.t, IFACE_EDGE, &p.us, &p.them, 5269, p.now_us);
	syn = sent(&p);
	CHECK_EQ(syn.flags, 0xc2);
	while (n < ENV_TX_MBUFS && (all[n] = rte_pktmbuf_alloc(env.tx)) != NULL)
		n++;
	tcp_tick(p.t, p.now_us += 1500000);
	CHECK_EQ(sent(&p).flags, 0);
	give(&p, env_build(&env,
			   &(struct env_segment){.src_port = 5269,
						 .dst_port = syn.src_port,
						 .seq = 99,
						 .ack = syn.seq + 1,
						 .flags = 0x52,
						 .window = 60000},
			   &p.them, &p.us));
	rte_pktmbuf_free_bulk(all, n);
	CHECK(tcp_next_news(p.t, &news) == c && news == TCP_NEWS_OPENED);
	CHECK_EQ(sent(&p).flags, 16);
	CHECK(tcp_send(p.t, c, env_data(&env, (const uint8_t *)"text", 4)));
	tcp_flush(p.t, p.now_us);
	CHECK_EQ(tcp_take_output(p.t, &out, 1), 1);
	CHECK_EQ(out.ecn, 2);
	rte_pktmbuf_free(out.m);
	end(&p);
}

static void output_is_bounded(void)
{
	struct pair p = begin(600);
	struct tcp_output out[BURST_MAX];
	unsigned int taken = 0, n;

	for (unsigned int i = 0; i < 400; i++)
		CHECK(tcp_dial(p.t, IFACE_EDGE, &p.us, &p.them, 5269, p.now_us) != NULL);
	tcp_flush(p.t, p.now_us);
	for (unsigned int round = 0; round < 2; round++) {
		while ((n = tcp_take_output(p.t, out, BURST_MAX)) > 0) {
			for (unsigned int i = 0; i < n; i++)
				rte_pktmbuf_free(out[i].m);
			taken += n;
		}
		CHECK_EQ(taken, round == 0 ? BURST_MAX * 8 : 400);
		tcp_flush(p.t, p.now_us);
	}
	CHECK(tcp_is_idle(p.t));
	end(&p);
}

int main(void)
{
	env_start(&env);
	RUN(isn_goes_with_the_clock);
	RUN(ports_are_spread_and_differ);
	RUN(dial_says_when_full);
	RUN(ids_outlive_their_tenants);
	RUN(speaks_ipv6);
	RUN(listens_only_where_told);
	RUN(takes_chains);
	RUN(single_bytes_share_an_mbuf);
	RUN(out_of_order_is_bounded);
	RUN(unread_text_leaves_buffers_for_others);
	RUN(send_takes_only_what_it_can_send);
	RUN(resends_a_copy_while_the_device_holds_it);
	RUN(lives_through_an_empty_pool);
	RUN(keeps_ecn_through_an_empty_pool);
	RUN(output_is_bounded);
	return check_summary();
}
