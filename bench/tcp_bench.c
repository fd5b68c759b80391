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
#include <sys/utsname.h>

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

/* The rest of the first line of @path that begins with @head. */
static void read_line(const char *path, const char *head, char *text, int size)
{
	const size_t len = strlen(head);
	FILE *f = fopen(path, "r");
	bool found = false;

	while (f != NULL && !found && fgets(text, size, f) != NULL)
		found = strncmp(text, head, len) == 0;
	if (f != NULL)
		(void)fclose(f);
	if (!found) {
		(void)snprintf(text, (size_t)size, "unknown");
		return;
	}
	memmove(text, text + len, strlen(text + len) + 1);
	text[strcspn(text, "\n")] = '\0';
	memmove(text, text + strspn(text, " \t:"), strlen(text + strspn(text, " \t:")) + 1);
}

/* Hundredths of a second that this machine's host took from it, and all there were. */
static void read_steal(unsigned long long *steal, unsigned long long *all)
{
	unsigned long long v[8] = {0};
	char text[256];

	read_line("/proc/stat", "cpu ", text, sizeof(text));
	(void)sscanf(text, "%llu %llu %llu %llu %llu %llu %llu %llu", &v[0], &v[1], &v[2], &v[3],
		     &v[4], &v[5], &v[6], &v[7]);
	*steal = v[7];
	*all = 0;
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		*all += v[i];
}

static void say_machine(const struct bench *b, bool huge)
{
	struct utsname u;
	char text[256];

	read_line("/proc/cpuinfo", "model name", text, sizeof(text));
	bench_fact(b, "cpu", text);
	if (uname(&u) == 0)
		bench_fact(b, "kernel", u.release);
	bench_fact(b, "compiler", __VERSION__);
#ifdef NDEBUG
	bench_fact(b, "asserts", "off");
#else
	bench_fact(b, "asserts", "on");
#endif
	bench_fact(b, "eal_memory", huge ? "huge pages" : "4 KiB pages");
	read_line("/sys/kernel/mm/transparent_hugepage/enabled", "", text, sizeof(text));
	bench_fact(b, "thp", text);
	read_line("/proc/loadavg", "", text, sizeof(text));
	bench_fact(b, "loadavg", text);
	(void)snprintf(text, sizeof(text), "%llu ns, taken off",
		       (unsigned long long)b->overhead_ns);
	bench_fact(b, "clock", text);
}

/* The least of many: what each reading adds to a time. */
static uint64_t measure_clock(void)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 10000; i++) {
		const uint64_t start_ns = bench_cpu_ns(), ns = bench_cpu_ns() - start_ns;

		least = ns < least ? ns : least;
	}
	return least;
}

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
	unsigned long long steal[2], all[2];
	char text[64];

	read_steal(&steal[0], &all[0]);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (is_wanted(parts[i].name, count, names)) {
			bench_progress(parts[i].name);
			parts[i].run(b, p);
		}
	read_steal(&steal[1], &all[1]);
	(void)snprintf(text, sizeof(text), "%.2f %% of the time of all CPUs",
		       100.0 * (double)(steal[1] - steal[0]) / (double)(all[1] - all[0] + 1));
	bench_fact(b, "steal", text);
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
	b.overhead_ns = measure_clock();
	say_machine(&b, huge);
	bench_head(&b);
	run_parts(&b, &pools, argc - first, argv + first);
	return b.missed > 0;
}
