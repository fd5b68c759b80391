/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * relay_bench.c - what a relayed stanza costs the whole core, and what of it is computing: opening,
 * framing and sealing the same bytes without TCP, device and routes. README.md says what each line
 * is.
 */
#include <string.h>

#include "bench/machine.h"
#include "bench/relay_bench.h"

enum {
	ROUNDS = 11,
	ROUNDS_SHORT = 5,
	STANZAS = 40000, /* a measurement */
	STANZAS_SHORT = 8000,
	WARM_UP = 20000, /* TCP's windows open */
};

/* --- lines --- */

struct part {
	const char *name;
	unsigned int streams;
	bool is_packed; /* records as full as a segment takes, not a stanza each */
	bool is_goal;
};

static const struct part parts[] = {
    {"one.1", 1, false, false},   {"one.16", 16, false, true},    {"one.256", 256, false, false},
    {"packed.1", 1, true, false}, {"packed.16", 16, true, false}, {"packed.256", 256, true, false},
};

static void say(struct bench *b, const struct part *p, const char *what, const char *unit,
		double *values, bool is_goal)
{
	char name[48];
	const struct bench_line line = {name, unit, is_goal ? BENCH_AT_LEAST : BENCH_INFO, 0.25,
					0.45};

	snprintf(name, sizeof(name), "relay.%s.%s", p->name, what);
	bench_report(b, &line, values, b->rounds);
}

/* The roof, the relay, the relay, the roof. */
static void measure(struct bench *b, const struct part *p)
{
	const uint64_t stanzas = b->is_short ? STANZAS_SHORT : STANZAS;
	double whole[BENCH_ROUNDS_MAX], least[BENCH_ROUNDS_MAX], ratio[BENCH_ROUNDS_MAX];
	struct relay_world w;
	size_t bytes;

	relay_world_open(&w, p->streams, 0);
	bytes = p->is_packed ? far_room() : RELAY_STANZA;
	relay_roof_open();
	(void)relay_world_ns(b, &w, bytes, WARM_UP);
	for (unsigned int r = 0; r < b->rounds; r++) {
		double roof_sum = relay_roof_ns(b, bytes, stanzas);
		double relay_sum = relay_world_ns(b, &w, bytes, stanzas);

		relay_sum += relay_world_ns(b, &w, bytes, stanzas);
		roof_sum += relay_roof_ns(b, bytes, stanzas);
		whole[r] = relay_sum / 2;
		least[r] = roof_sum / 2;
		ratio[r] = roof_sum / relay_sum;
	}
	say(b, p, "ns", "ns/stanza", whole, false);
	say(b, p, "roof", "ns/stanza", least, false);
	say(b, p, "ratio", "ratio", ratio, p->is_goal);
	relay_roof_close();
	relay_world_close(&w);
}

static bool is_wanted(const char *name, int count, char **names)
{
	for (int i = 0; i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return count == 0;
}

int main(int argc, char **argv)
{
	const struct machine_time before = machine_time();
	struct bench b = {.rounds = ROUNDS};
	int names;

	names = bench_options(
	    &b, ROUNDS_SHORT, argc, argv,
	    " [NAME...]\n\nA stanza across one core, and what of it is computing. NAME: "
	    "one.1 one.16 one.256 packed.1 packed.16 packed.256 idle watch.");
	relay_world_start();
	machine_take_clock(&b);
	machine_say(&b);
	bench_head(&b);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (is_wanted(parts[i].name, argc - names, argv + names)) {
			bench_progress(parts[i].name);
			measure(&b, &parts[i]);
		}
	if (is_wanted("idle", argc - names, argv + names)) {
		bench_progress("50,000 idle streams beside 16");
		relay_idle(&b, b.is_short ? STANZAS_SHORT : STANZAS);
	}
	if (is_wanted("watch", argc - names, argv + names)) {
		bench_progress("one of 8 is watched");
		relay_watch(&b, b.is_short ? STANZAS_SHORT : STANZAS);
	}
	machine_say_steal(&b, before);
	return bench_status(&b);
}
