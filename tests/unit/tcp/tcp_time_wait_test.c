/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_time_wait_test.c - the ring and its index beside a list of what they should hold. */
#include "tests/check.h"
#include "tests/tcp/tcp_env.h"

#include "dataplane/tcp/tcp_conn.h"

static struct env env;

static struct tcp *begin(uint32_t time_waits)
{
	struct tcp_setup setup = env_setup(&env);
	struct tcp *t;

	setup.time_waits = time_waits;
	setup.time_wait_us = 10 * TCP_SECOND_US;
	t = tcp_init(&setup, TCP_SECOND_US);
	CHECK(t != NULL);
	return t;
}

static void end(struct tcp *t)
{
	tcp_fini(t);
	CHECK(env_pools_full(&env));
}

static struct flow_key key_of(uint32_t i)
{
	return (struct flow_key){.remote = addr_from_v4(0x0a000000 + i / 1000),
				 .local_port = 5269,
				 .remote_port = (uint16_t)(1024 + i % 1000)};
}

static void add(struct tcp *t, uint32_t i)
{
	const struct tcp_conn c = {
	    .key = key_of(i), .snd_nxt = i, .rcv_nxt = i + 1, .rcv_edge = i + 9};

	tcp_time_wait_add(t, &c);
}

static bool has(struct tcp *t, uint32_t i)
{
	const struct flow_key key = key_of(i);
	const struct tcp_time_wait *w = tcp_time_wait_find(t, &key);

	CHECK(w == NULL || (w->snd_nxt == i && w->rcv_nxt == i + 1 && w->window == 8));
	return w != NULL;
}

static void oldest_gives_way(void)
{
	struct tcp *t = begin(7);
	const uint32_t before = env.drops[DROP_TCP_TIME_WAIT_FULL];

	for (uint32_t i = 0; i < 50; i++) {
		add(t, i);
		for (uint32_t k = 0; k <= i; k++)
			CHECK_EQ(has(t, k), k + 7 > i);
		CHECK_EQ(tcp_time_waits(t), min_u32(i + 1, 7));
	}
	CHECK_EQ(env.drops[DROP_TCP_TIME_WAIT_FULL] - before, 43);
	end(t);
}

static void time_ends_it(void)
{
	struct tcp *t = begin(8);
	const uint32_t before = env.drops[DROP_TCP_TIME_WAIT_FULL];

	add(t, 1);
	tcp_set_now(t, 5 * TCP_SECOND_US);
	add(t, 2);
	tcp_set_now(t, 11 * TCP_SECOND_US - 1000);
	CHECK(has(t, 1) && has(t, 2));
	tcp_set_now(t, 11 * TCP_SECOND_US);
	CHECK(!has(t, 1) && has(t, 2));
	CHECK_EQ(tcp_time_waits(t), 1); /* looked for, and gone */
	tcp_tick(t, 15 * TCP_SECOND_US);
	CHECK_EQ(tcp_time_waits(t), 0);
	for (uint32_t i = 0; i < 40; i++) { /* what is over makes room without a count */
		tcp_set_now(t, t->now_us + 2 * TCP_SECOND_US);
		add(t, i);
	}
	CHECK_EQ(env.drops[DROP_TCP_TIME_WAIT_FULL] - before, 0);
	end(t);
}

enum { MODEL = 300 };

/* Whatever is added and taken out: found is what the last ring of them holds. */
static void agrees_with_a_list(void)
{
	struct tcp *t = begin(64);
	static uint64_t added[MODEL]; /* when in the order, 0 = not there */
	uint64_t seed = 20261124, order = 0, cells[64] = {0};

	memset(added, 0, sizeof(added));
	for (unsigned int step = 0; step < 200000; step++) {
		const uint32_t i = (uint32_t)(check_random(&seed) >> 33) % MODEL;
		const struct flow_key key = key_of(i);

		CHECK_EQ(has(t, i), added[i] != 0);
		if (added[i] != 0) {
			tcp_time_wait_remove(t, tcp_time_wait_find(t, &key));
			cells[(added[i] - 1) % 64] = 0;
			added[i] = 0;
			continue;
		}
		/* Nothing is over here, and nothing emptied from the front but by a full ring. */
		add(t, i);
		added[i] = ++order;
		if (cells[(order - 1) % 64] != 0)
			added[cells[(order - 1) % 64] - 1] = 0;
		cells[(order - 1) % 64] = i + 1;
		if (check_bad_now > 0)
			break;
	}
	end(t);
}

static void index_is_emptied(void)
{
	struct tcp *t = begin(1000);

	for (uint32_t i = 0; i < 3000; i++)
		add(t, i);
	tcp_set_now(t, 60 * TCP_SECOND_US);
	for (uint32_t i = 0; i < 1000 / 64 + 1; i++)
		tcp_tick(t, t->now_us);
	CHECK_EQ(tcp_time_waits(t), 0);
	CHECK_EQ(t->time_waits.cells, 0);
	for (uint32_t i = 0; i < 1024; i++)
		CHECK(t->time_waits.chain[i] == TCP_NONE);
	end(t);
}

/* Told nothing, the engine remembers an eighth of its connections, 1,024 at least. */
static void ring_has_its_share(void)
{
	static const uint32_t sizes[][3] = {
	    {64, 0, 64}, {5000, 0, 1024}, {16384, 0, 2048}, {16384, 9, 9}, {4, 9, 9},
	};

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct tcp_setup setup = env_setup(&env);
		struct tcp *t;

		setup.conns = sizes[i][0];
		setup.time_waits = sizes[i][1];
		t = tcp_init(&setup, TCP_SECOND_US);
		CHECK(t != NULL);
		CHECK_EQ(t->time_waits.size, sizes[i][2]);
		end(t);
	}
}

int main(void)
{
	env_start(&env);
	RUN(ring_has_its_share);
	RUN(oldest_gives_way);
	RUN(time_ends_it);
	RUN(agrees_with_a_list);
	RUN(index_is_emptied);
	return check_summary();
}
