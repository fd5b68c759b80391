/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_newreno.c - additive increase, halving: RFC 5681 3.1, bytes counted as RFC 3465 2.1 says. */
#include "dataplane/tcp/tcp_conn.h"

void tcp_newreno_avoid(struct tcp_conn *c, uint32_t acked)
{
	/* To the nearest byte: rounded down a window of 90 segments would grow 2 % too slowly. */
	const uint64_t more = ((uint64_t)c->snd_mss * acked + c->cwnd / 2) / c->cwnd;

	c->cwnd += max_u32((uint32_t)more, 1);
}

uint32_t tcp_newreno_reduce(const struct tcp_conn *c, uint32_t flight)
{
	return max_u32(flight / 2, 2u * c->snd_mss);
}
