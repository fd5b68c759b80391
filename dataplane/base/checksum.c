/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * checksum.c - the one's complement sum, by AVX2 where there is AVX2, else by SSE2, which each
 * x86-64 has.
 *
 * A lane of 64 bits adds whole words, whose carries are lost, and apart from them their upper
 * halves. That makes the sums of both halves exact: what is wrong in the one is but the other.
 */
#include <immintrin.h>
#include <string.h>

#include "dataplane/base/checksum.h"

#define CHECKSUM_AVX2 __attribute__((target("avx2")))

enum {
	FEW = 64, /* bytes that vectors take longer to begin and end with than to add */
};

/* Lower and upper halves of what one lane has added, as one sum. */
static inline uint64_t lane_sum(uint64_t words, uint64_t uppers)
{
	return words - (uppers << 32) + uppers;
}

static inline uint64_t lanes_sum(__m128i words, __m128i uppers)
{
	const __m128i words_1 = _mm_unpackhi_epi64(words, words);
	const __m128i uppers_1 = _mm_unpackhi_epi64(uppers, uppers);

	return lane_sum((uint64_t)_mm_cvtsi128_si64(words), (uint64_t)_mm_cvtsi128_si64(uppers)) +
	       lane_sum((uint64_t)_mm_cvtsi128_si64(words_1),
			(uint64_t)_mm_cvtsi128_si64(uppers_1));
}

uint64_t checksum_vectors_sse2(const uint8_t *at, size_t count)
{
	__m128i words = _mm_setzero_si128(), uppers = words;

	for (; count > 0; count--, at += CHECKSUM_VECTOR) {
		const __m128i *v = (const __m128i *)(const void *)at;
		const __m128i first = _mm_loadu_si128(v), second = _mm_loadu_si128(v + 1);

		words = _mm_add_epi64(words, first);
		uppers = _mm_add_epi64(uppers, _mm_srli_epi64(first, 32));
		words = _mm_add_epi64(words, second);
		uppers = _mm_add_epi64(uppers, _mm_srli_epi64(second, 32));
	}
	return lanes_sum(words, uppers);
}

struct lanes {
	__m256i words, uppers;
};

CHECKSUM_AVX2 static inline struct lanes add_vector(struct lanes sum, const uint8_t *at)
{
	/* loadu, used twice, is read twice by gcc 12 */
	const __m256i v = _mm256_lddqu_si256((const __m256i *)(const void *)at);

	return (struct lanes){
	    _mm256_add_epi64(sum.words, v),
	    _mm256_add_epi64(sum.uppers, _mm256_srli_epi64(v, 32)),
	};
}

CHECKSUM_AVX2 uint64_t checksum_vectors_avx2(const uint8_t *at, size_t count)
{
	struct lanes a = {_mm256_setzero_si256(), _mm256_setzero_si256()}, b = a;

	for (; count >= 4; count -= 4, at += 4 * CHECKSUM_VECTOR) {
		a = add_vector(a, at);
		b = add_vector(b, at + CHECKSUM_VECTOR);
		a = add_vector(a, at + 2 * CHECKSUM_VECTOR);
		b = add_vector(b, at + 3 * CHECKSUM_VECTOR);
	}
	for (; count > 0; count--, at += CHECKSUM_VECTOR)
		a = add_vector(a, at);
	a = (struct lanes){_mm256_add_epi64(a.words, b.words),
			   _mm256_add_epi64(a.uppers, b.uppers)};
	return lanes_sum(
	    _mm_add_epi64(_mm256_castsi256_si128(a.words), _mm256_extracti128_si256(a.words, 1)),
	    _mm_add_epi64(_mm256_castsi256_si128(a.uppers), _mm256_extracti128_si256(a.uppers, 1)));
}

/* Fewer than eight bytes. */
static inline uint64_t add_rest(uint64_t sum, const uint8_t *at, size_t len)
{
	uint32_t word;
	uint16_t half;

	if (len >= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		sum += word;
		at += sizeof(word);
		len -= sizeof(word);
	}
	if (len >= sizeof(half)) {
		memcpy(&half, at, sizeof(half));
		sum += half;
		at += sizeof(half);
		len -= sizeof(half);
	}
	return len > 0 ? sum + *at : sum;
}

uint64_t checksum_add(uint64_t sum, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	uint64_t words;

	if (len >= FEW) {
		const size_t count = len / CHECKSUM_VECTOR;

		sum += __builtin_cpu_supports("avx2") ? checksum_vectors_avx2(at, count)
						      : checksum_vectors_sse2(at, count);
		at += count * CHECKSUM_VECTOR;
		len %= CHECKSUM_VECTOR;
	}
	for (; len >= sizeof(words); len -= sizeof(words), at += sizeof(words)) {
		memcpy(&words, at, sizeof(words));
		sum += (words & UINT32_MAX) + (words >> 32);
	}
	return len > 0 ? add_rest(sum, at, len) : sum;
}
