/* SPDX-License-Identifier: BSD-3-Clause */
/* forge_frame.h - frames with any addresses and numbers one likes, checksums right. */
#ifndef TESTS_LINK_FORGE_FRAME_H
#define TESTS_LINK_FORGE_FRAME_H

#include <net/ethernet.h>

#include "dataplane/base/base.h"

enum { FORGE_FRAME_MAX = 1514, FORGE_ADDRESS = 16 };

enum forge_kind {
	FORGE_RST,
	FORGE_RST_ACK,
	FORGE_SYN, /* with the options of a usual one */
	FORGE_SYN_ACK,
	FORGE_ACK,
	FORGE_DATA,
	FORGE_FIN,
	FORGE_TOO_BIG,     /* ICMP: the other side's segment does not fit the next link */
	FORGE_UNREACHABLE, /* ICMP: nobody at its port */
	FORGE_KIND_COUNT
};

/* Ports, numbers and lengths in host order, addresses as on the wire; IPv4 takes the first four. */
struct forge_packet {
	enum forge_kind kind;
	uint8_t to[ETH_ALEN], from[ETH_ALEN];
	bool is_v6, has_ts;
	uint8_t src[FORGE_ADDRESS], dst[FORGE_ADDRESS];
	uint8_t router[FORGE_ADDRESS]; /* that an ICMP error comes from */
	uint16_t sport, dport, window;
	uint32_t seq, ack, ts_val, ts_ecr;
	uint16_t len; /* bytes of data */
	uint16_t mtu; /* of FORGE_TOO_BIG */
};

/*
 * Writes the frame and returns its length. What an ICMP error quotes is the segment that @dst sent
 * to @src: with sequence number @seq, from @dport to @sport.
 */
uint16_t forge_frame(const struct forge_packet *p, uint8_t frame[FORGE_FRAME_MAX]);

#endif
