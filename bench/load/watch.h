/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * watch.h - what the server under test uses, as the kernel counts it: CPU time and resident memory
 * of each watched process (hundredths of a second), and our own CPU time.
 *
 * Runs on  one thread.
 */
#ifndef BENCH_LOAD_WATCH_H
#define BENCH_LOAD_WATCH_H

#include "dataplane/base/base.h"

enum watch_bounds { WATCH_MAX = 16 };

struct watch {
	double cpu_s;            /* user and system, of all watched together */
	double own_cpu_s;        /* of this process */
	uint64_t resident_kb;    /* of all watched together */
	uint64_t steal, jiffies; /* of the machine: taken by its host, and all */
};

/* False when a process is gone. */
MUST_USE bool watch_read(const int *pids, size_t count, struct watch *out);

#endif
