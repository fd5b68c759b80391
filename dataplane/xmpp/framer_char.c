/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * framer_char.c - classes of bytes, and which characters XML lets into text and names.
 */
#include "dataplane/xmpp/framer_parts.h"

#define PLAIN (FRAMER_CHAR_TEXT | FRAMER_CHAR_VALUE | FRAMER_CHAR_CDATA)
#define W     (PLAIN | FRAMER_CHAR_SPACE)
#define L     (PLAIN | FRAMER_CHAR_URI | FRAMER_CHAR_NAME | FRAMER_CHAR_NAME_START)
#define N     (PLAIN | FRAMER_CHAR_URI | FRAMER_CHAR_NAME)
#define P     (PLAIN | FRAMER_CHAR_URI)
#define X     PLAIN
#define Q     (FRAMER_CHAR_TEXT | FRAMER_CHAR_CDATA)
#define H     (Q | FRAMER_CHAR_URI)
#define A     FRAMER_CHAR_CDATA
#define E     (FRAMER_CHAR_CDATA | FRAMER_CHAR_URI)
#define B     (FRAMER_CHAR_VALUE | FRAMER_CHAR_URI)

/* Sixteen a row, from 0x00; from 0x80 on nothing is plain. */
const uint8_t framer_char_class[256] = {
    /* clang-format off */
	0, 0, 0, 0, 0, 0, 0, 0, 0, W, W, 0, 0, W, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	W, P, Q, P, P, P, E, H, P, P, P, P, P, N, N, P,
	N, N, N, N, N, N, N, N, N, N, P, P, A, P, X, P,
	P, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
	L, L, L, L, L, L, L, L, L, L, L, P, X, B, X, L,
	X, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
	L, L, L, L, L, L, L, L, L, L, L, X, X, X, P, X,
    /* clang-format on */
};

struct range {
	uint16_t from, to;
};

#define RANGE(from, to) {from, to},
static const struct range name_start_ranges[] = {
#include "dataplane/xmpp/name_start.def"
};
static const struct range name_ranges[] = {
#include "dataplane/xmpp/name.def"
};
#undef RANGE

static bool find(const struct range *ranges, size_t count, uint32_t code)
{
	size_t low = 0, high = count;

	while (low < high) {
		const size_t middle = (low + high) / 2;

		if (code > ranges[middle].to)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && code >= ranges[low].from;
}

bool framer_char_is_name_start(uint32_t code)
{
	return find(name_start_ranges, ARRAY_LEN(name_start_ranges), code);
}

bool framer_char_is_name(uint32_t code)
{
	return find(name_ranges, ARRAY_LEN(name_ranges), code);
}

bool framer_char_is_legal(uint32_t code)
{
	if (code < 0x20)
		return code == '\t' || code == '\n' || code == '\r';
	return code < 0xd800 || (code > 0xdfff && code < 0xfffe) ||
	       (code > 0xffff && code <= 0x10ffff);
}
