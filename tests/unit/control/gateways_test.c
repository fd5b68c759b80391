/* SPDX-License-Identifier: BSD-3-Clause */
/* gateways_test.c - which of several gateways is to be used, and what is known of each. */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "control/gateways.h"
#include "control/session_state.h"
#include "tests/check.h"

static char one[] = "one.example", two[] = "two.example";
static char *both[] = {one, two, NULL}, *first[] = {one, NULL};
static char gw_names[][8] = {"gw0", "gw1", "gw2"};
static struct gateway all[] = {
    {.name = gw_names[0], .local_domains = both, .dial = GATEWAY_DIAL_DIRECT_TLS},
    {.name = gw_names[1], .local_domains = first, .dial = GATEWAY_DIAL_STARTTLS},
    {.name = gw_names[2], .local_domains = both, .dial = GATEWAY_DIAL_NONE},
};
static struct policy policy = {.gateways = all, .gateway_count = ARRAY_LEN(all)};
static struct loop *loop;
static struct gateways *g;

static time_t ahead_s; /* how far this program's clock runs ahead */

/* In place of libc's: time passes as a test wants it. */
int clock_gettime(clockid_t id, struct timespec *ts)
{
	const long result = syscall(SYS_clock_gettime, id, ts);

	ts->tv_sec += ahead_s;
	return (int)result;
}

/* In place of session.c's: every stream of the test has so many bytes under way. */
bool session_core_view(const struct session *s, struct conn_view *out)
{
	*out = (struct conn_view){.queued_bytes = 10};
	return s->is_open;
}

static void wake(struct loop_timer *t)
{
	(void)t;
}

/* The loop's time, too, has moved by @seconds. */
static void pass(time_t seconds)
{
	struct loop_timer soon = {.due = wake};

	ahead_s += seconds;
	loop_at(loop, &soon, loop_now_us(loop) + 1);
	loop_turn(loop);
	loop_cancel(loop, &soon);
}

static void begin(void)
{
	loop = loop_make();
	g = gateways_make(loop, &policy);
}

static void end(void)
{
	gateways_free(g);
	loop_free(loop);
}

/* Its index, -1 for none. */
static int choice(const char *local, uint64_t tried)
{
	const struct gateway *chosen = gateways_choose(g, local, tried);

	return chosen != NULL ? (int)(chosen - all) : -1;
}

static uint64_t bits(unsigned int of)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if ((of & BIT(i)) != 0)
			sum |= gateways_bit(g, &all[i]);
	return sum;
}

static void takes_the_first_that_serves(void)
{
	begin();
	CHECK_EQ(choice("one.example", 0), 0);
	CHECK_EQ(choice("two.example", 0), 0);
	CHECK_EQ(choice("three.example", 0), -1);
	CHECK_EQ(choice("one.example", bits(1)), 1);
	CHECK_EQ(choice("one.example", bits(3)), 2); /* comes by itself: the last resort */
	CHECK_EQ(choice("two.example", bits(1)), 2);
	CHECK_EQ(choice("one.example", bits(7)), -1);
	end();
}

static void leaves_one_alone_that_failed(void)
{
	begin();
	pass(1);
	gateways_failed(g, "gw0", DROP_DIAL_FAILED);
	CHECK_EQ(choice("one.example", 0), 1);
	CHECK_EQ(choice("two.example", 0), 0); /* better than to wait for one to come */
	gateways_failed(g, "gw1", DROP_TLS_HANDSHAKE);
	CHECK_EQ(choice("one.example", 0), 0); /* both have: by order */
	gateways_answered(g, "gw1");
	CHECK_EQ(choice("one.example", 0), 1);
	pass(14);
	CHECK_EQ(choice("one.example", 0), 1);
	pass(2);
	CHECK_EQ(choice("one.example", 0), 0);
	end();
}

