/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_cubic.c - CUBIC: RFC 9438 with fast convergence; sizes in bytes, times in milliseconds. */
#include "dataplane/tcp/tcp_conn.h"

/* C is 0.4 segments/s^3 (5.1), beta 0.7 (4.6), alpha 3 * (1 - beta) / (1 + beta) = 9 / 17 (4.3). */
enum { SPAN_MS = 100 * 1000 }; /* by then any curve has left TCP_CWND_MAX behind */

/* Rounded down, below 2^21. */
static uint32_t cube_root(uint64_t x)
{
	uint64_t root = 0;

	for (uint64_t bit = UINT64_C(1) << 20; bit != 0; bit >>= 1) {
		const uint64_t next = root | bit;

		if (next * next * next <= x)
			root = next;
	}
	return (uint32_t)root;
}

/* W_cubic(t), figure 1. */
static uint32_t curve(const struct tcp_conn *c, const struct tcp_cubic *k, uint32_t t_ms)
{
	const bool concave = t_ms < k->k_ms;
	const uint64_t d = min_u32(concave ? k->k_ms - t_ms : t_ms - k->k_ms, SPAN_MS);
	const uint64_t off = d * d * d / 1000000 * c->snd_mss * 4 / 10000;

	if (concave)
		return k->w_max - (uint32_t)(off < k->w_max ? off : k->w_max);
	return off < TCP_CWND_MAX ? k->w_max + (uint32_t)off : k->w_max + TCP_CWND_MAX;
}

/* K, figure 2; a window beyond the old flat starts a curve of its own. */
static void begin(const struct tcp *t, const struct tcp_conn *c, struct tcp_cubic *k)
{
	k->epoch = k->touched = t->clock;
	k->w_est = c->cwnd;
	k->est_acked = 0;
	k->k_ms = 0;
	if (c->cwnd < k->w_max)
		k->k_ms =
		    cube_root((uint64_t)(k->w_max - c->cwnd) * UINT64_C(2500000000) / c->snd_mss);
	else
		k->w_max = c->cwnd;
	if (k->cwnd_prior == 0)
		k->cwnd_prior = c->cwnd;
}

/* W_est, figure 4: alpha is 1 from the last window on. */
static void estimate(const struct tcp_conn *c, struct tcp_cubic *k, uint32_t acked)
{
	const uint32_t num = k->w_est >= k->cwnd_prior ? 1 : 9;
	const uint32_t den = k->w_est >= k->cwnd_prior ? 1 : 17;
	uint32_t more;

	k->est_acked = min_u32(k->est_acked + acked, TCP_CWND_MAX);
	more = (uint32_t)((uint64_t)num * c->snd_mss * k->est_acked / ((uint64_t)den * c->cwnd));
	k->est_acked -= (uint32_t)((uint64_t)more * den * c->cwnd / ((uint64_t)num * c->snd_mss));
	k->w_est = min_u32(k->w_est + more, TCP_CWND_MAX);
}

void tcp_cubic_avoid(const struct tcp *t, struct tcp_conn *c, struct tcp_cubic *k, uint32_t acked)
{
	uint32_t t_ms, target;

	if (k->epoch == 0)
		begin(t, c, k);
	k->touched = t->clock;
	t_ms = t->clock - k->epoch;
	estimate(c, k, acked);
	if (curve(c, k, t_ms) < k->w_est) { /* 4.3: the Reno-friendly region */
		c->cwnd = max_u32(c->cwnd, k->w_est);
		return;
	}
	target = curve(c, k, t_ms + c->srtt_us / TCP_CLOCK_US);
	target = max_u32(c->cwnd, min_u32(target, c->cwnd + c->cwnd / 2));
	c->cwnd += (uint32_t)((uint64_t)(target - c->cwnd) * min_u32(acked, c->cwnd) / c->cwnd);
}

uint32_t tcp_cubic_reduce(const struct tcp_conn *c, struct tcp_cubic *k, uint32_t flight)
{
	/* 4.7, fast convergence: who shrinks twice in a row leaves room for others. */
	k->w_max = c->cwnd < k->w_max ? c->cwnd / 20 * 17 : c->cwnd;
	k->cwnd_prior = c->cwnd;
	k->epoch = 0;
	return max_u32(flight / 10 * 7, 2u * c->snd_mss);
}

void tcp_cubic_timeout(struct tcp_cubic *k)
{
	k->w_max = 0;
	k->epoch = 0;
}

void tcp_cubic_pause(const struct tcp *t, struct tcp_cubic *k)
{
	if (k->epoch == 0)
		return;
	k->epoch += t->clock - k->touched;
	k->epoch += k->epoch == 0;
	k->touched = t->clock;
}
