/* SPDX-License-Identifier: BSD-3-Clause */
/* keyed_hash_test.c - SipHash-2-4 against the reference vectors and its key, SipHash-1-3 against a
 * plain one of any rounds that the same vectors prove. */
#include "dataplane/base/keyed_hash.h"
#include "tests/check.h"

/* Key 00..0f, input 00, 00 01, ..: the vectors of the SipHash paper, read as little-endian words.
 */
static const uint64_t expected[64] = {
    UINT64_C(0x726fdb47dd0e0e31), UINT64_C(0x74f839c593dc67fd), UINT64_C(0x0d6c8009d9a94f5a),
    UINT64_C(0x85676696d7fb7e2d), UINT64_C(0xcf2794e0277187b7), UINT64_C(0x18765564cd99a68d),
    UINT64_C(0xcbc9466e58fee3ce), UINT64_C(0xab0200f58b01d137), UINT64_C(0x93f5f5799a932462),
    UINT64_C(0x9e0082df0ba9e4b0), UINT64_C(0x7a5dbbc594ddb9f3), UINT64_C(0xf4b32f46226bada7),
    UINT64_C(0x751e8fbc860ee5fb), UINT64_C(0x14ea5627c0843d90), UINT64_C(0xf723ca908e7af2ee),
    UINT64_C(0xa129ca6149be45e5), UINT64_C(0x3f2acc7f57c29bdb), UINT64_C(0x699ae9f52cbe4794),
    UINT64_C(0x4bc1b3f0968dd39c), UINT64_C(0xbb6dc91da77961bd), UINT64_C(0xbed65cf21aa2ee98),
    UINT64_C(0xd0f2cbb02e3b67c7), UINT64_C(0x93536795e3a33e88), UINT64_C(0xa80c038ccd5ccec8),
    UINT64_C(0xb8ad50c6f649af94), UINT64_C(0xbce192de8a85b8ea), UINT64_C(0x17d835b85bbb15f3),
    UINT64_C(0x2f2e6163076bcfad), UINT64_C(0xde4daaaca71dc9a5), UINT64_C(0xa6a2506687956571),
    UINT64_C(0xad87a3535c49ef28), UINT64_C(0x32d892fad841c342), UINT64_C(0x7127512f72f27cce),
    UINT64_C(0xa7f32346f95978e3), UINT64_C(0x12e0b01abb051238), UINT64_C(0x15e034d40fa197ae),
    UINT64_C(0x314dffbe0815a3b4), UINT64_C(0x027990f029623981), UINT64_C(0xcadcd4e59ef40c4d),
    UINT64_C(0x9abfd8766a33735c), UINT64_C(0x0e3ea96b5304a7d0), UINT64_C(0xad0c42d6fc585992),
    UINT64_C(0x187306c89bc215a9), UINT64_C(0xd4a60abcf3792b95), UINT64_C(0xf935451de4f21df2),
    UINT64_C(0xa9538f0419755787), UINT64_C(0xdb9acddff56ca510), UINT64_C(0xd06c98cd5c0975eb),
    UINT64_C(0xe612a3cb9ecba951), UINT64_C(0xc766e62cfcadaf96), UINT64_C(0xee64435a9752fe72),
    UINT64_C(0xa192d576b245165a), UINT64_C(0x0a8787bf8ecb74b2), UINT64_C(0x81b3e73d20b49b6f),
    UINT64_C(0x7fa8220ba3b2ecea), UINT64_C(0x245731c13ca42499), UINT64_C(0xb78dbfaf3a8d83bd),
    UINT64_C(0xea1ad565322a1a0b), UINT64_C(0x60e61c23a3795013), UINT64_C(0x6606d7e446282b93),
    UINT64_C(0x6ca4ecb15c5f91e1), UINT64_C(0x9f626da15c9625f3), UINT64_C(0xe51b38608ef25f57),
    UINT64_C(0x958a324ceb064572),
};

static const struct hash_key key = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};

static void agrees_with_the_reference_vectors(void)
{
	uint8_t input[64];

	for (size_t len = 0; len < sizeof(input); len++) {
		input[len] = (uint8_t)len;
		CHECK(keyed_hash(&key, input, len) == expected[len]);
	}
}

