/* SPDX-License-Identifier: BSD-3-Clause */
/* machine.c - facts from /proc and /sys, printed beside what was measured there. */
#include <string.h>
#include <sys/utsname.h>

#include "bench/machine.h"

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

struct machine_time machine_time(void)
{
	struct machine_time t = {0};
	unsigned long long v[8] = {0};
	char text[256];

	read_line("/proc/stat", "cpu ", text, sizeof(text));
	(void)sscanf(text, "%llu %llu %llu %llu %llu %llu %llu %llu", &v[0], &v[1], &v[2], &v[3],
		     &v[4], &v[5], &v[6], &v[7]);
	t.steal = v[7];
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		t.all += v[i];
	return t;
}

void machine_say(const struct bench *b)
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
	read_line("/sys/kernel/mm/transparent_hugepage/enabled", "", text, sizeof(text));
	bench_fact(b, "thp", text);
	read_line("/proc/loadavg", "", text, sizeof(text));
	bench_fact(b, "loadavg", text);
	(void)snprintf(text, sizeof(text), "%llu ns, taken off",
		       (unsigned long long)b->overhead_ns);
	bench_fact(b, "clock", text);
}

/* The least of many: what each reading adds to a time. */
void machine_take_clock(struct bench *b)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 10000; i++) {
		const uint64_t start_ns = bench_cpu_ns(), ns = bench_cpu_ns() - start_ns;

		least = ns < least ? ns : least;
	}
	b->overhead_ns = least;
}

void machine_say_steal(const struct bench *b, struct machine_time before)
{
	const struct machine_time now = machine_time();
	char text[64];

	(void)snprintf(text, sizeof(text), "%.2f %% of the time of all CPUs",
		       100.0 * (double)(now.steal - before.steal) /
			   (double)(now.all - before.all + 1));
	bench_fact(b, "steal", text);
}
