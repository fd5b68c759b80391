/* SPDX-License-Identifier: BSD-3-Clause */
/* drain_plan_test.c - a node is emptied: evenly, in order, in time. */
#include "control/drain_plan.h"
#include "tests/check.h"

#define MS UINT64_C(1000)
#define S  UINT64_C(1000000)

enum { START_S = 1000, PARTNERS = 600 };

static struct drain_plan plan;
static struct drain_count now;

/* A node with streams of every kind; the drain begins. */
static void begin(uint64_t spread_us, uint64_t deadline_us)
{
	const struct drain_times times = {spread_us, deadline_us};

	now = (struct drain_count){.now_us = START_S * S,
				   .partners_open = PARTNERS,
				   .partners = PARTNERS,
				   .gateways_open = 3,
				   .gateways = 3,
				   .legs = 2};
	drain_plan_begin(&plan, &times, now.now_us);
}

/* Peers that answer at once: who is told to end is gone at the next look. */
static struct drain_step look(void)
{
	const struct drain_step step = drain_plan_step(&plan, &now);
	const uint32_t n =
	    step.close_partners < now.partners_open ? step.close_partners : now.partners_open;

	drain_plan_closed(&plan, n);
	now.partners_open -= n;
	now.partners -= n;
	if (step.cut_partners)
		now.partners = now.partners_open = 0;
	if (step.close_gateways)
		now.gateways = now.gateways_open = 0;
	if (step.close_legs)
		now.legs = 0;
	if (step.cut_all)
		now = (struct drain_count){.now_us = now.now_us, .held = now.held};
	now.now_us += 100 * MS;
	return step;
}

static uint64_t passed_us(void)
{
	return now.now_us - START_S * S;
}

static void look_until(uint64_t us)
{
	while (passed_us() < us)
		(void)look();
}

static void closes_evenly(void)
{
	begin(60 * S, 300 * S);
	for (unsigned int s = 1; s <= 60; s++) {
		look_until(s * S);
		/* as many as the second says, and those of one look */
		CHECK(plan.closed <= 10 * s + 1);
		CHECK(plan.closed + 2 >= 10 * s - 8);
	}
	CHECK(now.gateways_open == 3);
	CHECK_STR(drain_plan_state(&plan), "draining");
	look_until(61 * S);
	CHECK_EQ(plan.closed, PARTNERS);
	CHECK_STR(drain_plan_state(&plan), "drained");
}

static void closes_at_once_without_a_spread(void)
{
	begin(0, 10 * S);
	CHECK_EQ(look().close_partners, PARTNERS);
}

/* Streams that come meanwhile, from dials that were under way, are in the count. */
static void closes_latecomers(void)
{
	begin(10 * S, 60 * S);
	look_until(5 * S);
	now.partners += 100;
	now.partners_open += 100;
	look_until(10 * S + 200 * MS);
	CHECK_EQ(plan.closed, PARTNERS + 100);
}

/* Those that have something to send are waited for, and then no more. */
static void waits_for_queues(void)
{
	struct drain_step step;

	begin(0, 60 * S);
	step = drain_plan_step(&plan, &now);
	CHECK_EQ(step.queue_bytes_max, 0);
	now.now_us += 1 * S;
	step = drain_plan_step(&plan, &now);
	CHECK(step.queue_bytes_max > 0 && step.queue_bytes_max < 65536);
	now.now_us += 9 * S;
	step = drain_plan_step(&plan, &now);
	CHECK(step.queue_bytes_max == UINT64_MAX);
	CHECK_EQ(step.close_partners, PARTNERS);
	CHECK(!step.cut_partners);
}

static void hurries_when_time_is_short(void)
{
	begin(10 * S, 10 * S); /* a tail of 2 s */
	now.now_us += 8 * S;
	CHECK(drain_plan_step(&plan, &now).queue_bytes_max == UINT64_MAX);
	CHECK_EQ(drain_plan_step(&plan, &now).close_partners, PARTNERS);
	now.now_us += 1 * S;
	CHECK(drain_plan_step(&plan, &now).cut_partners);
	CHECK_EQ(plan.phase, DRAIN_CUT);
	CHECK_EQ(drain_plan_step(&plan, &now).close_partners, 0);
	CHECK_STR(drain_plan_state(&plan), "draining");
}

/* Gateways stay until what they sent is answered; those that lead to them are last. */
static void leaves_gateways_to_the_end(void)
{
	struct drain_step step;

	begin(0, 60 * S);
	now.held = 7;
	(void)look();
	CHECK_EQ(now.partners, 0);
	step = look();
	CHECK(!step.close_gateways && !step.close_legs);
	CHECK_EQ(plan.phase, DRAIN_PARTNERS);
	now.held = 0;
	step = drain_plan_step(&plan, &now);
	CHECK(step.close_gateways && !step.close_legs);
	CHECK_EQ(plan.phase, DRAIN_GATEWAYS);
	now.gateways_open = 0;
	step = drain_plan_step(&plan, &now); /* told, and not gone yet */
	CHECK(!step.close_gateways && !step.close_legs);
	now.gateways = 0;
	step = drain_plan_step(&plan, &now);
	CHECK(step.close_legs);
	now.legs = 0;
	(void)drain_plan_step(&plan, &now);
	CHECK_EQ(plan.phase, DRAIN_DONE);
}

/* A gateway that never stops writing always has something held. */
static void does_not_wait_for_ever_for_answers(void)
{
	begin(0, 60 * S);
	now.partners = now.partners_open = 0;
	now.held = 1;
	look_until(1900 * MS);
	CHECK_EQ(plan.phase, DRAIN_PARTNERS);
	look_until(2300 * MS);
	CHECK(plan.phase > DRAIN_PARTNERS);
	CHECK(plan.phase < DRAIN_DONE); /* something is held */
	now.held = 0;
	look_until(6 * S);
	CHECK_EQ(plan.phase, DRAIN_DONE);
}

/* Whatever does not go by itself: at the deadline nothing is left. */
static void keeps_the_deadline(void)
{
	struct drain_step step;
	bool is_cut = false;

	begin(1 * S, 5 * S);
	while (passed_us() < 6 * S && plan.phase != DRAIN_DONE) {
		step = drain_plan_step(&plan, &now);
		if (step.cut_all) {
			CHECK(passed_us() >= 5 * S);
			is_cut = true;
			now = (struct drain_count){.now_us = now.now_us, .held = 2};
		}
		now.now_us += 100 * MS;
	}
	CHECK(is_cut);
	CHECK_EQ(plan.phase, DRAIN_DONE);
}

static void an_empty_node_is_drained_at_once(void)
{
	begin(60 * S, 300 * S);
	now = (struct drain_count){.now_us = now.now_us};
	(void)drain_plan_step(&plan, &now);
	CHECK_EQ(plan.phase, DRAIN_DONE);
	drain_plan_end(&plan);
	CHECK_STR(drain_plan_state(&plan), "running");
	CHECK_EQ(drain_plan_step(&plan, &now).close_partners, 0);
	CHECK_EQ(plan.phase, DRAIN_OFF);
}

int main(void)
{
	RUN(closes_evenly);
	RUN(closes_at_once_without_a_spread);
	RUN(closes_latecomers);
	RUN(waits_for_queues);
	RUN(hurries_when_time_is_short);
	RUN(leaves_gateways_to_the_end);
	RUN(does_not_wait_for_ever_for_answers);
	RUN(keeps_the_deadline);
	RUN(an_empty_node_is_drained_at_once);
	return check_summary();
}
