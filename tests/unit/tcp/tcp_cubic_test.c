/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_cubic_test.c - CUBIC against RFC 9438's figures in floating point, one ACK a segment. */
#include <math.h>

#include "dataplane/tcp/tcp_conn.h"
#include "tests/check.h"

enum { MSS = 1000, RTT_MS = 100 };

static const double C = 0.4, BETA = 0.7;
static struct tcp t;

static struct tcp_conn connection(uint32_t segments)
{
	t.clock = 1000;
	return (struct tcp_conn){.cwnd = segments * MSS, .snd_mss = MSS, .srtt_us = RTT_MS * 1000};
}

/* A loss with all of cwnd in flight. */
static void lose(struct tcp_conn *c, struct tcp_cubic *k)
{
	c->ssthresh = tcp_cubic_reduce(c, k, c->cwnd);
	c->cwnd = c->ssthresh;
}

/* One round trip: each segment of the window is acknowledged, evenly spread over it. */
static void round_trip(struct tcp_conn *c, struct tcp_cubic *k)
{
	const uint32_t n = c->cwnd / MSS;

	for (uint32_t i = 0; i < n; i++) {
		t.clock = t.clock - (uint32_t)((uint64_t)i * RTT_MS / n) +
			  (uint32_t)((uint64_t)(i + 1) * RTT_MS / n);
		tcp_cubic_avoid(&t, c, k, MSS);
	}
}

static double segments(const struct tcp_conn *c)
{
	return (double)c->cwnd / MSS;
}

/* Figures 1 and 2. */
static double w_cubic(double s, double w_max, double cwnd_epoch)
{
	const double k = cbrt((w_max - cwnd_epoch) / C);

	return C * pow(s - k, 3) + w_max;
}

static bool is_near(double got, double want, double part)
{
	if (fabs(got - want) <= part * want)
		return true;
	fprintf(stderr, "%f, not %f\n", got, want);
	return false;
}

static void concave_then_convex(void)
{
	struct tcp_conn c = connection(400);
	struct tcp_cubic k = {0};

	lose(&c, &k);
	CHECK_EQ(c.cwnd, 280 * MSS);
	for (unsigned int i = 1; i <= 100; i++) {
		round_trip(&c, &k);
		if (i % 10 == 0)
			CHECK(is_near(segments(&c), w_cubic(i * 0.1, 400, 280), 0.03));
	}
	CHECK(segments(&c) > 410); /* past the flat: it probes */
}

/* 4.3: on a short path with a small window the curve is behind what NewReno would have. */
static void reno_friendly(void)
{
	struct tcp_conn c = connection(10);
	struct tcp_cubic k = {0};
	double w_est;

	lose(&c, &k);
	w_est = segments(&c);
	c.srtt_us = 10 * 1000;
	for (unsigned int i = 0; i < 30; i++) {
		const uint32_t n = c.cwnd / MSS;

		for (uint32_t j = 0; j < n; j++) {
			w_est += (w_est >= 10 ? 1 : 3 * (1 - BETA) / (1 + BETA)) / segments(&c);
			tcp_cubic_avoid(&t, &c, &k, MSS);
		}
		t.clock += 10;
	}
	CHECK(w_est > 20);
	CHECK(is_near(segments(&c), w_est, 0.03));
}

/* 4.7: a loss below the last one's window puts the flat lower. */
static void fast_convergence(void)
{
	struct tcp_conn c = connection(100);
	struct tcp_cubic k = {0};

	lose(&c, &k);
	CHECK_EQ(k.w_max, 100 * MSS);
	lose(&c, &k);
	CHECK_EQ(k.w_max, 70 * MSS * 17 / 20);
	CHECK_EQ(c.ssthresh, 49 * MSS);
	c.cwnd = 90 * MSS;
	lose(&c, &k);
	CHECK_EQ(k.w_max, 90 * MSS);
}

static void never_less_than_two_segments(void)
{
	struct tcp_conn c = connection(2);
	struct tcp_cubic k = {0};

	lose(&c, &k);
	CHECK_EQ(c.ssthresh, 2 * MSS);
}

/* 4.8: after a timeout the stage begins on the flat. */
static void timeout_starts_flat(void)
{
	struct tcp_conn c = connection(100);
	struct tcp_cubic k = {0};

	lose(&c, &k);
	tcp_cubic_timeout(&k);
	c.cwnd = 70 * MSS;
	tcp_cubic_avoid(&t, &c, &k, MSS);
	CHECK_EQ(k.k_ms, 0);
	CHECK_EQ(k.w_max, 70 * MSS);
}

/* 5.8: time in which the window is not used does not move along the curve. */
static void pauses_do_not_count(void)
{
	struct tcp_conn c = connection(400), d = connection(400);
	struct tcp_cubic k = {0}, l = {0};

	lose(&c, &k);
	lose(&d, &l);
	for (unsigned int i = 0; i < 20; i++)
		round_trip(&c, &k);
	t.clock = 1000;
	for (unsigned int i = 0; i < 10; i++)
		round_trip(&d, &l);
	t.clock += 60 * 1000;
	tcp_cubic_pause(&t, &l);
	for (unsigned int i = 0; i < 10; i++)
		round_trip(&d, &l);
	CHECK(is_near(segments(&d), segments(&c), 0.01));
}

/* 4.4: no more than half a window more in a round trip, however long ago the loss was. */
static void long_ago(void)
{
	struct tcp_conn c = connection(100);
	struct tcp_cubic k = {0};
	uint32_t before;

	lose(&c, &k);
	round_trip(&c, &k);
	t.clock += 3600 * 1000;
	before = c.cwnd;
	tcp_cubic_avoid(&t, &c, &k, c.cwnd);
	CHECK(c.cwnd <= before + before / 2);
	CHECK(c.cwnd > before);
}

int main(void)
{
	RUN(concave_then_convex);
	RUN(reno_friendly);
	RUN(fast_convergence);
	RUN(never_less_than_two_segments);
	RUN(timeout_starts_flat);
	RUN(pauses_do_not_count);
	RUN(long_ago);
	return check_summary();
}
