/* SPDX-License-Identifier: BSD-3-Clause */
/* load_histogram_test.c - the histogram's quantiles beside those of all values sorted. */
#include "bench/load/histogram.h"

#include "tests/check.h"

enum { VALUES = 20000 };

static struct histogram one, other, both;
static uint64_t values[VALUES];

static int by_size(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Three significant digits, never below the exact value. */
static void check_close(uint64_t got, uint64_t exact)
{
	if (got < exact || got - exact > exact / 1000)
		fprintf(stderr, "%" PRIu64 " instead of %" PRIu64 "\n", got, exact);
	CHECK(got >= exact && got - exact <= exact / 1000);
}

static void check_quantiles(const struct histogram *h, size_t count)
{
	static const double shares[] = {0.0001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1};

	qsort(values, count, sizeof(values[0]), by_size);
	for (size_t i = 0; i < ARRAY_LEN(shares); i++) {
		size_t rank = (size_t)(shares[i] * (double)count);

		if ((double)rank < shares[i] * (double)count)
			rank++;
		check_close(histogram_at(h, shares[i]), values[rank > 0 ? rank - 1 : 0]);
	}
	CHECK_EQ(h->count, count);
	CHECK_EQ(h->max, values[count - 1]);
	CHECK_EQ(histogram_at(h, 1), values[count - 1]);
}

/* Every order of magnitude is as likely as any other. */
static uint64_t pick(uint64_t *seed)
{
	return (check_random(seed) >> 22) >> (check_random(seed) % 42);
}

static void agrees_with_sorting(void)
{
	uint64_t seed = 42;

	memset(&one, 0, sizeof(one));
	for (size_t i = 0; i < VALUES; i++) {
		values[i] = pick(&seed);
		histogram_add(&one, values[i]);
	}
	check_quantiles(&one, VALUES);
}

static void is_exact_for_small_values(void)
{
	for (uint64_t v = 0; v < 2048; v++) {
		memset(&one, 0, sizeof(one));
		histogram_add(&one, v);
		histogram_add(&one, 1 << 20);
		CHECK_EQ(histogram_at(&one, 0.5), v);
	}
}

static void is_close_at_each_power_of_two(void)
{
	for (unsigned int bit = 11; bit < HISTOGRAM_VALUE_BITS; bit++)
		for (int off = -1; off <= 1; off++) {
			const uint64_t v = (UINT64_C(1) << bit) + (uint64_t)(int64_t)off;

			memset(&one, 0, sizeof(one));
			histogram_add(&one, v);
			histogram_add(&one, UINT64_MAX);
			check_close(histogram_at(&one, 0.5), v);
		}
}

static void counts_what_is_beyond_as_the_most(void)
{
	memset(&one, 0, sizeof(one));
	histogram_add(&one, UINT64_MAX);
	histogram_add(&one, UINT64_MAX);
	CHECK_EQ(one.max == UINT64_MAX, 1);
	CHECK_EQ(histogram_at(&one, 0.5), (INT64_C(1) << HISTOGRAM_VALUE_BITS) - 1);
}

static void merges(void)
{
	uint64_t seed = 7;

	memset(&one, 0, sizeof(one));
	memset(&other, 0, sizeof(other));
	memset(&both, 0, sizeof(both));
	for (size_t i = 0; i < VALUES; i++) {
		values[i] = pick(&seed);
		histogram_add(i % 3 == 0 ? &one : &other, values[i]);
	}
	histogram_merge(&both, &one);
	histogram_merge(&both, &other);
	check_quantiles(&both, VALUES);
}

static void is_empty_at_first(void)
{
	memset(&one, 0, sizeof(one));
	CHECK_EQ(histogram_at(&one, 0.5), 0);
	CHECK_EQ(histogram_at(&one, 1), 0);
}

int main(void)
{
	RUN(is_empty_at_first);
	RUN(is_exact_for_small_values);
	RUN(is_close_at_each_power_of_two);
	RUN(counts_what_is_beyond_as_the_most);
	RUN(agrees_with_sorting);
	RUN(merges);
	return check_summary();
}
