/* SPDX-License-Identifier: BSD-3-Clause */
/* lent_test.c - keys on loan: more directions than keys, idle ones, and what is left of
 * them. */
#include "dataplane/tls/lent.h"

#include "tests/check.h"

enum { SCHEDULES = 8, KEYS = 20, MINUTE_US = 60000000 };

static IMB_MGR *mb;
static struct lent_pool pool;
static uint32_t number[KEYS];
static uint8_t raw[KEYS][32];

static void start(void)
{
	uint64_t seed = 5;

	CHECK(lent_init(&pool, SCHEDULES));
	memset(number, 0, sizeof(number));
	for (unsigned int k = 0; k < KEYS; k++)
		for (unsigned int i = 0; i < sizeof(raw[k]); i++)
			raw[k][i] = (uint8_t)check_random(&seed);
}

static unsigned int on_loan(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < SCHEDULES; i++)
		n += pool.holder[i] != NULL;
	return n;
}

static enum tls_suite suite_of(unsigned int k)
{
	return k % 2 == 0 ? TLS_AES_128_GCM : TLS_AES_256_GCM;
}

/* Two schedules are the same where the same bytes come out. */
static bool is_key_of(const struct lent_key *key, unsigned int k)
{
	static struct gcm_key_data want;
	const struct aead_nonce nonce = {.aad_len = 5};
	const struct aead_key a = {&key->gcm, raw[k], suite_of(k)},
			      b = {&want, raw[k], suite_of(k)};
	uint8_t x[40 + AEAD_TAG] = {1}, y[40 + AEAD_TAG] = {1};

	aead_expand(mb, &want, suite_of(k), raw[k]);
	aead_seal(mb, &a, &nonce, x, 40);
	aead_seal(mb, &b, &nonce, y, 40);
	return memcmp(x, y, sizeof(x)) == 0;
}

static const struct lent_key *get(unsigned int k)
{
	struct lent_key *key = lent_find(&pool, &number[k]);

	if (key == NULL) {
		key = lent_take(&pool, &number[k]);
		aead_expand(mb, &key->gcm, suite_of(k), raw[k]);
	}
	return key;
}

/* Each number is its holder's own, at every moment. */
static void check_numbers(void)
{
	unsigned int held = 0;

	for (unsigned int k = 0; k < KEYS; k++)
		if (number[k] != 0) {
			held++;
			CHECK(pool.holder[number[k] - 1] == &number[k]);
		}
	CHECK_EQ(held, on_loan());
}

static void gives_the_right_one_whatever_the_order(void)
{
	uint64_t seed = 11, now_us = 1;

	start();
	for (unsigned int i = 0; i < 20000; i++) {
		const unsigned int k = (unsigned int)check_random(&seed) % KEYS;
		const unsigned int what = (unsigned int)(check_random(&seed) >> 20) % 16;

		if (what == 0)
			lent_give(&pool, &number[k]);
		else
			CHECK(is_key_of(get(k), k));
		now_us += check_random(&seed) % 100000;
		lent_tick(&pool, now_us);
		check_numbers();
	}
	lent_fini(&pool);
	for (unsigned int k = 0; k < KEYS; k++)
		CHECK_EQ(number[k], 0);
}

/* What is in use all the time keeps its schedule while others come and go. */
static void spares_the_busy(void)
{
	const struct lent_key *busy;
	unsigned int moved = 0;

	start();
	busy = get(0);
	for (unsigned int i = 0; i < 1000; i++) {
		(void)get(1 + i % (KEYS - 1));
		moved += get(0) != busy;
	}
	CHECK_EQ(moved, 0);
	lent_fini(&pool);
}

static bool is_wiped(const struct lent_key *key)
{
	static const struct lent_key nothing;

	return memcmp(key, &nothing, sizeof(nothing)) == 0;
}

static void wipes_what_is_idle(void)
{
	const struct lent_key *idle, *busy;
	unsigned int moved = 0;

	start();
	for (unsigned int i = 0; i < SCHEDULES; i++)
		memset(&pool.key[i], 0, sizeof(pool.key[i]));
	lent_tick(&pool, 1);
	idle = get(0);
	busy = get(1);
	CHECK(get(1) == busy);
	for (uint64_t now_us = 1; now_us < 2 * MINUTE_US + 2000; now_us += 1000) {
		lent_tick(&pool, now_us);
		moved += get(1) != busy;
	}
	CHECK_EQ(moved, 0);
	CHECK_EQ(number[0], 0);
	CHECK(is_wiped(idle) && !is_wiped(busy));
	lent_give(&pool, &number[1]);
	CHECK(is_wiped(busy));
	CHECK_EQ(on_loan(), 0);
	lent_fini(&pool);
}

int main(void)
{
	IMB_ARCH arch;

	mb = alloc_mb_mgr(0);
	init_mb_mgr_auto(mb, &arch);
	if ((mb->features & IMB_FEATURE_AESNI) == 0)
		return 77;
	RUN(gives_the_right_one_whatever_the_order);
	RUN(spares_the_busy);
	RUN(wipes_what_is_idle);
	free_mb_mgr(mb);
	return check_summary();
}
