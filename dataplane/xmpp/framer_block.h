/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * framer_block.h - a block of a stream as masks: which of its bytes end a run of text, of an
 * attribute value, of a name, of a namespace name. Bit i stands for byte i.
 *
 * The masks say the same as framer_char_class[], but that a tab or a line end ends a run of text or
 * value too, and ~ [ ] one of a namespace name; framer_block_test.c compares them for every byte at
 * every place. Bits are read from any place on, so no run is the dearer for lying across words.
 *
 * Runs on  a core that has AVX2 (framer_walk.c, framer_run.c and framer_utf8.c alone include this).
 */
#ifndef DATAPLANE_XMPP_FRAMER_BLOCK_H
#define DATAPLANE_XMPP_FRAMER_BLOCK_H

#include <immintrin.h>

#include "dataplane/xmpp/framer_parts.h"

#define FRAMER_AVX2   __attribute__((target("avx2,bmi,bmi2")))
#define FRAMER_INLINE FRAMER_AVX2 static inline __attribute__((always_inline))

/* Groups of bytes, each a set of high nibbles times a set of low ones: what a name goes on with,
 * and what else a namespace name does. */
enum framer_group {
	FRAMER_GROUP_DASH = 1 << 0,  /* - . */
	FRAMER_GROUP_DIGIT = 1 << 1, /* 0..9 */
	FRAMER_GROUP_A_O = 1 << 2,   /* 0x41..0x4f, 0x61..0x6f */
	FRAMER_GROUP_P_Z = 1 << 3,   /* 0x50..0x5a, 0x70..0x7a */
	FRAMER_GROUP_LINE = 1 << 4,  /* _ */
	FRAMER_GROUPS_NAME = (1 << 5) - 1,
	FRAMER_GROUP_SLASH = 1 << 5, /* ! # $ % ( ) * + , / and again - . */
	FRAMER_GROUP_COLON = 1 << 6, /* : ; = ? */
	FRAMER_GROUP_AT = 1 << 7,    /* @ */
};

#define FRAMER_TWICE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)

/* A byte from 0x80 on selects 0 in the table of low nibbles: it is in no group. */
FRAMER_INLINE __m256i framer_groups(__m256i bytes)
{
	const __m256i by_low =
	    FRAMER_TWICE(-118, 46, 14, 46, 46, 46, 14, 14, 46, 46, 108, 100, 36, 101, 37, 116);
	const __m256i by_high = FRAMER_TWICE(0, 0, 33, 66, -124, 24, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0);
	const __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0f));

	return _mm256_and_si256(_mm256_shuffle_epi8(by_low, bytes),
				_mm256_shuffle_epi8(by_high, high));
}

FRAMER_INLINE uint32_t framer_signs(__m256i bytes)
{
	return (uint32_t)_mm256_movemask_epi8(bytes);
}

/* The bytes that are the one that the table has for their low nibble. */
FRAMER_INLINE __m256i framer_is_one_of(__m256i bytes, __m256i by_low)
{
	return _mm256_cmpeq_epi8(bytes, _mm256_shuffle_epi8(by_low, bytes));
}

/* Ends of text: & < ]. The 1 in the first place stands for nothing: no byte has both. */
FRAMER_INLINE __m256i framer_ends_text(__m256i bytes)
{
	return framer_is_one_of(bytes,
				FRAMER_TWICE(1, 0, 0, 0, 0, 0, '&', 0, 0, 0, 0, 0, '<', ']', 0, 0));
}

/* Ends of an attribute value: quotes, & and <. */
FRAMER_INLINE __m256i framer_ends_value(__m256i bytes)
{
	return framer_is_one_of(
	    bytes, FRAMER_TWICE(1, 0, '"', 0, 0, 0, '&', '\'', 0, 0, 0, 0, '<', 0, 0, 0));
}

/* The masks of the 32 @bytes from @i on, without the first @skip; @beyond do not count, and end
 * every run. */
FRAMER_INLINE void framer_block_put(struct framer_block *b, size_t i, __m256i bytes,
				    unsigned int skip, uint32_t beyond)
{
	/* Controls, white space but the space, and all that is not ASCII. */
	const __m256i odd = _mm256_cmpgt_epi8(_mm256_set1_epi8(' '), bytes);
	const __m256i groups = framer_groups(bytes), none = _mm256_setzero_si256();
	const __m256i name = _mm256_and_si256(groups, _mm256_set1_epi8(FRAMER_GROUPS_NAME));

	b->text[i] = framer_signs(_mm256_or_si256(odd, framer_ends_text(bytes))) >> skip | beyond;
	b->value[i] = framer_signs(_mm256_or_si256(odd, framer_ends_value(bytes))) >> skip | beyond;
	b->name[i] = framer_signs(_mm256_cmpeq_epi8(name, none)) >> skip | beyond;
	b->uri[i] = framer_signs(_mm256_cmpeq_epi8(groups, none)) >> skip | beyond;
}

