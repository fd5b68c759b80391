/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_opt.h - TCP options to and from bytes (RFC 9293 3.2, 7323, 2018).
 *
 * Pure: bytes in, a struct out. Reads nothing outside [@at, @at + @len), writes at most
 * TCP_OPT_BYTES_MAX.
 */
#ifndef DATAPLANE_TCP_TCP_OPT_H
#define DATAPLANE_TCP_TCP_OPT_H

#include <endian.h>
#include <string.h>

#include "dataplane/base/base.h"
#include "dataplane/base/seq.h"

enum tcp_opt_bounds {
	TCP_OPT_BYTES_MAX = 40, /* data offset is four bits of 32-bit words */
	TCP_OPT_TS_BYTES = 12, /* two NOPs and a timestamp: what each segment of a connection has */
	TCP_OPT_WSCALE_MAX = 14, /* RFC 7323 2.3 */
	TCP_OPT_SACK_MAX = 4,    /* blocks that fit in 40 bytes */
};

/* NOP, NOP, kind and length of a timestamp. */
#define TCP_OPT_TS_PREFIX UINT32_C(0x0101080a)

struct tcp_sack_block {
	tcp_seq from, to;
};

struct tcp_options {
	bool has_mss, has_wscale, has_ts, sack_permitted;
	uint8_t wscale; /* 0..14 */
	uint8_t sack_count;
	uint16_t mss;
	uint32_t ts_val, ts_ecr;
	struct tcp_sack_block sack[TCP_OPT_SACK_MAX];
};

/* False when an option's length is 0, 1, wrong for its kind or past the end. Cost: O(@len). */
MUST_USE bool tcp_opt_parse(const uint8_t *at, size_t len, struct tcp_options *out);

/* The TCP_OPT_TS_BYTES of a timestamp alone, as RFC 7323 appendix A lays them out. */
static inline void tcp_opt_write_ts(uint8_t *at, uint32_t ts_val, uint32_t ts_ecr)
{
	const uint32_t words[] = {htobe32(TCP_OPT_TS_PREFIX), htobe32(ts_val), htobe32(ts_ecr)};

	_Static_assert(sizeof(words) == TCP_OPT_TS_BYTES, "three words");
	memcpy(at, words, sizeof(words));
}

/* Writes what @o says, padded to a multiple of four; @at has TCP_OPT_BYTES_MAX, in which SACK
 * blocks find room for 4, beside timestamps for 3. Returns bytes. */
size_t tcp_opt_write(uint8_t *at, const struct tcp_options *o);

#endif
