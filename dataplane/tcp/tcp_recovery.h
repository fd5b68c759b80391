/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_recovery.h - which segments of ours are lost and how they are repaired. Private to
 * dataplane/tcp.
 *
 * With SACK: the scoreboard (RFC 2018, 6675) lies in the flags of struct tcp_node; what comes in
 * with acknowledgments is put down in the repair block, and the queue is walked once in the next
 * flush, however many acknowledgments came: marks, losses by time (RACK, RFC 8985), then the
 * window by PRR (6937). Without SACK: RFC 6582 by duplicate ACKs, in tcp_dupack.c.
 *
 * A connection may lose its block at any time (tcp_recovery_forget()): flags in the queue stay
 * true, and it goes on by RFC 6582.
 *
 * Runs on  the core of the engine.
 */
#ifndef DATAPLANE_TCP_TCP_RECOVERY_H
#define DATAPLANE_TCP_TCP_RECOVERY_H

#include "dataplane/tcp/tcp.h"
#include "dataplane/tcp/tcp_cc.h"
#include "dataplane/tcp/tcp_opt.h"

enum tcp_recovery_bounds {
	TCP_SACK_RANGES_MAX = 8, /* news of one connection between two flushes: what a burst of
				    32 has that loses every fourth. What is beyond comes again */
	TCP_RACK_PERSIST = 16,   /* recoveries that a wider reordering window stays: 8985 3.3.2 */
	TCP_MIN_RTT_MS = 10 * 1000, /* the smallest round trip is forgotten after 1 to 2 of these */
	TCP_PROBE_ACK_DELAY_US = 200 * 1000, /* RFC 8985 7.2: worst delayed ACK of common stacks */
	TCP_IDLE_RTOS = 4, /* with nothing in flight for so long the block is given back */
};

struct tcp_in;
struct tcp_node;
struct tcp_repair;

/* RFC 8985 5.2, 5.3; microseconds as tcp_now32(). */
struct tcp_rack {
	bool has_sample;
	bool has_round; /* round is running */
	bool reordering;
	bool is_guess; /* min_rtt_us is */
	uint8_t multiplier, persist;
	uint32_t xmit_us, rtt_us; /* of the most recently sent segment that has arrived */
	tcp_seq end;              /* of that segment */
	tcp_seq fack;             /* the highest that has arrived */
	tcp_seq round;            /* one D-SACK counts until snd_una is here */
	uint32_t min_rtt_us, old_min_rtt_us;
	uint32_t min_rtt_since; /* tcp_clock() */
};

/* RFC 6937 3; bytes. */
struct tcp_prr {
	uint32_t recover_fs, delivered, out;
};

/* What was so before a loss that may prove none (RFC 3522, 4015, 5682, 2883). */
struct tcp_undo {
	bool armed : 1, by_timeout : 1;
	bool had_cwr : 1;                /* an earlier reduction was still to be told: tcp_ecn.h */
	bool over : 1;                   /* recovery is: only until snd_una is at until */
	bool has_resent : 1;             /* something has been sent again: the next four hold */
	uint32_t resent_ts;              /* our timestamp in the first of it */
	tcp_seq resent_low, resent_high; /* all of it lies between */
	uint32_t resent;                 /* bytes sent again that no D-SACK has called needless */
	tcp_seq until;
	uint32_t cwnd, ssthresh;
	struct tcp_cubic cubic;
};

enum tcp_frto { TCP_FRTO_OFF, TCP_FRTO_RESENT, TCP_FRTO_PROBING }; /* RFC 5682 3.1 */

/* --- tcp_recovery.c --- */
/* The block of a connection that has something to repair or CUBIC's to remember, set up. */
struct tcp_repair *tcp_recovery_block(struct tcp *t, struct tcp_conn *c);
/* The pool takes the block away. */
void tcp_recovery_forget(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r);
/* Is it SACK that tells what is lost? */
bool tcp_recovery_by_sack(const struct tcp *t, const struct tcp_conn *c);
/* Before snd_una moves to in->ack, for a connection whose block is in use. */
void tcp_recovery_acked(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r,
			const struct tcp_in *in);
