/* SPDX-License-Identifier: BSD-3-Clause */
/* flow_test.c - the flow table against a linear search. */
#include "dataplane/base/bounds.h"
#include "dataplane/base/flow.h"
#include "tests/check.h"

#define SEED UINT64_C(0x5eed5eed00000002)

static const struct hash_key secret = {UINT64_C(0x1122334455667788), UINT64_C(0x99aabbccddeeff00)};

/* What a caller keeps of each connection. */
struct tenant {
	uint32_t other;
	struct flow_key key;
};

static struct tenant *tenants;

static struct flow_table make_table(uint32_t capacity)
{
	const size_t bytes = flow_bytes(capacity);
	void *memory = aligned_alloc(CACHE_LINE, bytes);
	struct flow_table f;

	tenants = malloc(capacity * sizeof(*tenants));
	if (memory == NULL || tenants == NULL)
		exit(2);
	/* flow_init() must not count on zeroes */
	memset(memory, 0xa5, bytes);
	memset(tenants, 0x5a, capacity * sizeof(*tenants));
	flow_init(&f, memory, capacity, &secret, &tenants[0].key, sizeof(*tenants));
	return f;
}

static void free_table(struct flow_table *f)
{
	free(f->buckets);
	free(tenants);
}

static struct flow_key key_of(uint32_t n)
{
	return (struct flow_key){
	    .local = 1,
	    .remote = addr_from_v4(0xc6336400 + n / 7),
	    .local_port = 5269,
	    .remote_port = (uint16_t)(1024 + n % 7),
	    .iface = n & 1,
	};
}

static void finds_what_was_added(void)
{
	struct flow_table f = make_table(10);
	const struct flow_key a = key_of(1), b = key_of(2);

	CHECK_EQ(flow_find(&f, &a), FLOW_NONE);
	CHECK(flow_add(&f, &a, 9));
	CHECK(!flow_add(&f, &a, 3));
	CHECK(!flow_add(&f, &b, 10));
	CHECK_EQ(flow_find(&f, &a), 9);
	CHECK_EQ(flow_find(&f, &b), FLOW_NONE);
	CHECK(!flow_remove(&f, 3));
	CHECK(!flow_remove(&f, 10));
	CHECK(flow_remove(&f, 9));
	CHECK(!flow_remove(&f, 9));
	CHECK_EQ(flow_find(&f, &a), FLOW_NONE);
	CHECK_EQ(f.used, 0);
	free_table(&f);
}

static void holds_its_whole_capacity(void)
{
	static const uint32_t capacities[] = {1, 2, 5, 6, 44, 45, 716, 717, 4096, 30000};

	for (size_t c = 0; c < ARRAY_LEN(capacities); c++) {
		const uint32_t capacity = capacities[c];
		struct flow_table f = make_table(capacity);
		struct flow_key key;

		CHECK((uint64_t)capacity * 10 <= (uint64_t)f.count * 8 * 7);
		for (uint32_t n = 0; n < capacity; n++) {
			key = key_of(n);
			CHECK(flow_add(&f, &key, n));
		}
		for (uint32_t n = 0; n < capacity; n++) {
			key = key_of(n);
			CHECK_EQ(flow_find(&f, &key), n);
		}
		key = key_of(capacity);
		CHECK_EQ(flow_find(&f, &key), FLOW_NONE);
		CHECK_EQ(f.used, capacity);
		free_table(&f);
	}
}

static void leaves_nothing_behind(void)
{
	struct flow_table f = make_table(5000);
	uint64_t seed = SEED;
	struct flow_key key;

	for (int round = 0; round < 20; round++) {
		for (uint32_t n = 0; n < 5000; n++) {
			key = key_of(((uint32_t)check_random(&seed) & ~UINT32_C(8191)) | n);
			CHECK(flow_add(&f, &key, n));
		}
		for (uint32_t n = 0; n < 5000; n++)
			CHECK(flow_remove(&f, n));
	}
	for (uint32_t b = 0; b < f.count; b++) {
		CHECK_EQ(f.buckets[b].overflow, 0);
		for (int i = 0; i < 8; i++)
			CHECK_EQ(f.buckets[b].tag[i], 0);
	}
	free_table(&f);
}

/* A second entry of the same key or slot must be refused, whatever was removed before. */
static void agrees_with_a_linear_search(void)
{
	enum { CAPACITY = 200, KEYS = 400 };
	struct flow_table f = make_table(CAPACITY);
	uint32_t slot_of[KEYS], key_in[CAPACITY], used = 0;
	uint64_t seed = SEED;

	memset(slot_of, 0xff, sizeof(slot_of));
	memset(key_in, 0xff, sizeof(key_in));
	for (int step = 0; step < 200000 && check_bad_now == 0; step++) {
		const uint32_t n = (uint32_t)(check_random(&seed) % KEYS);
		const uint32_t slot = (uint32_t)(check_random(&seed) % CAPACITY);
		const struct flow_key key = key_of(n);

		CHECK_EQ(flow_find(&f, &key), slot_of[n]);
		if (check_random(&seed) % 3 == 0) {
			CHECK_EQ(flow_remove(&f, slot), key_in[slot] != UINT32_MAX);
			if (key_in[slot] != UINT32_MAX) {
				slot_of[key_in[slot]] = UINT32_MAX;
				key_in[slot] = UINT32_MAX;
				used--;
			}
		} else if (key_in[slot] == UINT32_MAX) {
			CHECK_EQ(flow_add(&f, &key, slot), slot_of[n] == UINT32_MAX);
			if (slot_of[n] == UINT32_MAX) {
				slot_of[n] = slot;
				key_in[slot] = n;
				used++;
			}
		}
		CHECK_EQ(f.used, used);
	}
	if (check_bad_now > 0)
		fprintf(stderr, "seed %#" PRIx64 "\n", SEED);
	free_table(&f);
}

