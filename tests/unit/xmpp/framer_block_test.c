/* SPDX-License-Identifier: BSD-3-Clause */
/* framer_block_test.c - the masks of a block against the table of classes, where there is AVX2. */
#include "dataplane/xmpp/framer_block.h"

#include <stdlib.h>

#include "tests/check.h"

static bool is_one_of(uint8_t byte, const char *bytes)
{
	return byte != 0 && strchr(bytes, byte) != NULL;
}

/* What framer_block.h says: the classes, but for a few bytes. */
static bool ends(const uint8_t *bytes, size_t len, size_t i, uint8_t class, const char *also)
{
	return i >= len || (framer_char_class[bytes[i]] & class) != class ||
	       is_one_of(bytes[i], also);
}

static bool bit(const uint32_t *mask, size_t i)
{
	return (mask[i / 32] >> i % 32 & 1) != 0;
}

/* @len bytes in memory of just that size, so that a sanitizer sees a read past them. */
FRAMER_AVX2 static void agree(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len);
	struct framer_block b;

	memcpy(copy, bytes, len);
	memset(&b, 0x55, sizeof(b));
	framer_block_read(&b, copy, len, copy + len);
	CHECK(b.at == copy && b.end == copy + len);
	for (size_t i = 0; i < len + 65; i++) {
		CHECK_EQ(bit(b.text, i), ends(bytes, len, i, FRAMER_CHAR_TEXT, "\t\r\n"));
		CHECK_EQ(bit(b.value, i), ends(bytes, len, i, FRAMER_CHAR_VALUE, "\t\r\n"));
		CHECK_EQ(bit(b.name, i), ends(bytes, len, i, FRAMER_CHAR_NAME, ""));
		CHECK_EQ(bit(b.uri, i),
			 ends(bytes, len, i, FRAMER_CHAR_URI | FRAMER_CHAR_VALUE, "~[]"));
	}
	free(copy);
}

/* Every byte at every place among plain ones. */
static void every_byte(void)
{
	uint8_t bytes[80];

	for (unsigned int place = 0; place < sizeof(bytes); place++)
		for (unsigned int byte = 0; byte < 256; byte++) {
			memset(bytes, 'a', sizeof(bytes));
			bytes[place] = (uint8_t)byte;
			agree(bytes, sizeof(bytes));
		}
}

static void random_blocks_of_every_length(void)
{
	uint64_t seed = UINT64_C(0x5eed5eed00000003);
	uint8_t bytes[FRAMER_BLOCK_BYTES];

	for (size_t len = 1; len <= sizeof(bytes); len++)
		for (int round = 0; round < 4; round++) {
			for (size_t i = 0; i < len; i++)
				bytes[i] = (uint8_t)(check_random(&seed) >> 56);
			agree(bytes, len);
		}
}

/* A run from every place to the byte that ends it, or the block's end. */
FRAMER_AVX2 static void runs_of_every_length(void)
{
	uint8_t bytes[200];
	struct framer_block b;

	for (size_t end = 0; end <= sizeof(bytes); end++) {
		memset(bytes, 'a', sizeof(bytes));
		if (end < sizeof(bytes))
			bytes[end] = '<';
		framer_block_read(&b, bytes, sizeof(bytes), bytes + sizeof(bytes));
		for (size_t at = 0; at <= end; at++)
			CHECK(framer_block_run(&b, b.text, bytes + at) == bytes + end);
	}
}

int main(void)
{
	if (framer_walk_is_possible()) {
		RUN(every_byte);
		RUN(random_blocks_of_every_length);
		RUN(runs_of_every_length);
	} else {
		printf("no AVX2 here: the masks are not used, and not tested\n");
	}
	return check_summary();
}
