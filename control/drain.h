/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * drain.h - taking the node out without losing a stanza: new streams are refused, living ones end
 * in an orderly way, spread over time (the order of it is drain_plan.h's). The process stays.
 *
 * Runs on  control.
 */
#ifndef CONTROL_DRAIN_H
#define CONTROL_DRAIN_H

#include "control/drain_plan.h"
#include "control/loop.h"
#include "dataplane/core/core.h"

struct drain;
struct links;
struct sessions;

struct drain_setup {
	struct loop *loop;
	struct links *links;
	struct sessions *sessions;
	struct core *const *cores; /* for what they hold */
	size_t core_count;
};

/* Never NULL. All of @setup is borrowed. */
MUST_USE struct drain *drain_make(const struct drain_setup *setup);
void drain_free(struct drain *d);

/* From now on, or anew by @times where one is under way. @done (may be NULL) is called once, when
 * nothing is left; a later call of drain_begin() or drain_end() takes its place. */
void drain_begin(struct drain *d, const struct drain_times *times, void (*done)(void *user),
		 void *user);
/* Back to normal. */
void drain_end(struct drain *d);

/* "running", "draining" or "drained". */
const char *drain_state(const struct drain *d);

/* As drain status tells it. */
struct drain_view {
	enum drain_phase phase;
	const char *state; /* drain_plan_state() */
	struct drain_times times;
	uint64_t began_us, left_us; /* left: until the deadline */
	struct drain_count count;
	uint32_t closed; /* partners' streams told to end so far */
	bool then_stop;  /* somebody waits for its end */
};
/* Walks all sessions. */
void drain_view(const struct drain *d, struct drain_view *out);

#endif
