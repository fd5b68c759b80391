/* SPDX-License-Identifier: BSD-3-Clause */
/* load.h - one run of the load generator, from the first SYN to the report. */
#ifndef BENCH_LOAD_LOAD_H
#define BENCH_LOAD_LOAD_H

#include "bench/load/options.h"

struct load;

/* Returns the exit status of the program. */
int load_run(const struct options *o);

#endif
