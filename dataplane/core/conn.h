/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * conn.h - one connection as the core sees it: TCP below, records, framer, grants above; and how it
 * begins, ends and measures silence.
 *
 *	CONN_FREE -> CONN_DIALING -> CONN_OPEN -> CONN_CLOSING -> CONN_ENDING -> CONN_GONE ->
 *CONN_FREE
 *
 * Runs on  the core that owns it.
 * Owns     the array lies parallel to TCP's slots: conn[id.slot].
 */
#ifndef DATAPLANE_CORE_CONN_H
#define DATAPLANE_CORE_CONN_H

#include <stdatomic.h>

#include "dataplane/base/wheel.h"
#include "dataplane/core/event.h"
#include "dataplane/core/grant.h"
#include "dataplane/core/ledger.h"
#include "dataplane/tcp/tcp.h"
#include "dataplane/tls/record.h"

enum conn_state {
	CONN_FREE,
	CONN_DIALING, /* SYN sent */
	CONN_OPEN,
	CONN_CLOSING, /* our footer is queued; reads and delivers until the peer's */
	CONN_ENDING,  /* close_notify and FIN go out behind what is queued; input is discarded */
	CONN_GONE,    /* TCP is over; only events are left to tell */
	CONN_STATE_COUNT
};

enum transport { TRANSPORT_PLAIN, TRANSPORT_HANDSHAKE, TRANSPORT_SECURE };

/* Events of one connection that found the ring full. One with an event waiting reads nothing, so
 * what may still come is SMUGGLED, IDLE, TLS_ERROR and CLOSED; and one alone brings bytes. What
 * else an event says is known of the connection until it is told. */
enum { CONN_PENDING_MAX = 4 };

struct conn_pending {
	uint8_t kind;   /* enum event_kind */
	uint8_t detail; /* an enum drop, or a framer_result's negative */
};

/* Parcels of control's that wait to be sent: with so many the peer, which does not read, is not
 * read either. They lie in the pool that control answers everybody from. */
enum { CONN_CONTROL_MAX = 2 };

TAILQ_HEAD(conn_queue, conn);
TAILQ_HEAD(link_queue, link);
STAILQ_HEAD(link_fifo, link);

/* In the order of use: what each look at it needs; reading; writing; what is rare. */
struct conn {
	struct tcp_conn *tcp;
	struct conn_id id;
	uint8_t state;     /* enum conn_state, written by conn_become() alone */
	uint8_t iface;     /* enum iface */
	uint8_t transport; /* enum transport */
	uint8_t end_by;    /* enum close_by, what EVENT_CLOSED will say */
	bool is_ready, is_stalled, is_dirty, is_doomed; /* in the core's list of that name */

	/* reading */
	bool is_fresh;  /* accepted, first byte not seen: 0x16 means direct TLS */
	bool is_paused; /* until control says so */
	bool is_deaf; /* never reads again; input is discarded once control has ordered the close */
	bool tcp_ended : 1, tls_ended : 1; /* FIN, close_notify received */
	uint8_t taps;                      /* enum tap_bits: what control sees copies of */
	bool has_footer;                   /* the peer's */
	uint8_t phase;                     /* framer_phase(), as of the last turn it was read */
	bool idle_told;
	uint32_t told_bytes; /* HANDSHAKE: bytes of tcp_inbound() that control has copies of */
	uint32_t stanza_bytes_max;
	uint32_t from_peer_grants;
	struct link *parked_on;      /* its queue is full: nothing is read until it wakes us */
	struct record_state *record; /* valid while SECURE */
	struct rte_mbuf *root;       /* roots.h: of the peer's stream, NULL before its header */
	/* Parcels, each NULL but while an element is open or reading has stopped within a record:
	 * what the framer has taken of the element, what it needs to know to go on with it, and
	 * what is opened but not yet framed. */
	struct rte_mbuf *carry, *kept, *rest;
	struct grant_list grants;
	TAILQ_ENTRY(conn) ready, dirty;

	/* writing */
	bool header_sent;    /* a stream header of ours: so a footer is due */
	bool is_writing;     /* the first parcel of @out has begun */
	bool is_stanza_open; /* the youngest ledger entry's last byte is still to be written */
	bool open_is_raw, key_update_due, has_key_updates, fin_sent;
	uint8_t pending_count;
	uint32_t control_count;        /* of @out: PARCEL_CONTROL */
	uint16_t open_used, open_room; /* plaintext bytes in the open record, and its bound */
	struct rte_mbuf *open;         /* the record being filled, or NULL */
	struct parcel_queue out;       /* goes first, in order; usually empty */
	struct ledger ledger;
	struct link_queue blocked; /* links that wait for room here */

