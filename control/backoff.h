/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * backoff.h - how long to leave a domain alone after it could not be reached: 1 s, doubled with
 * each failure up to 5 minutes, with up to a quarter of jitter so that an edge does not dial
 * everybody at once.
 *
 * Runs on  control. Pure: time and randomness come in.
 */
#ifndef CONTROL_BACKOFF_H
#define CONTROL_BACKOFF_H

#include "dataplane/base/drop.h"

struct backoff {
	uint64_t not_before_us; /* 0: not in back-off */
	uint32_t failures;
	enum drop why; /* the last failure */
};

static inline bool backoff_is_on(const struct backoff *b, uint64_t now_us)
{
	return b->failures > 0 && now_us < b->not_before_us;
}

static inline void backoff_failed(struct backoff *b, enum drop why, uint64_t now_us,
				  uint32_t random)
{
	const unsigned int doublings = b->failures < 9 ? b->failures : 9;
	uint64_t wait_us = UINT64_C(1000000) << doublings;

	if (wait_us > UINT64_C(300000000))
		wait_us = UINT64_C(300000000);
	b->failures++;
	b->why = why;
	b->not_before_us = now_us + wait_us + random % (wait_us / 4);
}

static inline void backoff_clear(struct backoff *b)
{
	b->failures = 0;
	b->not_before_us = 0;
}

#endif
