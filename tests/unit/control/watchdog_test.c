/* SPDX-License-Identifier: BSD-3-Clause */
/* watchdog_test.c - one core that stands still is enough. */
#include "control/watchdog.h"
#include "tests/check.h"

static void all_have_to_move(void)
{
	struct watchdog h = {{0}};
	uint64_t counts[3] = {0, 5, 5};

	CHECK(!watchdog_all_moved(&h, counts, 3)); /* core 0 has not begun */
	counts[0] = 1;
	CHECK(watchdog_all_moved(&h, counts, 3));
	CHECK(!watchdog_all_moved(&h, counts, 3));
	for (unsigned int i = 0; i < 3; i++)
		counts[i]++;
	CHECK(watchdog_all_moved(&h, counts, 3));
}

/* The others go on meanwhile, for as long as you like: that is no sign of life of this one. */
static void one_hangs(void)
{
	struct watchdog h = {{0}};
	uint64_t counts[2] = {10, 10};

	CHECK(watchdog_all_moved(&h, counts, 2));
	for (unsigned int i = 0; i < 100; i++) {
		counts[0] += 1000;
		CHECK(!watchdog_all_moved(&h, counts, 2));
	}
	counts[1]++; /* once is enough */
	CHECK(watchdog_all_moved(&h, counts, 2));
	CHECK(!watchdog_all_moved(&h, counts, 2));
}

static void counts_that_wrap_have_moved(void)
{
	struct watchdog h = {{0}};
	uint64_t count = UINT64_MAX;

	CHECK(watchdog_all_moved(&h, &count, 1));
	count = 0;
	CHECK(watchdog_all_moved(&h, &count, 1));
}

int main(void)
{
	RUN(all_have_to_move);
	RUN(one_hangs);
	RUN(counts_that_wrap_have_moved);
	return check_summary();
}
