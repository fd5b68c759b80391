/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * link_race.h - several addresses of one partner dialled in turn, each a little after the one
 * before, until the first answers (RFC 8305 5): an address or a family that leads nowhere costs a
 * quarter of a second, not a time-out.
 *
 * Runs on  control.
 */
#ifndef CONTROL_LINK_RACE_H
#define CONTROL_LINK_RACE_H

#include "control/loop.h"
#include "dataplane/base/base.h"

enum { LINK_RACE_MAX = 4 }; /* dials under way for one want */

struct session;
struct want;

struct link_race {
	struct session *session[LINK_RACE_MAX];
	size_t count;
	struct loop_timer next; /* the next address has its turn */
};

/* The next target of the want joins the race, if there is one and room. False: neither, and the
 * race is over. May end the want: then true. */
MUST_USE bool link_race_join(struct want *w);
/* Is @s in the race of @w? */
MUST_USE bool link_race_has(const struct want *w, const struct session *s);
/* @s has answered: the want goes on with it alone. */
void link_race_won(struct want *w, struct session *s);
/* @s has failed: it leaves the race. */
void link_race_lost(struct want *w, struct session *s);
/* Nobody is waited for any more. */
void link_race_end(struct want *w);

#endif
