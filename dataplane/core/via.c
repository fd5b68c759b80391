/* SPDX-License-Identifier: BSD-3-Clause */
/* via.c - stanzas by way of another core: sent, taken, given back. */
#include "dataplane/core/via.h"
#include "dataplane/core/account.h"
#include "dataplane/core/bounce.h"

enum {
	NOTES_PER_TURN = 512,                 /* of one lane */
	SHARE_STANZAS = CROSSING_PARCELS / 8, /* of one link towards the inside */
	SHARE_BYTES = SEND_QUEUE_BYTES,
};

static uint16_t bit_of(uint16_t core)
{
	return (uint16_t)BIT(core);
}

static bool give(struct core *c, uint16_t to, const struct link *l, enum crossing_kind kind,
		 struct rte_mbuf *m)
{
	const struct crossing_note n = {
	    .m = m, .pair = l->pair, .kind = (uint8_t)kind, .toward = l->toward};

	return crossing_give_note(c->setup.crossings, c->setup.index, to, &n);
}

/* --- the sending side --- */

void via_begin(struct core *c, struct link *l, uint16_t core)
{
	if ((l->state != LINK_NONE && l->state != LINK_WANTED) || c->setup.crossings == NULL ||
	    core == c->setup.index || core >= crossing_cores(c->setup.crossings))
		return;
	l->state = LINK_VIA;
	l->via = (uint8_t)core;
	l->lost_by = 0;
	link_do_later(c, l);
}

/* Towards the inside a link has its share of the lane, so that one slow gateway leaves room. */
static bool has_share(const struct link *l)
{
	return l->toward == TOWARD_EDGE ||
	       (l->via_count < SHARE_STANZAS && l->via_bytes < SHARE_BYTES);
}

bool via_is_low(const struct link *l)
{
	return l->toward == TOWARD_EDGE ||
	       (l->via_count <= SHARE_STANZAS / 2 && l->via_bytes <= SHARE_BYTES / 2);
}

bool via_pass(struct core *c, struct link *l)
{
	struct rte_mbuf *m;

	if (!has_share(l))
		return false; /* TAKEN wakes it */
	if (c->lane_out[l->via] >= CROSSING_PARCELS) {
		l->is_starved = true;
		TAILQ_INSERT_TAIL(&c->starved[l->via], l, blocked);
		return false;
	}
	m = parcel_pop(&l->parked);
	parcel_of(m)->label.sample = 0; /* the place is this core's */
	account_leave(c, &parcel_of(m)->label);
	c->lane_out[l->via]++;
	l->via_count++;
	l->via_bytes += parcel_of(m)->bytes;
	/* Within the credit there is always room (CROSSING_NOTES). */
	if (!give(c, l->via, l, CROSSING_PARCEL, m))
		assert(false);
	return true;
}

static void credit(struct core *c, struct link *l, uint16_t by, uint32_t bytes)
{
	struct link *starved;

	c->lane_out[by]--;
	if (l != NULL) {
		l->via_count--;
		l->via_bytes -= bytes;
		link_do_later(c, l);
	}
	while ((starved = TAILQ_FIRST(&c->starved[by])) != NULL) {
		TAILQ_REMOVE(&c->starved[by], starved, blocked);
		starved->is_starved = false;
		link_do_later(c, starved);
	}
}

static bool goes_by(const struct link *l, uint16_t core)
{
	return l != NULL && via_is_away(l) && l->via == core;
}

static void on_lost(struct core *c, struct link *l, uint16_t from)
{
	if (!goes_by(l, from) || l->state != LINK_VIA)
		return;
	l->state = LINK_RETURNING;
	l->flush_due = true;
	link_do_later(c, l);
}

/* All that came back goes before what has been parked since. */
static void prepend_returned(struct core *c, struct link *l)
{
	struct parcel_queue *returned = link_returned(&c->links, l);
	struct parcel_queue back = {0};
	struct rte_mbuf *m;

	while ((m = parcel_pop(returned)) != NULL)
		parcel_push_front(&back, m);
	while ((m = parcel_pop(&back)) != NULL)
		parcel_push_front(&l->parked, m);
}

static void on_answer(struct core *c, struct link *l, uint16_t from, bool keep)
{
	if (!goes_by(l, from) || l->state != LINK_RETURNING || l->flush_due)
		return;
	prepend_returned(c, l);
	if (keep) {
		l->state = LINK_VIA;
	} else {
		l->state = TAILQ_EMPTY(&l->streams) ? LINK_NONE : LINK_UP;
		l->lost_by = (uint8_t)(from + 1);
	}
	link_do_later(c, l);
}

static void on_return(struct core *c, struct link *l, uint16_t from, struct rte_mbuf *m)
{
	struct parcel *p = parcel_of(m);

	account_arrive(c, &p->label);
	if (p->label.is_owed)
		credit(c, l, from, p->bytes);
	p->label.is_owed = false;
	p->label.origin = 0;
	if (goes_by(l, from) && l->state == LINK_RETURNING)
		parcel_push(link_returned(&c->links, l), m);
	else
		link_return(c, m);
}

/* --- the side with the stream --- */

