/* SPDX-License-Identifier: BSD-3-Clause */
/* tag.c - hex digits, a byte at a time by table: this runs once for each stanza, at both ends. */
#include "bench/load/tag.h"

#include <string.h>

static void put(uint8_t *at, uint64_t value, unsigned int digits)
{
	static const char hex[] = "0123456789abcdef";

	while (digits-- > 0) {
		at[digits] = (uint8_t)hex[value & 15];
		value >>= 4;
	}
}

/* Value + 1 of each hex digit, 0 of everything else. */
static const uint8_t digit_of[256] = {
    ['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

static bool get(const uint8_t *at, unsigned int digits, uint64_t *out)
{
	uint64_t value = 0;
	bool good = true;

	for (unsigned int i = 0; i < digits; i++) {
		const uint8_t digit = digit_of[at[i]];

		good = good && digit > 0;
		value = value << 4 | (uint64_t)((digit - 1) & 15);
	}
	*out = value;
	return good;
}

void tag_write(const struct tag *t, uint8_t out[TAG_TEXT])
{
	out[0] = 'L';
	put(out + 1, t->run, 4);
	put(out + 5, t->flow, 6);
	put(out + 11, t->seq, 8);
	put(out + 19, t->due_ns, 12);
}

bool tag_read(struct span id, struct tag *out)
{
	uint64_t run, flow, seq;

	if (id.len != TAG_TEXT || id.at[0] != 'L' || !get(id.at + 1, 4, &run) ||
	    !get(id.at + 5, 6, &flow) || !get(id.at + 11, 8, &seq) ||
	    !get(id.at + 19, 12, &out->due_ns))
		return false;
	out->run = (uint16_t)run;
	out->flow = (uint32_t)flow;
	out->seq = (uint32_t)seq;
	return true;
}

uint64_t tag_age_ns(const struct tag *t, uint64_t now_ns)
{
	return (now_ns - t->due_ns) & ((UINT64_C(1) << TAG_TIME_BITS) - 1);
}
