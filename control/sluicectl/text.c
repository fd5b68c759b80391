/* SPDX-License-Identifier: BSD-3-Clause */
/* text.c - characters and their columns. */
#include <wchar.h>

#include "control/sluicectl/text.h"

/* The character at @at, and its bytes; a byte that begins none is one of its own. */
static wchar_t character(const char *at, size_t *bytes)
{
	const uint8_t first = (uint8_t)at[0];
	const size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
	uint32_t c = more == 0 ? first : first & (0x3fu >> more);

	*bytes = 1;
	for (size_t i = 1; i <= more; i++) {
		const uint8_t next = (uint8_t)at[i];

		if ((next & 0xc0) != 0x80)
			return L'?';
		c = c << 6 | (next & 0x3fu);
	}
	*bytes = 1 + more;
	return (wchar_t)c;
}

static size_t columns_of(wchar_t c)
{
	const int n = wcwidth(c);

	return n < 0 ? 1 : (size_t)n;
}

size_t sluicectl_text_width(const char *text)
{
	size_t n = 0, bytes;

	for (; *text != '\0'; text += bytes)
		n += columns_of(character(text, &bytes));
	return n;
}

size_t sluicectl_text_fit(const char *text, size_t columns)
{
	size_t at = 0, bytes;

	while (text[at] != '\0') {
		const size_t wide = columns_of(character(text + at, &bytes));

		if (wide > columns)
			break;
		columns -= wide;
		at += bytes;
	}
	return at;
}
