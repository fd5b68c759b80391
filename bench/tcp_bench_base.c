/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_bench_base.c - the keyed hash, the checksum and the timing wheel. */
#include <stdlib.h>
#include <string.h>

#include "bench/tcp_bench.h"
#include "dataplane/base/checksum.h"
#include "dataplane/base/wheel.h"

enum { TIMERS = 16384, STEP_US = 20 };

static const struct hash_key secret = {UINT64_C(0x1122334455667788), UINT64_C(0x99aabbccddeeff00)};

/* Each input depends on the hash before: what one packet waits. */
static double hash_latency_ns(const struct bench *b, unsigned int times)
{
	uint64_t input[3] = {0};
	const uint64_t start_ns = bench_cpu_ns();

	for (unsigned int i = 0; i < times; i++)
		input[0] = keyed_hash_24(&secret, input);
	bench_keep(input);
	return (double)bench_since_ns(b, start_ns) / times;
}

/* None depends on another: what a packet of a burst costs. */
static double hash_burst_ns(const struct bench *b, unsigned int times)
{
	uint64_t input[BURST_MAX][3], hash[BURST_MAX], seed = UINT64_C(0x5eed5eed00000014);
	uint64_t start_ns;

	for (int i = 0; i < BURST_MAX; i++)
		for (int j = 0; j < 3; j++)
			input[i][j] = bench_random(&seed);
	start_ns = bench_cpu_ns();
	for (unsigned int i = 0; i < times; i += BURST_MAX) {
		for (unsigned int j = 0; j < BURST_MAX; j++)
			hash[j] = keyed_hash_24(&secret, input[j]);
		bench_keep(hash);
	}
	return (double)bench_since_ns(b, start_ns) / times;
}

void bench_hash(struct bench *b, struct bench_pools *p)
{
	static const struct bench_line lines[] = {
	    {"hash.latency", "ns", BENCH_INFO, 0, 0},
	    {"hash.burst", "ns", BENCH_INFO, 0, 0},
	};
	const unsigned int times = b->is_short ? 200 * 1000 : 2 * 1000 * 1000;
	double values[ARRAY_LEN(lines)][BENCH_ROUNDS_MAX];

	(void)p;
	for (unsigned int r = 0; r < b->rounds; r++) {
		values[0][r] = hash_latency_ns(b, times);
		values[1][r] = hash_burst_ns(b, times);
	}
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		bench_report(b, &lines[i], values[i], b->rounds);
}

static double sum_ns(const struct bench *b, unsigned int times, size_t len)
{
	static uint8_t bytes[2048];
	const uint64_t start_ns = bench_cpu_ns();
	uint64_t sum = 0;

	for (unsigned int i = 0; i < times; i++) {
		bench_keep(bytes);
		sum += checksum_add(0, bytes + 2 * (i % 32), len);
	}
	bench_keep(&sum);
	return (double)bench_since_ns(b, start_ns) / times;
}

void bench_checksum(struct bench *b, struct bench_pools *p)
{
	static const struct bench_line lines[] = {
	    {"checksum.544", "ns", BENCH_INFO, 0, 0},
	    {"checksum.1460", "ns", BENCH_INFO, 0, 0},
	};
	const unsigned int times = b->is_short ? 200 * 1000 : 1000 * 1000;
	double values[ARRAY_LEN(lines)][BENCH_ROUNDS_MAX];

	(void)p;
	for (unsigned int r = 0; r < b->rounds; r++) {
		values[0][r] = sum_ns(b, times, 544);
		values[1][r] = sum_ns(b, times, 1460);
	}
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		bench_report(b, &lines[i], values[i], b->rounds);
}

struct wheel_run {
	struct wheel wheel;
	struct wheel_timer timer[TIMERS];
	uint64_t now_us, seed;
};

/* Between 40 ms (a delayed ACK) and 340 ms (a retransmission). */
static uint64_t due_us(struct wheel_run *w)
{
	return w->now_us + 40000 + bench_random(&w->seed) % 300000;
}

static double set_ns(const struct bench *b, struct wheel_run *w)
{
	const uint64_t start_ns = bench_cpu_ns();

	for (unsigned int i = 0; i < TIMERS; i++)
		wheel_set(&w->wheel, &w->timer[i], due_us(w));
	return (double)bench_since_ns(b, start_ns) / TIMERS;
}

/* What an ACK does: each timer later than it was. */
static double move_ns(const struct bench *b, struct wheel_run *w)
{
	const uint64_t start_ns = bench_cpu_ns();

	for (unsigned int i = 0; i < TIMERS; i++)
		wheel_set(&w->wheel, &w->timer[i], w->timer[i].due_us + 10000);
	return (double)bench_since_ns(b, start_ns) / TIMERS;
}

static double expire_ns(const struct bench *b, struct wheel_run *w)
{
	const uint64_t start_ns = bench_cpu_ns();
	unsigned int fired = 0;

	while (fired < TIMERS) {
		w->now_us += STEP_US;
		while (wheel_next(&w->wheel, w->now_us) != NULL)
			fired++;
	}
	return (double)bench_since_ns(b, start_ns) / TIMERS;
}

/* A turn of the loop at which nothing is due, all timers armed. */
static double idle_ns(const struct bench *b, struct wheel_run *w)
{
	enum { TURNS = 1500 }; /* 30 ms: before the first is due */
	const uint64_t start_ns = bench_cpu_ns();

	for (unsigned int i = 0; i < TURNS; i++) {
		w->now_us += STEP_US;
		if (wheel_next(&w->wheel, w->now_us) != NULL)
			bench_die("a timer fired early");
	}
	return (double)bench_since_ns(b, start_ns) / TURNS;
}

void bench_wheel(struct bench *b, struct bench_pools *p)
{
	static const struct bench_line lines[] = {
	    {"wheel.set", "ns", BENCH_INFO, 0, 0},
	    {"wheel.move_later", "ns", BENCH_INFO, 0, 0},
	    {"wheel.idle_turn", "ns", BENCH_INFO, 0, 0},
	    {"wheel.expire", "ns", BENCH_INFO, 0, 0},
	};
	double values[ARRAY_LEN(lines)][BENCH_ROUNDS_MAX];
	struct wheel_run *w = calloc(1, sizeof(*w));

	(void)p;
	if (w == NULL)
		bench_die("no memory for the wheel");
	w->seed = UINT64_C(0x5eed5eed00000012);
	w->now_us = UINT64_C(1000000000);
	wheel_init(&w->wheel, w->now_us);
	(void)set_ns(b, w);
	(void)expire_ns(b, w);
	for (unsigned int r = 0; r < b->rounds; r++) {
		values[0][r] = set_ns(b, w);
		values[1][r] = move_ns(b, w);
		values[2][r] = idle_ns(b, w);
		values[3][r] = expire_ns(b, w);
	}
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		bench_report(b, &lines[i], values[i], b->rounds);
	free(w);
}
