/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_cc.h - congestion control: how large cwnd and ssthresh are (RFC 5681, 6928, 9438). What was
 * lost, and how it is repaired, is tcp_recovery.h's.
 *
 * CUBIC needs memory that only a connection with a repair block has; without one it grows and
 * shrinks as NewReno does.
 *
 * Runs on  the core of the engine. Private to dataplane/tcp.
 */
#ifndef DATAPLANE_TCP_TCP_CC_H
#define DATAPLANE_TCP_TCP_CC_H

#include "dataplane/tcp/tcp.h"

enum tcp_cc_bounds {
	TCP_CWND_MAX = 2 * SEND_QUEUE_BYTES, /* more than can ever be in flight */
};

/* RFC 9438 4.1.2; bytes, and tcp_clock() in milliseconds. */
struct tcp_cubic {
	uint32_t w_max;      /* where the curve is flat; 0 = not known */
	uint32_t k_ms;       /* from the epoch until the curve is there */
	uint32_t epoch;      /* when this stage of congestion avoidance began; 0 = it has not */
	uint32_t touched;    /* cwnd was last what held us back: time in between does not count */
	uint32_t w_est;      /* what NewReno would have */
	uint32_t est_acked;  /* bytes that have not moved w_est yet */
	uint32_t cwnd_prior; /* before the last reduction */
};

/* --- tcp_cc.c --- */
void tcp_cc_init(struct tcp_conn *c, bool syn_was_lost);
uint32_t tcp_cc_initial_window(const struct tcp_conn *c);
/* @acked bytes left the network outside recovery; snd_una has not moved yet. */
void tcp_cc_grow(struct tcp *t, struct tcp_conn *c, uint32_t acked);
/* Once for each window that lost something: sets ssthresh; cwnd is the caller's. */
void tcp_cc_reduce(struct tcp *t, struct tcp_conn *c);
/* Once for each window that was marked (RFC 3168 6.1.2, 8511). */
void tcp_cc_mark(struct tcp *t, struct tcp_conn *c);
void tcp_cc_timeout(struct tcp *t, struct tcp_conn *c);
/* Before data is sent with nothing in flight: RFC 5681 4.1. */
void tcp_cc_idle(const struct tcp *t, struct tcp_conn *c);
/* Bytes that may be in flight now. */
uint32_t tcp_cc_window(const struct tcp_conn *c);

/* --- tcp_newreno.c, tcp_cubic.c --- */
/* Congestion avoidance for @acked bytes. */
void tcp_newreno_avoid(struct tcp_conn *c, uint32_t acked);
void tcp_cubic_avoid(const struct tcp *t, struct tcp_conn *c, struct tcp_cubic *k, uint32_t acked);
/* The new ssthresh after a loss with @flight bytes out. */
uint32_t tcp_newreno_reduce(const struct tcp_conn *c, uint32_t flight);
uint32_t tcp_cubic_reduce(const struct tcp_conn *c, struct tcp_cubic *k, uint32_t flight);
/* After a timeout the next stage starts on the flat of the curve: RFC 9438 4.8. */
void tcp_cubic_timeout(struct tcp_cubic *k);
/* Time since the last call of this or of tcp_cubic_avoid() was not congestion's. */
void tcp_cubic_pause(const struct tcp *t, struct tcp_cubic *k);

#endif
