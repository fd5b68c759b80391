/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * crossing.h - the rings between poll cores: one lane for each ordered pair, single producer,
 * single consumer. Frames that the wrong core has received or cannot send, what links tell each
 * other, and neighbours' addresses.
 *
 * Runs on  crossing_make/drain/free: control, before the cores start and after they stopped. The
 *          rest: of a lane (from, to), the first on core @from, the second on core @to.
 * Owns     an mbuf in a lane is the receiver's once it is in.
 * Cost     about 3 ns an item.
 */
#ifndef DATAPLANE_CORE_CROSSING_H
#define DATAPLANE_CORE_CROSSING_H

#include "dataplane/core/msg.h"
#include "dataplane/net/net.h"

enum crossing_bounds {
	CROSSING_FRAMES = 1024,  /* of one lane; beyond it they are dropped, and TCP sends again */
	CROSSING_PARCELS = 2048, /* stanzas that one core may have sent to another and not been told
				    of; as many answers */
	/* Both of them and as much again: so a parcel and its answer always find room. */
	CROSSING_NOTES = 4 * CROSSING_PARCELS,
	CROSSING_SPARE = 2 * CROSSING_PARCELS, /* left free by what may wait */
	CROSSING_NEIGHBOURS = 64,
};

struct crossing_frame {
	struct rte_mbuf *m;
	uint32_t iface;   /* enum iface */
	uint32_t is_sent; /* 0: received, for TCP of the other core; 1: to be sent by its queue */
};

enum crossing_kind {
	/* to the core whose stream serves a pair */
	CROSSING_PARCEL, /* one stanza */
	CROSSING_FLUSH,  /* it goes there no longer: what is left of it is wanted back */
	/* and back */
	CROSSING_TAKEN,  /* one stanza less waits there */
	CROSSING_LOST,   /* the stream is gone: answer by FLUSH */
	CROSSING_RETURN, /* a stanza that has not been sent, oldest first */
	CROSSING_DONE,   /* answers FLUSH: nothing is left */
	CROSSING_KEEP,   /* answers FLUSH: there is a stream again, go on */
};

struct crossing_note {
	struct rte_mbuf *m; /* PARCEL, RETURN: a parcel */
	struct pair pair;
	uint32_t bytes; /* TAKEN: of that stanza */
	uint8_t kind;   /* enum crossing_kind */
	uint8_t toward; /* enum toward */
};

struct crossings;

/* NULL without memory. */
MUST_USE struct crossings *crossing_make(uint16_t cores);
/* Gives back the mbufs that are still in the rings; before a pool they belong to is freed. */
void crossing_drain(struct crossings *x);
void crossing_free(struct crossings *x);

uint16_t crossing_cores(const struct crossings *x);

/* False when the lane is full: the frame is still the caller's. */
MUST_USE bool crossing_give_frame(struct crossings *x, uint16_t from, uint16_t to,
				  const struct crossing_frame *f);
unsigned int crossing_take_frames(struct crossings *x, uint16_t from, uint16_t to,
				  struct crossing_frame *out, unsigned int max);

/* False when the lane is full. A PARCEL within its sender's credit, and its TAKEN, always find
 * room; the rest leaves CROSSING_SPARE for them. */
MUST_USE bool crossing_give_note(struct crossings *x, uint16_t from, uint16_t to,
				 const struct crossing_note *n);
/* How many are there now: what comes later is left to the next turn. */
unsigned int crossing_notes(const struct crossings *x, uint16_t from, uint16_t to);
MUST_USE bool crossing_take_note(struct crossings *x, uint16_t from, uint16_t to,
				 struct crossing_note *out);

/* Core by core says once that it has stopped; until all have, each goes on polling, since another's
 * connections may live by its queue. What was given before is seen by whoever sees that. */
void crossing_leave(struct crossings *x);
bool crossing_all_left(const struct crossings *x);

/* When the lane is full it is lost: who asked asks again. */
void crossing_give_neighbour(struct crossings *x, uint16_t from, uint16_t to,
			     const struct net_neighbour *n);
MUST_USE bool crossing_take_neighbour(struct crossings *x, uint16_t from, uint16_t to,
				      struct net_neighbour *out);

#endif
