/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * report.h - what every benchmark of this folder shares: rounds, the lines it prints, the clock,
 * seeds.
 *
 * Runs on  one thread. Times are that thread's CPU time.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdio.h>
#include <time.h>

#include "dataplane/base/base.h"

enum { BENCH_ROUNDS_MAX = 31 };

enum bench_sense { BENCH_INFO, BENCH_AT_MOST, BENCH_AT_LEAST };

struct bench_line {
	const char *name, *unit;
	enum bench_sense sense;
	double goal, aim; /* only where @sense is not BENCH_INFO */
};

struct bench {
	bool json, is_short;
	unsigned int rounds;
	unsigned int missed;  /* goals */
	uint64_t overhead_ns; /* of reading the clock twice */
};

/*
 * bench_options - --short (then @rounds_short rounds), --json, --help, as each benchmark has them.
 * @usage   what follows "usage: PROGRAM [--short] [--json]".
 * Returns  where the names begin in @argv. Ends the process on --help, 0, and on anything else, 2.
 */
int bench_options(struct bench *b, unsigned int rounds_short, int argc, char **argv,
		  const char *usage);
/* The exit status: 0 every goal is met, 1 one is not. */
static inline int bench_status(const struct bench *b)
{
	return b->missed == 0 ? 0 : 1;
}

/* One value a round: the median is the result, the quartiles are its spread. Sorts @values. */
void bench_report(struct bench *b, const struct bench_line *line, double *values,
		  unsigned int count);
void bench_fact(const struct bench *b, const char *name, const char *text);
void bench_head(const struct bench *b);
/* On stderr. */
void bench_progress(const char *what);
_Noreturn void bench_die(const char *what);

/* --- clock --- */

static inline uint64_t bench_cpu_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * UINT64_C(1000000000) + (uint64_t)ts.tv_nsec;
}

/* Since @start_ns, without the cost of asking. */
static inline uint64_t bench_since_ns(const struct bench *b, uint64_t start_ns)
{
	const uint64_t ns = bench_cpu_ns() - start_ns;

	return ns > b->overhead_ns ? ns - b->overhead_ns : 0;
}

/* xorshift64*: the seeds are fixed, each run does the same. */
static inline uint64_t bench_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

/* The compiler must have @p's memory as it is now. */
static inline void bench_keep(const void *p)
{
	__asm__ __volatile__("" : : "g"(p) : "memory");
}

#endif
