/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * check.h - the test harness: CHECK() says file, line and both values; a test program is a list of
 *functions.
 *
 *	static void cuts_a_header(void) { CHECK_EQ(f(), 3); }
 *	int main(void) { RUN(cuts_a_header); return check_summary(); }
 *
 * The last line is "N passed, N failed"; a program that ran nothing fails.
 */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned int check_passed, check_failed, check_bad_now;

#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: CHECK(%s) failed\n", __FILE__, __LINE__, #cond);   \
			check_bad_now++;                                                           \
		}                                                                                  \
	} while (0)

#define CHECK_EQ(got, want)                                                                        \
	do {                                                                                       \
		const long long check_g = (long long)(got), check_w = (long long)(want);           \
		if (check_g != check_w) {                                                          \
			fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #got, \
				check_g, check_w);                                                 \
			check_bad_now++;                                                           \
		}                                                                                  \
	} while (0)

#define CHECK_STR(got, want)                                                                       \
	do {                                                                                       \
		const char *check_g = (got), *check_w = (want);                                    \
		if (check_g == NULL || strcmp(check_g, check_w) != 0) {                            \
			fprintf(stderr, "%s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__,   \
				#got, check_g != NULL ? check_g : "(null)", check_w);              \
			check_bad_now++;                                                           \
		}                                                                                  \
	} while (0)

#define RUN(test) check_run(#test, test)

static inline void check_run(const char *name, void (*test)(void))
{
	check_bad_now = 0;
	test();
	if (check_bad_now == 0) {
		check_passed++;
		return;
	}
	check_failed++;
	fprintf(stderr, "FAILED: %s\n", name);
}

static inline int check_summary(void)
{
	printf("%u passed, %u failed\n", check_passed, check_failed);
	return check_failed > 0 || check_passed == 0;
}

/* xorshift64*, so that a printed seed replays a run. */
static inline uint64_t check_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

#endif
