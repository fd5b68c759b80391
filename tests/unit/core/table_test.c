/* SPDX-License-Identifier: BSD-3-Clause */
/* table_test.c - ledger, grants, links, parcels, elements and the law, each beside a trivial model.
 */

#include "dataplane/core/core_state.h"
#include "tests/check.h"
#include "tests/eal.h"

enum { ENTRIES = 2000 };

static struct rte_mempool *pool;

static void start(void)
{
	eal_start("64", "0", NULL);
	pool = rte_pktmbuf_pool_create("t", 1023, 0, PARCEL_PRIVATE_BYTES,
				       RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	if (pool == NULL)
		exit(2);
}

/* The model is two arrays: when each entry began and where it ended. */
static void ledger_is_a_fifo(void)
{
	static uint64_t end[ENTRIES];
	struct ledger_pool p;
	struct ledger l = {0};
	uint32_t added = 0, popped = 0, sealed = 0;
	uint64_t seed = 7, offset = 1;

	CHECK(ledger_pool_init(&p, 40));
	while (popped < ENTRIES) {
		const uint64_t r = check_random(&seed) % 8;

		if (r < 4 && added < ENTRIES && ledger_has_room(&l, &p)) {
			const struct ledger_entry e = {.start = added++};

			ledger_add(&l, &p, &e);
		} else if (r < 6) {
			const bool keep = r == 5;

			offset += 10;
			ledger_seal(&l, offset, keep);
			for (; sealed + (keep ? 1 : 0) < added; sealed++)
				end[sealed] = offset;
		} else if (popped < sealed) {
			const struct ledger_entry *e = ledger_first(&l);

			CHECK(e != NULL && e->start == popped && e->end == end[popped]);
			ledger_pop(&l, &p);
			popped++;
		} else if (popped < added) {
			CHECK_EQ(ledger_first(&l)->end, 0);
		} else {
			CHECK(ledger_first(&l) == NULL);
		}
		CHECK_EQ(l.count, added - popped);
	}
	CHECK_EQ(p.available, p.total);
	ledger_pool_fini(&p);
}

static void ledger_says_when_it_is_full(void)
{
	const struct ledger_entry e = {.start = 1};
	struct ledger_pool p;
	struct ledger l = {0};
	uint32_t n = 0;

	CHECK(ledger_pool_init(&p, 2));
	for (; ledger_has_room(&l, &p); n++)
		ledger_add(&l, &p, &e);
	CHECK_EQ(n, 2 * LEDGER_CHUNK_ENTRIES);
	while (ledger_first(&l) != NULL) /* open ones too: what recovery does */
		ledger_pop(&l, &p);
	CHECK_EQ(p.available, 2);
	CHECK_EQ(l.open_count, 0);
	ledger_pool_fini(&p);
}

static void grants_are_found_until_given_back(void)
{
	enum { SLOTS = 8, NAMES = 6 };
	static struct grant *model[SLOTS][NAMES][NAMES];
	struct grant_list lists[SLOTS];
	struct grant_table t = {0};
	uint64_t seed = 11;
	uint32_t used = 0;

	CHECK(grant_table_init(&t, 100));
	for (int i = 0; i < SLOTS; i++)
		LIST_INIT(&lists[i]);
	for (int i = 0; i < 20000; i++) {
		const uint64_t r = check_random(&seed);
		const uint32_t slot = (uint32_t)(r % SLOTS);
		const uint16_t a = (uint16_t)(r / 64 % NAMES), b = (uint16_t)(r / 4096 % NAMES);
		const struct pair pair = {{a}, {b}};
		struct grant **m = &model[slot][a][b];

		CHECK(grant_find(&t, slot, pair) == *m);
		if (*m != NULL && r >> 60 < 8) {
			grant_give(&t, *m);
			*m = NULL;
			used--;
		} else if (*m == NULL && used < 100) {
			*m = grant_take(&t, &lists[slot], slot, pair);
			CHECK(*m != NULL);
			used++;
		} else if (*m == NULL) {
			CHECK(grant_take(&t, &lists[slot], slot, pair) == NULL);
		} else {
			CHECK(grant_take(&t, &lists[slot], slot, pair) == *m);
		}
		CHECK_EQ(t.available, t.total - used);
	}
	grant_table_fini(&t);
}

static void links_are_per_pair_and_direction(void)
{
	const struct pair one = {{1}, {2}}, two = {{2}, {1}};
	struct link_table t = {0};
	struct link *l;

	CHECK(link_table_init(&t, 3, false));
	l = link_take(&t, one, TOWARD_EDGE);
	CHECK(l != NULL && link_take(&t, one, TOWARD_EDGE) == l);
	CHECK(link_take(&t, one, TOWARD_INTERNAL) != l);
	CHECK(link_take(&t, two, TOWARD_EDGE) != NULL);
	CHECK(link_take(&t, two, TOWARD_INTERNAL) == NULL);
	CHECK(link_find(&t, two, TOWARD_INTERNAL) == NULL);
	CHECK(link_find(&t, one, TOWARD_EDGE) == l);
	link_table_fini(&t);
}

/* However element and insertion are cut, the bytes come out in order. */
static void elements_are_read_in_order(void)
{
	static uint8_t text[9000], got[9100], scratch[9000];
	uint64_t seed = 3;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)check_random(&seed);
	for (int i = 0; i < 300; i++) {
		const uint32_t len = 1 + (uint32_t)(check_random(&seed) % sizeof(text));
		const uint32_t cut = (uint32_t)(check_random(&seed) % len);
		const uint32_t at = (uint32_t)(check_random(&seed) % len);
		const size_t max = 1 + check_random(&seed) % sizeof(text);
		struct rte_mbuf *m = parcel_make(pool);
		struct element e = {.tail = {text + cut, len - cut}, .insert_at = at};
		struct element_cursor cursor;
		struct span s;
		size_t n = 0;

		e.insert = (struct span){(const uint8_t *)" put in", i % 2 ? 7 : 0};
		CHECK(parcel_append(m, pool, (struct span){text, cut}));
		e.carry = cut > 0 ? m : NULL;
		e.carry_bytes = cut;
		cursor = element_begin(&e);
		while ((s = element_next(&e, &cursor)).len > 0) {
			memcpy(got + n, s.at, s.len);
			n += s.len;
		}
		CHECK_EQ(n, element_bytes(&e));
		CHECK(memcmp(got, text, at) == 0);
		CHECK(memcmp(got + at, " put in", e.insert.len) == 0);
		CHECK(memcmp(got + at + e.insert.len, text + at, len - at) == 0);
		s = element_head(&e, scratch, max);
		CHECK_EQ(s.len, min_size(len, max));
		CHECK(memcmp(s.at, text, s.len) == 0);
		parcel_free(m);
	}
	CHECK_EQ(rte_mempool_avail_count(pool), 1023);
}

