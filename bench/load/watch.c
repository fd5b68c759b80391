/* SPDX-License-Identifier: BSD-3-Clause */
/* watch.c - reads /proc. */
#include "bench/load/watch.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/machine.h"

static bool read_cpu(int pid, double *seconds)
{
	unsigned long long user, system;
	char path[64], line[1024];
	const char *at;
	FILE *f;
	bool good;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (f == NULL)
		return false;
	good = fgets(line, sizeof(line), f) != NULL;
	fclose(f);
	at = good ? strrchr(line, ')') : NULL; /* its name may hold anything */
	if (at == NULL || sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu",
				 &user, &system) != 2)
		return false;
	*seconds += (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
	return true;
}

static void read_resident(int pid, uint64_t *kb)
{
	unsigned long long pages = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	f = fopen(path, "r");
	if (f == NULL)
		return;
	if (fscanf(f, "%*u %llu", &pages) == 1)
		*kb += pages * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
	fclose(f);
}

bool watch_read(const int *pids, size_t count, struct watch *out)
{
	const struct machine_time machine = machine_time();
	struct timespec own;

	*out = (struct watch){.steal = machine.steal, .jiffies = machine.all};
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
	out->own_cpu_s = (double)own.tv_sec + (double)own.tv_nsec / 1e9;
	for (size_t i = 0; i < count; i++) {
		if (!read_cpu(pids[i], &out->cpu_s))
			return false;
		read_resident(pids[i], &out->resident_kb);
	}
	return true;
}
