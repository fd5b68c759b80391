/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * seq.h - TCP sequence numbers: 32 bits that wrap, compared as RFC 9293 3.4 says.
 */
#ifndef DATAPLANE_BASE_SEQ_H
#define DATAPLANE_BASE_SEQ_H

#include "dataplane/base/base.h"

typedef uint32_t tcp_seq;

static inline bool seq_before(tcp_seq a, tcp_seq b)
{
	return (int32_t)(a - b) < 0;
}

static inline bool seq_at_or_before(tcp_seq a, tcp_seq b)
{
	return (int32_t)(a - b) <= 0;
}

static inline bool seq_after(tcp_seq a, tcp_seq b)
{
	return seq_before(b, a);
}

static inline bool seq_at_or_after(tcp_seq a, tcp_seq b)
{
	return seq_at_or_before(b, a);
}

/* @s within [@from, @to). */
static inline bool seq_within(tcp_seq s, tcp_seq from, tcp_seq to)
{
	return s - from < to - from;
}

#endif
