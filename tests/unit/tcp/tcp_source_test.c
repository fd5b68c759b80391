/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_source_test.c - counts by source beside a model, and beside the control blocks of an engine
 * to which everything happens that can happen to a connection. */
#include "tests/check.h"
#include "tests/tcp/tcp_env.h"

#include "dataplane/tcp/tcp_conn.h"

static struct env env;

static struct tcp *begin(uint32_t conns, uint32_t limit, uint64_t now_us)
{
	struct tcp_setup setup = env_setup(&env);
	struct tcp *t;

	setup.conns = conns;
	setup.time_waits = 2;
	setup.untrusted_per_source = limit;
	setup.time_wait_us = 2 * TCP_SECOND_US;
	t = tcp_init(&setup, now_us);
	CHECK(t != NULL);
	return t;
}

static void end(struct tcp *t)
{
	tcp_fini(t);
	CHECK(env_pools_full(&env));
}

static struct ip_addr v6(uint64_t net, uint64_t host)
{
	struct ip_addr a;

	for (int i = 0; i < 8; i++) {
		a.b[i] = (uint8_t)(net >> (56 - 8 * i));
		a.b[8 + i] = (uint8_t)(host >> (56 - 8 * i));
	}
	return a;
}

static void prefixes_are_told_apart(void)
{
	struct tcp *t = begin(16, 2, 1);
	const uint64_t net = UINT64_C(0x20010db800000000);
	struct ip_addr a = v6(net, 1), same = v6(net, UINT64_MAX), other = v6(net + 1, 1);
	struct ip_addr four = addr_from_v4(0x0a000001), next = addr_from_v4(0x0a000002);

	tcp_source_add(t, &a, TCP_SOURCE_HALF_OPEN);
	tcp_source_add(t, &same, TCP_SOURCE_UNTRUSTED);
	CHECK(!tcp_source_may_begin(t, &a) && tcp_source_may_establish(t, &a));
	tcp_source_remove(t, &same, TCP_SOURCE_HALF_OPEN);
	tcp_source_add(t, &same, TCP_SOURCE_UNTRUSTED);
	CHECK(!tcp_source_may_establish(t, &a));
	CHECK(tcp_source_may_begin(t, &other));
	tcp_source_add(t, &four, TCP_SOURCE_UNTRUSTED);
	tcp_source_add(t, &four, TCP_SOURCE_UNTRUSTED);
	CHECK(!tcp_source_may_begin(t, &four) && tcp_source_may_begin(t, &next));
	CHECK_EQ(t->sources.used, 2);
	end(t);
}

static void no_limit_costs_nothing(void)
{
	struct tcp *t = begin(16, 0, 1);
	struct ip_addr a = addr_from_v4(1);

	for (int i = 0; i < 1000; i++)
		tcp_source_add(t, &a, TCP_SOURCE_UNTRUSTED);
	CHECK(tcp_source_may_begin(t, &a) && tcp_source_may_establish(t, &a));
	CHECK(t->sources.entry == NULL);
	end(t);
}

enum { SOURCES = 96, IN_TABLE = 64 };

/* As full as it gets, so that runs are long and wrap round the end. */
static void agrees_with_a_model(void)
{
	struct tcp *t = begin(IN_TABLE, 4, 1);
	static uint8_t count[SOURCES][TCP_SOURCE_PHASES];
	uint32_t used = 0;
	uint64_t seed = 7;

	for (unsigned int step = 0; step < 300000 && check_bad_now == 0; step++) {
		const uint64_t r = check_random(&seed);
		const uint32_t i = (uint32_t)(r >> 40) % SOURCES;
		const enum tcp_source_phase phase = r >> 8 & 1;
		const struct ip_addr a = addr_from_v4(0x0a000000 + i);
		const unsigned int sum = count[i][0] + count[i][1];

		CHECK_EQ(tcp_source_may_begin(t, &a), sum < 4);
		CHECK_EQ(tcp_source_may_establish(t, &a), count[i][TCP_SOURCE_UNTRUSTED] < 4);
		if (r >> 9 & 1 && sum < 4 && (sum > 0 || used < IN_TABLE)) {
			used += sum == 0;
			count[i][phase]++;
			tcp_source_add(t, &a, phase);
		} else if (count[i][phase] > 0) {
			count[i][phase]--;
			used -= sum == 1;
			tcp_source_remove(t, &a, phase);
		}
		CHECK_EQ(t->sources.used, used);
	}
	end(t);
}

