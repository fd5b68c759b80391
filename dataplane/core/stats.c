/* SPDX-License-Identifier: BSD-3-Clause */
/* stats.c - the law, read from outside. */
#include <string.h>

#include "dataplane/core/stats.h"

enum { READ_TRIES = 100 };

const uint32_t stats_latency_bounds_us[STATS_LATENCY_BOUNDS] = {
    10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 100000, 500000, 2000000, 10000000,
};

struct copy {
	uint64_t accepted, delivered, answered, bounced, dropped, held, came, went;
};

static struct copy read_law(const struct law *l)
{
	return (struct copy){stat_read(&l->accepted), stat_read(&l->delivered),
			     stat_read(&l->answered), stat_read(&l->bounced),
			     stat_read(&l->dropped),  stat_read(&l->held),
			     stat_read(&l->came),     stat_read(&l->went)};
}

int64_t law_gap(const struct law *l)
{
	struct copy now = read_law(l), before;

	for (unsigned int i = 0; i < READ_TRIES; i++) {
		before = now;
		now = read_law(l);
		if (memcmp(&before, &now, sizeof(now)) == 0)
			break;
	}
	return (int64_t)(now.accepted + now.came - now.delivered - now.answered - now.bounced -
			 now.dropped - now.held - now.went);
}
