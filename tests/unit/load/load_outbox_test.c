/* SPDX-License-Identifier: BSD-3-Clause */
/* load_outbox_test.c - bytes that wait come out as they went in, whatever is moved meanwhile. */
#include "bench/load/outbox.h"
#include "bench/load/transport.h"
#include "tests/check.h"

static struct outbox_pool pool;

static uint8_t byte_of(uint64_t n)
{
	return (uint8_t)(n * 31 + (n >> 8));
}

/* Pieces of odd sizes in and out, often with most of the block in use. */
static void keeps_order_while_it_moves(void)
{
	struct outbox o = {0};
	uint64_t in = 0, out = 0;
	size_t room;

	for (unsigned int turn = 0; turn < 3000; turn++) {
		const size_t want = 1 + turn * 977 % (TRANSPORT_BUFFER / 2);
		uint8_t *at = outbox_room(&o, &pool, want, &room);

		CHECK(at != NULL && room <= TRANSPORT_BUFFER);
		/* What the promise of transport.h rests on: half empty is room for half. */
		if (o.len - o.at <= TRANSPORT_BUFFER / 2)
			CHECK(room >= want);
		for (size_t i = 0; i < want && i < room; i++)
			at[i] = byte_of(in++);
		o.len += (uint32_t)(want < room ? want : room);
		for (uint32_t take = turn * 631 % TRANSPORT_BUFFER; take > 0 && o.at < o.len;
		     take--)
			if (o.block[o.at++] != byte_of(out++)) {
				CHECK(false);
				return;
			}
	}
	CHECK(out > TRANSPORT_BUFFER);
	CHECK_EQ(in - out, o.len - o.at);
	outbox_give(&o, &pool);
}

static void blocks_go_round(void)
{
	struct outbox a = {0}, b = {0};
	size_t room;
	const uint8_t *block = outbox_room(&a, &pool, 1, &room);
	const size_t left = pool.count;

	CHECK_EQ(room, TRANSPORT_BUFFER);
	a.len = a.at = 7;
	outbox_give(&a, &pool);
	outbox_give(&a, &pool); /* has none any more */
	CHECK_EQ(pool.count, left + 1);
	CHECK(a.block == NULL && a.at == 0 && a.len == 0);
	CHECK(outbox_room(&b, &pool, 1, &room) == block);
	CHECK_EQ(room, TRANSPORT_BUFFER);
	outbox_give(&b, &pool);
}

int main(void)
{
	RUN(keeps_order_while_it_moves);
	RUN(blocks_go_round);
	outbox_pool_free(&pool);
	return check_summary();
}