static void obeys_orders(void)
{
	begin();
	gateways_set(g, "gw0", GATEWAY_DRAIN);
	CHECK_EQ(choice("one.example", 0), 1);
	CHECK_EQ(choice("two.example", 0), 2);
	CHECK(!gateways_may_take(g, "gw0", "two.example"));
	CHECK(gateways_may_take(g, "gw1", "one.example"));
	gateways_set(g, "gw2", GATEWAY_MAINT);
	CHECK(!gateways_may_take(g, "gw2", "two.example"));
	/* nobody else serves it: a gateway that drains still does */
	CHECK_EQ(choice("two.example", 0), 0);
	CHECK(gateways_may_take(g, "gw0", "two.example"));
	CHECK(!gateways_may_take(g, "gw0", "one.example"));
	gateways_set(g, "gw0", GATEWAY_MAINT);
	CHECK_EQ(choice("two.example", 0), -1);
	gateways_set(g, "gw0", GATEWAY_READY);
	CHECK_EQ(choice("two.example", 0), 0);
	gateways_set(g, "gw9", GATEWAY_MAINT); /* nobody */
	CHECK_EQ(gateways_order(g, "gw9"), GATEWAY_READY);
	end();
}

static void keeps_orders_over_a_reload(void)
{
	struct gateway fewer[] = {all[2], all[0]};
	struct policy next = {.gateways = fewer, .gateway_count = 2};

	begin();
	gateways_set(g, "gw0", GATEWAY_DRAIN);
	gateways_set(g, "gw1", GATEWAY_MAINT);
	gateways_passed_over(g, "gw0");
	gateways_reload(g, &next);
	CHECK_EQ(gateways_order(g, "gw0"), GATEWAY_DRAIN);
	CHECK_EQ(gateways_order(g, "gw1"), GATEWAY_READY); /* forgotten */
	CHECK(gateways_choose(g, "two.example", 0) == &fewer[0]);
	gateways_reload(g, &policy);
	CHECK_EQ(gateways_order(g, "gw0"), GATEWAY_DRAIN);
	CHECK_EQ(gateways_order(g, "gw1"), GATEWAY_READY);
	end();
}

static void shows_what_it_knows(void)
{
	struct session streams[] = {
	    {.leg = IFACE_INTERNAL,
	     .pairs = 1,
	     .gateway = "gw0",
	     .tls_version = "TLSv1.3",
	     .is_open = true},
	    {.leg = IFACE_INTERNAL, .pairs = 2, .gateway = "gw0", .tls_version = "TLSv1.3"},
	    {.leg = IFACE_INTERNAL, .pairs = 0, .gateway = "gw1"}, /* negotiates */
	    {.leg = IFACE_EDGE, .pairs = 1, .gateway = ""},
	};
	struct sessions *table = calloc(1, sizeof(*table));
	struct gateway_view v;

	begin();
	pass(1);
	for (size_t i = 0; i + 1 < ARRAY_LEN(streams); i++)
		streams[i].next = &streams[i + 1];
	table->first = streams;
	gateways_failed(g, "gw1", DROP_DIAL_FAILED);
	gateways_passed_over(g, "gw1");
	CHECK(gateways_view(g, table, 0, &v));
	CHECK_STR(v.state, "up");
	CHECK_EQ(v.streams, 2);
	CHECK_EQ(v.queued_bytes, 10);
	CHECK_STR(v.tls, "TLSv1.3");
	CHECK_EQ(v.last_error, DROP_COUNT);
	CHECK(gateways_view(g, table, 1, &v));
	CHECK_STR(v.state, "down");
	CHECK_EQ(v.failovers, 1);
	CHECK_EQ(v.last_error, DROP_DIAL_FAILED);
	CHECK(gateways_view(g, table, 2, &v));
	CHECK_STR(v.state, "idle");
	gateways_set(g, "gw2", GATEWAY_MAINT);
	CHECK(gateways_view(g, table, 2, &v));
	CHECK_STR(v.state, "maint");
	CHECK(!gateways_view(g, table, 3, &v));
	free(table);
	end();
}

int main(void)
{
	RUN(takes_the_first_that_serves);
	RUN(leaves_one_alone_that_failed);
	RUN(obeys_orders);
	RUN(keeps_orders_over_a_reload);
	RUN(shows_what_it_knows);
	return check_summary();
}