static void agrees_at_any_alignment(void)
{
	uint8_t input[64 + 8];

	for (size_t shift = 0; shift < 8; shift++) {
		for (size_t i = 0; i < 63; i++)
			input[shift + i] = (uint8_t)i;
		CHECK(keyed_hash(&key, input + shift, 63) == expected[63]);
	}
}

static void depends_on_each_key_bit(void)
{
	const uint64_t plain = keyed_hash(&key, "sluice", 6);

	for (int bit = 0; bit < 64; bit++) {
		const struct hash_key low = {key.k0 ^ UINT64_C(1) << bit, key.k1};
		const struct hash_key high = {key.k0, key.k1 ^ UINT64_C(1) << bit};

		CHECK(keyed_hash(&low, "sluice", 6) != plain);
		CHECK(keyed_hash(&high, "sluice", 6) != plain);
	}
}

static uint64_t rotated(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static void mix_times(uint64_t v[4], int times)
{
	while (times-- > 0) {
		v[0] += v[1], v[2] += v[3];
		v[1] = rotated(v[1], 13) ^ v[0], v[3] = rotated(v[3], 16) ^ v[2];
		v[0] = rotated(v[0], 32);
		v[2] += v[1], v[0] += v[3];
		v[1] = rotated(v[1], 17) ^ v[2], v[3] = rotated(v[3], 21) ^ v[0];
		v[2] = rotated(v[2], 32);
	}
}

/* SipHash-@c-@d as the paper writes it, a byte at a time. */
static uint64_t plain_siphash(const struct hash_key *k, const uint8_t *at, size_t len, int c, int d)
{
	uint64_t v[4] = {UINT64_C(0x736f6d6570736575), UINT64_C(0x646f72616e646f6d),
			 UINT64_C(0x6c7967656e657261), UINT64_C(0x7465646279746573)};

	for (int i = 0; i < 4; i++)
		v[i] ^= i % 2 == 0 ? k->k0 : k->k1;
	for (size_t block = 0; block <= len / 8; block++) {
		uint64_t word = block == len / 8 ? (uint64_t)len << 56 : 0;

		for (size_t i = 0; i < 8 && block * 8 + i < len; i++)
			word |= (uint64_t)at[block * 8 + i] << (8 * i);
		v[3] ^= word;
		mix_times(v, c);
		v[0] ^= word;
	}
	v[2] ^= 0xff;
	mix_times(v, d);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static void the_short_one_is_siphash_1_3(void)
{
	uint64_t seed = UINT64_C(0x5eed5eed00000003);
	uint8_t input[64];

	for (size_t len = 0; len < sizeof(input); len++) {
		input[len] = (uint8_t)len;
		CHECK(plain_siphash(&key, input, len, 2, 4) == expected[len]);
	}
	for (int i = 0; i < 10000; i++) {
		const struct hash_key k = {check_random(&seed), check_random(&seed)};
		const size_t shift = check_random(&seed) % 8;

		for (size_t at = 0; at < 24; at++)
			input[shift + at] = (uint8_t)check_random(&seed);
		CHECK(keyed_hash_24(&k, input + shift) ==
		      plain_siphash(&k, input + shift, 24, 1, 3));
	}
}

/* Each bit of the input turns about half of the output, whatever the key. */
static void each_bit_of_the_short_one_counts(void)
{
	uint64_t seed = UINT64_C(0x5eed5eed00000004);

	for (int bit = 0; bit < 24 * 8; bit++) {
		int turned = 0;

		for (int i = 0; i < 64; i++) {
			const struct hash_key k = {check_random(&seed), check_random(&seed)};
			uint64_t input[3] = {check_random(&seed), check_random(&seed),
					     check_random(&seed)};
			const uint64_t before = keyed_hash_24(&k, input);

			input[bit / 64] ^= UINT64_C(1) << (bit % 64);
			turned += __builtin_popcountll(before ^ keyed_hash_24(&k, input));
		}
		CHECK(turned > 64 * 32 - 320 && turned < 64 * 32 + 320); /* ten sigma */
	}
}

int main(void)
{
	RUN(agrees_with_the_reference_vectors);
	RUN(agrees_at_any_alignment);
	RUN(depends_on_each_key_bit);
	RUN(the_short_one_is_siphash_1_3);
	RUN(each_bit_of_the_short_one_counts);
	return check_summary();
}
