/* SPDX-License-Identifier: BSD-3-Clause */
/* relay_bench_idle.c - what a stanza costs with and without many streams that sleep beside it. */
#include "bench/relay_bench.h"

enum {
	TALKERS = 16,
	WARM_UP = 20000,
	WORLDS = 2,
};

static void measure(const struct bench *b, struct relay_world *w, uint64_t stanzas, double *ns)
{
	(void)relay_world_ns(b, w, RELAY_STANZA, WARM_UP);
	for (unsigned int r = 0; r < b->rounds; r++)
		ns[r] += relay_world_ns(b, w, RELAY_STANZA, stanzas);
}

/* Before the idle streams a core's buffers lie in memory as they were made, which no core that has
 * worked for a while has: so without them is after they have ended. */
void relay_idle(struct bench *b, uint64_t stanzas)
{
	const struct bench_line lines[] = {
	    {"relay.idle.none.ns", "ns/stanza", BENCH_INFO, 0, 0},
	    {"relay.idle.50k.ns", "ns/stanza", BENCH_INFO, 0, 0},
	    {"relay.idle.50k.rate", "ratio", BENCH_AT_LEAST, 0.90, 0.97},
	};
	double alone[BENCH_ROUNDS_MAX] = {0}, beside[BENCH_ROUNDS_MAX] = {0},
	       rate[BENCH_ROUNDS_MAX];
	struct relay_world w;

	for (unsigned int i = 0; i < WORLDS; i++) {
		relay_world_open(&w, TALKERS, RELAY_IDLE_MAX);
		measure(b, &w, stanzas, beside);
		relay_world_end_idle(&w);
		measure(b, &w, stanzas, alone);
		relay_world_close(&w);
	}
	for (unsigned int r = 0; r < b->rounds; r++) {
		alone[r] /= WORLDS;
		beside[r] /= WORLDS;
		rate[r] = alone[r] / beside[r];
	}
	for (unsigned int i = 0; i < ARRAY_LEN(lines); i++) {
		double *const values[] = {alone, beside, rate};

		bench_report(b, &lines[i], values[i], b->rounds);
	}
}
