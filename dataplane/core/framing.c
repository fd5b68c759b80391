/* SPDX-License-Identifier: BSD-3-Clause */
/* framing.c - what the framer finds, and who is told. */
#include "dataplane/core/framing.h"
#include "dataplane/core/relay.h"
#include "dataplane/core/report.h"

void framing_restart(struct conn *k)
{
	if (k->carry != NULL)
		parcel_free(k->carry);
	k->carry = NULL;
	framer_init(&k->framer, k->stanza_bytes_max);
}

static uint32_t carried(const struct conn *k)
{
	return k->carry != NULL ? k->carry->pkt_len : 0;
}

static void out_of_memory(struct core *c, struct conn *k)
{
	core_drop(c, DROP_STANZA_NO_MEMORY);
	conn_doom(c, k, CLOSED_BY_US);
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

static void drop_carry(struct conn *k)
{
	if (k->carry == NULL)
		return;
	parcel_free(k->carry);
	k->carry = NULL;
}

/* The thing found goes to control, and nothing more is read until it has decided. */
static void tell(struct core *c, struct conn *k, enum event_kind kind, struct span tail)
{
	struct event e = {.kind = kind};

	if (!carry(c, k, tail))
		return;
	e.bytes = k->carry;
	k->carry = NULL;
	k->is_paused = true;
	report_conn(c, k, &e);
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
	drop_carry(k);
}

static void on_footer(struct core *c, struct conn *k)
{
	k->has_footer = true;
	drop_carry(k);
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
	struct event e = {.kind = EVENT_FRAMER_ERROR, .framer_error = error};

	drop_carry(k);
	core_drop(c, framer_drop(error));
	if (k->state == CONN_CLOSING) {
		conn_finish(c, k);
		return;
	}
	pause_for_good(k);
	report_conn(c, k, &e);
}

static void on_header(struct core *c, struct conn *k, struct span tail)
{
	if (k->state == CONN_OPEN)
		tell(c, k, EVENT_HEADER, tail);
	drop_carry(k);
}

/* One find or the end of the bytes. */
static void read_once(struct core *c, struct conn *k, struct framer_cursor *bytes)
{
	const uint8_t *from = bytes->at;
	const enum framer_result found = framer_read(&k->framer, bytes);
	const size_t used = (size_t)(bytes->at - from);
	struct span tail;
	size_t held;

	if (found < 0) {
		on_error(c, k, found);
		return;
	}
	held = framer_held(&k->framer);
	if (held < carried(k))
		drop_carry(k);
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

	framer_begin(&cursor, bytes.at, bytes.len);
	while (cursor.at < cursor.end && conn_may_read(k))
		read_once(c, k, &cursor);
	return (size_t)(cursor.at - bytes.at);
}
