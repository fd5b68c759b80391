/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * watch.h - reads along, in one direction, before the link does its harm: how often the sender had
 * to send something again, and whether it gave up. Knows of one connection at a time.
 */
#ifndef TESTS_E2E_BULK_WATCH_H
#define TESTS_E2E_BULK_WATCH_H

#include <rte_mbuf.h>

#include "dataplane/base/base.h"
#include "dataplane/base/seq.h"

struct watch {
	bool seen;       /* a SYN, so that `highest` says something */
	tcp_seq highest; /* behind the last byte sent so far */
	uint64_t segments, retransmitted, resets;
	uint64_t capable, marked; /* may be marked; are (RFC 3168) */
	uint64_t echoes, cwr;     /* of segments without SYN: ECE, CWR */
	uint64_t narrow;          /* segments that offer less window than a full segment fills */
	uint8_t shift;            /* window scale, as its SYN said */
};

void watch_frame(struct watch *w, const struct rte_mbuf *m);

#endif
