/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_cookie.h - SYN cookies (RFC 4987 3.6): while too much is half open, the answer to a SYN holds
 * all that is known of the connection, and only the acknowledgment of it makes one. Private to
 * dataplane/tcp.
 *
 * ISN = parity of the step (1 bit), index of the MSS (3), keyed hash (28) over addresses, ports,
 * the peer's ISN, the MSS index and the options. A step takes 64 s and has a secret of its own; the
 * present one and the one before are accepted, so a cookie lives for 64 to 128 s. The low 6 bits of
 * our timestamp carry window scale, SACK and ECN, under the same hash; without timestamps there are
 * none of these. A SYN that comes again with other options, or a step later, gets another ISN: each
 * offers a connection of its own, and what went with the number that comes back is agreed on.
 *
 * Strength  a blind acknowledgment is taken for a cookie with probability 2^-28 (one that claims
 *           timestamps: 2^-43, since ours has to be of the last two minutes), and only while
 * cookies are being sent; SipHash with a 128-bit secret lets nobody compute one from others. What
 *           is won by it is one unauthenticated connection. Whoever sees our SYN-ACK can answer it,
 *           as with any TCP.
 * Cost      per SYN two or three short hashes and one mbuf; no slot, no timer, no list.
 */
#ifndef DATAPLANE_TCP_TCP_COOKIE_H
#define DATAPLANE_TCP_TCP_COOKIE_H

#include "dataplane/base/flow.h"
#include "dataplane/base/ids.h"
#include "dataplane/base/seq.h"

struct tcp;
struct tcp_in;

enum tcp_cookie_bounds {
	TCP_COOKIE_STEP_S = 64,
	TCP_COOKIE_MSS_VALUES = 8,
};

struct tcp_cookies {
	struct hash_key base, key[2]; /* of steps, by their parity */
	uint32_t step;                /* the present one */
	uint64_t until_us;            /* acknowledgments are looked at until then */
	uint32_t began_s, began;      /* half-open connections begun in that second */
	bool is_pool_short;
};

void tcp_cookie_init(struct tcp *t);
/* Has a SYN on @iface to be answered without state? */
MUST_USE bool tcp_cookie_is_needed(struct tcp *t, enum iface iface);
/* A half-open connection has been begun: too many a second are a flood. */
void tcp_cookie_note_begun(struct tcp *t);
/* One SYN-ACK, not larger than that of a connection. It is not sent again. */
void tcp_cookie_answer(struct tcp *t, const struct flow_key *key, const struct tcp_in *syn);
/* Can an acknowledgment be one of a cookie at all? */
MUST_USE bool tcp_cookie_is_awaited(const struct tcp *t);
/*
 * The SYN that @in completes, without its window, in @syn; false: @in acknowledges no cookie. As
 * the peer's first byte has the same number, text sent again is as good as the ACK that was lost.
 */
MUST_USE bool tcp_cookie_check(struct tcp *t, const struct flow_key *key, const struct tcp_in *in,
			       struct tcp_in *syn);
/* Is there still enough to send from? */
void tcp_cookie_look(struct tcp *t);

#endif
