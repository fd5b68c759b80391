/* SPDX-License-Identifier: BSD-3-Clause */
/* inbox_test.c - the rings between control and a core, and the one wake-up. */
#include <poll.h>
#include <pthread.h>

#include "dataplane/core/inbox.h"
#include "tests/check.h"
#include "tests/eal.h"

enum { MANY = 200000 };

static struct inbox *make(void)
{
	struct inbox *in = inbox_make(3);

	if (in == NULL)
		exit(2);
	return in;
}

static bool is_woken(struct inbox *in)
{
	struct pollfd p = {.fd = inbox_fd(in), .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void orders_go_by_value(void)
{
	struct inbox *in = make();
	struct msg m = {.kind = MSG_DIAL}, got;

	m.dial.ref = 42;
	CHECK(!inbox_take_order(in, &got));
	CHECK(inbox_order(in, &m));
	m.dial.ref = 43;
	CHECK(inbox_take_order(in, &got));
	CHECK_EQ(got.kind, MSG_DIAL);
	CHECK_EQ(got.dial.ref, 42);
	CHECK(!inbox_take_order(in, &got));
	inbox_free_all(in);
}

static void full_rings_say_so(void)
{
	struct inbox *in = make();
	const struct msg m = {.kind = MSG_STOP};
	const struct event e = {.kind = EVENT_STOPPED};
	struct event got;
	int n = 0;

	while (n <= ORDERS_RING && inbox_order(in, &m))
		n++;
	CHECK_EQ(n, ORDERS_RING);
	CHECK(inbox_has_room(in, EVENTS_RING));
	CHECK(!inbox_has_room(in, EVENTS_RING + 1));
	for (n = 0; n <= EVENTS_RING && inbox_event(in, &e);)
		n++;
	CHECK_EQ(n, EVENTS_RING);
	CHECK(!inbox_has_room(in, 1));
	CHECK(inbox_take_event(in, &got));
	CHECK(inbox_event(in, &e));
	inbox_free_all(in);
}

static void one_wake_up_until_it_is_acknowledged(void)
{
	struct inbox *in = make();
	const struct event e = {.kind = EVENT_STOPPED};
	struct event got;

	CHECK(!is_woken(in));
	CHECK(inbox_event(in, &e) && inbox_event(in, &e));
	CHECK(is_woken(in));
	inbox_ack(in);
	CHECK(!is_woken(in));
	CHECK(inbox_take_event(in, &got) && inbox_take_event(in, &got));
	CHECK(inbox_event(in, &e));
	CHECK(is_woken(in));
	inbox_free_all(in);
}

static void bytes_there_and_back(void)
{
	static uint8_t text[10000], got[10000];
	struct inbox *in = make();
	struct rte_mbuf *m;
	uint64_t seed = 5;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)check_random(&seed);
	for (size_t len = 0; len <= sizeof(text); len += 1250) {
		m = inbox_wrap(in, text, len);
		CHECK(m != NULL);
		CHECK_EQ(inbox_len(m), len);
		inbox_bytes(m, got);
		CHECK(memcmp(got, text, len) == 0);
		inbox_free(m);
	}
	inbox_free_all(in);
}

static void handovers_come_back_wiped(void)
{
	struct inbox *in = make();
	struct tls_handover *keys = inbox_handover(in), zero;

	memset(&zero, 0, sizeof(zero));
	if (keys == NULL)
		exit(2);
	memset(keys->read.key, 0x55, sizeof(keys->read.key));
	inbox_handover_done(in, keys);
	CHECK(memcmp(keys, &zero, sizeof(zero)) == 0);
	inbox_handover_done(in, NULL);
	inbox_free_all(in);
}

static void *core_side(void *arg)
{
	struct event e = {.kind = EVENT_DIALED};

	for (e.dialed.ref = 1; e.dialed.ref <= MANY;)
		if (inbox_event(arg, &e))
			e.dialed.ref++;
	return NULL;
}

/* Control sleeps whenever the ring is empty: a lost wake-up would leave it asleep. */
static void no_wake_up_is_lost(void)
{
	struct inbox *in = make();
	struct pollfd p = {.fd = inbox_fd(in), .events = POLLIN};
	uint64_t next = 1;
	pthread_t core;
	struct event e;

	CHECK_EQ(pthread_create(&core, NULL, core_side, in), 0);
	while (next <= MANY) {
		if (poll(&p, 1, 10000) != 1)
			break;
		inbox_ack(in);
		while (inbox_take_event(in, &e)) {
			CHECK_EQ(e.dialed.ref, next);
			next++;
		}
	}
	CHECK_EQ(next, MANY + 1);
	pthread_join(core, NULL);
	inbox_free_all(in);
}

int main(void)
{
	eal_start("64", "0", NULL);
	RUN(orders_go_by_value);
	RUN(full_rings_say_so);
	RUN(one_wake_up_until_it_is_acknowledged);
	RUN(bytes_there_and_back);
	RUN(handovers_come_back_wiped);
	RUN(no_wake_up_is_lost);
	return check_summary();
}
