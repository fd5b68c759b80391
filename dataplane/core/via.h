/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * via.h - a pair whose stream lives on another core: stanzas go there through a ring, and come back
 * when that stream is lost.
 *
 *	here      LINK_NONE -> WANTED -> VIA ............................ RETURNING -> NONE or UP
 *	lanes           MSG_LINK_VIA |  PARCEL>  <TAKEN    <LOST  FLUSH>  <RETURN <DONE
 *	there                        |  parked or sent     the stream is gone; drained; given back
 *
 * Order is kept: nothing of the pair is sent here before all that is there has come back, and there
 * FLUSH is answered only when the stream's last stanzas are settled. Where a new stream has come up
 * meanwhile the answer is KEEP, and the pair goes on by it. What was received for others is never
 * passed on a second time, so there is no circle.
 *
 * Credit: at most CROSSING_PARCELS stanzas of a lane are not TAKEN. Towards the edge one is taken
 * when it arrives, since it bounces at the pair's bound there. Towards the inside it is taken when
 *a stream has it, so that a slow gateway parks the sources on the other core too.
 *
 * Runs on  the core that owns the link.
 */
#ifndef DATAPLANE_CORE_VIA_H
#define DATAPLANE_CORE_VIA_H

#include "dataplane/core/core_state.h"

/* Lanes are looked at before orders are read: a stream that control has granted here before it told
 * the sender is known when the sender's stanza is read. */
void via_look(struct core *c);
/* What via_look() has seen, less what is over its bound. Returns how much. */
unsigned int via_run(struct core *c);

/* MSG_LINK_VIA: @l goes by @core from now on, where it still waits for a stream. */
void via_begin(struct core *c, struct link *l, uint16_t core);
/* The first parcel parked goes there. False: no credit; the link is woken when there is. */
MUST_USE bool via_pass(struct core *c, struct link *l);
/* So little of its share is out that sources may go on. */
bool via_is_low(const struct link *l);
/* A parcel leaves the queue of its link: who sent it here may send another. */
void via_taken(struct core *c, struct parcel *p);
/* What this link owes the other cores: LOST, FLUSH, RETURN and the rest. False when a lane is full:
 * call again. */
MUST_USE bool via_tend(struct core *c, struct link *l);

/* Own stanzas of this link go by another core, or are coming back from it. */
static inline bool via_is_away(const struct link *l)
{
	return l->state == LINK_VIA || l->state == LINK_RETURNING;
}

#endif
