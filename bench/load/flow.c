/* SPDX-License-Identifier: BSD-3-Clause */
/* flow.c - the order of what comes, by a window of bits. */
#include "bench/load/flow.h"

#include <string.h>

static uint64_t *word_of(struct flow *f, uint32_t seq)
{
	return &f->seen[seq % FLOW_WINDOW / 64];
}

static void mark(struct flow *f, uint32_t seq)
{
	*word_of(f, seq) |= UINT64_C(1) << seq % 64;
}

/* The bits of @count numbers from f->next on are of an earlier lap. */
static void forget(struct flow *f, uint32_t count)
{
	if (count >= FLOW_WINDOW) {
		memset(f->seen, 0, sizeof(f->seen));
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		*word_of(f, f->next + i) &= ~(UINT64_C(1) << (f->next + i) % 64);
}

enum flow_result flow_receive(struct flow *f, uint32_t seq, struct flow_counts *counts)
{
	if (seq >= f->next) {
		forget(f, seq - f->next);
		counts->missing += seq - f->next;
		mark(f, seq);
		f->next = seq + 1;
		counts->received++;
		return FLOW_NEW;
	}
	if (f->next - seq > FLOW_WINDOW || (*word_of(f, seq) >> seq % 64 & 1) != 0) {
		counts->duplicated++;
		return FLOW_DUPLICATE;
	}
	mark(f, seq);
	counts->missing--;
	counts->out_of_order++;
	counts->received++;
	return FLOW_LATE;
}
