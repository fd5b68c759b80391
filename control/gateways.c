/* SPDX-License-Identifier: BSD-3-Clause */
/* gateways.c - what is known of each gateway, and the choice among them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/gateways.h"
#include "control/memory.h"
#include "control/session_state.h"

/* One that has failed is left alone for so long, while there are others. */
#define AGAIN_US UINT64_C(15000000)

struct known {
	char name[64]; /* sluice.rng bounds it */
	enum gateway_order order;
	uint64_t failed_us; /* 0: it answers, or was never asked */
	uint64_t failovers;
	enum drop last_error;
	uint64_t last_error_unix_s;
};

struct gateways {
	struct loop *loop;
	const struct policy *policy;
	struct known known[GATEWAYS_MAX]; /* in the policy's order */
};

static void name_all(struct gateways *g, const struct policy *policy)
{
	g->policy = policy;
	for (size_t i = 0; i < policy->gateway_count && i < GATEWAYS_MAX; i++) {
		struct known *k = &g->known[i];

		*k = (struct known){.last_error = DROP_COUNT};
		(void)snprintf(k->name, sizeof(k->name), "%s", policy->gateways[i].name);
	}
}

struct gateways *gateways_make(struct loop *loop, const struct policy *policy)
{
	struct gateways *g = memory_get(sizeof(*g));

	g->loop = loop;
	name_all(g, policy);
	return g;
}

void gateways_free(struct gateways *g)
{
	free(g);
}

static struct known *find_in(struct known *known, const char *name)
{
	for (size_t i = 0; i < GATEWAYS_MAX && known[i].name[0] != '\0'; i++)
		if (strcmp(known[i].name, name) == 0)
			return &known[i];
	return NULL;
}

/* Names are those of this configuration, or of one that has just gone. */
static struct known *find(const struct gateways *g, const char *name)
{
	return find_in(((struct gateways *)(uintptr_t)g)->known, name);
}

void gateways_reload(struct gateways *g, const struct policy *policy)
{
	struct known *before = memory_get(sizeof(g->known));

	memcpy(before, g->known, sizeof(g->known));
	memset(g->known, 0, sizeof(g->known));
	name_all(g, policy);
	for (size_t i = 0; i < GATEWAYS_MAX && g->known[i].name[0] != '\0'; i++) {
		const struct known *same = find_in(before, g->known[i].name);

		if (same == NULL)
			continue;
		g->known[i] = *same;
		g->known[i].failed_us = 0; /* it may have been mended in the file */
	}
	free(before);
}

enum gateway_order gateways_order(const struct gateways *g, const char *name)
{
	const struct known *k = find(g, name);

	return k != NULL ? k->order : GATEWAY_READY;
}

void gateways_set(struct gateways *g, const char *name, enum gateway_order order)
{
	struct known *k = find(g, name);

	if (k == NULL)
		return;
	k->order = order;
	k->failed_us = 0;
}

static bool serves(const struct gateway *g, const char *local)
{
	for (char **d = g->local_domains; d != NULL && *d != NULL; d++)
		if (strcmp(*d, local) == 0)
			return true;
	return false;
}

/* The lower the better; what is not to be used at all has none. */
enum { RANK_BEST, RANK_FAILED, RANK_COMES_BY_ITSELF, RANK_DRAINS, RANK_NONE };

static unsigned int rank(const struct gateways *g, size_t index)
{
	const struct known *k = &g->known[index];

	if (k->order == GATEWAY_MAINT)
		return RANK_NONE;
	if (k->order == GATEWAY_DRAIN)
		return RANK_DRAINS;
	if (g->policy->gateways[index].dial == GATEWAY_DIAL_NONE)
		return RANK_COMES_BY_ITSELF;
	if (k->failed_us != 0 && loop_now_us(g->loop) - k->failed_us < AGAIN_US)
		return RANK_FAILED;
	return RANK_BEST;
}

const struct gateway *gateways_choose(const struct gateways *g, const char *local, uint64_t tried)
{
	const struct gateway *best = NULL;
	unsigned int best_rank = RANK_NONE;

	for (size_t i = 0; i < g->policy->gateway_count; i++) {
		const struct gateway *one = &g->policy->gateways[i];
		const unsigned int its = rank(g, i);

		if (its < best_rank && (tried & UINT64_C(1) << i) == 0 && serves(one, local)) {
			best = one;
			best_rank = its;
		}
	}
	return best;
}

uint64_t gateways_bit(const struct gateways *g, const struct gateway *of)
{
	return UINT64_C(1) << (of - g->policy->gateways);
}

bool gateways_may_take(const struct gateways *g, const char *name, const char *local)
{
	const struct gateway *other;

	switch (gateways_order(g, name)) {
	case GATEWAY_READY:
		return true;
	case GATEWAY_DRAIN:
		other = gateways_choose(g, local, 0);
		return other == NULL || gateways_order(g, other->name) == GATEWAY_DRAIN;
	case GATEWAY_MAINT:
		break;
	}
	return false;
}

void gateways_failed(struct gateways *g, const char *name, enum drop why)
{
	struct known *k = find(g, name);

	if (k == NULL)
		return;
	k->failed_us = loop_now_us(g->loop);
	k->last_error = why;
	k->last_error_unix_s = (uint64_t)time(NULL);
}

void gateways_answered(struct gateways *g, const char *name)
{
	struct known *k = find(g, name);

	if (k != NULL)
		k->failed_us = 0;
}

void gateways_passed_over(struct gateways *g, const char *name)
{
	struct known *k = find(g, name);

	if (k != NULL)
		k->failovers++;
}

uint64_t gateways_failovers(const struct gateways *g, size_t index)
{
	return g->known[index].failovers;
}

static const char *state_of(const struct known *k, uint32_t streams)
{
	if (k->order != GATEWAY_READY)
		return gateways_order_name(k->order);
	return streams > 0 ? "up" : k->failed_us != 0 ? "down" : "idle";
}

bool gateways_view(const struct gateways *g, const struct sessions *t, size_t index,
		   struct gateway_view *out)
{
	const struct known *k;
	struct conn_view core;

	if (index >= g->policy->gateway_count)
		return false;
	k = &g->known[index];
	*out = (struct gateway_view){.gateway = &g->policy->gateways[index],
				     .order = k->order,
				     .failovers = k->failovers,
				     .last_error = k->last_error,
				     .last_error_unix_s = k->last_error_unix_s};
	for (const struct session *s = t->first; s != NULL; s = s->next) {
		if (s->leg != IFACE_INTERNAL || s->pairs == 0 || strcmp(s->gateway, k->name) != 0)
			continue;
		out->streams++;
		(void)snprintf(out->tls, sizeof(out->tls), "%s", s->tls_version);
		if (session_core_view(s, &core))
			out->queued_bytes += core.queued_bytes;
	}
	out->state = state_of(k, out->streams);
	return true;
}

const char *gateways_order_name(enum gateway_order o)
{
	static const char *const names[] = {"ready", "drain", "maint"};

	return (size_t)o < ARRAY_LEN(names) ? names[o] : "?";
}
