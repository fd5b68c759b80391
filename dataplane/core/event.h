/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * event.h - what one core tells control, by value through that core's ring.
 *
 * Owns     `bytes` (an mbuf chain: use inbox_bytes() and inbox_free()) is control's once the event
 * is out of the ring. "paused": the connection reads nothing until control's order (msg.h).
 */
#ifndef DATAPLANE_CORE_EVENT_H
#define DATAPLANE_CORE_EVENT_H

#include "dataplane/base/addr.h"
#include "dataplane/base/drop.h"
#include "dataplane/base/ids.h"
#include "dataplane/core/msg.h"
#include "dataplane/xmpp/framer.h"

struct rte_mbuf;

enum event_kind {
	EVENT_ACCEPTED, /* a connection came in; nothing read yet */
	EVENT_DIALED,   /* MSG_DIAL done: TCP is open; paused until MSG_RESUME or MSG_START_TLS */
	EVENT_DIAL_FAILED,  /* refused or timed out; there is no connection */
	EVENT_TLS_BYTES,    /* HANDSHAKE: bytes received (copies). Also when an accepted connection
			       begins with 0x16: direct TLS */
	EVENT_HEADER,       /* stream header, complete, paused */
	EVENT_ELEMENT,      /* first-level element that is control's, complete, paused */
	EVENT_FOOTER,       /* the peer closed its stream */
	EVENT_FRAMER_ERROR, /* paused for good */
	EVENT_SMUGGLED,     /* answers MSG_START_TLS, paused for good */
	EVENT_TLS_ERROR, /* record layer error; the alert is sent, the stream is over; EVENT_CLOSED
			    follows */
	EVENT_STANZA_REFUSED, /* a stanza that calls for a stream error, paused for good: `drop`
				 tells why */
	EVENT_LINK_WANTED,    /* stanzas of a pair are parked and no stream may carry them */
	EVENT_IDLE, /* silence for MSG_TIMES' inactivity_us; told once until the peer is heard again
		     */
	EVENT_CLOSED, /* the connection is gone, its id too */
	EVENT_ROUTES_IN_USE,
	EVENT_STOPPED,
};

enum close_by { CLOSED_BY_PEER, CLOSED_BY_US, CLOSED_BY_RESET, CLOSED_BY_TIMEOUT };

struct event {
	enum event_kind kind;
	struct conn_id conn;
	struct rte_mbuf *bytes;
	union {
		struct {
			enum iface iface;
			struct ip_addr remote;
			uint16_t remote_port, local_port;
		} accepted;
		struct {
			uint64_t ref;
			enum drop drop; /* EVENT_DIAL_FAILED */
		} dialed;
		enum framer_result framer_error;
		enum drop drop; /* EVENT_STANZA_REFUSED, EVENT_TLS_ERROR */
		struct {
			struct pair pair;
			enum toward toward;
			/* A core + 1 whose stream it has just lost (MSG_LINK_VIA), or 0. */
			uint16_t lost_by;
			/* The first stanza that waits had been begun on a stream that was lost. */
			bool is_begun;
		} link;
		struct {
			enum close_by by;
			uint64_t bytes_in, bytes_out, stanzas_in, stanzas_out;
		} closed;
		const struct route *routes; /* the snapshot used until now: may be freed */
	};
};

#endif
