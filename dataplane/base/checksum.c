/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * checksum.c - the one's complement sum, 64 bytes a step by SSE2, which each x86-64 has. Halves of
 * 64-bit lanes are summed apart, so that no carry is lost however many there are.
 */
#include <emmintrin.h>
#include <string.h>

#include "dataplane/base/checksum.h"

#define STEP 64

static inline __m128i add_halves(__m128i sum, __m128i words)
{
	const __m128i low = _mm_set1_epi64x(UINT32_MAX);

	sum = _mm_add_epi64(sum, _mm_and_si128(words, low));
	return _mm_add_epi64(sum, _mm_srli_epi64(words, 32));
}

static inline __m128i load(const uint8_t *at)
{
	return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* @len is a multiple of 16. */
static inline uint64_t add_vectors(const uint8_t *at, size_t len)
{
	__m128i a = _mm_setzero_si128(), b = a, c = a, d = a;
	uint64_t low, high;

	for (; len >= STEP; len -= STEP, at += STEP) {
		a = add_halves(a, load(at));
		b = add_halves(b, load(at + 16));
		c = add_halves(c, load(at + 32));
		d = add_halves(d, load(at + 48));
	}
	for (; len > 0; len -= 16, at += 16)
		a = add_halves(a, load(at));
	a = _mm_add_epi64(_mm_add_epi64(a, b), _mm_add_epi64(c, d));
	low = (uint64_t)_mm_cvtsi128_si64(a);
	high = (uint64_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(a, a));
	return low + high;
}

uint64_t checksum_add(uint64_t sum, const void *bytes, size_t len)
{
	const size_t vectors = len & ~(size_t)15;
	const uint8_t *at = bytes;
	uint32_t word;
	uint16_t half;

	sum += add_vectors(at, vectors);
	at += vectors;
	for (len -= vectors; len >= sizeof(word); len -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		sum += word;
	}
	if (len >= sizeof(half)) {
		memcpy(&half, at, sizeof(half));
		sum += half;
		at += sizeof(half);
		len -= sizeof(half);
	}
	if (len > 0) {
		half = 0;
		memcpy(&half, at, 1);
		sum += half;
	}
	return sum;
}
