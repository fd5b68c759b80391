/* SPDX-License-Identifier: BSD-3-Clause */
/* histogram.c - slot of a value, value of a slot. */
#include "bench/load/histogram.h"

static unsigned int shift_of(uint64_t value)
{
	return value < 2 * HISTOGRAM_STEPS ? 0 : 53 - (unsigned int)__builtin_clzll(value);
}

/* Below 2,048 a slot a value; then 1,024 a power of two, the upper half of its steps. */
static size_t slot_of(uint64_t value)
{
	const unsigned int shift = shift_of(value);

	return (size_t)shift * HISTOGRAM_STEPS + (size_t)(value >> shift);
}

/* The largest value of @slot. */
static uint64_t value_of(size_t slot)
{
	const size_t shift = slot < 2 * HISTOGRAM_STEPS ? 0 : slot / HISTOGRAM_STEPS - 1;
	const uint64_t step = slot - shift * HISTOGRAM_STEPS;

	return ((step + 1) << shift) - 1;
}

void histogram_add(struct histogram *h, uint64_t value)
{
	const uint64_t most = (UINT64_C(1) << HISTOGRAM_VALUE_BITS) - 1;

	if (value > h->max)
		h->max = value;
	h->slots[slot_of(value < most ? value : most)]++;
	h->count++;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
	for (size_t i = 0; i < HISTOGRAM_SLOTS; i++)
		into->slots[i] += from->slots[i];
	into->count += from->count;
	if (from->max > into->max)
		into->max = from->max;
}

uint64_t histogram_at(const struct histogram *h, double share)
{
	const double exact = share * (double)h->count;
	uint64_t rank = (uint64_t)exact, seen = 0, value = 0;

	if ((double)rank < exact || rank == 0)
		rank++;
	if (h->count == 0)
		return 0;
	if (rank > h->count)
		rank = h->count;
	for (size_t i = 0; i < HISTOGRAM_SLOTS && seen < rank; i++) {
		seen += h->slots[i];
		value = value_of(i);
	}
	return value < h->max ? value : h->max;
}
