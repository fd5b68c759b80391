/* SPDX-License-Identifier: BSD-3-Clause */
/* link_serving.c - pairs to the streams that take them: a chained hash. */
#include <stdlib.h>

#include "control/link_serving.h"
#include "control/memory.h"

#define GRANT_UNDERWAY_US UINT64_C(1000000)

enum { BUCKETS = 4096 };

struct entry {
	struct entry *next;
	struct session *session;
	struct pair pair;
	enum toward toward;
	uint64_t since_us;
};

struct serving {
	struct entry *bucket[BUCKETS];
};

struct serving *link_serving_make(void)
{
	return memory_get(sizeof(struct serving));
}

void link_serving_free(struct serving *t)
{
	if (t == NULL)
		return;
	for (unsigned int i = 0; i < BUCKETS; i++)
		while (t->bucket[i] != NULL) {
			struct entry *e = t->bucket[i];

			t->bucket[i] = e->next;
			free(e);
		}
	free(t);
}

/* The ids are our own: nobody outside can aim at a chain. */
static unsigned int bucket_of(struct pair pair, enum toward toward)
{
	const uint32_t key = (uint32_t)pair.local.n << 16 | pair.remote.n;

	return (unsigned int)((key * UINT64_C(0x9e3779b97f4a7c15) >> 40) + toward) % BUCKETS;
}

static bool is_for(const struct entry *e, struct pair pair, enum toward toward)
{
	return e->toward == toward && domain_equal(e->pair.local, pair.local) &&
	       domain_equal(e->pair.remote, pair.remote);
}

void link_serving_add(struct serving *t, struct session *s, struct pair pair, enum toward toward)
{
	struct entry **head = &t->bucket[bucket_of(pair, toward)], *e = memory_get(sizeof(*e));

	*e = (struct entry){*head, s, pair, toward, loop_now_us(s->table->loop)};
	*head = e;
	s->serves = true;
}

void link_serving_remove(struct serving *t, const struct session *s)
{
	for (unsigned int i = 0; s->serves && i < BUCKETS; i++)
		for (struct entry **at = &t->bucket[i]; *at != NULL;) {
			struct entry *e = *at;

			if (e->session != s) {
				at = &e->next;
				continue;
			}
			*at = e->next;
			free(e);
		}
}

struct session *link_serving_elsewhere(const struct serving *t, uint16_t core, struct pair pair,
				       enum toward toward, uint16_t lost_by)
{
	for (const struct entry *e = t->bucket[bucket_of(pair, toward)]; e != NULL; e = e->next) {
		struct session *s = e->session;

		if (!is_for(e, pair, toward) || s->is_closing || s->core == core)
			continue;
		if (s->core + 1 != lost_by ||
		    loop_now_us(s->table->loop) - e->since_us < GRANT_UNDERWAY_US)
			return s;
	}
	return NULL;
}
