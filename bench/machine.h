/* SPDX-License-Identifier: BSD-3-Clause */
/* machine.h - what a benchmark says about the machine it runs on. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include "bench/report.h"

/* Hundredths of a second that this machine's host took from it, and all there were. */
struct machine_time {
	unsigned long long steal, all;
};

/* CPU, kernel, compiler, asserts, transparent huge pages, load, and what the clock costs. */
void machine_say(const struct bench *b);
/* What reading the clock costs, to be taken off every time: before the first is measured. */
void machine_take_clock(struct bench *b);
struct machine_time machine_time(void);
/* The share taken since @before. */
void machine_say_steal(const struct bench *b, struct machine_time before);

#endif
