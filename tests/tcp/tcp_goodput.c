/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_goodput.c - what loss leaves of a stream's rate: one engine sends for a minute of virtual
 * time to another over a link of 50 ms that loses packets at random, with each controller.
 *
 *	tcp_goodput [--seed S]
 *
 * Prints bytes per second and fails below what recovery by round trips alone would reach.
 */
#include "tests/check.h"
#include "tests/tcp/tcp_env.h"

enum {
	RTT_US = 50 * 1000,
	BYTES_PER_MS = 12500, /* 100 Mbit/s */
	QUEUE_US = 20 * 1000,
	STEP_US = 100,
	SECONDS = 60,
	FLYING_MAX = 8192,
	PORT = 5269,
};

struct flying {
	uint64_t at_us;
	struct rte_mbuf *m;
};

/* One direction: first in, first out. */
struct wire {
	struct flying flying[FLYING_MAX];
	unsigned int first, count, loss; /* of 1000 */
	uint64_t busy_until_us;
};

struct run {
	struct env *env;
	uint64_t random, now_us, received;
	struct tcp *t[2];
	struct tcp_conn *c[2];
	struct ip_addr addr[2];
	struct wire wire[2];
};

static struct env env;
static struct run run;

static void put_on_wire(struct run *r, struct wire *w, const struct tcp_output *o)
{
	const uint64_t takes_us = (uint64_t)o->m->pkt_len * 1000 / BYTES_PER_MS;
	uint64_t start_us = w->busy_until_us > r->now_us ? w->busy_until_us : r->now_us;
	struct rte_mbuf *m;

	if (check_random(&r->random) % 1000 < w->loss || w->count == FLYING_MAX ||
	    start_us - r->now_us > QUEUE_US)
		return;
	w->busy_until_us = start_us + takes_us;
	m = env_rx(r->env, rte_pktmbuf_mtod(o->m, const uint8_t *), o->m->data_len);
	if (m == NULL)
		return;
	w->flying[(w->first + w->count++) % FLYING_MAX] =
	    (struct flying){w->busy_until_us + RTT_US / 2, m};
}

static void deliver(struct run *r, unsigned int to)
{
	const struct tcp_packet packet = {IFACE_EDGE, r->addr[!to], r->addr[to], true, 0};
	struct wire *w = &r->wire[!to];

	for (; w->count > 0 && w->flying[w->first].at_us <= r->now_us; w->count--) {
		tcp_segment(r->t[to], w->flying[w->first].m, &packet, r->now_us);
		w->first = (w->first + 1) % FLYING_MAX;
	}
}

static void give(struct run *r)
{
	static const uint8_t zeros[2048];

	while (r->c[0] != NULL && tcp_state(r->c[0]) == TCP_ESTABLISHED && tcp_room(r->c[0]) > 0) {
		struct rte_mbuf *m = env_data(r->env, zeros, tcp_segment_bytes(r->c[0]));

		if (m != NULL && tcp_send(r->t[0], r->c[0], m))
			continue;
		rte_pktmbuf_free(m);
		return;
	}
}

static void hear(struct run *r, unsigned int i)
{
	struct tcp_conn *c;
	unsigned int news;

	while ((c = tcp_next_news(r->t[i], &news)) != NULL)
		r->c[i] = c;
	if (i == 1 && r->c[1] != NULL) {
		const uint32_t n = tcp_inbound_bytes(r->c[1]);

		r->received += n;
		tcp_consume(r->t[1], r->c[1], n, r->now_us);
	}
}

static void turn(struct run *r, unsigned int i)
{
	struct tcp_output out[BURST_MAX];
	unsigned int n;

	deliver(r, i);
	hear(r, i);
	if (i == 0)
		give(r);
	tcp_tick(r->t[i], r->now_us);
	do {
		tcp_flush(r->t[i], r->now_us);
		n = tcp_take_output(r->t[i], out, BURST_MAX);
		for (unsigned int k = 0; k < n; k++) {
			put_on_wire(r, &r->wire[i], &out[k]);
			rte_pktmbuf_free(out[k].m);
		}
	} while (n == BURST_MAX);
}

static bool start(struct run *r, enum tcp_congestion congestion, unsigned int loss, uint64_t seed)
{
	struct tcp_setup setup = env_setup(&env);

	*r = (struct run){.env = &env, .random = seed * 1000003 + 1, .now_us = 1000 * 1000};
	setup.congestion = congestion;
	r->wire[0].loss = loss;
	for (unsigned int i = 0; i < 2; i++) {
		r->addr[i] = addr_from_v4(0x0a000001 + i);
		r->t[i] = tcp_init(&setup, r->now_us);
		if (r->t[i] == NULL)
			return false;
	}
	if (!tcp_listen(r->t[1], IFACE_EDGE, &r->addr[1], PORT))
		return false;
	r->c[0] = tcp_dial(r->t[0], IFACE_EDGE, &r->addr[0], &r->addr[1], PORT, r->now_us);
	return r->c[0] != NULL;
}

static void end(struct run *r)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct wire *w = &r->wire[i];

		for (; w->count > 0; w->count--) {
			rte_pktmbuf_free(w->flying[w->first].m);
			w->first = (w->first + 1) % FLYING_MAX;
		}
		tcp_fini(r->t[i]);
	}
}

static uint64_t goodput(enum tcp_congestion congestion, unsigned int loss, uint64_t seed)
{
	struct run *r = &run;

	if (!start(r, congestion, loss, seed)) {
		CHECK(false);
		return 0;
	}
	for (; r->now_us < (uint64_t)(SECONDS + 1) * 1000 * 1000; r->now_us += STEP_US) {
		turn(r, 0);
		turn(r, 1);
	}
	end(r);
	CHECK(env_pools_full(&env));
	return r->received / SECONDS;
}

static uint64_t seed = 1;

static void measure(unsigned int loss, uint64_t least)
{
	const uint64_t cubic = goodput(TCP_CUBIC, loss, seed);
	const uint64_t newreno = goodput(TCP_NEWRENO, loss, seed);

	printf("%3u.%u %%  %13llu  %15llu\n", loss / 10, loss % 10, (unsigned long long)cubic,
	       (unsigned long long)newreno);
	CHECK(cubic >= least);
	CHECK(newreno >= least);
}

static void no_loss(void)
{
	measure(0, 5000000); /* the receive window each round trip */
}

/* Where a window without loss would reach 1.22 / sqrt(p) segments (Mathis 1997), 90 % of that. */
static void one_percent(void)
{
	measure(10, 317000);
}

/* Three quarters of it: with so few segments in flight some losses end in a timeout. */
static void five_percent(void)
{
	measure(50, 119000);
}

int main(int argc, char **argv)
{
	for (int i = 1; i + 1 < argc; i += 2)
		if (strcmp(argv[i], "--seed") == 0)
			seed = strtoull(argv[i + 1], NULL, 0);
	env_start(&env);
	printf("loss    CUBIC bytes/s  NewReno bytes/s\n");
	RUN(no_loss);
	RUN(one_percent);
	RUN(five_percent);
	return check_summary();
}
