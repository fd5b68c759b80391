/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_env.h - what all tests of the TCP share: EAL without devices, pools, engines, raw segments.
 */
#ifndef TESTS_TCP_TCP_ENV_H
#define TESTS_TCP_TCP_ENV_H

#include "dataplane/tcp/tcp.h"
#include "dataplane/tcp/tcp_opt.h"

enum { ENV_RX_MBUFS = 8191, ENV_TX_MBUFS = 2047, ENV_DATA_MBUFS = 4095 };

struct env {
	struct rte_mempool *rx, *tx, *data; /* received; TCP's own; what is given to tcp_send() */
	uint32_t drops[DROP_COUNT];
};

/* Once a process; ends it on failure. */
void env_start(struct env *e);
/* True when no mbuf of any pool is out. */
bool env_pools_full(const struct env *e);

/* The setup most tests want: 64 connections, MTU 1500, fixed keys. */
struct tcp_setup env_setup(struct env *e);

/* A segment as it lies on the wire, in host order. */
struct env_segment {
	uint16_t src_port, dst_port;
	tcp_seq seq, ack;
	uint8_t flags;
	uint16_t window;
	struct tcp_options opt;
	const uint8_t *payload;
	uint32_t len;
};
/* An rx mbuf with it, checksum right for these addresses. NULL when the pool is empty. */
struct rte_mbuf *env_build(struct env *e, const struct env_segment *s, const struct ip_addr *src,
			   const struct ip_addr *dst);
/* Makes the checksum of a segment right again that was changed by hand. */
void env_seal(struct rte_mbuf *m, const struct ip_addr *src, const struct ip_addr *dst);
/* The other way; false when header, options or checksum are wrong. payload points into @m. */
bool env_parse(const struct rte_mbuf *m, const struct ip_addr *src, const struct ip_addr *dst,
	       struct env_segment *s);
/* The same of bytes that lie in no mbuf. */
bool env_parse_bytes(const uint8_t *at, size_t len, const struct ip_addr *src,
		     const struct ip_addr *dst, struct env_segment *s);
/* RFC 1071 over pseudo header and segment: what belongs into a checksum field of 0; 0 when the
 * field is right. */
uint16_t env_checksum(const uint8_t *at, size_t len, const struct ip_addr *src,
		      const struct ip_addr *dst);
/* @len bytes of @at as an mbuf for tcp_send(). */
struct rte_mbuf *env_data(struct env *e, const uint8_t *at, uint16_t len);
/* @len bytes of @at as received. */
struct rte_mbuf *env_rx(struct env *e, const uint8_t *at, uint16_t len);

#endif
