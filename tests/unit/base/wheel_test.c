/* SPDX-License-Identifier: BSD-3-Clause */
/* wheel_test.c - the timing wheel against a plain array of due times. */
#include "dataplane/base/wheel.h"
#include "tests/check.h"

#define TIMERS 300
#define SEED   UINT64_C(0x5eed5eed00000001)

static struct wheel wheel;

static void fires_at_its_time_not_before(void)
{
	static const uint64_t delays_us[] = {
	    0,        1,        999,     1000,       255000,     256000,     257500,     65535999,
	    65536000, 65536001, 7777777, 7200000000, 4194304000, 4194303999, 90000000000};

	for (size_t i = 0; i < ARRAY_LEN(delays_us); i++) {
		struct wheel_timer t = {.kind = 7};
		const uint64_t start_us = 123456789 + i * 255333, due_us = start_us + delays_us[i];

		wheel_init(&wheel, start_us);
		wheel_set(&wheel, &t, due_us);
		CHECK(wheel_is_armed(&t));
		if (delays_us[i] > 0)
			CHECK(wheel_next(&wheel, due_us - 1) == NULL);
		CHECK(wheel_next(&wheel, due_us) == &t);
		CHECK(!wheel_is_armed(&t));
		CHECK(wheel_next(&wheel, due_us) == NULL);
		CHECK_EQ(wheel.armed, 0);
	}
}

static void a_past_time_fires_at_once(void)
{
	struct wheel_timer t = {0};

	wheel_init(&wheel, 5000000);
	wheel_set(&wheel, &t, 1);
	CHECK(wheel_next(&wheel, 5000000) == &t);
}

static void idle_timers_may_be_cancelled(void)
{
	struct wheel_timer t = {0};

	wheel_init(&wheel, 0);
	wheel_cancel(&wheel, &t);
	wheel_set(&wheel, &t, 10);
	wheel_cancel(&wheel, &t);
	wheel_cancel(&wheel, &t);
	CHECK_EQ(wheel.armed, 0);
	CHECK(wheel_next(&wheel, 100000) == NULL);
}

/* One of two timers due together is handed out; the other is moved, or cancelled, meanwhile. */
static void a_due_timer_may_still_be_moved_or_cancelled(void)
{
	for (int cancel = 0; cancel <= 1; cancel++) {
		struct wheel_timer t[2] = {{0}, {0}}, *first, *other;

		wheel_init(&wheel, 0);
		wheel_set(&wheel, &t[0], 3000);
		wheel_set(&wheel, &t[1], 3000);
		first = wheel_next(&wheel, 3500);
		CHECK(first == &t[0] || first == &t[1]);
		other = first == &t[0] ? &t[1] : &t[0];
		if (cancel)
			wheel_cancel(&wheel, other);
		else
			wheel_set(&wheel, other, 900000);
		CHECK(wheel_next(&wheel, 4000) == NULL);
		CHECK(wheel_next(&wheel, 899999) == NULL);
		CHECK(wheel_next(&wheel, 900000) == (cancel ? NULL : other));
	}
}

static uint64_t random_delay_us(uint64_t *seed)
{
	static const uint64_t scale_us[] = {900, 5000, 300000, 70000000, 5000000000};

	return check_random(seed) % scale_us[check_random(seed) % ARRAY_LEN(scale_us)];
}

/* Takes all that is due, and says whether it is what the model says. */
static void compare_due(struct wheel_timer *timers, uint64_t *due_us, uint64_t now_us)
{
	struct wheel_timer *t;
	unsigned int left = 0;

	while ((t = wheel_next(&wheel, now_us)) != NULL) {
		const size_t i = (size_t)(t - timers);

		CHECK(due_us[i] <= now_us);
		CHECK_EQ(t->kind, (uint8_t)i);
		due_us[i] = UINT64_MAX;
	}
	for (size_t i = 0; i < TIMERS; i++) {
		CHECK(due_us[i] == UINT64_MAX || due_us[i] > now_us);
		CHECK(wheel_is_armed(&timers[i]) == (due_us[i] != UINT64_MAX));
		left += due_us[i] != UINT64_MAX;
	}
	CHECK_EQ(wheel.armed, left);
}

static void agrees_with_an_array_of_due_times(void)
{
	static struct wheel_timer timers[TIMERS];
	static uint64_t due_us[TIMERS];
	uint64_t seed = SEED, now_us = 987654321;

	memset(timers, 0, sizeof(timers));
	wheel_init(&wheel, now_us);
	for (size_t i = 0; i < TIMERS; i++) {
		due_us[i] = UINT64_MAX;
		timers[i].kind = (uint8_t)i;
	}
	for (int step = 0; step < 20000 && check_bad_now == 0; step++) {
		const size_t i = check_random(&seed) % TIMERS;

		if (check_random(&seed) % 8 == 0) {
			wheel_cancel(&wheel, &timers[i]);
			due_us[i] = UINT64_MAX;
		} else {
			due_us[i] = now_us + random_delay_us(&seed);
			wheel_set(&wheel, &timers[i], due_us[i]);
		}
		if (check_random(&seed) % 4 == 0) {
			now_us += check_random(&seed) % 1000 == 0 ? random_delay_us(&seed)
								  : check_random(&seed) % 9000;
			compare_due(timers, due_us, now_us);
		}
	}
	if (check_bad_now > 0)
		fprintf(stderr, "seed %#" PRIx64 "\n", SEED);
}

int main(void)
{
	RUN(fires_at_its_time_not_before);
	RUN(a_past_time_fires_at_once);
	RUN(idle_timers_may_be_cancelled);
	RUN(a_due_timer_may_still_be_moved_or_cancelled);
	RUN(agrees_with_an_array_of_due_times);
	return check_summary();
}
