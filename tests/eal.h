/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * eal.h - EAL for a test: no huge pages, no card, nothing shared with another process.
 *
 * A test that cannot have it says so and ends with status 2.
 */
#ifndef TESTS_EAL_H
#define TESTS_EAL_H

#include <rte_eal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { EAL_ARGS_MAX = 24 };

/* cores: as --lcores takes them; more: further arguments, ended by NULL, or NULL */
static inline void eal_start(const char *megabytes, const char *cores, const char *const *more)
{
	const char *const always[] = {
	    "test",    "--no-huge", "--no-pci", "--no-shconf",    "-m",
	    megabytes, "--lcores",  cores,      "--no-telemetry", "--log-level=4"};
	static char *args[EAL_ARGS_MAX]; /* EAL keeps them */
	int n = 0;

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		args[n++] = (char *)(uintptr_t)always[i];
	for (; more != NULL && *more != NULL && n < EAL_ARGS_MAX - 1; more++)
		args[n++] = (char *)(uintptr_t)*more;
	if (rte_eal_init(n, args) < 0) {
		fprintf(stderr, "EAL does not start\n");
		exit(2);
	}
}

#endif
