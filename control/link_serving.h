/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * link_serving.h - which live streams may take stanzas of a pair, and on which core each lives: so
 * that the other cores can be told of it (MSG_LINK_VIA).
 *
 * Runs on  control.
 * Cost     one hash chain.
 */
#ifndef CONTROL_LINK_SERVING_H
#define CONTROL_LINK_SERVING_H

#include "control/session_state.h"

struct serving;

/* Never NULL. */
struct serving *link_serving_make(void);
void link_serving_free(struct serving *t);

/* @s has been granted GRANT_TO_PEER for @pair. */
void link_serving_add(struct serving *t, struct session *s, struct pair pair, enum toward toward);
/* It is over. */
void link_serving_remove(struct serving *t, const struct session *s);

/*
 * One that lives on another core than @core and is not closing, or NULL. @lost_by: a core + 1 that
 * has lost its stream, which control may not have heard of yet: then one there counts only if it is
 * younger than a second, for that core may not have heard of the grant yet either.
 */
struct session *link_serving_elsewhere(const struct serving *t, uint16_t core, struct pair pair,
				       enum toward toward, uint16_t lost_by);

#endif
