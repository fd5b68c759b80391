/* SPDX-License-Identifier: BSD-3-Clause */
/* dice.c - a 64-bit counter, mixed (the finalizer of splitmix64). */
#include <string.h>

#include "tests/e2e/bulk/dice.h"

uint64_t dice_roll(struct dice *d)
{
	uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint32_t dice_below(struct dice *d, uint32_t sides)
{
	return (uint32_t)((dice_roll(d) >> 32) * sides >> 32);
}

bool dice_hit(struct dice *d, uint32_t per_10000)
{
	return per_10000 > 0 && dice_below(d, 10000) < per_10000;
}

void dice_fill(struct dice *d, void *at, size_t len)
{
	uint8_t *to = at;

	while (len > 0) {
		const uint64_t word = dice_roll(d);
		const size_t n = len < sizeof(word) ? len : sizeof(word);

		memcpy(to, &word, n);
		to += n;
		len -= n;
	}
}
