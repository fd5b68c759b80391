/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tapped.h - what one core copies to control of a connection that somebody watches (MSG_TAP), by
 * value through a ring of its own: no event waits behind it, and the core waits for no room in it.
 *
 * What finds none, or is beyond what a core copies in a second (tap.h), is lost and counted: the
 * next of its kind says how many.
 *
 * Owns     `bytes` is control's once it is out of the ring: inbox_bytes(), inbox_free().
 */
#ifndef DATAPLANE_CORE_TAPPED_H
#define DATAPLANE_CORE_TAPPED_H

#include "dataplane/base/ids.h"

struct rte_mbuf;

enum tap_bits {
	TAP_STANZAS = BIT(0),  /* that pass, both ways, and the footer */
	TAP_MESSAGES = BIT(1), /* messages that are read from the peer */
	TAP_FRAMES = BIT(2),   /* of the wire, both ways */
};

enum tapped_kind {
	TAPPED_IN,    /* a stanza as it was read from the peer */
	TAPPED_OUT,   /* as it goes to the peer: in the order in which it does */
	TAPPED_FRAME, /* a whole Ethernet frame, ready for rte_pcapng_write_packets() but for its
			 time */
};

struct tapped {
	uint64_t at_us; /* core_clock_us() */
	uint64_t lost;  /* since the one before on this ring, frames and others counted apart */
	struct rte_mbuf *bytes;
	uint32_t total; /* bytes of all of it: the first TAP_BYTES_MAX are here */
	struct conn_id conn;
	uint8_t kind; /* enum tapped_kind */
};

#endif
