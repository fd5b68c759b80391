/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * drain_plan.h - the order in which a node is emptied: what is to end at which moment, from counts
 * and time alone. drain.c counts and carries out.
 *
 *	OFF -> PARTNERS -> CUT -> GATEWAYS -> LEGS -> DONE, and OFF again from each
 *
 * Partners' streams end first, as many a second as the spread asks for. Gateways' streams stay
 * until none of a partner's is left and what they sent is answered: an error on its way back needs
 * them, too.
 *
 * Runs on  control. Pure.
 */
#ifndef CONTROL_DRAIN_PLAN_H
#define CONTROL_DRAIN_PLAN_H

#include "dataplane/base/base.h"

/* What is shut: each phase includes those before it. */
enum drain_phase {
	DRAIN_OFF,
	DRAIN_PARTNERS, /* no new stream of a partner's; dialled is what has been begun, or asked
			   for before */
	DRAIN_CUT,      /* nobody is dialled to the edge; what is left there is reset */
	DRAIN_GATEWAYS, /* no stream with a partner is left, and gateways open none */
	DRAIN_LEGS,     /* none of theirs is left: those that lead to them end */
	DRAIN_DONE,
};

struct drain_times {
	uint64_t spread_us;   /* partners' streams are told to end over so long */
	uint64_t deadline_us; /* from the start: then nothing is left */
};

/* What there is. Streams that are ending count until they are gone. */
struct drain_count {
	uint64_t now_us;
	uint32_t partners_open;           /* streams with partners that have not been told to end */
	uint32_t partners;                /* all, and wishes for one */
	uint32_t gateways_open, gateways; /* streams that gateways opened */
	uint32_t legs;                    /* streams that lead to gateways */
	uint64_t held;                    /* stanzas */
};

/* What is to be done now. */
struct drain_step {
	uint32_t close_partners;  /* so many, told to end in order */
	uint64_t queue_bytes_max; /* ... of those with no more than that to send */
	bool cut_partners, close_gateways, close_legs, cut_all;
};

struct drain_plan {
	enum drain_phase phase;
	uint64_t began_us, spread_us;
	uint64_t close_by_us; /* whoever is left is told to end, whatever waits for him */
	uint64_t cut_us;      /* what is left of partners is reset */
	uint64_t deadline_us;
	uint64_t owed_us;  /* since when fewer have ended than should; 0: not */
	uint64_t alone_us; /* since when no partner is left; 0: not */
	uint32_t closed;   /* partners' streams told to end */
};

void drain_plan_begin(struct drain_plan *p, const struct drain_times *t, uint64_t now_us);
/* Back to OFF. */
void drain_plan_end(struct drain_plan *p);
/* The next moment: moves the phase on. Ask again within 100 ms. */
struct drain_step drain_plan_step(struct drain_plan *p, const struct drain_count *n);
/* So many of those were told to end after all. */
void drain_plan_closed(struct drain_plan *p, uint32_t streams);

/* "running", "draining" or "drained": what operators call it. */
const char *drain_plan_state(const struct drain_plan *p);

#endif
