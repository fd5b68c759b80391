/* SPDX-License-Identifier: BSD-3-Clause */
/* srv_test.c - SRV records: wire form, order of trying, and the back-off between tries. */
#include "control/backoff.h"
#include "control/srv.h"
#include "tests/check.h"

static uint64_t seed;

static const uint8_t rdata[] = "\x00\x05\x00\x0a\x14\x95"
			       "\x04xmpp\x07"
			       "Example\x03org";

static uint32_t random_below(uint32_t bound)
{
	return (uint32_t)(check_random(&seed) % bound);
}

static void reads_a_record(void)
{
	struct srv s;

	CHECK(srv_read(rdata, sizeof(rdata), &s));
	CHECK_EQ(s.priority, 5);
	CHECK_EQ(s.weight, 10);
	CHECK_EQ(s.port, 5269);
	CHECK_STR(s.host, "xmpp.example.org");
}

static void reads_a_refusal(void)
{
	static const uint8_t root[] = {0, 0, 0, 0, 0, 0, 0};
	struct srv s;

	CHECK(srv_read(root, sizeof(root), &s));
	CHECK_STR(s.host, ".");
}

static void refuses_what_is_cut(void)
{
	struct srv s;

	for (size_t len = 0; len < sizeof(rdata); len++) {
		uint8_t *exact = malloc(len + 1);

		memcpy(exact, rdata, len);
		CHECK(!srv_read(exact, len, &s));
		free(exact);
	}
}

static void refuses_bad_names(void)
{
	static const uint8_t pointer[] = {0, 0, 0, 0, 0, 0, 0xc0, 0x0c};
	static const uint8_t space[] = "\x00\x00\x00\x00\x00\x01\x03"
				       "a b";
	uint8_t longest[6 + 5 * 64 + 1] = {0};
	struct srv s;

	CHECK(!srv_read(pointer, sizeof(pointer), &s));
	CHECK(!srv_read(space, sizeof(space), &s));
	for (size_t i = 0; i < 5; i++) {
		longest[6 + i * 64] = 63;
		memset(longest + 6 + i * 64 + 1, 'a', 63);
	}
	CHECK(!srv_read(longest, sizeof(longest), &s)); /* 320 bytes of name */
}

static void orders_by_priority_then_weight(void)
{
	unsigned int first_is_heavy = 0;

	seed = 42;
	for (unsigned int run = 0; run < 1000; run++) {
		struct srv s[4] = {{.priority = 20, .weight = 1, .port = 4},
				   {.priority = 10, .weight = 90, .port = 1},
				   {.priority = 10, .weight = 10, .port = 2},
				   {.priority = 10, .weight = 0, .port = 3}};

		srv_order(s, ARRAY_LEN(s), random_below);
		CHECK_EQ(s[3].port, 4);
		CHECK_EQ(s[2].port, 3); /* weight 0 behind all that have one */
		first_is_heavy += s[0].port == 1;
	}
	CHECK(first_is_heavy > 850 && first_is_heavy < 950);
}

static void draws_evenly_without_weights(void)
{
	unsigned int first[3] = {0};

	seed = 7;
	for (unsigned int run = 0; run < 3000; run++) {
		struct srv s[3] = {{.port = 0}, {.port = 1}, {.port = 2}};

		srv_order(s, ARRAY_LEN(s), random_below);
		first[s[0].port]++;
	}
	for (size_t i = 0; i < 3; i++)
		CHECK(first[i] > 850 && first[i] < 1150);
}

static void backs_off_twice_as_long_each_time(void)
{
	struct backoff b = {0};
	uint64_t now_us = 1000, before_us = 0;

	CHECK(!backoff_is_on(&b, now_us));
	for (unsigned int i = 0; i < 20; i++) {
		uint64_t wait_us;

		backoff_failed(&b, DROP_DIAL_FAILED, now_us, 0);
		wait_us = b.not_before_us - now_us;
		CHECK(backoff_is_on(&b, now_us));
		CHECK(wait_us == UINT64_C(300000000) ||
		      wait_us == (i == 0 ? 1000000 : 2 * before_us));
		before_us = wait_us;
		now_us = b.not_before_us;
		CHECK(!backoff_is_on(&b, now_us));
	}
	CHECK_EQ(before_us, 300000000);
	backoff_clear(&b);
	CHECK(!backoff_is_on(&b, 0));
}

int main(void)
{
	RUN(reads_a_record);
	RUN(reads_a_refusal);
	RUN(refuses_what_is_cut);
	RUN(refuses_bad_names);
	RUN(orders_by_priority_then_weight);
	RUN(draws_evenly_without_weights);
	RUN(backs_off_twice_as_long_each_time);
	return check_summary();
}