FRAMER_INLINE __m256i framer_load(const uint8_t *at)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

/* The last @len bytes before @end, up to 32, then zeros. */
FRAMER_INLINE __m256i framer_load_some(const uint8_t *end, size_t len)
{
	uint8_t padded[32] = {0};

	memcpy(padded, end - len, len);
	return framer_load(padded);
}

/* Where the masks end every run. */
FRAMER_INLINE void framer_block_end(uint32_t *mask)
{
	_mm_storeu_si128((__m128i *)(void *)mask, _mm_set1_epi8(-1));
}

/* The block of @len bytes at @at, up to FRAMER_BLOCK_BYTES; up to @end they can be read. */
FRAMER_AVX2 static inline void framer_block_read(struct framer_block *b, const uint8_t *at,
						 size_t len, const uint8_t *end)
{
	const size_t whole = len / 32;

	b->at = at;
	b->end = at + len;
	framer_block_end(b->text + whole);
	framer_block_end(b->value + whole);
	framer_block_end(b->name + whole);
	framer_block_end(b->uri + whole);
	for (size_t i = 0; i < whole; i++)
		framer_block_put(b, i, framer_load(at + 32 * i), 0, 0);
	if (len % 32 != 0) {
		const uint8_t *last = at + 32 * whole;
		const size_t left = (size_t)(end - last);
		const uint32_t beyond = UINT32_MAX << len % 32;

		if (left >= 32)
			framer_block_put(b, whole, framer_load(last), 0, beyond);
		else if (whole > 0) /* some of the bytes before once more */
			framer_block_put(b, whole, framer_load(end - 32), 32 - (unsigned int)left,
					 beyond);
		else
			framer_block_put(b, whole, framer_load_some(end, left), 0, beyond);
	}
}

/* The 57 bits of @mask or more from @at on, which stands at most a few bytes behind b->end. */
FRAMER_INLINE uint64_t framer_block_ends(const struct framer_block *b, const uint32_t *mask,
					 const uint8_t *at)
{
	const size_t i = (size_t)(at - b->at);
	uint64_t ends;

	memcpy(&ends, (const uint8_t *)mask + i / 8, sizeof(ends));
	return ends >> i % 8;
}

/* The first byte from @at on that ends a run by @mask, at most b->end. */
FRAMER_INLINE const uint8_t *framer_block_run(const struct framer_block *b, const uint32_t *mask,
					      const uint8_t *at)
{
	uint64_t ends;

	while ((ends = framer_block_ends(b, mask, at)) == 0)
		at += 64 - (size_t)(at - b->at) % 8;
	return at + _tzcnt_u64(ends);
}

/*
 * A block ends so many bytes before the input does. So what stands where a run ends, and may
 * follow there, can be read without a question: `="` behind a name, then a value, maybe empty, and
 * something behind that.
 */
enum { FRAMER_RUN_MARGIN = 4 };

/* The block from @at on. False: too little is left. */
bool framer_run_refill(struct framer_cursor *c, const uint8_t *at);
/* The end of a run from @at on that is of the classes @plain and masked by @mask, at most c->stop.
 */
const uint8_t *framer_run(struct framer_cursor *c, const uint32_t *mask, const uint8_t *at,
			  uint8_t plain);
/* How many bytes from @at on, where a character begins, are text or a value (@plain), valid and
 * legal in XML: up to a byte that ends it or a character that is cut off, or to somewhere in the 32
 * bytes before what is wrong. */
size_t framer_utf8_run(const uint8_t *at, const uint8_t *stop, uint8_t plain);
/* colon: the length of the prefix, 0 where there is none. */
struct framer_run_name {
	const uint8_t *end;
	size_t colon;
};
/* A name whose run is long, or followed by a colon, or cut off by the block. Its end is NULL where
 * it is not plain, or cut off by the input. */
struct framer_run_name framer_run_name(struct framer_cursor *c, const uint8_t *name);
/* Where the text or value (@plain) at @at ends by @sign, or what is too odd for a walk; at most
 * c->stop. */
const uint8_t *framer_run_to(struct framer_cursor *c, const uint8_t *at, uint8_t plain,
			     uint8_t sign);

#endif
