/* SPDX-License-Identifier: BSD-3-Clause */
/* shared_test.c - texts kept once, beside a model that keeps a copy of each. */
#include "control/shared.h"

#include "dataplane/base/base.h"
#include "tests/check.h"

enum { PLACES = 400, TEXTS = 1500, STEPS = 200000 };

static const char *place[PLACES];
static char model[PLACES][16];

static void make_text(char out[16], uint64_t n)
{
	snprintf(out, 16, "%s%llu", n % 3 == 0 ? "" : "a.example", (unsigned long long)n % TEXTS);
	if (n % 17 == 0)
		out[0] = '\0';
}

static size_t different(void)
{
	size_t n = 0;

	for (unsigned int i = 0; i < PLACES; i++) {
		bool is_first = model[i][0] != '\0';

		for (unsigned int j = 0; j < i && is_first; j++)
			is_first = strcmp(model[i], model[j]) != 0;
		n += is_first;
	}
	return n;
}

static void check_places(void)
{
	for (unsigned int i = 0; i < PLACES; i++)
		for (unsigned int j = i; j < PLACES; j += 37) {
			CHECK_STR(place[i], model[i]);
			CHECK((place[i] == place[j]) == (strcmp(model[i], model[j]) == 0) ||
			      place[i][0] == '\0');
		}
	CHECK_EQ(shared_count(), different());
}

static void keeps_each_text_once(void)
{
	uint64_t seed = 3;

	for (unsigned int i = 0; i < PLACES; i++)
		place[i] = SHARED_EMPTY;
	for (unsigned int step = 0; step < STEPS; step++) {
		const uint64_t r = check_random(&seed);
		const unsigned int i = (unsigned int)(r % PLACES),
				   j = (unsigned int)(r >> 20) % PLACES;

		if ((r >> 40) % 4 == 0) {
			shared_set(&place[i], place[j]); /* maybe its own */
			memmove(model[i], model[j], sizeof(model[i]));
		} else if ((r >> 40) % 4 == 1) {
			shared_drop(&place[i]);
			model[i][0] = '\0';
		} else {
			make_text(model[i], r >> 44);
			shared_set(&place[i], model[i]);
		}
		if (step % 5000 == 0)
			check_places();
	}
	check_places();
	for (unsigned int i = 0; i < PLACES; i++)
		shared_drop(&place[i]);
	CHECK_EQ(shared_count(), 0);
}

static void cuts_what_is_too_long(void)
{
	const char *a = SHARED_EMPTY, *b = SHARED_EMPTY;

	shared_set_cut(&a, "abcdef", 3);
	shared_set(&b, "abc");
	CHECK_STR(a, "abc");
	CHECK(a == b);
	shared_set(&a, a + 1); /* part of what it has */
	CHECK_STR(a, "bc");
	CHECK_STR(b, "abc");
	shared_set_cut(&b, "x", 0);
	CHECK_STR(b, "");
	shared_drop(&a);
	CHECK_EQ(shared_count(), 0);
}

int main(void)
{
	RUN(keeps_each_text_once);
	RUN(cuts_what_is_too_long);
	return check_summary();
}
