/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * idle_world.h - a core of some number of connections, and a far host on its edge wire that it
 * dials until all of them are streams: TLS keys installed, header read, a pair granted each.
 *
 * Runs on  the main thread, in virtual time.
 */
#ifndef BENCH_IDLE_WORLD_H
#define BENCH_IDLE_WORLD_H

#include "dataplane/core/core_state.h"

/* Once: EAL, wires, pools. */
void idle_start(void);

/* A core for @conns connections. What bytes under way need is that of the default configuration,
 * whatever @conns. */
struct core *idle_open(uint32_t conns);
/* What that core has allocated. */
size_t idle_core_bytes(void);
/* Brings @count streams up. */
void idle_bring_up(uint32_t count);
/* So much time without a byte. */
void idle_wait(uint64_t us);
/* White space, sealed, on @count streams, evenly spread: returns how many the core has read. */
uint32_t idle_poke(uint32_t count);
void idle_close(void);

/* Bytes that EAL's heap and malloc() have given out, of this process. */
size_t idle_heap(void);

#endif
