/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trial_state.h - what trial*.c share: one trial.
 *
 *	trial.c        its life: dials, what the session tells, the ping, the end
 *	trial_begin.c  what is found before it dials
 *	trial_words.c  the sentences
 *
 * Runs on  control.
 */
#ifndef CONTROL_TRIAL_STATE_H
#define CONTROL_TRIAL_STATE_H

#include "control/session_state.h"
#include "control/trial.h"

enum { TRIAL_TARGETS_MAX = 8 }; /* addresses that are connected to */

enum trial_state {
	TRIAL_BEGINS,
	TRIAL_RESOLVES,
	TRIAL_DIALS,
	TRIAL_TALKS,  /* the session's stream negotiates; its own timer watches over it */
	TRIAL_PINGS,  /* the ping is out */
	TRIAL_LEAVES, /* the next address, or the end */
};

struct trial {
	struct trial_setup setup;
	const struct trial_listener *listener;
	enum trial_state state;
	char domain[DOMAIN_TEXT_MAX + 1], local[DOMAIN_TEXT_MAX + 1], gateway[64];
	struct resolver_query *query;
	struct resolver_target target[RESOLVER_TARGETS_MAX];
	size_t target_count, target_next;
	struct session *session; /* of the dial under way or the stream; it knows of us, too */
	uint64_t since_us;       /* the dial, the ping */
	uint64_t ping;           /* its number */
	struct loop_timer timer;
	const char *failed;
	bool has_talked; /* what is dialled from now on is only connected to */
	bool has_header, has_open_features, has_features;
};

/* trial.c */
/* Tells @line; the first that fails is remembered. */
void trial_say(struct trial *t, const struct trial_line *line);
/* What is configured now: a reload may come at any time. */
const struct config *trial_config(const struct trial *t);
/* NULL: not configured any more. */
const struct partner *trial_partner_of(const struct trial *t);
const struct gateway *trial_gateway_of(const struct trial *t);
/* Its stream, if there is one, ends; on to the next address, or the end, in the loop's next turn.
 */
void trial_leave(struct trial *t);
void trial_next_address(struct trial *t);
/* Tells the end; @t is gone. */
void trial_over(struct trial *t);

/* trial_begin.c */
void trial_begin_partner(struct trial *t);
void trial_begin_gateway(struct trial *t);

#endif
