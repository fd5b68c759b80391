/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_bench.c - what the TCP costs: a table, or with --json one object a line; README.md says what
 * each line is.
 *
 *	tcp_bench [--json] [--short] [--huge] [NAME...]
 *
 * Exit status: 0 every goal is met, 1 one is not, 2 it could not be measured.
 */
#include <string.h>

#include "bench/machine.h"
#include "bench/tcp_bench.h"

enum { ROUNDS = 15, ROUNDS_SHORT = 5 };

struct part {
	const char *name;
	void (*run)(struct bench *b, struct bench_pools *p);
};

static const struct part parts[] = {
    {"segment", bench_segments}, /* one a line */
    {"scale", bench_scale},      {"connections", bench_connections},
    {"memory", bench_memory},    {"flow", bench_flow},
    {"hash", bench_hash},        {"checksum", bench_checksum},
    {"wheel", bench_wheel},      {"whole", bench_whole},
};

static bool is_wanted(const char *name, int count, char **names)
{
	for (int i = 0; i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return count == 0;
}

static int say_usage(FILE *f)
{
	fprintf(f, "usage: tcp_bench [--json] [--short] [--huge] [NAME...]\n\nNAME:");
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		fprintf(f, " %s", parts[i].name);
	fprintf(f, "\n--huge: EAL's memory in huge pages, which must be there\n");
	return f == stdout ? 0 : 2;
}

static bool are_parts(int count, char **names)
{
	unsigned int known = 0;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		known += count > 0 && is_wanted(parts[i].name, count, names);
	return known == (unsigned int)count;
}

static void run_parts(struct bench *b, struct bench_pools *p, int count, char **names)
{
	const struct machine_time before = machine_time();

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (is_wanted(parts[i].name, count, names)) {
			bench_progress(parts[i].name);
			parts[i].run(b, p);
		}
	machine_say_steal(b, before);
}

int main(int argc, char **argv)
{
	struct bench b = {.rounds = ROUNDS};
	struct bench_pools pools;
	bool huge = false;
	int first = 1;

	for (; first < argc && strncmp(argv[first], "--", 2) == 0; first++) {
		if (strcmp(argv[first], "--json") == 0)
			b.json = true;
		else if (strcmp(argv[first], "--short") == 0)
			b.is_short = true;
		else if (strcmp(argv[first], "--huge") == 0)
			huge = true;
		else
			return say_usage(strcmp(argv[first], "--help") == 0 ? stdout : stderr);
	}
	if (!are_parts(argc - first, argv + first))
		return say_usage(stderr);
	if (b.is_short)
		b.rounds = ROUNDS_SHORT;
	bench_pools_make(&pools, huge);
	machine_take_clock(&b);
	machine_say(&b);
	bench_fact(&b, "eal_memory", huge ? "huge pages" : "4 KiB pages");
	bench_head(&b);
	run_parts(&b, &pools, argc - first, argv + first);
	return b.missed > 0;
}