static void parcels_queue_in_order(void)
{
	struct parcel_queue q = {0};
	struct rte_mbuf *m[3];

	for (unsigned int i = 0; i < 3; i++) {
		m[i] = parcel_make(pool);
		CHECK(parcel_append(m[i], pool, (struct span){(const uint8_t *)"abc", 1u + i}));
	}
	parcel_push(&q, m[1]);
	parcel_push(&q, m[2]);
	parcel_push_front(&q, m[0]);
	CHECK_EQ(q.count, 3);
	CHECK_EQ(q.bytes, 6);
	for (int i = 0; i < 3; i++) {
		CHECK(parcel_pop(&q) == m[i]);
		parcel_free(m[i]);
	}
	CHECK(parcel_pop(&q) == NULL);
	CHECK_EQ(q.bytes, 0);
}

static void parcel_without_memory_says_so(void)
{
	static uint8_t big[4096];
	static struct rte_mbuf *all[1023];
	struct rte_mbuf *m = parcel_make(pool);
	unsigned int n = 0;

	while ((all[n] = rte_pktmbuf_alloc(pool)) != NULL)
		n++;
	CHECK(parcel_make(pool) == NULL);
	CHECK(!parcel_append(m, pool, (struct span){big, sizeof(big)}));
	parcel_free(m);
	rte_pktmbuf_free_bulk(all, n);
	CHECK_EQ(rte_mempool_avail_count(pool), 1023);
}

static void law_can_fail(void)
{
	struct law l = {0};

	CHECK_EQ(law_gap(&l), 0);
	stat_add(&l.accepted, 5);
	CHECK_EQ(law_gap(&l), 5);
	stat_add(&l.held, 1);
	stat_add(&l.delivered, 1);
	stat_add(&l.answered, 1);
	stat_add(&l.bounced, 1);
	stat_add(&l.dropped, 1);
	CHECK_EQ(law_gap(&l), 0);
	stat_sub(&l.accepted, 1);
	CHECK_EQ(law_gap(&l), -1);
}

int main(void)
{
	start();
	RUN(ledger_is_a_fifo);
	RUN(ledger_says_when_it_is_full);
	RUN(grants_are_found_until_given_back);
	RUN(links_are_per_pair_and_direction);
	RUN(elements_are_read_in_order);
	RUN(parcels_queue_in_order);
	RUN(parcel_without_memory_says_so);
	RUN(law_can_fail);
	return check_summary();
}
