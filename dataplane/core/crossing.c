/* SPDX-License-Identifier: BSD-3-Clause */
/* crossing.c - the lanes between cores, three rings each. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_ring.h>
#include <rte_ring_elem.h>

#include "dataplane/core/crossing.h"

struct lane {
	struct rte_ring *frames, *notes, *neighbours;
};

struct crossings {
	uint16_t cores;
	_Atomic uint16_t left;
	struct lane lane[]; /* [from * cores + to]; from == to is empty */
};

_Static_assert(sizeof(struct crossing_frame) % 4 == 0, "an element of rte_ring_elem");
_Static_assert(sizeof(struct crossing_note) % 4 == 0, "an element of rte_ring_elem");
_Static_assert(sizeof(struct net_neighbour) % 4 == 0, "an element of rte_ring_elem");

static struct lane *lane_of(struct crossings *x, uint16_t from, uint16_t to)
{
	return &x->lane[from * x->cores + to];
}

static struct rte_ring *make_ring(const char *what, unsigned int number, unsigned int size,
				  unsigned int count)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "%s%u", what, number);
	return rte_ring_create_elem(name, size, count, SOCKET_ID_ANY,
				    RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
}

static bool make_lane(struct lane *l, unsigned int number)
{
	l->frames = make_ring("frames", number, sizeof(struct crossing_frame), CROSSING_FRAMES);
	l->notes = make_ring("notes", number, sizeof(struct crossing_note), CROSSING_NOTES);
	l->neighbours =
	    make_ring("neighbours", number, sizeof(struct net_neighbour), CROSSING_NEIGHBOURS);
	return l->frames != NULL && l->notes != NULL && l->neighbours != NULL;
}

struct crossings *crossing_make(uint16_t cores)
{
	struct crossings *x = calloc(1, sizeof(*x) + (size_t)cores * cores * sizeof(x->lane[0]));

	if (x == NULL)
		return NULL;
	x->cores = cores;
	for (uint16_t from = 0; from < cores; from++)
		for (uint16_t to = 0; to < cores; to++)
			if (from != to &&
			    !make_lane(lane_of(x, from, to), (unsigned int)from * cores + to)) {
				crossing_free(x);
				return NULL;
			}
	return x;
}

void crossing_drain(struct crossings *x)
{
	struct crossing_frame f;
	struct crossing_note n;

	for (unsigned int i = 0; x != NULL && i < (unsigned int)x->cores * x->cores; i++) {
		struct lane *l = &x->lane[i];

		while (l->frames != NULL && rte_ring_sc_dequeue_elem(l->frames, &f, sizeof(f)) == 0)
			rte_pktmbuf_free(f.m);
		while (l->notes != NULL && rte_ring_sc_dequeue_elem(l->notes, &n, sizeof(n)) == 0)
			rte_pktmbuf_free(n.m);
	}
}

void crossing_free(struct crossings *x)
{
	if (x == NULL)
		return;
	for (unsigned int i = 0; i < (unsigned int)x->cores * x->cores; i++) {
		rte_ring_free(x->lane[i].frames);
		rte_ring_free(x->lane[i].notes);
		rte_ring_free(x->lane[i].neighbours);
	}
	free(x);
}

uint16_t crossing_cores(const struct crossings *x)
{
	return x->cores;
}

void crossing_leave(struct crossings *x)
{
	atomic_fetch_add_explicit(&x->left, 1, memory_order_release);
}

bool crossing_all_left(const struct crossings *x)
{
	return atomic_load_explicit(&x->left, memory_order_acquire) == x->cores;
}

bool crossing_give_frame(struct crossings *x, uint16_t from, uint16_t to,
			 const struct crossing_frame *f)
{
	struct crossing_frame copy = *f; /* the ring's functions take no const pointer */

	return rte_ring_sp_enqueue_elem(lane_of(x, from, to)->frames, &copy, sizeof(copy)) == 0;
}

unsigned int crossing_take_frames(struct crossings *x, uint16_t from, uint16_t to,
				  struct crossing_frame *out, unsigned int max)
{
	return rte_ring_sc_dequeue_burst_elem(lane_of(x, from, to)->frames, out, sizeof(*out), max,
					      NULL);
}

static bool may_wait(const struct crossing_note *n)
{
	return n->kind != CROSSING_PARCEL && n->kind != CROSSING_TAKEN;
}

bool crossing_give_note(struct crossings *x, uint16_t from, uint16_t to,
			const struct crossing_note *n)
{
	struct rte_ring *r = lane_of(x, from, to)->notes;
	struct crossing_note copy = *n;

	if (may_wait(n) && rte_ring_free_count(r) <= CROSSING_SPARE)
		return false;
	return rte_ring_sp_enqueue_elem(r, &copy, sizeof(copy)) == 0;
}

unsigned int crossing_notes(const struct crossings *x, uint16_t from, uint16_t to)
{
	return rte_ring_count(x->lane[from * x->cores + to].notes);
}

bool crossing_take_note(struct crossings *x, uint16_t from, uint16_t to, struct crossing_note *out)
{
	return rte_ring_sc_dequeue_elem(lane_of(x, from, to)->notes, out, sizeof(*out)) == 0;
}

void crossing_give_neighbour(struct crossings *x, uint16_t from, uint16_t to,
			     const struct net_neighbour *n)
{
	struct net_neighbour copy = *n;

	if (rte_ring_sp_enqueue_elem(lane_of(x, from, to)->neighbours, &copy, sizeof(copy)) != 0)
		return;
}

bool crossing_take_neighbour(struct crossings *x, uint16_t from, uint16_t to,
			     struct net_neighbour *out)
{
	return rte_ring_sc_dequeue_elem(lane_of(x, from, to)->neighbours, out, sizeof(*out)) == 0;
}
