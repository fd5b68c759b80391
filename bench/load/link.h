/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * link.h - the command line of sluice-load-link before its "--": the two networks that the program
 * is a host on, and where the relay connects to them.
 *
 * Runs on  one thread, once.
 */
#ifndef BENCH_LOAD_LINK_H
#define BENCH_LOAD_LINK_H

#include "bench/load/stack.h"

/* Returns how many arguments were read, "--" not counted. Ends the program with a sentence where
 * they are wrong. */
int link_read(struct stack_setup *setup, int argc, char **argv);

/* Starts the stack that transport_make() will use, or ends the program. */
void link_start(const struct stack_setup *setup);
/* For transport_stack.c. */
struct stack *link_stack(void);

#endif