/* Keys that are there and keys that are not, alone and in trains, in bursts of each size, against
 * flow_find(). */
static void a_burst_finds_what_one_by_one_does(void)
{
	enum { CAPACITY = 3000 };
	struct flow_table f = make_table(CAPACITY);
	struct flow_key key, burst[BURST_MAX];
	struct flow_probe probes[BURST_MAX + 1];
	uint32_t slots[BURST_MAX], found = 0, guessed = 0;
	uint64_t seed = SEED;

	for (uint32_t n = 0; n < CAPACITY; n++) {
		key = key_of(n);
		CHECK(flow_add(&f, &key, CAPACITY - 1 - n));
	}
	for (unsigned int count = 0; count <= BURST_MAX; count++)
		for (int round = 0; round < 50; round++) {
			for (unsigned int i = 0; i < count; i++) {
				const uint32_t n = (uint32_t)(check_random(&seed) % (CAPACITY * 2));

				burst[i] = i > 0 && n % 3 == 0 ? burst[i - 1] : key_of(n);
			}
			memset(probes, 0xa5, sizeof(probes));
			flow_fetch(&f, burst, count, probes);
			if (round % 5 > 0)
				flow_guess(&f, probes, count);
			for (unsigned int i = 0; i < count; i++) {
				slots[i] = flow_find_at(&f, &burst[i], probes[i]);
				CHECK_EQ(slots[i], flow_find(&f, &burst[i]));
				guessed += slots[i] != FLOW_NONE && slots[i] == probes[i].guess;
				found += slots[i] != FLOW_NONE && round % 5 > 0;
			}
			CHECK_EQ(probes[count].tag, 0xa5a5);
		}
	CHECK(found > 8000 && found < 13000);
	CHECK(guessed > found / 10 * 9 && guessed <= found);
	free_table(&f);
}

/* Between a burst's steps connections come and go, as its own segments make them do. */
static void a_probe_outlives_changes(void)
{
	enum { CAPACITY = 400, KEYS = 2 * CAPACITY };
	struct flow_table f = make_table(CAPACITY);
	struct flow_key burst[BURST_MAX];
	struct flow_probe probes[BURST_MAX];
	uint32_t slot_of[KEYS];
	uint64_t seed = SEED;

	memset(slot_of, 0xff, sizeof(slot_of));
	for (int round = 0; round < 5000 && check_bad_now == 0; round++) {
		uint32_t n[BURST_MAX];

		for (unsigned int i = 0; i < BURST_MAX; i++) {
			n[i] = (uint32_t)(check_random(&seed) % KEYS);
			burst[i] = key_of(n[i]);
		}
		flow_fetch(&f, burst, BURST_MAX, probes);
		for (unsigned int i = 0; i < BURST_MAX; i++) {
			const uint32_t k = (uint32_t)(check_random(&seed) % KEYS);
			const uint32_t slot = (uint32_t)(check_random(&seed) % CAPACITY);
			const struct flow_key key = key_of(k);

			if (i == BURST_MAX / 2)
				flow_guess(&f, probes, BURST_MAX);
			if (slot_of[k] != UINT32_MAX) {
				CHECK(flow_remove(&f, slot_of[k]));
				slot_of[k] = UINT32_MAX;
				continue;
			}
			flow_remove(&f, slot);
			for (uint32_t j = 0; j < KEYS; j++)
				if (slot_of[j] == slot)
					slot_of[j] = UINT32_MAX;
			CHECK(flow_add(&f, &key, slot));
			slot_of[k] = slot;
		}
		for (unsigned int i = 0; i < BURST_MAX; i++)
			CHECK_EQ(flow_find_at(&f, &burst[i], probes[i]), slot_of[n[i]]);
	}
	free_table(&f);
}

/* Two connections in one bucket with one tag: the key decides, also behind an overflow. */
static void equal_tags_are_told_apart(void)
{
	enum { KEYS = 60000 };
	struct flow_table f = make_table(KEYS);
	struct flow_probe probes[2];
	uint32_t pairs = 0;

	for (uint32_t n = 0; n < KEYS; n++) {
		const struct flow_key key = key_of(n);

		CHECK(flow_add(&f, &key, n));
	}
	for (uint32_t b = 0; b < f.count; b++)
		for (int i = 0; i < 8; i++)
			for (int j = 0; j < i; j++) {
				struct flow_key key[2];

				if (f.buckets[b].tag[i] == 0 ||
				    f.buckets[b].tag[i] != f.buckets[b].tag[j])
					continue;
				key[0] = key_of(f.buckets[b].slot[i]);
				key[1] = key_of(f.buckets[b].slot[j]);
				flow_fetch(&f, key, 2, probes);
				CHECK_EQ(flow_find_at(&f, &key[0], probes[0]),
					 f.buckets[b].slot[i]);
				CHECK_EQ(flow_find_at(&f, &key[1], probes[1]),
					 f.buckets[b].slot[j]);
				pairs++;
			}
	CHECK(pairs > 0);
	free_table(&f);
}

int main(void)
{
	RUN(finds_what_was_added);
	RUN(holds_its_whole_capacity);
	RUN(leaves_nothing_behind);
	RUN(a_burst_finds_what_one_by_one_does);
	RUN(a_probe_outlives_changes);
	RUN(equal_tags_are_told_apart);
	RUN(agrees_with_a_linear_search);
	return check_summary();
}
