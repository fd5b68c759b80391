/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_isn_test.c - a million first numbers, timestamp offsets and ports: evenly spread, and none
 * says anything of its neighbour. With fixed secrets, so that a result is one, not a chance; bounds
 * are five standard deviations.
 */
#include <math.h>

#include "tests/check.h"
#include "tests/tcp/tcp_env.h"

#include "dataplane/tcp/tcp_conn.h"

enum { COUNT = 1000000, BINS = 256 };

static struct env env;

/* Chi-square of @BINS bins is near BINS - 1, standard deviation sqrt(2 (BINS - 1)). */
static void check_even(const uint32_t *bin, double samples)
{
	const double want = samples / BINS, sigma = sqrt(2.0 * (BINS - 1));
	double chi = 0;

	for (int i = 0; i < BINS; i++)
		chi += (bin[i] - want) * (bin[i] - want) / want;
	CHECK(fabs(chi - (BINS - 1)) < 5 * sigma);
}

/* Of a sequence of numbers: its values, the steps between them and their correlation. */
struct spread {
	uint32_t high[BINS], low[BINS], step_high[BINS], step_low[BINS];
	double sum, square, product;
	uint32_t last, count;
};

static void take(struct spread *s, uint32_t value)
{
	const double x = value / 4294967296.0 - 0.5, before = s->last / 4294967296.0 - 0.5;

	s->high[value >> 24]++;
	s->low[value & 0xff]++;
	s->sum += x;
	s->square += x * x;
	if (s->count > 0) {
		s->step_high[(value - s->last) >> 24]++;
		s->step_low[(value - s->last) & 0xff]++;
		s->product += x * before;
	}
	s->last = value;
	s->count++;
}

static void check_spread(const struct spread *s)
{
	const double n = s->count, sigma = 1 / sqrt(n);

	check_even(s->high, n);
	check_even(s->low, n);
	check_even(s->step_high, n - 1);
	check_even(s->step_low, n - 1);
	CHECK(fabs(s->sum / n) < 5 * sigma * sqrt(1 / 12.0));
	CHECK(fabs(s->product / s->square) < 5 * sigma);
}

static struct tcp *begin(void)
{
	struct tcp_setup setup = env_setup(&env);
	struct tcp *t = tcp_init(&setup, UINT64_C(1) << 36);

	CHECK(t != NULL);
	return t;
}

/* RFC 6528 3, 7323 7.1: towards neighbouring ports and neighbouring addresses, at one moment. */
static void numbers_are_spread(bool by_port)
{
	static struct spread isn, offset;
	struct tcp *t = begin();

	memset(&isn, 0, sizeof(isn));
	memset(&offset, 0, sizeof(offset));
	for (uint32_t i = 0; i < COUNT; i++) {
		struct tcp_conn c = {0};

		c.key =
		    (struct flow_key){.remote = addr_from_v4(0x0a000000 + (by_port ? i >> 16 : i)),
				      .local_port = 5269,
				      .remote_port = by_port ? (uint16_t)i : 40000};
		tcp_isn(t, &c);
		take(&isn, c.iss);
		take(&offset, c.ts_offset);
		CHECK(c.snd_nxt == c.iss && c.snd_una == c.iss);
	}
	check_spread(&isn);
	check_spread(&offset);
	tcp_fini(t);
}

static void spread_over_ports(void)
{
	numbers_are_spread(true);
}

static void spread_over_addresses(void)
{
	numbers_are_spread(false);
}

/* Cookies are first numbers, too. */
static void cookies_are_spread(void)
{
	struct flow_key key = {.local_port = 5269, .remote = addr_from_v4(0x0a000001)};
	static struct spread isn;
	struct tcp *t = begin();
	struct tcp_output out;

	for (uint32_t i = 0; i < COUNT; i++) {
		const struct tcp_in syn = {.seq = i, .flags = TCP_SYN};
		struct env_segment s;

		key.remote_port = (uint16_t)(i + 1);
		tcp_cookie_answer(t, &key, &syn);
		CHECK_EQ(tcp_take_output(t, &out, 1), 1);
		CHECK(env_parse(out.m, &out.src, &out.dst, &s));
		take(&isn, s.seq << 4); /* the 28 bits that are hash */
		rte_pktmbuf_free(out.m);
	}
	/* The low four are shifted out: of the values' last byte only 16 remain. */
	check_even(isn.high, COUNT);
	check_even(isn.step_high, COUNT - 1);
	CHECK(fabs(isn.product / isn.square) < 5 / sqrt(COUNT));
	tcp_fini(t);
}

/* RFC 6056 3.3.4: a sequence of its own towards each remote, even over all ports, and a stranger's
 * next port does not follow from his last. */
static void ports_are_spread(void)
{
	static uint32_t bin[BINS], step[BINS], seen[65536];
	const uint32_t range = 65536 - TCP_PORT_MIN;
	struct tcp *t = begin();
	unsigned int neighbours = 0;
	uint32_t last = 0;

	for (uint32_t i = 0; i < COUNT; i++) {
		struct flow_key key = {.remote = addr_from_v4(0x0a000000 + i), .remote_port = 5269};

		CHECK(tcp_port_choose(t, &key) && key.local_port >= TCP_PORT_MIN);
		bin[((uint32_t)key.local_port - TCP_PORT_MIN) * BINS / range]++;
		step[(key.local_port - last + range) % range * BINS / range]++;
		neighbours += key.local_port == last + 1;
		last = key.local_port;
		seen[key.local_port]++;
	}
	check_even(bin, COUNT);
	check_even(step, COUNT);
	CHECK(neighbours < 50); /* 15.5 by chance */
	for (uint32_t p = TCP_PORT_MIN; p < 65536; p++)
		CHECK(seen[p] < 60); /* 15.5 */
	tcp_fini(t);
}

/* Secrets for one purpose say nothing of those for another. */
static void secrets_differ(void)
{
	struct tcp *t = begin();
	const struct hash_key a = tcp_secret(t, "ports"), b = tcp_secret(t, "port"),
			      again = tcp_secret(t, "ports");

	CHECK(a.k0 == again.k0 && a.k1 == again.k1);
	CHECK(a.k0 != b.k0 && a.k1 != b.k1 && a.k0 != a.k1 && a.k0 != t->setup.isn_key.k0);
	tcp_fini(t);
}

int main(void)
{
	env_start(&env);
	RUN(spread_over_ports);
	RUN(spread_over_addresses);
	RUN(cookies_are_spread);
	RUN(ports_are_spread);
	RUN(secrets_differ);
	return check_summary();
}
