/* SPDX-License-Identifier: BSD-3-Clause */
/* framer_utf8_test.c - the two ways to take a run of characters against the decoder that takes a
 * byte at a time. */
#include <stdlib.h>

#include "dataplane/xmpp/framer_block.h"
#include "tests/check.h"

enum { BLOCK = 32 };

/* The length of the character at @at; 0: it is wrong, or not all there, or ends a run of @plain. */
static size_t char_len(const uint8_t *at, const uint8_t *stop, uint8_t plain)
{
	size_t len = 1;
	struct utf8 u;

	if (at == stop)
		return 0;
	if (*at < 0x80)
		return *at >= ' ' && (framer_char_class[*at] & plain) != 0;
	if (!utf8_begin(&u, *at))
		return 0;
	while (u.left > 0)
		if (at + len == stop || !utf8_next(&u, at[len++]))
			return 0;
	return framer_char_is_legal(u.code) ? len : 0;
}

/* Does @taken of @len bytes end at a character, and go as far as it should? */
static bool is_right(const uint8_t *bytes, size_t len, uint8_t plain, size_t taken)
{
	const uint8_t *stop = bytes + len;
	bool at_char = taken == 0;
	size_t at = 0, n;

	while ((n = char_len(bytes + at, stop, plain)) > 0) {
		at += n;
		at_char = at_char || at == taken;
	}
	if (!at_char || taken > at)
		return false;
	/* That was an end, or there is something wrong in the next 32 bytes. */
	return taken == at || (at < len && at - taken < BLOCK && bytes[at] >= 0x80);
}

/* In memory of just that size, so that a sanitizer sees a read past it. */
static void agree(const uint8_t *bytes, size_t len)
{
	static const uint8_t plain[2] = {FRAMER_CHAR_TEXT, FRAMER_CHAR_VALUE};
	uint8_t *copy = malloc(len + 1);
	bool good = true;

	memcpy(copy + 1, bytes, len);
	for (int i = 0; i < 2; i++)
		good = good && is_right(copy + 1, len, plain[i],
					framer_utf8_run(copy + 1, copy + 1 + len, plain[i]));
	CHECK(good);
	free(copy);
}

/* Runs of characters, one at a time. */
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
		const size_t len = char_len(bytes, bytes + 4, FRAMER_CHAR_TEXT);

		if (framer_utf8_text(bytes, bytes + 4) < len ||
		    (len == 0 && framer_utf8_text(bytes, bytes + 4) > 0))
			CHECK_EQ(n, -1);
	}
}

/* The same at places of a block that matter to the vectors, with a fourth byte of each kind. */
static void every_sequence_in_a_block(void)
{
	static const uint8_t fourth[] = {'a', 0x80, 0xbe, 0xbf, 0xc2, 0xf0};
	static const uint8_t places[] = {0, 13, 14, 15, 28};
	uint8_t bytes[2 * BLOCK];

	memset(bytes, 'a', sizeof(bytes));
	for (uint32_t n = 0x800000; n <= 0xffffff; n += (n & 0xff) == 0x82 ? 0x3a : 1) {
		const uint8_t place = places[n % sizeof(places)];

		bytes[place] = (uint8_t)(n >> 16);
		bytes[place + 1] = (uint8_t)(n >> 8);
		bytes[place + 2] = (uint8_t)n;
		bytes[place + 3] = fourth[n / 5 % sizeof(fourth)];
		if (!is_right(bytes, sizeof(bytes), FRAMER_CHAR_TEXT,
			      framer_utf8_run(bytes, bytes + sizeof(bytes), FRAMER_CHAR_TEXT)))
			CHECK_EQ(n, -1);
		memset(bytes + place, 'a', 4);
	}
}

/* Text of all kinds, damaged or not, from every place and to every cut. */
static void random_text(void)
{
	static const char *const words[] = {"a",
					    " ",
					    "\xd0\xb4",
					    "\xd0\xbe\xd0\xb2",
					    "\xe6\x98\x8e\xe5\xa4\xa9",
					    "\xef\xbf\xbd",
					    "\xf0\x9f\x98\x80",
					    "\xf4\x8f\xbf\xbf",
					    "\xed\x9f\xbf",
					    "\x7f",
					    "word"};
	static const char ends[] = "<&]'\"\t\n\x01\x80\xbf\xc0\xe0\xed\xf5\xff";
	uint64_t seed = UINT64_C(0x5eed5eed00000005);
	uint8_t bytes[160];

	for (int round = 0; round < 400; round++) {
		size_t len = 0;

		while (len + 6 <= sizeof(bytes)) { /* the longest word */
			const char *word = words[(check_random(&seed) >> 40) % ARRAY_LEN(words)];

			memcpy(bytes + len, word, strlen(word));
			len += strlen(word);
		}
		if (round % 4 > 0)
			bytes[(check_random(&seed) >> 40) % len] =
			    (uint8_t)ends[(check_random(&seed) >> 40) % (sizeof(ends) - 1)];
		for (size_t from = 0; from < BLOCK; from++)
			agree(bytes + from, len - from);
		for (size_t cut = 0; cut < len; cut++)
			agree(bytes, cut);
	}
}

int main(void)
{
	RUN(every_character);
	RUN(every_wrong_sequence);
	if (framer_walk_is_possible()) {
		RUN(every_sequence_in_a_block);
		RUN(random_text);
	} else {
		printf("no AVX2 here: the vectors are not used, and not tested\n");
	}
	return check_summary();
}