enum { PEERS = 40, HOSTS = 5 };

struct peer {
	struct ip_addr addr;
	uint16_t port;
	tcp_seq nxt, una; /* ours to be acknowledged */
};

struct crowd {
	struct tcp *t;
	struct ip_addr us;
	uint64_t now_us, seed;
	struct peer peer[PEERS];
	struct tcp_conn *held[2 * PEERS];
	unsigned int held_count;
};

static uint32_t draw(struct crowd *w, uint32_t below)
{
	return (uint32_t)(check_random(&w->seed) >> 33) % below;
}

static void give(struct crowd *w, struct peer *p, uint8_t flags, uint32_t len)
{
	static const uint8_t text[64];
	const struct env_segment s = {.src_port = p->port,
				      .dst_port = 5269,
				      .seq = p->nxt,
				      .ack = p->una,
				      .flags = flags,
				      .window = 60000,
				      .payload = text,
				      .len = len};
	const struct tcp_packet packet = {IFACE_EDGE, p->addr, w->us, false, 0};

	tcp_segment(w->t, env_build(&env, &s, &p->addr, &w->us), &packet, w->now_us);
	p->nxt += len + (flags & TCP_SYN ? 1 : 0) + (flags & TCP_FIN ? 1 : 0);
}

static void let_go(struct crowd *w, unsigned int i)
{
	tcp_release(w->t, w->held[i]);
	w->held[i] = w->held[--w->held_count];
}

static void hear(struct crowd *w)
{
	unsigned int news;
	struct tcp_conn *c;

	while ((c = tcp_next_news(w->t, &news)) != NULL) {
		if (news & TCP_NEWS_ACCEPTED)
			w->held[w->held_count++] = c;
		for (unsigned int i = 0; i < w->held_count && news & TCP_NEWS_GONE; i++)
			if (w->held[i] == c) {
				let_go(w, i);
				break;
			}
	}
}

static void settle(struct crowd *w)
{
	struct tcp_output out[BURST_MAX];
	struct env_segment s;

	tcp_tick(w->t, w->now_us);
	hear(w);
	for (;;) {
		unsigned int n;

		tcp_flush(w->t, w->now_us);
		n = tcp_take_output(w->t, out, BURST_MAX);
		for (unsigned int i = 0; i < n; i++) {
			CHECK(env_parse(out[i].m, &out[i].src, &out[i].dst, &s));
			for (unsigned int k = 0; k < PEERS; k++)
				if (w->peer[k].port == s.dst_port && !(s.flags & TCP_RST))
					w->peer[k].una = s.seq + s.len + ((s.flags & 3) != 0);
			rte_pktmbuf_free(out[i].m);
		}
		if (n == 0)
			return;
	}
}

/* What the blocks say, of one host. */
static void count_blocks(const struct crowd *w, const struct ip_addr *host, unsigned int *half_open,
			 unsigned int *untrusted)
{
	*half_open = *untrusted = 0;
	for (uint32_t i = 0; i < w->t->setup.conns; i++) {
		const struct tcp_conn *c = &w->t->conns[i];

		if (!c->in_use || !c->passive || c->trusted || !addr_equal(&c->key.remote, host))
			continue;
		*half_open += c->state == TCP_SYN_RECEIVED;
		*untrusted += c->state > TCP_SYN_RECEIVED && c->state < TCP_TIME_WAIT;
	}
}

