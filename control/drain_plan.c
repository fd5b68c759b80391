/* SPDX-License-Identifier: BSD-3-Clause */
/* drain_plan.c - who ends when. */
#include "control/drain_plan.h"

/* Of the deadline: for resets, errors on their way back and gateways' last words. */
#define TAIL_MAX_US UINT64_C(5000000)
/* A stream that is always writing has always something under way: after so long a wait for it to
 * have nothing, a little is nothing. */
#define OWED_PATIENCE_US UINT64_C(1000000)
#define LITTLE_BYTES     UINT64_C(16384)
/* Behind the spread: how long a longer queue is waited for. */
#define QUEUE_PATIENCE_US UINT64_C(10000000)
/* Gateways that never stop writing: how long their last answers are waited for. */
#define ANSWER_PATIENCE_US UINT64_C(2000000)

void drain_plan_begin(struct drain_plan *p, const struct drain_times *t, uint64_t now_us)
{
	const uint64_t tail_us =
	    t->deadline_us / 5 < TAIL_MAX_US ? t->deadline_us / 5 : TAIL_MAX_US;

	*p = (struct drain_plan){.phase = DRAIN_PARTNERS,
				 .began_us = now_us,
				 .spread_us = t->spread_us,
				 .close_by_us = now_us + t->deadline_us - tail_us,
				 .cut_us = now_us + t->deadline_us - tail_us / 2,
				 .deadline_us = now_us + t->deadline_us};
}

void drain_plan_end(struct drain_plan *p)
{
	*p = (struct drain_plan){.phase = DRAIN_OFF};
}

/* How many of all that there were should have ended by now: evenly over the spread. */
static uint32_t due(const struct drain_plan *p, const struct drain_count *n)
{
	const uint64_t all = (uint64_t)p->closed + n->partners_open;
	const uint64_t passed_us = n->now_us - p->began_us;

	if (passed_us >= p->spread_us || n->now_us >= p->close_by_us)
		return (uint32_t)all;
	return (uint32_t)((all * passed_us + p->spread_us - 1) / p->spread_us);
}

static void close_some(struct drain_plan *p, const struct drain_count *n, struct drain_step *out)
{
	const uint32_t should = due(p, n);

	out->close_partners = should > p->closed ? should - p->closed : 0;
	if (out->close_partners == 0)
		p->owed_us = 0;
	else if (p->owed_us == 0)
		p->owed_us = n->now_us;
	if (n->now_us >= p->close_by_us ||
	    n->now_us >= p->began_us + p->spread_us + QUEUE_PATIENCE_US)
		out->queue_bytes_max = UINT64_MAX;
	else if (p->owed_us != 0 && n->now_us - p->owed_us >= OWED_PATIENCE_US)
		out->queue_bytes_max = LITTLE_BYTES;
}

/* Nothing waits for an answer any more, or has for long enough. */
static bool is_answered(struct drain_plan *p, const struct drain_count *n)
{
	if (p->alone_us == 0)
		p->alone_us = n->now_us;
	return n->held == 0 || n->now_us - p->alone_us >= ANSWER_PATIENCE_US;
}

static void with_partners(struct drain_plan *p, const struct drain_count *n, struct drain_step *out)
{
	if (n->partners > 0) {
		p->alone_us = 0;
		if (n->now_us >= p->cut_us)
			p->phase = DRAIN_CUT;
		out->cut_partners = p->phase == DRAIN_CUT;
		if (!out->cut_partners)
			close_some(p, n, out);
	} else if (is_answered(p, n)) {
		p->phase = DRAIN_GATEWAYS;
		p->alone_us = 0;
	}
}

static void with_gateways(struct drain_plan *p, const struct drain_count *n, struct drain_step *out)
{
	out->close_gateways = n->gateways_open > 0;
	if (n->gateways == 0 && is_answered(p, n))
		p->phase = DRAIN_LEGS;
}

struct drain_step drain_plan_step(struct drain_plan *p, const struct drain_count *n)
{
	const bool is_late = n->now_us >= p->deadline_us;
	struct drain_step out = {0};

	if (p->phase == DRAIN_PARTNERS || p->phase == DRAIN_CUT)
		with_partners(p, n, &out);
	if (p->phase == DRAIN_GATEWAYS)
		with_gateways(p, n, &out);
	if (p->phase == DRAIN_LEGS) {
		out.close_legs = n->legs > 0;
		if (n->legs == 0 && n->gateways == 0 && n->partners == 0 &&
		    (n->held == 0 || is_late))
			p->phase = DRAIN_DONE;
	}
	if (is_late && p->phase != DRAIN_OFF && p->phase != DRAIN_DONE) {
		p->phase = DRAIN_LEGS;
		out = (struct drain_step){.cut_all = true};
	}
	return out;
}

void drain_plan_closed(struct drain_plan *p, uint32_t streams)
{
	p->closed += streams;
}

const char *drain_plan_state(const struct drain_plan *p)
{
	return p->phase == DRAIN_OFF ? "running" : p->phase == DRAIN_DONE ? "drained" : "draining";
}
