/* SPDX-License-Identifier: BSD-3-Clause */
/* checksum_test.c - the Internet checksum against RFC 1071's example and a plain loop. */
#include "dataplane/base/checksum.h"
#include "tests/check.h"

#define SEED UINT64_C(0x5eed5eed00000005)

enum { BYTES = 9100 };

/* RFC 1071 1: 16 bits at a time, carries around the end. */
static uint16_t plain(const uint8_t *at, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2) {
		uint16_t word = 0;

		memcpy(&word, at + i, len - i < 2 ? 1 : 2);
		sum += word;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

static void agrees_with_the_example_of_rfc_1071(void)
{
	static const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
	static const uint8_t want[] = {0xdd, 0xf2};
	const uint16_t got = checksum_fold(checksum_add(0, bytes, sizeof(bytes)));

	CHECK(memcmp(&got, want, sizeof(got)) == 0);
}

static void agrees_with_a_plain_loop(void)
{
	static uint8_t bytes[BYTES + 64];
	uint64_t seed = SEED;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)check_random(&seed);
	for (size_t len = 0; len <= 2100; len++)
		CHECK_EQ(checksum_fold(checksum_add(0, bytes + len % 64, len)),
			 plain(bytes + len % 64, len));
	for (size_t shift = 0; shift < 64; shift++)
		CHECK_EQ(checksum_fold(checksum_add(0, bytes + shift, BYTES)),
			 plain(bytes + shift, BYTES));
}

/* All ones: as many carries as there can be. */
static void loses_no_carry(void)
{
	static uint8_t bytes[BYTES];

	memset(bytes, 0xff, sizeof(bytes));
	for (size_t len = 0; len <= sizeof(bytes); len += 7)
		CHECK_EQ(checksum_fold(checksum_add(0, bytes, len)), plain(bytes, len));
	CHECK_EQ(checksum_fold(UINT64_MAX), 0xffff);
	CHECK_EQ(checksum_fold(UINT64_C(0xfffffffe00000001)), 0xffff);
	CHECK_EQ(checksum_fold(0), 0);
}

static void check_twins(const uint8_t *at, size_t count)
{
	CHECK_EQ(checksum_fold(checksum_vectors_sse2(at, count)),
		 plain(at, count * CHECKSUM_VECTOR));
	if (__builtin_cpu_supports("avx2"))
		CHECK_EQ(checksum_vectors_avx2(at, count), checksum_vectors_sse2(at, count));
}

/* Whichever of them this machine would take. Not only modulo: both sum halves without a loss. */
static void is_the_same_by_both_sets_of_instructions(void)
{
	static uint8_t bytes[BYTES], ones[BYTES];
	uint64_t seed = SEED + 3;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)check_random(&seed);
	memset(ones, 0xff, sizeof(ones));
	for (size_t count = 0; count < BYTES / CHECKSUM_VECTOR; count++) {
		check_twins(bytes + count % CHECKSUM_VECTOR, count);
		check_twins(ones + count % CHECKSUM_VECTOR, count);
	}
}

/* In pieces, also where one ends at an odd offset. */
static void may_be_put_together(void)
{
	uint8_t bytes[600];
	uint64_t seed = SEED + 1, sum;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)check_random(&seed);
	for (size_t cut = 0; cut <= sizeof(bytes); cut++) {
		const uint64_t rest = checksum_add(0, bytes + cut, sizeof(bytes) - cut);

		sum = checksum_add(0, bytes, cut);
		sum += cut % 2 == 0 ? rest : checksum_swap(rest);
		CHECK_EQ(checksum_fold(sum), plain(bytes, sizeof(bytes)));
	}
}

static void is_zero_over_what_it_protects(void)
{
	uint8_t bytes[100] = {0};
	uint64_t seed = SEED + 2;
	uint16_t field;

	for (size_t i = 2; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)check_random(&seed);
	field = checksum_finish(checksum_add(0, bytes, sizeof(bytes)));
	memcpy(bytes, &field, sizeof(field));
	CHECK_EQ(checksum_finish(checksum_add(0, bytes, sizeof(bytes))), 0);
	bytes[50] ^= 1;
	CHECK(checksum_finish(checksum_add(0, bytes, sizeof(bytes))) != 0);
}

int main(void)
{
	RUN(agrees_with_the_example_of_rfc_1071);
	RUN(agrees_with_a_plain_loop);
	RUN(loses_no_carry);
	RUN(is_the_same_by_both_sets_of_instructions);
	RUN(may_be_put_together);
	RUN(is_zero_over_what_it_protects);
	return check_summary();
}
