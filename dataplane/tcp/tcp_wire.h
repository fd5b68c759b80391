/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_wire.h - the TCP header as it lies on the wire (RFC 9293 3.1), network byte order. */
#ifndef DATAPLANE_TCP_TCP_WIRE_H
#define DATAPLANE_TCP_TCP_WIRE_H

#include <netinet/in.h>

#include <rte_byteorder.h>
#include <rte_ip.h>

#include "dataplane/tcp/tcp_opt.h"

struct tcp_header {
	rte_be16_t src_port, dst_port;
	rte_be32_t seq, ack;
	uint8_t offset; /* upper four bits: header length in 32-bit words */
	uint8_t flags;
	rte_be16_t window, checksum, urgent;
} __attribute__((packed));
_Static_assert(sizeof(struct tcp_header) == 20, "TCP header");

/* What a header says, host order. */
struct tcp_fields {
	tcp_seq seq, ack;
	uint8_t flags;
	uint16_t window;
	struct tcp_options options;
};

#endif
