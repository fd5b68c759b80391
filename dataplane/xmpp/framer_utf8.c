/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * framer_utf8.c - text with many characters beyond ASCII, 32 bytes at a time.
 *
 * Which bytes may follow each other is looked up by nibbles, as Keiser and Lemire have it
 * ("Validating UTF-8 in less than one instruction per byte", 2021): of two bytes in a row the
 * first's high nibble, its low one and the second's high one each say which errors there could be,
 * and there is one where all three agree. What a lead of three or four bytes wants behind is asked
 * apart. A block begins with a character, so nothing is carried from one to the next.
 */
#include "dataplane/xmpp/framer_block.h"

/* What two bytes in a row can have wrong. */
enum {
	SHORT = 1 << 0,      /* a lead, then no continuation */
	LONG = 1 << 1,       /* ASCII, then a continuation */
	OVERLONG_3 = 1 << 2, /* e0, then 80..9f */
	BEYOND = 1 << 3,     /* f4, then 90..bf; f5 and more, then 90..bf */
	SURROGATE = 1 << 4,  /* ed, then a0..bf */
	OVERLONG_2 = 1 << 5, /* c0 or c1, then a continuation */
	OVERLONG_4 = 1 << 6, /* f0, then 80..8f; f5 and more, then the same */
	TWO = 1 << 7,        /* two continuations: right behind a lead that wants them only */
	/* what the low nibble of the first byte says nothing about */
	ANY_LOW = SHORT | LONG | TWO,
	F5_AND_MORE = ANY_LOW | BEYOND | OVERLONG_4,
	CONTINUATION = LONG | OVERLONG_2 | TWO,
};

#define FIRST_HIGH                                                                                 \
	LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG, (char)TWO, (char)TWO, (char)TWO,           \
	    (char)TWO, SHORT | OVERLONG_2, SHORT, SHORT | OVERLONG_3 | SURROGATE,                  \
	    SHORT | BEYOND | OVERLONG_4
#define FIRST_LOW                                                                                  \
	(char)(ANY_LOW | OVERLONG_2 | OVERLONG_3 | OVERLONG_4), (char)(ANY_LOW | OVERLONG_2),      \
	    (char)ANY_LOW, (char)ANY_LOW, (char)(ANY_LOW | BEYOND), (char)F5_AND_MORE,             \
	    (char)F5_AND_MORE, (char)F5_AND_MORE, (char)F5_AND_MORE, (char)F5_AND_MORE,            \
	    (char)F5_AND_MORE, (char)F5_AND_MORE, (char)F5_AND_MORE,                               \
	    (char)(F5_AND_MORE | SURROGATE), (char)F5_AND_MORE, (char)F5_AND_MORE
#define SECOND_HIGH                                                                                \
	SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT,                                    \
	    (char)(CONTINUATION | OVERLONG_3 | OVERLONG_4),                                        \
	    (char)(CONTINUATION | OVERLONG_3 | BEYOND), (char)(CONTINUATION | SURROGATE | BEYOND), \
	    (char)(CONTINUATION | SURROGATE | BEYOND), SHORT, SHORT, SHORT, SHORT

FRAMER_INLINE __m256i high_nibbles(__m256i bytes)
{
	return _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0f));
}

/* Is something wrong in @bytes, of which the first begins a character? One that they cut off at
 * their end is not. */
