/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_bench_scale.c - what a packet costs the whole engine with few and with many connections, who
 * speak in random order.
 */
#include "bench/tcp_bench.h"

void bench_scale(struct bench *b, struct bench_pools *p)
{
	static const struct bench_line lines[] = {
	    {"scale.in.1k", "ns", BENCH_INFO, 0, 0},
	    {"scale.out.1k", "ns", BENCH_INFO, 0, 0},
	    {"scale.in.100k", "ns", BENCH_INFO, 0, 0},
	    {"scale.out.100k", "ns", BENCH_INFO, 0, 0},
	    {"scale.in.1m", "ns", BENCH_INFO, 0, 0},
	    {"scale.out.1m", "ns", BENCH_INFO, 0, 0},
	    {"scale.ratio.in", "x", BENCH_AT_MOST, 3, 2},
	    {"scale.ratio.out", "x", BENCH_INFO, 0, 0},
	};
	static const uint32_t conns[] = {1000, 100 * 1000, 1000 * 1000};
	const unsigned int stretches = b->is_short ? 20 : 100;
	double values[ARRAY_LEN(lines)][BENCH_ROUNDS_MAX];
	struct bench_world w[ARRAY_LEN(conns)];

	for (size_t i = 0; i < ARRAY_LEN(conns); i++) {
		bench_world_open(&w[i], p, conns[i]);
		bench_world_connect(&w[i], 0, conns[i]);
	}
	for (unsigned int r = 0; r < b->rounds; r++) {
		for (size_t i = 0; i < ARRAY_LEN(conns); i++)
			bench_segments_round(b, &w[i], stretches, &values[2 * i][r],
					     &values[2 * i + 1][r]);
		values[6][r] = values[4][r] / values[0][r];
		values[7][r] = values[5][r] / values[1][r];
	}
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		bench_report(b, &lines[i], values[i], b->rounds);
	for (size_t i = 0; i < ARRAY_LEN(conns); i++)
		bench_world_close(&w[i]);
}
