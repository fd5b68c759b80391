/* SPDX-License-Identifier: BSD-3-Clause */
/* sample.c - the few stanzas whose way through the relay is timed. */
#include "dataplane/core/core_state.h"

enum { PLACE_BITS = 3, TURNS = 1 << (8 - PLACE_BITS) };

_Static_assert(SAMPLES_MAX == 1 << PLACE_BITS, "a tag has the place in its low bits");

static struct sample *find_free(struct samples *s, uint64_t now_us)
{
	for (unsigned int i = 0; i < SAMPLES_MAX; i++) {
		struct sample *x = &s->at[i];

		if (x->in_us == 0 || (!x->is_placed && now_us - x->in_us > SAMPLE_PATIENCE_US))
			return x;
	}
	return NULL;
}

uint8_t sample_begin_one(struct samples *s, uint64_t now_us)
{
	struct sample *x = find_free(s, now_us);
	uint8_t turn;

	s->left = SAMPLE_EVERY - 1;
	if (x == NULL || now_us == 0)
		return 0;
	turn = (uint8_t)(x->turn + 1 < TURNS ? x->turn + 1 : 1); /* never 0: no tag is */
	*x = (struct sample){.in_us = now_us, .turn = turn};
	return (uint8_t)(turn << PLACE_BITS | (x - s->at));
}

void sample_place(struct core *c, const struct conn *k, uint8_t tag, uint64_t offset)
{
	struct sample *x = &c->samples.at[tag & (SAMPLES_MAX - 1)];

	if (x->in_us == 0 || x->is_placed || x->turn != tag >> PLACE_BITS)
		return;
	x->is_placed = true;
	x->slot = k->id.slot;
	x->generation = k->id.generation;
	x->offset = offset;
	c->samples.placed++;
}

static void count(struct core *c, uint64_t us)
{
	unsigned int i = 0;

	while (i < STATS_LATENCY_BOUNDS && us > stats_latency_bounds_us[i])
		i++;
	stat_add(&c->stats.latency[i], 1);
	stat_add(&c->stats.latency_sum_us, us);
}

/* True: it is over, measured or not. */
static bool look(struct core *c, const struct sample *x)
{
	const struct conn *k = &c->conn[x->slot];

	if (k->id.generation != x->generation || k->state == CONN_FREE || k->state == CONN_GONE)
		return true;
	if (tcp_transmitted(k->tcp) <= x->offset)
		return false;
	count(c, c->now_us - x->in_us);
	return true;
}

void sample_look(struct core *c)
{
	for (unsigned int i = 0; i < SAMPLES_MAX; i++) {
		struct sample *x = &c->samples.at[i];

		if (!x->is_placed || !look(c, x))
			continue;
		x->in_us = 0;
		x->is_placed = false;
		c->samples.placed--;
	}
}
