/* SPDX-License-Identifier: BSD-3-Clause */
/* lent.c - the pool of key schedules: a hand that goes round. */
#include "dataplane/tls/lent.h"

#include <stdlib.h>

#include "dataplane/tls/wipe.h"

#define ROUND_US UINT64_C(60000000)

_Static_assert(sizeof(struct lent_key) <= 1024, "the core's pools.h counts 1 KB");

bool lent_init(struct lent_pool *p, uint32_t count)
{
	*p = (struct lent_pool){
	    .key = aligned_alloc(CACHE_LINE, count * sizeof(*p->key)),
	    .holder = calloc(count, sizeof(*p->holder)),
	    .is_used = calloc(count, sizeof(*p->is_used)),
	    .count = count,
	};
	return p->key != NULL && p->holder != NULL && p->is_used != NULL;
}

static void take_back(struct lent_pool *p, uint32_t i)
{
	wipe(&p->key[i], sizeof(p->key[i]));
	*p->holder[i] = 0;
	p->holder[i] = NULL;
	p->lent--;
}

void lent_fini(struct lent_pool *p)
{
	for (uint32_t i = 0; p->holder != NULL && i < p->count; i++)
		if (p->holder[i] != NULL)
			take_back(p, i);
	free(p->key);
	free(p->holder);
	free(p->is_used);
	*p = (struct lent_pool){0};
}

/* Passes one entry. True: it is free now. */
static bool pass(struct lent_pool *p, uint32_t i)
{
	if (p->holder[i] == NULL)
		return true;
	if (p->is_used[i]) {
		p->is_used[i] = false;
		return false;
	}
	take_back(p, i);
	return true;
}

static uint32_t advance(struct lent_pool *p)
{
	const uint32_t i = p->hand;

	p->hand = i + 1 < p->count ? i + 1 : 0;
	return i;
}

struct lent_key *lent_take(struct lent_pool *p, uint32_t *holder)
{
	uint32_t i = advance(p);

	/* Ends in the second round at the latest, when nothing is marked any more. */
	while (!pass(p, i))
		i = advance(p);
	p->holder[i] = holder;
	p->lent++;
	p->is_used[i] = false; /* until it is wanted again: those wanted once go first */
	*holder = i + 1;
	return &p->key[i];
}

void lent_give(struct lent_pool *p, uint32_t *holder)
{
	if (*holder != 0)
		take_back(p, *holder - 1);
}

void lent_tick(struct lent_pool *p, uint64_t now_us)
{
	uint64_t due;

	if (p->swept >= p->count || now_us < p->round_us || now_us - p->round_us > 2 * ROUND_US) {
		p->swept = 0;
		p->round_us = now_us;
	}
	due = (now_us - p->round_us) * p->count / ROUND_US;
	for (; p->swept < due && p->swept < p->count; p->swept++)
		(void)pass(p, advance(p));
}