FRAMER_INLINE bool is_wrong(__m256i bytes)
{
	const __m256i low_lane = _mm256_permute2x128_si256(bytes, bytes, 0x08);
	const __m256i one = _mm256_alignr_epi8(bytes, low_lane, 15); /* the byte before each */
	const __m256i two = _mm256_alignr_epi8(bytes, low_lane, 14);
	const __m256i three = _mm256_alignr_epi8(bytes, low_lane, 13);
	const __m256i pairs = _mm256_and_si256(
	    _mm256_and_si256(_mm256_shuffle_epi8(FRAMER_TWICE(FIRST_HIGH), high_nibbles(one)),
			     _mm256_shuffle_epi8(FRAMER_TWICE(FIRST_LOW),
						 _mm256_and_si256(one, _mm256_set1_epi8(0x0f)))),
	    _mm256_shuffle_epi8(FRAMER_TWICE(SECOND_HIGH), high_nibbles(bytes)));
	/* 0x80 and more where e0.. stands two before, or f0.. three before */
	const __m256i wanted = _mm256_or_si256(_mm256_subs_epu8(two, _mm256_set1_epi8(0x60)),
					       _mm256_subs_epu8(three, _mm256_set1_epi8(0x70)));
	const __m256i wrong =
	    _mm256_xor_si256(pairs, _mm256_and_si256(wanted, _mm256_set1_epi8((char)TWO)));
	/* U+FFFE and U+FFFF are no characters of XML: ef bf be, ef bf bf */
	const __m256i none =
	    _mm256_and_si256(_mm256_and_si256(_mm256_cmpeq_epi8(two, _mm256_set1_epi8((char)0xef)),
					      _mm256_cmpeq_epi8(one, _mm256_set1_epi8((char)0xbf))),
			     _mm256_cmpeq_epi8(_mm256_or_si256(bytes, _mm256_set1_epi8(1)),
					       _mm256_set1_epi8((char)0xbf)));

	return !_mm256_testz_si256(_mm256_or_si256(wrong, none), _mm256_set1_epi8(-1));
}

/* How many bytes at the end of @bytes begin a character that goes on behind: 0..3. */
FRAMER_INLINE unsigned int cut_off(__m256i bytes)
{
	const __m256i leads = _mm256_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
					       -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
					       -1, -1, -1, (char)0xf0, (char)0xe0, (char)0xc0);
	const uint32_t at_least =
	    framer_signs(_mm256_cmpeq_epi8(_mm256_max_epu8(bytes, leads), bytes));

	return 32 - _tzcnt_u32(at_least & 0xe0000000);
}

/* @bytes up to the one at @len, then zeros. */
FRAMER_INLINE __m256i first_of(__m256i bytes, unsigned int len)
{
	const __m256i places =
	    _mm256_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
			     20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);

	return _mm256_and_si256(bytes, _mm256_cmpgt_epi8(_mm256_set1_epi8((char)len), places));
}

/* How many of the bytes before @stop begin a character that goes on behind: 0..3. */
static size_t cut_off_at(const uint8_t *at, const uint8_t *stop)
{
	static const uint8_t leads[4] = {0, 0xc0, 0xe0, 0xf0};

	for (size_t n = 1; n < sizeof(leads) && n <= (size_t)(stop - at); n++)
		if (*(stop - n) >= leads[n])
			return n;
	return 0;
}

/* How many of 32 @bytes stand before one that ends @plain. */
FRAMER_INLINE unsigned int plain_len(__m256i bytes, uint8_t plain)
{
	const __m256i controls =
	    _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(0x1f)), bytes);
	const __m256i ends =
	    plain == FRAMER_CHAR_TEXT ? framer_ends_text(bytes) : framer_ends_value(bytes);

	return _tzcnt_u32(framer_signs(_mm256_or_si256(controls, ends)));
}

FRAMER_AVX2 size_t framer_utf8_run(const uint8_t *at, const uint8_t *stop, uint8_t plain)
{
	const uint8_t *from = at;
	unsigned int len = 32;

	while (stop - at >= 32) {
		const __m256i bytes = framer_load(at);

		len = plain_len(bytes, plain);
		if (is_wrong(first_of(bytes, len)))
			return (size_t)(at - from);
		at += len;
		if (len < 32)
			return (size_t)(at - from);
		at -= cut_off(bytes);
	}
	if (at < stop) {
		const size_t left = (size_t)(stop - at);
		const __m256i bytes = framer_load_some(stop, left);

		len = (unsigned int)min_size(plain_len(bytes, plain), left - cut_off_at(at, stop));
		if (!is_wrong(first_of(bytes, len)))
			at += len;
	}
	return (size_t)(at - from);
}
