/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * taps.h - who watches which connections: the orders that make the cores copy what passes
 * (dataplane/core/tap.h), those copies, and what control itself hears and says while a stream is
 * negotiated, in one order, for whoever asked.
 *
 * A reader is one wish: all streams, one, or a partner's. A connection's tap is on while a reader
 * wants it; streams that open later are asked about when it is known whose they are. With no reader
 * there is no timer, and nothing of this runs.
 *
 * Runs on  control.
 * Owns     nothing of a reader: it lies in its user's state, from taps_add() to taps_remove().
 */
#ifndef CONTROL_TAPS_H
#define CONTROL_TAPS_H

#include "control/session.h"
#include "dataplane/core/tapped.h"

enum taps_of { TAPS_ALL, TAPS_STREAM, TAPS_PARTNER };
enum { TAPS_READERS_MAX = 16 };

/* What has passed a connection, or happened to it. */
struct taps_item {
	uint64_t at_unix_us;
	const char *stream; /* session_view.trace_id */
	enum iface leg;
	bool is_out;
	struct span bytes;      /* one element, or several of negotiation; borrowed */
	uint64_t total;         /* bytes that it had before it was cut */
	const char *note;       /* no element: what has happened; else NULL */
	bool is_end;            /* that note is the last of its stream */
	struct rte_mbuf *frame; /* TAP_FRAMES: no element either; borrowed */
};

struct taps_reader {
	/* Set by the user. */
	uint8_t bits; /* enum tap_bits */
	enum taps_of of;
	const char *name; /* a stream's id, or a partner's primary domain; borrowed */
	void (*take)(struct taps_reader *r, const struct taps_item *item);
	/* So many did not find room: of this reader's streams, or of others that are watched. */
	void (*lost)(struct taps_reader *r, uint64_t count);
	/* taps.c's own. */
	unsigned int index;
};

struct taps;
struct session;

/* @cores, @sessions borrowed. Never NULL. */
MUST_USE struct taps *taps_make(struct loop *loop, struct orders *orders, struct core *const *cores,
				struct sessions *sessions);
void taps_free(struct taps *t);

/* False when there are TAPS_READERS_MAX. @streams: how many live ones it wants, now. */
MUST_USE bool taps_add(struct taps *t, struct taps_reader *r, unsigned int *streams);
/* Its taps end where nobody else wants them. Not within one of its calls. */
void taps_remove(struct taps *t, struct taps_reader *r);

/* --- for session*.c; the first is cheap where nobody watches --- */

/* Whose it is may have become known: @domain, NULL for what the session says itself. */
void taps_consider(struct session *s, const char *domain);
/* Of negotiation. Call where s->watched is not 0. */
void taps_said(const struct session *s, bool is_out, const void *bytes, size_t len);
void taps_note(const struct session *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The connection is gone. */
void taps_end(const struct session *s, const char *by, const char *reason);

#endif