/* The one walk over the queue of a flush. Cost: O(mbufs in flight). */
void tcp_recovery_update(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r);
/* The retransmission timer has run out. */
void tcp_recovery_timeout(struct tcp *t, struct tcp_conn *c);
/* All that is not acknowledged goes again, whatever is known of it. */
void tcp_recovery_rewind(struct tcp *t, struct tcp_conn *c);
/* The timer of the block itself: reordering has had its time, or the connection is idle. */
void tcp_recovery_due(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r);
/* @n bytes from @seq on have been sent again, or for the first time. */
void tcp_recovery_sent(struct tcp *t, struct tcp_conn *c, tcp_seq seq, uint32_t n, bool again);

/* --- tcp_sack.c --- */
/* Blocks of a segment whose ACK is not old. True: a D-SACK among them. */
bool tcp_sack_take(struct tcp *t, struct tcp_conn *c, const struct tcp_in *in);
bool tcp_sack_is_duplicate(const struct tcp_options *o, tcp_seq ack);
/* What has been put down goes into the queue; counts what is sacked. */
void tcp_sack_mark(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r);
/* Sequence numbers sent: of one mbuf, at or after snd_una. */
uint32_t tcp_sack_outstanding(const struct tcp_conn *c, const struct tcp_node *n);
/* RFC 2018 8: none of it holds any more. */
void tcp_sack_clear(struct tcp_conn *c, struct tcp_repair *r);

/* --- tcp_rack.c: RFC 8985 6.2 --- */
void tcp_rack_begin(struct tcp *t, struct tcp_conn *c, struct tcp_rack *k);
/* @n has arrived; @ts_ecr, NULL without, is what the acknowledgment echoes. */
void tcp_rack_delivered(struct tcp *t, struct tcp_conn *c, struct tcp_rack *k,
			const struct tcp_node *n, const uint32_t *ts_ecr);
void tcp_rack_duplicate(const struct tcp_conn *c, struct tcp_rack *k);
void tcp_rack_recovered(struct tcp_rack *k);
/* Marks what is lost and counts it; sets the block's timer for what may be soon. Returns bytes. */
uint32_t tcp_rack_detect(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r);
/* RFC 8985 6.3: what is lost when the retransmission timer runs out. */
void tcp_rack_timeout(const struct tcp *t, struct tcp_conn *c, struct tcp_repair *r);

/* --- tcp_tlp.c: RFC 8985 7 --- */
bool tcp_tlp_may_schedule(const struct tcp *t, const struct tcp_conn *c);
uint32_t tcp_tlp_timeout_us(const struct tcp_conn *c);
void tcp_tlp_send(struct tcp *t, struct tcp_conn *c);
void tcp_tlp_acked(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r, const struct tcp_in *in,
		   bool duplicate);

/* --- tcp_spurious.c --- */
void tcp_spurious_arm(struct tcp_conn *c, struct tcp_repair *r, bool by_timeout);
void tcp_spurious_resent(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r, tcp_seq end,
			 uint32_t n);
/* There was congestion: nothing is taken back. */
void tcp_spurious_disarm(struct tcp_repair *r);
/* An acknowledgment that moves snd_una, before it does. */
void tcp_spurious_acked(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r,
			const struct tcp_in *in);
/* @b came twice. */
void tcp_spurious_duplicate(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r,
			    const struct tcp_sack_block *b);
/* RFC 5682 3.1: news that does not move snd_una; @original: of what was sent but once. */
void tcp_spurious_sacked(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r, bool original);

/* --- tcp_dupack.c: RFC 6582, 3042 --- */
void tcp_dupack_take(struct tcp *t, struct tcp_conn *c);
/* In recovery, snd_una not yet moved. */
void tcp_dupack_acked(struct tcp_conn *c, tcp_seq ack, uint32_t acked);

#endif
