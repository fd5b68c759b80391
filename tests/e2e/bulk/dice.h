/* SPDX-License-Identifier: BSD-3-Clause */
/* dice.h - seeded random numbers: the same seed gives the same bytes and the same faults. */
#ifndef TESTS_E2E_BULK_DICE_H
#define TESTS_E2E_BULK_DICE_H

#include <stddef.h>

#include "dataplane/base/base.h"

struct dice {
	uint64_t state;
};

uint64_t dice_roll(struct dice *d);
/* 0 .. @sides - 1 */
uint32_t dice_below(struct dice *d, uint32_t sides);
/* True @per_10000 times of 10,000. */
bool dice_hit(struct dice *d, uint32_t per_10000);
void dice_fill(struct dice *d, void *at, size_t len);

#endif
