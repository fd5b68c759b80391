/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * msg.h - the orders control gives to one core, by value through that core's single-producer,
 * single-consumer ring.
 *
 * Runs on  control writes, the core reads; between them only the ring.
 * Owns     `bytes` (an mbuf chain) and `keys` are the receiver's from the moment inbox_order() says
 *          true; while it says false (ring full) they are still the sender's.
 * Stale    an order whose connection is gone is dropped and counted (ORDER_STALE), never an error.
 *
 * A stream on the core is two small machines. Transport: PLAIN -> HANDSHAKE -> SECURE. Framing:
 * after each header, and each element that is not an ordinary stanza of a granted pair, the core
 * PAUSES that connection (reads nothing more of it) until MSG_RESUME, MSG_START_TLS or MSG_CLOSE.
 * So control always decides about exactly the byte it has seen last, whatever a peer has pipelined
 * behind it.
 */
#ifndef DATAPLANE_CORE_MSG_H
#define DATAPLANE_CORE_MSG_H

#include "dataplane/base/addr.h"
#include "dataplane/base/ids.h"
#include "dataplane/tls/keys.h"
#include "dataplane/xmpp/stanza.h"

struct rte_mbuf;
struct route;

enum msg_kind {
	MSG_DIAL, /* open a connection; answered by EVENT_DIALED or EVENT_DIAL_FAILED with the same
		     ref */
	MSG_SEND, /* bytes to send: as they are while PLAIN or HANDSHAKE, as TLS data once SECURE */
	MSG_RESUME,    /* read on */
	MSG_START_TLS, /* send `bytes` (<proceed/>, or NULL), then HANDSHAKE; answered by
			  EVENT_SMUGGLED, nothing sent, when anything but white space waits to be
			  read. On a fresh dialled connection: direct TLS */
	MSG_SECURE, /* handshake done: drop `consumed` bytes of those received, open and seal with
		       `keys` from here on; paused until MSG_RESUME */
	MSG_GRANT,  /* a pair is authorised on this connection */
	MSG_REVOKE, /* and no longer */
	MSG_LINK_FAILED, /* no stream for a pair can be had: answers EVENT_LINK_WANTED; what is
			    parked bounces */
	MSG_LINK_VIA,    /* the other answer to it: a stream of core `via` serves the pair */
	MSG_TIMES,       /* keep-alive and silence of a connection; its silence begins anew */
	MSG_TAP,   /* copies of what passes a connection come by inbox_take_tap() from now on, or no
		      longer */
	MSG_CLOSE, /* send `bytes` (a stream error, or NULL), then the footer if a header was sent;
		      read and deliver on until the  peer closes or `deadline_us` has passed; then
		      close_notify, FIN */
	MSG_ABORT, /* RST, at once */
	MSG_ROUTES, /* use this snapshot; answered by EVENT_ROUTES_IN_USE */
	MSG_STOP,   /* close every stream with <system-shutdown/>, bounce what can be, answer
		       EVENT_STOPPED, leave the loop */
};

enum grant_bits {
	GRANT_FROM_PEER = BIT(0), /* stanzas of the pair may come from this stream */
	GRANT_TO_PEER = BIT(1),   /* and may be sent down it */
};

/* A pair of domains, always named from the organisation's point of view. */
struct pair {
	struct domain_id local;  /* ours */
	struct domain_id remote; /* the partner's; DOMAIN_ANY in a gateway's FROM_PEER grant */
};

struct msg {
	enum msg_kind kind;
	struct conn_id conn; /* all but DIAL, LINK_*, ROUTES, STOP */
	struct rte_mbuf *bytes;
	union {
		struct {
			uint64_t ref; /* control's own */
			enum iface iface;
			struct ip_addr remote;
			uint16_t remote_port;
		} dial;
		struct {
			bool restart; /* a new stream begins at the next byte: framer_init() */
			uint32_t stanza_bytes_max;
		} resume;
		struct {
			struct tls_handover
			    *keys; /* from inbox_handover(); the core wipes and returns it */
			uint32_t consumed;
			bool is_client;
		} secure;
		struct {
			struct pair pair;
			uint8_t bits; /* enum grant_bits */
			struct partner_id partner;
		} grant;
		struct {
			struct pair pair;
			enum toward toward;
			enum stanza_condition condition;
		} link_failed;
		struct {
			struct pair pair;
			enum toward toward;
			uint16_t core;
		} link_via;
		struct {
			uint64_t keepalive_us;  /* send white space after so much silence of ours; 0
						   = never */
			uint64_t inactivity_us; /* EVENT_IDLE after so much silence of the peer; 0 =
						   never */
		} times;
		struct {
			uint64_t deadline_us; /* from now */
		} close;
		struct {
			uint8_t bits; /* enum tap_bits */
		} tap;
		const struct route *routes;
	};
};

#endif
