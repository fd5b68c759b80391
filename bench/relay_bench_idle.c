/* SPDX-License-Identifier: BSD-3-Clause */
/* relay_bench_idle.c - what a stanza costs with and without many streams that sleep beside it. */
#include "bench/relay_bench.h"

enum {
	TALKERS = 16,
	WARM_UP = 20000,
	WORLDS = 2,
};

/* Of @rounds: a stanza's ns, and how many times the roof's of the same moment that is. The
 * machine's speed changes by a third from one second to the next, and a world takes seconds to
 * make. */
struct found {
	double ns[BENCH_ROUNDS_MAX], roofs[BENCH_ROUNDS_MAX];
};

static void measure(const struct bench *b, struct relay_world *w, uint64_t stanzas, struct found *f)
{
	(void)relay_world_ns(b, w, RELAY_STANZA, WARM_UP);
	for (unsigned int r = 0; r < b->rounds; r++) {
		double roof = relay_roof_ns(b, RELAY_STANZA, stanzas / 2);
		const double ns = relay_world_ns(b, w, RELAY_STANZA, stanzas);

		roof += relay_roof_ns(b, RELAY_STANZA, stanzas / 2);
		f->ns[r] += ns / WORLDS;
		f->roofs[r] += 2 * ns / roof / WORLDS;
	}
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
	struct found alone = {{0}, {0}}, beside = {{0}, {0}};
	double rate[BENCH_ROUNDS_MAX];
	struct relay_world w;

	for (unsigned int i = 0; i < WORLDS; i++) {
		relay_world_open(&w, TALKERS, RELAY_IDLE_MAX);
		relay_roof_open();
		measure(b, &w, stanzas, &beside);
		relay_world_end_idle(&w);
		measure(b, &w, stanzas, &alone);
		relay_roof_close();
		relay_world_close(&w);
	}
	for (unsigned int r = 0; r < b->rounds; r++)
		rate[r] = alone.roofs[r] / beside.roofs[r];
	bench_report(b, &lines[0], alone.ns, b->rounds);
	bench_report(b, &lines[1], beside.ns, b->rounds);
	bench_report(b, &lines[2], rate, b->rounds);
}
