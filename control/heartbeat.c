/* SPDX-License-Identifier: BSD-3-Clause */
/* heartbeat.c - keeps each core's last heartbeat and when it has been another one. */
#include <stdlib.h>

#include "control/heartbeat.h"
#include "control/memory.h"

#define LOOK_US UINT64_C(1000000)

struct heartbeat {
	struct loop *loop;
	struct core *const *cores;
	size_t count;
	struct loop_timer timer;
	struct {
		uint64_t beat, moved_us;
	} core[CORES_MAX];
};

static void look(struct loop_timer *t)
{
	struct heartbeat *h = CONTAINER_OF(t, struct heartbeat, timer);
	const uint64_t now_us = loop_now_us(h->loop);

	for (size_t i = 0; i < h->count; i++) {
		const uint64_t beat = core_heartbeat(h->cores[i]);

		if (beat != h->core[i].beat)
			h->core[i].moved_us = now_us;
		h->core[i].beat = beat;
	}
	loop_at(h->loop, t, now_us + LOOK_US);
}

struct heartbeat *heartbeat_make(struct loop *loop, struct core *const *cores, size_t count)
{
	struct heartbeat *h = memory_get(sizeof(*h));

	h->loop = loop;
	h->cores = cores;
	h->count = count;
	h->timer.due = look;
	for (size_t i = 0; i < count; i++)
		h->core[i].moved_us = loop_now_us(loop);
	loop_at(loop, &h->timer, loop_now_us(loop) + LOOK_US);
	return h;
}

void heartbeat_free(struct heartbeat *h)
{
	if (h == NULL)
		return;
	loop_cancel(h->loop, &h->timer);
	free(h);
}

/* A look and a half is no standing still. */
uint64_t heartbeat_still_us(const struct heartbeat *h, size_t index)
{
	const uint64_t still_us = loop_now_us(h->loop) - h->core[index].moved_us;

	return core_heartbeat(h->cores[index]) == h->core[index].beat && still_us > 2 * LOOK_US
		   ? still_us
		   : 0;
}
