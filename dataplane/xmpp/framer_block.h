/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * framer_block.h - 64 bytes of a stream at a time, as masks: which of them end a run of text, of an
 * attribute value, of a name. Bit i stands for byte i.
 *
 * The masks say the same as framer_char_class[], by two table look-ups of nibbles for 32 bytes at
 * once; framer_block_test.c compares the two for every byte at every place.
 *
 * Runs on  a core that has AVX2 (framer_walk.c alone includes this).
 */
#ifndef DATAPLANE_XMPP_FRAMER_BLOCK_H
#define DATAPLANE_XMPP_FRAMER_BLOCK_H

#include <immintrin.h>

#include "dataplane/xmpp/framer_parts.h"

#define FRAMER_AVX2 __attribute__((target("avx2,bmi")))

/* Groups of bytes that end a run, each a set of high nibbles times a set of low ones. */
enum framer_group {
	FRAMER_GROUP_LOW = 1 << 0,     /* controls 0x00..0x0f, except white space */
	FRAMER_GROUP_CONTROL = 1 << 1, /* controls 0x10..0x1f */
	FRAMER_GROUP_LESS = 1 << 2,    /* < */
	FRAMER_GROUP_AMP = 1 << 3,     /* & */
	FRAMER_GROUP_QUOTE = 1 << 4,   /* ' " */
	FRAMER_GROUP_BRACKET = 1 << 5, /* ] */
	FRAMER_GROUPS_TEXT = FRAMER_GROUP_LOW | FRAMER_GROUP_CONTROL | FRAMER_GROUP_LESS |
			     FRAMER_GROUP_AMP | FRAMER_GROUP_BRACKET,
	FRAMER_GROUPS_VALUE = FRAMER_GROUP_LOW | FRAMER_GROUP_CONTROL | FRAMER_GROUP_LESS |
			      FRAMER_GROUP_AMP | FRAMER_GROUP_QUOTE,
};

/* Groups of bytes that go on with a name. */
enum framer_name_group {
	FRAMER_NAME_DASH = 1 << 0,  /* - . */
	FRAMER_NAME_DIGIT = 1 << 1, /* 0..9 */
	FRAMER_NAME_A_O = 1 << 2,   /* 0x41..0x4f, 0x61..0x6f */
	FRAMER_NAME_P_Z = 1 << 3,   /* 0x50..0x5a, 0x70..0x7a */
	FRAMER_NAME_LINE = 1 << 4,  /* _ */
};

/* Groups of bytes that no namespace name has, or that are not plain in a value. */
enum framer_uri_group {
	FRAMER_URI_CONTROL = 1 << 0, /* 0x00..0x1f */
	FRAMER_URI_SPACE = 1 << 1,   /* space, ` */
	FRAMER_URI_QUOTE = 1 << 2,   /* " & ' */
	FRAMER_URI_LESS = 1 << 3,    /* < */
	FRAMER_URI_GREATER = 1 << 4, /* > ^ */
	FRAMER_URI_SLASH = 1 << 5,   /* \ | */
	FRAMER_URI_BRACE = 1 << 6,   /* { } and 0x7f */
};

#define FRAMER_TWICE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)

FRAMER_AVX2 static inline __m256i framer_high_nibbles(__m256i bytes)
{
	return _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0f));
}

/* A byte from 0x80 on selects 0 in the table of low nibbles: it is in no group. */
FRAMER_AVX2 static inline __m256i framer_groups(__m256i bytes, __m256i high)
{
	const __m256i by_low = FRAMER_TWICE(3, 3, 19, 3, 3, 3, 11, 19, 3, 2, 2, 3, 7, 34, 3, 3);
	const __m256i by_high = FRAMER_TWICE(1, 2, 24, 4, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

	return _mm256_and_si256(_mm256_shuffle_epi8(by_low, bytes),
				_mm256_shuffle_epi8(by_high, high));
}

FRAMER_AVX2 static inline __m256i framer_name_groups(__m256i bytes, __m256i high)
{
	const __m256i by_low =
	    FRAMER_TWICE(10, 14, 14, 14, 14, 14, 14, 14, 14, 14, 12, 4, 4, 5, 5, 20);
	const __m256i by_high = FRAMER_TWICE(0, 0, 1, 2, 4, 24, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0);

	return _mm256_and_si256(_mm256_shuffle_epi8(by_low, bytes),
				_mm256_shuffle_epi8(by_high, high));
}

FRAMER_AVX2 static inline __m256i framer_uri_groups(__m256i bytes)
{
	const __m256i by_low = FRAMER_TWICE(3, 1, 5, 1, 1, 1, 5, 5, 1, 1, 1, 65, 41, 65, 17, 65);
	const __m256i by_high = FRAMER_TWICE(1, 1, 6, 24, 0, 48, 2, 96, 0, 0, 0, 0, 0, 0, 0, 0);

	return _mm256_and_si256(_mm256_shuffle_epi8(by_low, bytes),
				_mm256_shuffle_epi8(by_high, framer_high_nibbles(bytes)));
}

FRAMER_AVX2 static inline uint32_t framer_signs(__m256i bytes)
{
	return (uint32_t)_mm256_movemask_epi8(bytes);
}

/* Bytes of @groups that are in none of @of. */
FRAMER_AVX2 static inline uint32_t framer_none_of(__m256i groups, int of)
{
	const __m256i in = _mm256_and_si256(groups, _mm256_set1_epi8((char)of));

	return framer_signs(_mm256_cmpeq_epi8(in, _mm256_setzero_si256()));
}

/* The masks of 32 bytes, into the half of @block at bit @shift. */
FRAMER_AVX2 static inline void framer_block_half(struct framer_block *block, const uint8_t *bytes,
						 unsigned int shift)
{
	const __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)bytes);
	const __m256i high = framer_high_nibbles(v), groups = framer_groups(v, high);
	const uint32_t beyond = framer_signs(v);

	block->text |= (uint64_t)(~framer_none_of(groups, FRAMER_GROUPS_TEXT) | beyond) << shift;
	block->value |= (uint64_t)(~framer_none_of(groups, FRAMER_GROUPS_VALUE) | beyond) << shift;
	block->name |= (uint64_t)framer_none_of(framer_name_groups(v, high), 0xff) << shift;
}

/* The block that begins at @at; what lies behind @end is read as ending every run. */
FRAMER_AVX2 static inline void framer_block_read(struct framer_block *block, const uint8_t *at,
						 const uint8_t *end)
{
	uint8_t padded[64];
	const uint8_t *bytes = at;

	if (end - at < 64) {
		memset(padded, 0, sizeof(padded));
		memcpy(padded, at, (size_t)(end - at));
		bytes = padded;
	}
	*block = (struct framer_block){.at = at};
	framer_block_half(block, bytes, 0);
	framer_block_half(block, bytes + 32, 32);
}

#endif
