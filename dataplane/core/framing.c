/* SPDX-License-Identifier: BSD-3-Clause */
/* framing.c - what the framer finds, and who is told. */
#include "dataplane/core/framing.h"
#include "dataplane/core/relay.h"
#include "dataplane/core/report.h"

static uint32_t carried(const struct conn *k)
{
	return k->carry != NULL ? k->carry->pkt_len : 0;
}

static void out_of_memory(struct core *c, struct conn *k)
{
	core_drop(c, DROP_STANZA_NO_MEMORY);
	conn_doom(c, k, CLOSED_BY_US);
}

static void drop_parcel(struct rte_mbuf **parcel)
{
	if (*parcel != NULL)
		parcel_free(*parcel);
	*parcel = NULL;
}

void framing_restart(struct core *c, struct conn *k)
{
	drop_parcel(&k->carry);
	drop_parcel(&k->kept);
	if (k->root != NULL && roots_give(&c->roots, k->root) && c->framer_root == k->root)
		c->framer_root = NULL;
	k->root = NULL;
	k->phase = 0;
}

/* The core's framer reads on for @k. */
static void go_on(struct core *c, struct conn *k)
{
	uint8_t root[FRAMER_ROOT_PACKED_MAX + 64];
	struct framer_place p = {.phase = k->phase};

	if (c->framed == k)
		return;
	if (k->root != NULL)
		p.root = roots_bytes(k->root, root);
	if (k->kept != NULL)
		p.paused = parcel_head(k->kept, c->kept, sizeof(c->kept));
	framer_go_on(&c->framer, &p, k->root != NULL && k->root == c->framer_root,
		     k->stanza_bytes_max);
	drop_parcel(&k->kept);
	c->framer_root = k->root;
	c->framed = k;
}

void framing_pause(struct core *c, struct conn *k)
{
	size_t len;

	if (c->framed != k)
		return;
	c->framed = NULL;
	k->phase = framer_phase(&c->framer);
	len = k->is_deaf || !conn_is_live(k) ? 0 : framer_pause(&c->framer, c->kept);
	if (len == 0)
		return;
	k->kept = parcel_make(c->pool);
	if (k->kept == NULL || !parcel_append(k->kept, c->pool, (struct span){c->kept, len}))
		out_of_memory(c, k);
}

/* Appends to the carry. False without memory: the connection is over then. */
static bool carry(struct core *c, struct conn *k, struct span bytes)
{
	if (bytes.len == 0)
		return true;
	if (k->carry == NULL)
		k->carry = parcel_make(c->pool);
	if (k->carry != NULL && parcel_append(k->carry, c->pool, bytes))
		return true;
	out_of_memory(c, k);
	return false;
}

/* The thing found goes to control, and nothing more is read until it has decided. */
static void tell(struct core *c, struct conn *k, enum event_kind kind, struct span tail)
{
	struct rte_mbuf *bytes;

	if (!carry(c, k, tail))
		return;
	bytes = k->carry;
	k->carry = NULL;
	k->is_paused = true;
	report_bytes(c, k, kind, bytes);
}

static void pause_for_good(struct conn *k)
{
	k->is_paused = k->is_deaf = true;
}

static void on_element(struct core *c, struct conn *k, struct span tail)
{
	const struct element e = {.carry = k->carry, .carry_bytes = carried(k), .tail = tail};
	enum drop drop;

	switch (relay_element(c, k, &e, &drop)) {
	case RELAY_TAKEN:
		break;
	case RELAY_CONTROLS:
		/* Nobody asks control about a stream it has closed. */
		if (k->state == CONN_OPEN)
			tell(c, k, EVENT_ELEMENT, tail);
		break;
	case RELAY_REFUSED:
		if (k->state == CONN_CLOSING) {
			conn_finish(c, k);
			break;
		}
		pause_for_good(k);
		report_drop(c, k, EVENT_STANZA_REFUSED, drop);
		break;
	}
	drop_parcel(&k->carry);
}

static void on_footer(struct core *c, struct conn *k)
{
	k->has_footer = true;
	drop_parcel(&k->carry);
	if (k->state == CONN_CLOSING) {
		conn_finish(c, k);
		return;
	}
	/* It takes nothing more: the pair's stanzas go elsewhere from here on. */
	conn_detach_links(c, k);
	pause_for_good(k);
	k->end_by = CLOSED_BY_PEER;
	report_kind(c, k, EVENT_FOOTER);
}

static void on_error(struct core *c, struct conn *k, enum framer_result error)
{
	drop_parcel(&k->carry);
	core_drop(c, framer_drop(error));
	if (k->state == CONN_CLOSING) {
		conn_finish(c, k);
		return;
	}
	pause_for_good(k);
	report_framer(c, k, error);
}

/* False without memory: the connection is over then. */
static bool keep_root(struct core *c, struct conn *k)
{
	uint8_t packed[FRAMER_ROOT_PACKED_MAX];
	const size_t len = framer_pack_root(&c->framer, packed);

	k->root = roots_take(&c->roots, c->pool, (struct span){packed, len});
	c->framer_root = k->root;
	if (k->root == NULL)
		out_of_memory(c, k);
	return k->root != NULL;
}

static void on_header(struct core *c, struct conn *k, struct span tail)
{
	if (keep_root(c, k) && k->state == CONN_OPEN)
		tell(c, k, EVENT_HEADER, tail);
	drop_parcel(&k->carry);
}

/* One find or the end of the bytes. */
static void read_once(struct core *c, struct conn *k, struct framer_cursor *bytes)
{
	const uint8_t *from = bytes->at;
	const enum framer_result found = framer_read(&c->framer, bytes);
	const size_t used = (size_t)(bytes->at - from);
	struct span tail;
	size_t held;

	if (found < 0) {
		on_error(c, k, found);
		return;
	}
	held = framer_held(&c->framer);
	if (held < carried(k))
		drop_parcel(&k->carry);
	held -= carried(k);
	assert(held <= used);
	if (held > used) {
		conn_doom(c, k, CLOSED_BY_US);
		return;
	}
	tail = (struct span){bytes->at - held, held};
	switch ((int)found) {
	case FRAMER_HEADER:
		on_header(c, k, tail);
		break;
	case FRAMER_ELEMENT:
		on_element(c, k, tail);
		break;
	case FRAMER_FOOTER:
		on_footer(c, k);
		break;
	default:
		(void)carry(c, k, tail);
		break;
	}
}

size_t framing_feed(struct core *c, struct conn *k, struct span bytes)
{
	struct framer_cursor cursor;

	if (bytes.len > 0 && conn_may_read(k))
		go_on(c, k);
	framer_begin(&cursor, bytes.at, bytes.len);
	while (cursor.at < cursor.end && conn_may_read(k))
		read_once(c, k, &cursor);
	return (size_t)(cursor.at - bytes.at);
}
