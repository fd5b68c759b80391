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

static uint64_t add_steps(uint64_t sum, const uint8_t *at, size_t steps)
{
	__m128i a = _mm_setzero_si128(), b = a, c = a, d = a;
	uint64_t lane[2];

	for (; steps > 0; steps--, at += STEP) {
		a = add_halves(a, _mm_loadu_si128((const __m128i *)(const void *)at));
		b = add_halves(b, _mm_loadu_si128((const __m128i *)(const void *)(at + 16)));
		c = add_halves(c, _mm_loadu_si128((const __m128i *)(const void *)(at + 32)));
		d = add_halves(d, _mm_loadu_si128((const __m128i *)(const void *)(at + 48)));
	}
	a = _mm_add_epi64(_mm_add_epi64(a, b), _mm_add_epi64(c, d));
	memcpy(lane, &a, sizeof(lane));
	return sum + lane[0] + lane[1];
}

uint64_t checksum_add(uint64_t sum, const void *bytes, size_t len)
{
	const size_t steps = len / STEP;
	const uint8_t *at = bytes;
	uint32_t word;
	uint16_t half;

	if (steps > 0)
		sum = add_steps(sum, at, steps);
	at += steps * STEP;
	for (len -= steps * STEP; len >= sizeof(word); len -= sizeof(word), at += sizeof(word)) {
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