	/* time */
	struct wheel_timer timer;
	uint64_t heard_us, sent_us, keepalive_us, inactivity_us, close_due_us;

	/* read by any thread: core_view() */
	struct {
		_Atomic uint64_t tenant; /* generation, 0 while free */
		/* stanzas_out: what has left the ledger by acknowledgment */
		_Atomic uint64_t stanzas_in, stanzas_out, bytes_in, bytes_out, heard_us;
		_Atomic uint32_t queued_bytes, srtt_us;
	} view;

	/* rare */
	struct link_fifo draining; /* links that have left it, by their drain_to */
	TAILQ_ENTRY(conn) stalled, doomed, parked;
	union {
		uint64_t dial_ref; /* until EVENT_DIALED is told, and nothing is read before */
		/* With parked_on: since when (of nine years), and whose the time is. */
		struct {
			uint64_t us : 48;
			uint64_t by : 16; /* partner_id.n */
		} parked_at;
	};
	struct conn_pending pending[CONN_PENDING_MAX]; /* the oldest first */
	struct rte_mbuf *pending_bytes;                /* of the one event that has some */
} CACHE_ALIGNED;

_Static_assert(sizeof(struct conn) <= 7 * CACHE_LINE, "part of what an idle stream costs");

struct core;

void conn_become(struct conn *k, enum conn_state to);

/* What TCP tells: a new connection, an answered dial, the end. */
void conn_on_accepted(struct core *c, struct tcp_conn *tcp);
/* Answers by EVENT_DIAL_FAILED at once where nothing can be sent. */
void conn_dial(struct core *c, const struct msg *m);
void conn_on_opened(struct core *c, struct conn *k);
void conn_on_acked(struct core *c, struct conn *k);

/* Our side of the stream is over: footer, and wait for the peer's until @deadline_us. */
void conn_close(struct core *c, struct conn *k, enum close_by by, uint64_t deadline_us);
/* No more to wait for: close_notify and FIN behind what is queued. */
void conn_finish(struct core *c, struct conn *k);
/* The connection is to be reset. Safe anywhere: it happens when the turn has stopped reading. */
void conn_doom(struct core *c, struct conn *k, enum close_by by);
void conn_run_doomed(struct core *c);
/* TCP is gone, or is reset here: recovers what was not acknowledged, tells control. */
void conn_gone(struct core *c, struct conn *k, enum close_by by);
/* Buffers have run short: of those that nobody has vouched for some that hold any are doomed. */
void conn_shed(struct core *c);
/* GONE and nothing left to tell: the slot is free. */
void conn_release(struct core *c, struct conn *k);

/* Takes all grants away, and with them the streams of links. */
void conn_drop_grants(struct core *c, struct conn *k);
void conn_detach_links(struct core *c, struct conn *k);

/* A sign of life: silence begins anew. */
void conn_heard(struct core *c, struct conn *k);
/* Arms the timer for the earliest of keep-alive, silence and close deadline. */
void conn_rearm(struct core *c, struct conn *k);
void conn_on_timer(struct core *c, struct conn *k);

/* Asks for the memory that reading it will need, but for its keys. Cost: no wait. */
void conn_fetch(const struct core *c, const struct conn *k);

/* Something for the turn to do: read it, flush it, try its events again. */
void conn_make_ready(struct core *c, struct conn *k);
void conn_make_dirty(struct core *c, struct conn *k);
void conn_stall(struct core *c, struct conn *k);
/* Its link has let go of it: counts how long it was parked. */
void conn_end_park(struct core *c, struct conn *k);
/* Not parked on a link any more. */
void conn_unpark(struct core *c, struct conn *k);

static inline bool conn_is_live(const struct conn *k)
{
	return (k->state == CONN_OPEN || k->state == CONN_CLOSING) && !k->is_doomed;
}

static inline bool conn_may_read(const struct conn *k)
{
	return conn_is_live(k) && !k->is_paused && !k->is_deaf && k->parked_on == NULL &&
	       k->pending_count == 0 &&
	       (k->control_count <= CONN_CONTROL_MAX || k->state == CONN_CLOSING);
}

#endif
