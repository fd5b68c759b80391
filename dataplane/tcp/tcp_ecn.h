/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_ecn.h - Explicit Congestion Notification (RFC 3168): who may mark, who echoes marks, who is
 * to slow down. How far a mark makes cwnd shrink is tcp_cc_mark()'s.
 *
 * Paths that clear or mangle the bits are not looked for: a mark that is cleared on its way is a
 * mark nobody saw, and the queue behind it drops in the end.
 *
 * Runs on  the core of the engine. Private to dataplane/tcp.
 */
#ifndef DATAPLANE_TCP_TCP_ECN_H
#define DATAPLANE_TCP_TCP_ECN_H

#include "dataplane/tcp/tcp.h"

struct tcp_in;
struct tcp_node;

enum tcp_ecn_codepoint { TCP_ECT_0 = 2, TCP_CE = 3 }; /* RFC 3168 5, of the IP header */

/* What the connection is capable of; before the handshake is complete, what it may come to. */
enum tcp_ecn {
	TCP_ECN_OFF,
	TCP_ECN_ECHO, /* a SYN without it has gone, too: marks are echoed, none is asked for (6.1.1)
		       */
	TCP_ECN_ON,
};

/* cwnd has shrunk, and the other side is to know (6.1.2). Until it does, what its ACKs echo is the
 * congestion that has been answered. */
enum tcp_cwr {
	TCP_CWR_NONE,
	TCP_CWR_WAIT, /* at a window of one segment: not before the retransmission timer runs out */
	TCP_CWR_OWED, /* with the next new data */
	TCP_CWR_SENT, /* in the segment whose node says so, not acknowledged yet */
};

/* A fresh block: before its SYN goes or is taken. */
void tcp_ecn_begin(const struct tcp *t, struct tcp_conn *c);
/* A SYN of the other side, with ACK or without: the first, or again. */
void tcp_ecn_take_syn(struct tcp_conn *c, const struct tcp_in *in);
/* A SYN without ECN has gone, or ours is refused, for which ECN may be the reason (6.1.1.1). False:
 * it did not ask for ECN. */
bool tcp_ecn_fall_back(struct tcp_conn *c);
/* ECE and CWR of our SYN, of which the first try alone asks for ECN, or SYN-ACK. */
uint8_t tcp_ecn_syn_flags(const struct tcp_conn *c);

/* Text that lies in the window, from a header that is known to be good. */
void tcp_ecn_take_text(struct tcp *t, struct tcp_conn *c, const struct tcp_in *in);
/* A good ACK, not an old one; snd_una has not moved yet. */
void tcp_ecn_take_ack(struct tcp *t, struct tcp_conn *c, const struct tcp_in *in);
/* Is cwnd not to grow for it (6.1.2)? */
bool tcp_ecn_is_echo(const struct tcp_conn *c, const struct tcp_in *in);

/* cwnd has been reduced, whatever for. */
void tcp_ecn_reduced(struct tcp_conn *c);
/* That has been taken back, told or not: the next mark, and the next loss, has to be answered. */
void tcp_ecn_restored(struct tcp_conn *c);
/* Has it been already for the window that the first segment in flight is of? */
bool tcp_ecn_has_reduced(const struct tcp_conn *c);
/* Segment @n has gone for the first time, with CWR if it was owed. */
void tcp_ecn_sent(struct tcp *t, struct tcp_conn *c, struct tcp_node *n);

#endif
