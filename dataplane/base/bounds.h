/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bounds.h - every bound of the dataplane, with its unit and its reason. What an operator may
 * change is in the configuration; these are the ends of its scales and the sizes of the pools.
 */
#ifndef DATAPLANE_BASE_BOUNDS_H
#define DATAPLANE_BASE_BOUNDS_H

#include "dataplane/base/base.h"

enum bounds {
	CORES_MAX = 16,       /* poll cores of one process */
	BURST_MAX = 32,       /* frames of one rte_eth_rx_burst(): fits L1 with their headers */
	CONNS_DEFAULT = 4096, /* TCP connections of one core unless configured */
	CONNS_MAX = 1 << 20,
	/* Of them at a time busy: as many as have 8 buffers each in a pool of 1 M, and what all
	 * queues hold together stays below 4 GB. */
	CONNS_BUSY_MAX = 1 << 17,

	MTU_MIN = 576,       /* RFC 1122 3.3.2 */
	MTU_IPV6_MIN = 1280, /* RFC 8200 5: of each link that carries IPv6 */
	MTU_MAX = 3442, /* what af_xdp takes with one mbuf a frame (its data room is 3,840 bytes) */

	DOMAIN_TEXT_MAX = 255, /* bytes, RFC 7622 3.2 (a DNS name) */
	JID_PART_MAX = 1023,   /* bytes of localpart or resourcepart, RFC 7622 3.3, 3.4 */
	JID_TEXT_MAX = 3071,   /* bytes, RFC 7622 3.1 */
	DOMAINS_MAX = 8192,    /* names known to one process, ours and partners' */
	PARTNERS_MAX = 4096,   /* partner records */

	STANZA_BYTES_FLOOR = 10000,        /* RFC 6120 13.12: a lower cap is not allowed */
	STANZA_BYTES_DEFAULT = 512 * 1024, /* what Prosody and ejabberd take by default */
	STANZA_BYTES_MAX = 16 * 1024 * 1024,
	STANZA_BYTES_UNAUTHENTICATED = 10000, /* before authentication (Prosody's figure) */
	STREAM_HEADER_BYTES_MAX = 4096,
	STANZA_HEAD_BYTES_MAX = 8192,  /* opening tag of a stanza: three JIDs and some extras */
	XML_DEPTH_MAX = 64,            /* open elements below the stream root */
	XML_ATTRIBUTES_MAX = 64,       /* attributes of one tag, declarations included */
	XML_NAME_BYTES_MAX = 256,      /* qualified name of an element or attribute */
	XML_NAME_STACK_BYTES = 2048,   /* names of all open elements and one tag's attributes */
	XML_PREFIXES_MAX = 32,         /* namespace declarations in force at once */
	XML_PREFIX_BYTES = 1536,       /* those prefixes and namespace names together */
	XML_NAMESPACE_BYTES_MAX = 256, /* one namespace name */
	XML_TAG_BYTES_MAX = 16384,     /* one start tag with its attributes */
	ROOT_PREFIXES_MAX = 16,        /* prefixes declared on one stream root */
	ROOT_DECL_BYTES_MAX = 1024,    /* those declarations as text */

	TLS_RECORD_PLAIN_MAX = 16384,           /* RFC 8446 5.1 */
	TLS_RECORD_WIRE_MAX = 5 + 16384 + 2048, /* RFC 5246 6.2.3; RFC 8446 allows 256 less */
	TLS_EMPTY_RECORDS_MAX = 32,             /* in a row, then it is an attack */
	TLS_KEY_UPDATES_PER_MINUTE_MAX = 16,    /* each costs two hashes and a key schedule */
	TLS_RECORDS_PER_KEY = 1 << 24,          /* then we send KeyUpdate: RFC 8446 5.5 */
	HANDSHAKE_BYTES_MAX = 64 * 1024,        /* what a peer may send before Finished */

	SEND_QUEUE_BYTES = 512 * 1024, /* unsent and unacknowledged bytes of one connection */
	RECEIVE_WINDOW_BYTES = 256 * 1024,
	LINK_QUEUE_BYTES = 4 * 1024 * 1024, /* parked stanzas of one pair; then it bounces */
	LINK_QUEUE_STANZAS = 4096,
	TURN_BYTES_MAX = 64 * 1024, /* of one connection in one turn of the loop: fairness */

	NEIGHBOURS_MAX =
	    512,            /* of one interface, both families; the oldest unconfirmed gives way */
	ORDERS_RING = 4096, /* struct msg, control to one core */
	EVENTS_RING = 8192, /* struct event, one core to control */
	TAPS_RING = 1023,   /* struct tapped, one core to control, and buffers for their bytes */
	TAP_BYTES_MAX = 8192, /* of one stanza that is watched: what an operator's line can show */
	TAP_FLOWS_MAX = 16,   /* connections of one core whose frames are traced */
};

#endif
