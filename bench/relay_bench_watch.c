/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * relay_bench_watch.c - what a stanza costs the core while one partner of several is watched, and
 * what it costs while nobody is.
 */
#include "bench/relay_bench.h"

enum {
	TALKERS = 8,
	WARM_UP = 20000,
};

/* Without, with, with, without. */
void relay_watch(struct bench *b, uint64_t stanzas)
{
	const struct bench_line lines[] = {
	    {"relay.watch.none.ns", "ns/stanza", BENCH_INFO, 0, 0},
	    {"relay.watch.one.ns", "ns/stanza", BENCH_INFO, 0, 0},
	    {"relay.watch.rate", "ratio", BENCH_AT_LEAST, 0.98, 0.995},
	};
	double none[BENCH_ROUNDS_MAX], one[BENCH_ROUNDS_MAX], rate[BENCH_ROUNDS_MAX];
	uint64_t copies = 0;
	struct relay_world w;

	relay_world_open(&w, TALKERS, 0);
	(void)relay_world_ns(b, &w, RELAY_STANZA, WARM_UP);
	for (unsigned int r = 0; r < b->rounds; r++) {
		none[r] = relay_world_ns(b, &w, RELAY_STANZA, stanzas);
		(void)relay_world_watch(&w, true);
		one[r] = relay_world_ns(b, &w, RELAY_STANZA, stanzas);
		copies += relay_world_watch(&w, true);
		one[r] += relay_world_ns(b, &w, RELAY_STANZA, stanzas);
		copies += relay_world_watch(&w, false);
		none[r] += relay_world_ns(b, &w, RELAY_STANZA, stanzas);
		none[r] /= 2;
		one[r] /= 2;
		rate[r] = none[r] / one[r];
	}
	relay_world_close(&w);
	if (copies == 0)
		bench_die("nothing was copied: what is watched was not");
	bench_report(b, &lines[0], none, b->rounds);
	bench_report(b, &lines[1], one, b->rounds);
	bench_report(b, &lines[2], rate, b->rounds);
}
