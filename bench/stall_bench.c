/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stall_bench.c - what the machine itself takes from programs that never wait: no server's latency
 * can be below it.
 *
 * A thread on each processor asks the clock and does nothing else. Where two answers are far apart
 * the thread did not run: its host, an interrupt or another program had the processor. From the
 * lengths of those gaps follows how long something that falls due at any moment waits until its
 * processor is there again, and how long it waits for all of them one after the other, which is the
 * least that a stanza waits that crosses generator and relay.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/machine.h"
#include "bench/report.h"

enum {
	CPUS_MAX = 64,
	GAPS_MAX = 1 << 20,
	GAP_NS = 2000, /* asking the clock takes some 50 */
};

struct spinner {
	pthread_t thread;
	size_t cpu;
	uint64_t until_ns, spent_ns;
	uint64_t *gaps;
	size_t count;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * UINT64_C(1000000000) + (uint64_t)ts.tv_nsec;
}

static void *spin(void *arg)
{
	struct spinner *s = arg;
	uint64_t begin_ns, last_ns;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(s->cpu, &one);
	(void)pthread_setaffinity_np(pthread_self(), sizeof(one), &one);
	begin_ns = last_ns = now_ns();
	while (last_ns < s->until_ns && s->count < GAPS_MAX) {
		const uint64_t now = now_ns();

		if (now - last_ns >= GAP_NS)
			s->gaps[s->count++] = now - last_ns;
		last_ns = now;
	}
	s->spent_ns = last_ns - begin_ns;
	return NULL;
}

/* The share of moments at which whoever falls due waits longer than @ns. */
static double waits_longer(const struct spinner *s, double ns)
{
	double sum = 0;

	for (size_t i = 0; i < s->count; i++)
		if ((double)s->gaps[i] > ns)
			sum += (double)s->gaps[i] - ns;
	return s->spent_ns > 0 ? sum / (double)s->spent_ns : 0;
}

/* What @share of those that need each of @count processors once wait at least, in us. */
static double quantile_us(const struct spinner *s, size_t count, double share)
{
	double low = 0, high = 1e9;

	while (high - low > 50) {
		const double middle = (low + high) / 2;
		double sum = 0;

		for (size_t i = 0; i < count; i++)
			sum += waits_longer(&s[i], middle);
		if (sum > share)
			low = middle;
		else
			high = middle;
	}
	return high / 1000;
}

static void run_all(struct spinner *s, size_t count, unsigned int seconds)
{
	const uint64_t until_ns = now_ns() + seconds * UINT64_C(1000000000);

	for (size_t i = 0; i < count; i++) {
		s[i].until_ns = until_ns;
		s[i].count = 0;
		if (pthread_create(&s[i].thread, NULL, spin, &s[i]) != 0)
			bench_die("cannot start a thread");
	}
	for (size_t i = 0; i < count; i++)
		(void)pthread_join(s[i].thread, NULL);
}

static size_t make(struct spinner s[CPUS_MAX])
{
	cpu_set_t ours;
	size_t count = 0;

	if (sched_getaffinity(0, sizeof(ours), &ours) != 0)
		bench_die("cannot ask for the processors");
	for (size_t cpu = 0; cpu < CPU_SETSIZE && count < CPUS_MAX; cpu++) {
		if (!CPU_ISSET(cpu, &ours))
			continue;
		s[count] =
		    (struct spinner){.cpu = cpu, .gaps = malloc(GAPS_MAX * sizeof(uint64_t))};
		if (s[count++].gaps == NULL)
			bench_die("no memory");
	}
	return count;
}

int main(int argc, char **argv)
{
	struct bench b = {.rounds = 9};
	static struct spinner spinners[CPUS_MAX];
	double gone[BENCH_ROUNDS_MAX], one[BENCH_ROUNDS_MAX], all[BENCH_ROUNDS_MAX];
	size_t count;

	(void)bench_options(&b, 3, argc, argv, "");
	machine_say(&b);
	bench_head(&b);
	count = make(spinners);
	for (unsigned int r = 0; r < b.rounds; r++) {
		bench_progress("spinning");
		run_all(spinners, count, b.is_short ? 1 : 4);
		gone[r] = one[r] = 0;
		for (size_t i = 0; i < count; i++) {
			gone[r] += 100 * waits_longer(&spinners[i], 50e3) / (double)count;
			one[r] += quantile_us(&spinners[i], 1, 0.01) / (double)count;
		}
		all[r] = quantile_us(spinners, count, 0.01);
	}
	bench_report(&b, &(struct bench_line){.name = "stall.waits_50us", .unit = "%"}, gone,
		     b.rounds);
	bench_report(&b, &(struct bench_line){.name = "stall.one.p99", .unit = "us"}, one,
		     b.rounds);
	bench_report(&b, &(struct bench_line){.name = "stall.all.p99", .unit = "us"}, all,
		     b.rounds);
	for (size_t i = 0; i < count; i++)
		free(spinners[i].gaps);
	return bench_status(&b);
}
