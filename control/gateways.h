/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gateways.h - which of the gateways that serve a local domain is to be used: what the operator
 * says of each, which have answered lately, and how often another had to step in.
 *
 * Gateways are known by their names, so what is known of one outlives a reload that keeps it.
 *
 * Runs on  control.
 */
#ifndef CONTROL_GATEWAYS_H
#define CONTROL_GATEWAYS_H

#include "control/loop.h"
#include "control/policy.h"
#include "dataplane/base/bounds.h"
#include "dataplane/base/drop.h"

enum { GATEWAYS_MAX = 64 }; /* of a configuration: config_parts.h */

enum gateway_order {
	GATEWAY_READY,
	GATEWAY_DRAIN, /* takes nothing new where another serves the domain */
	GATEWAY_MAINT, /* has no stream at all */
};

struct gateways;
struct sessions;
struct session;

/* Never NULL. */
struct gateways *gateways_make(struct loop *loop, const struct policy *policy);
void gateways_free(struct gateways *g);
/* A reload: those that are not in @policy any more are forgotten. */
void gateways_reload(struct gateways *g, const struct policy *policy);

/* READY for a name that is not known. */
enum gateway_order gateways_order(const struct gateways *g, const char *name);
/* From now on; streams are session_gateway.c's to end. */
void gateways_set(struct gateways *g, const char *name, enum gateway_order order);

/*
 * Whom to dial, or to wait for, with stanzas for @local: of those that serve it the first that is
 * ready, can be dialled and has not failed within 15 s; else the first of the best that there are.
 *
 * @tried   a bit for each that shall not be it (gateways_bit())
 * Returns  NULL where none is left: those in MAINT do not count.
 */
const struct gateway *gateways_choose(const struct gateways *g, const char *local, uint64_t tried);
uint64_t gateways_bit(const struct gateways *g, const struct gateway *of);
/* May stanzas for @local go to gateway @name? Not to one that drains while another serves it, and
 * not to one in MAINT. */
bool gateways_may_take(const struct gateways *g, const char *name, const char *local);

/* Dialled in vain: @why. */
void gateways_failed(struct gateways *g, const char *name, enum drop why);
/* A stream with it stands. */
void gateways_answered(struct gateways *g, const char *name);
/* Its stanzas go to another now. */
void gateways_passed_over(struct gateways *g, const char *name);

/* As show gateways tells it. */
struct gateway_view {
	const struct gateway *gateway;
	enum gateway_order order;
	/* "up", "idle" (no stream, and nothing wrong), "down" (dialled in vain); "drain" and
	 * "maint" as ordered */
	const char *state;
	uint32_t streams;      /* live, of either direction */
	uint64_t queued_bytes; /* given to them, and not acknowledged by their TCP */
	uint64_t failovers;
	char tls[12];         /* of one of them, "" without any */
	enum drop last_error; /* DROP_COUNT: none yet */
	uint64_t last_error_unix_s;
};
/* Gateway @index of the configuration; false when there are no more. Walks all sessions. */
MUST_USE bool gateways_view(const struct gateways *g, const struct sessions *s, size_t index,
			    struct gateway_view *out);

/* How often stanzas of gateway @index of the configuration went to another. */
uint64_t gateways_failovers(const struct gateways *g, size_t index);

const char *gateways_order_name(enum gateway_order o); /* "ready", "drain", "maint" */

#endif