static void check_counts(const struct crowd *w, uint32_t limit)
{
	unsigned int all_half_open = 0, all_untrusted = 0, half_open, untrusted;

	for (uint32_t h = 0; h < HOSTS; h++) {
		const struct ip_addr host = addr_from_v4(0x0a000001 + h);

		count_blocks(w, &host, &half_open, &untrusted);
		CHECK(untrusted <= limit && half_open <= limit);
		CHECK_EQ(tcp_source_may_begin(w->t, &host), half_open + untrusted < limit);
		CHECK_EQ(tcp_source_may_establish(w->t, &host), untrusted < limit);
		all_half_open += half_open;
		all_untrusted += untrusted;
	}
	CHECK_EQ(w->t->half_open.count, all_half_open);
	CHECK_EQ(w->t->untrusted[IFACE_EDGE].count, all_untrusted);
}

static void act(struct crowd *w)
{
	struct peer *p = &w->peer[draw(w, PEERS)];
	const uint32_t one = w->held_count > 0 ? draw(w, w->held_count) : 0;

	switch (draw(w, 12)) {
	case 0:
	case 1:
	case 2:
		p->nxt = (tcp_seq)check_random(&w->seed);
		give(w, p, TCP_SYN, 0);
		break;
	case 3:
	case 4:
	case 5:
		give(w, p, TCP_ACK, draw(w, 2) * 64);
		break;
	case 6:
		give(w, p, TCP_ACK | TCP_FIN, 0);
		break;
	case 7:
		give(w, p, TCP_RST, 0);
		break;
	case 8:
		if (w->held_count > 0)
			tcp_close(w->t, w->held[one], w->now_us);
		break;
	case 9:
		if (w->held_count > 0)
			let_go(w, one);
		break;
	case 10:
		if (w->held_count > 0 && draw(w, 3) == 0)
			tcp_trust(w->t, w->held[one]);
		break;
	default:
		w->now_us += (uint64_t)draw(w, 1000000);
		break;
	}
}

static void counts_are_the_blocks(void)
{
	for (uint64_t seed = 1; seed <= 12 && check_bad_now == 0; seed++) {
		struct crowd w = {.now_us = UINT64_C(1) << 35, .seed = seed};

		w.us = addr_from_v4(0xc0000201);
		w.t = begin(24, 6, w.now_us);
		CHECK(tcp_listen(w.t, IFACE_EDGE, &w.us, 5269));
		for (uint32_t i = 0; i < PEERS; i++)
			w.peer[i] = (struct peer){.addr = addr_from_v4(0x0a000001 + i % HOSTS),
						  .port = (uint16_t)(2000 + i)};
		for (unsigned int step = 0; step < 8000 && check_bad_now == 0; step++) {
			act(&w);
			settle(&w);
			check_counts(&w, 6);
		}
		if (check_bad_now > 0)
			fprintf(stderr, "seed %" PRIu64 "\n", seed);
		while (w.held_count > 0)
			let_go(&w, 0);
		for (unsigned int i = 0; i < 100; i++) {
			w.now_us += 5 * TCP_SECOND_US;
			settle(&w);
		}
		check_counts(&w, 6);
		CHECK_EQ(w.t->sources.used, 0);
		CHECK_EQ(tcp_conns(w.t), 0);
		end(w.t);
	}
	/* It all happened. */
	CHECK(env.drops[DROP_TCP_SOURCE_LIMIT] > 0);
	CHECK(env.drops[DROP_TCP_SHED] > 0);
	CHECK(env.drops[DROP_TCP_COOKIE_BAD] > 0);
	CHECK(env.drops[DROP_TCP_TIME_WAIT_FULL] > 0);
}

int main(void)
{
	env_start(&env);
	RUN(prefixes_are_told_apart);
	RUN(no_limit_costs_nothing);
	RUN(agrees_with_a_model);
	RUN(counts_are_the_blocks);
	return check_summary();
}
