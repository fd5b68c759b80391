/* SPDX-License-Identifier: BSD-3-Clause */
/* framer_block_test.c - the masks of a block against the table of classes, where there is AVX2. */
#include "dataplane/xmpp/framer_block.h"

#include <stdlib.h>

#include "tests/check.h"

static bool ends(const uint8_t *bytes, size_t len, unsigned int i, uint8_t class)
{
	return i >= len || (framer_char_class[bytes[i]] & class) == 0;
}

static bool bit(uint64_t mask, unsigned int i)
{
	return (mask >> i & 1) != 0;
}

/* @len bytes in memory of just that size, so that a sanitizer sees a read past them. */
FRAMER_AVX2 static void agree(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len);
	struct framer_block b;

	memcpy(copy, bytes, len);
	framer_block_read(&b, copy, copy + len);
	CHECK(b.at == copy);
	for (unsigned int i = 0; i < 64; i++) {
		CHECK_EQ(bit(b.text, i), ends(bytes, len, i, FRAMER_CHAR_TEXT));
		CHECK_EQ(bit(b.value, i), ends(bytes, len, i, FRAMER_CHAR_VALUE));
		CHECK_EQ(bit(b.name, i), ends(bytes, len, i, FRAMER_CHAR_NAME));
	}
	free(copy);
}

/* Every byte at every place among plain ones. */
static void every_byte(void)
{
	uint8_t bytes[64];

	for (unsigned int place = 0; place < 64; place++)
		for (unsigned int byte = 0; byte < 256; byte++) {
			memset(bytes, 'a', sizeof(bytes));
			bytes[place] = (uint8_t)byte;
			agree(bytes, sizeof(bytes));
		}
}

static void random_blocks_of_every_length(void)
{
	uint64_t seed = UINT64_C(0x5eed5eed00000003);
	uint8_t bytes[64];

	for (int round = 0; round < 2000; round++)
		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
			bytes[i] = (uint8_t)(seed >> 56);
			if (i % 16 == 15)
				agree(bytes, 1 + (size_t)(seed >> 40) % 64);
		}
}

/* A namespace name goes on over what the scalar run takes. */
FRAMER_AVX2 static void every_byte_of_a_uri(void)
{
	const uint8_t plain = FRAMER_CHAR_URI | FRAMER_CHAR_VALUE;
	uint8_t bytes[32];

	for (unsigned int byte = 0; byte < 256; byte++) {
		__m256i v;
		uint32_t stops;

		memset(bytes, (int)byte, sizeof(bytes));
		v = _mm256_loadu_si256((const __m256i *)(const void *)bytes);
		stops = ~framer_none_of(framer_uri_groups(v), 0xff) | framer_signs(v);
		CHECK_EQ(stops, (framer_char_class[byte] & plain) == plain ? 0 : UINT32_MAX);
	}
}

/* Runs of characters against the decoder that takes a byte at a time. */
static void every_character(void)
{
	for (uint32_t code = 0x80; code <= 0x10ffff; code++) {
		const bool is_surrogate = code >= 0xd800 && code < 0xe000;
		uint8_t bytes[5] = {0};
		const unsigned int len = is_surrogate ? 0 : utf8_encode(code, bytes);

		if (is_surrogate)
			continue;
		CHECK_EQ(framer_utf8_text(bytes, bytes + len),
			 framer_char_is_legal(code) ? len : 0);
		for (unsigned int cut = 1; cut < len; cut++)
			CHECK_EQ(framer_utf8_text(bytes, bytes + cut), 0);
	}
}

/* Every three bytes that begin beyond ASCII, where four make no difference to the first three. */
static void every_wrong_sequence(void)
{
	for (uint32_t n = 0x800000; n <= 0xffffff; n++) {
		const uint8_t bytes[4] = {(uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n, '<'};
		struct utf8 u;
		unsigned int len = 1;
		bool good = utf8_begin(&u, bytes[0]);

		while (good && u.left > 0)
			good = len < 4 && utf8_next(&u, bytes[len++]);
		if (good)
			good = framer_char_is_legal(u.code);
		if ((framer_utf8_text(bytes, bytes + 4) >= len) != good)
			CHECK_EQ(n, -1);
	}
}

int main(void)
{
	if (framer_walk_is_possible()) {
		RUN(every_byte);
		RUN(random_blocks_of_every_length);
		RUN(every_byte_of_a_uri);
	} else {
		printf("no AVX2 here: the masks are not used, and not tested\n");
	}
	RUN(every_character);
	RUN(every_wrong_sequence);
	return check_summary();
}