void via_taken(struct core *c, struct parcel *p)
{
	const struct crossing_note n = {.pair = p->label.pair,
					.bytes = p->bytes,
					.kind = CROSSING_TAKEN,
					.toward = p->label.toward};

	if (!p->label.is_owed)
		return;
	p->label.is_owed = false;
	if (!crossing_give_note(c->setup.crossings, c->setup.index, (uint16_t)(p->label.origin - 1),
				&n))
		assert(false); /* as for a parcel */
}

static void on_parcel(struct core *c, uint16_t from, struct rte_mbuf *m)
{
	struct parcel *p = parcel_of(m);
	struct link *l = link_take(&c->links, p->label.pair, (enum toward)p->label.toward);

	p->label.origin = (uint8_t)(from + 1);
	p->label.is_owed = true;
	account_arrive(c, &p->label);
	if (l != NULL)
		l->fed_by |= bit_of(from);
	if (l == NULL || p->label.toward == TOWARD_EDGE)
		via_taken(c, p);
	if (l != NULL && link_take_parcel(c, l, m))
		return;
	via_taken(c, p);
	account_release(c, &p->label);
	bounce_parcel(c, m, STANZA_RESOURCE_CONSTRAINT,
		      l != NULL ? DROP_STANZA_QUEUE_FULL : DROP_STANZA_NO_MEMORY);
	parcel_free(m);
}

static void on_flush(struct core *c, struct link *l, uint16_t from)
{
	if (l == NULL)
		return; /* it is kept as long as @from may send to it */
	l->flushing |= bit_of(from);
	link_do_later(c, l);
}

/* What @to has sent here and is still parked. False when the lane is full. */
static bool give_back(struct core *c, struct link *l, uint16_t to)
{
	struct parcel_queue keep = {0};
	bool is_full = false;
	struct rte_mbuf *m;

	while ((m = parcel_pop(&l->parked)) != NULL) {
		/* Copied: once in the ring the parcel is the other core's. */
		const struct parcel_label label = parcel_of(m)->label;

		if (label.origin == to + 1 && !is_full && give(c, to, l, CROSSING_RETURN, m)) {
			account_leave(c, &label);
			continue;
		}
		is_full |= label.origin == to + 1;
		parcel_push(&keep, m);
	}
	l->parked = keep;
	return !is_full;
}

static bool answer_flush(struct core *c, struct link *l, uint16_t to)
{
	const bool keep = !TAILQ_EMPTY(&l->streams);

	if (!keep && !give_back(c, l, to))
		return false;
	if (!give(c, to, l, keep ? CROSSING_KEEP : CROSSING_DONE, NULL))
		return false;
	l->flushing &= (uint16_t)~bit_of(to);
	l->told_lost &= (uint16_t)~bit_of(to);
	if (!keep)
		l->fed_by &= (uint16_t)~bit_of(to);
	return true;
}

static bool tell_lost(struct core *c, struct link *l)
{
	const uint16_t due = l->fed_by & (uint16_t)~l->told_lost;
	bool done = true;

	for (uint16_t i = 0; i < CORES_MAX && due >> i != 0; i++) {
		if ((due & bit_of(i)) == 0)
			continue;
		if (give(c, i, l, CROSSING_LOST, NULL))
			l->told_lost |= bit_of(i);
		else
			done = false;
	}
	return done;
}

bool via_tend(struct core *c, struct link *l)
{
	bool done = true;

	if (l->flush_due) {
		l->flush_due = !give(c, l->via, l, CROSSING_FLUSH, NULL);
		done = !l->flush_due;
	}
	if (l->fed_by != 0 && TAILQ_EMPTY(&l->streams))
		done &= tell_lost(c, l);
	for (uint16_t i = 0; l->draining == NULL && i < CORES_MAX && l->flushing >> i != 0; i++)
		if ((l->flushing & bit_of(i)) != 0)
			done &= answer_flush(c, l, i);
	return done;
}

/* --- lanes --- */

static void read_note(struct core *c, uint16_t from, const struct crossing_note *n)
{
	struct link *l = link_find(&c->links, n->pair, (enum toward)n->toward);

	switch ((enum crossing_kind)n->kind) {
	case CROSSING_PARCEL:
		on_parcel(c, from, n->m);
		break;
	case CROSSING_FLUSH:
		on_flush(c, l, from);
		break;
	case CROSSING_TAKEN:
		credit(c, l, from, n->bytes);
		break;
	case CROSSING_LOST:
		on_lost(c, l, from);
		break;
	case CROSSING_RETURN:
		on_return(c, l, from, n->m);
		break;
	case CROSSING_DONE:
		on_answer(c, l, from, false);
		break;
	case CROSSING_KEEP:
		on_answer(c, l, from, true);
		break;
	}
}

void via_look(struct core *c)
{
	if (c->setup.crossings == NULL)
		return;
	for (uint16_t i = 0; i < crossing_cores(c->setup.crossings); i++)
		if (i != c->setup.index)
			c->notes_due[i] = min_u32(
			    crossing_notes(c->setup.crossings, i, c->setup.index), NOTES_PER_TURN);
}

unsigned int via_run(struct core *c)
{
	struct crossing_note n;
	unsigned int done = 0;

	if (c->setup.crossings == NULL)
		return 0;
	for (uint16_t i = 0; i < crossing_cores(c->setup.crossings); i++)
		for (; c->notes_due[i] > 0; c->notes_due[i]--) {
			if (!crossing_take_note(c->setup.crossings, i, c->setup.index, &n))
				break;
			read_note(c, i, &n);
			done++;
		}
	return done;
}
