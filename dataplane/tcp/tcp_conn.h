/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_conn.h - the engine and its control block, and what tcp_*.c call of each other. Private to
 * dataplane/tcp.
 *
 * Life of a slot: tcp_slot_take() -> in the flow table -> tcp_gone() or TIME_WAIT, which goes on as
 * a record without a slot -> tcp_release() by the caller (who only knows connections that are
 * `held`) -> tcp_slot_free().
 */
#ifndef DATAPLANE_TCP_TCP_CONN_H
#define DATAPLANE_TCP_TCP_CONN_H

#include <rte_mbuf_dyn.h>

#include "dataplane/tcp/tcp.h"
#include "dataplane/tcp/tcp_cc.h"
#include "dataplane/tcp/tcp_cookie.h"
#include "dataplane/tcp/tcp_ecn.h"
#include "dataplane/tcp/tcp_isn.h"
#include "dataplane/tcp/tcp_opt.h"
#include "dataplane/tcp/tcp_recovery.h"
#include "dataplane/tcp/tcp_repair.h"
#include "dataplane/tcp/tcp_source.h"
#include "dataplane/tcp/tcp_time_wait.h"

enum tcp_bounds {
	TCP_RTO_INITIAL_US = 1000 * 1000,      /* RFC 6298 2.1 */
	TCP_RTO_SYN_LOST_US = 3 * 1000 * 1000, /* RFC 6298 5.7 */
	/* RFC 6298 2.4 says 1 s; common stacks delay an ACK by at most 200 ms, so 300 ms is never
	 * beaten by a delayed ACK, and a lost tail does not hold a stanza for a second. */
	TCP_RTO_MIN_US = 300 * 1000,
	TCP_RTO_MAX_US = 60 * 1000 * 1000, /* RFC 6298 2.5 */
	TCP_CLOCK_US = 1000,               /* granularity G, and the timestamp clock */
	TCP_ACK_DELAY_US = 40 * 1000,      /* RFC 9293 3.8.6.3 allows 500 ms */
	TCP_SYN_RETRIES = 7,               /* 183 s: RFC 9293 3.8.3 asks for three minutes */
	TCP_SYN_ACK_RETRIES = 4,           /* 31 s: half-open connections are what a flood makes */
	TCP_KEEPALIVE_INTERVAL_US = 15 * 1000 * 1000,
	TCP_KEEPALIVE_PROBES = 5,
	TCP_BACKOFF_MAX = 8,            /* the shortest RTO doubled so often is past the longest */
	TCP_CHALLENGES_PER_SECOND = 10, /* of one connection: RFC 5961 7 */
	TCP_RESET_SHARES = 256,         /* of sources, each with an allowance of its own a second */
	TCP_RESETS_LEAST = 64,          /* of a share a second; up to 255 more are drawn */
	TCP_OUT_OF_ORDER_MAX = 192,     /* mbufs of one connection: a window of full segments */
	TCP_OUTPUT_MAX = BURST_MAX * 8,
	TCP_LISTENERS_MAX = 16,
	TCP_LOCALS_MAX = 16, /* addresses of ours */
	TCP_PORT_MIN = 1024, /* RFC 6056 3.2: as many ports as may be */
	TCP_PORT_COUNTERS = 64,
	TCP_HEADER_BYTES = 20,
	TCP_MSS_DEFAULT_V4 = 536,  /* RFC 9293 3.7.1 */
	TCP_MSS_DEFAULT_V6 = 1220, /* RFC 9293 3.7.1 */
	TCP_MSS_MIN = 88,          /* a peer that asks for less only wants to cost us packets */
	TCP_WINDOW_SCALE = 3,      /* 65,535 << 3 covers RECEIVE_WINDOW_BYTES */
	TCP_DUP_ACKS = 3,          /* RFC 5681 3.2 */
	TCP_PAWS_STALE_S = 24 * 24 * 3600, /* RFC 7323 5.5 */
};
_Static_assert((65535u << TCP_WINDOW_SCALE) >= RECEIVE_WINDOW_BYTES, "window scale too small");
_Static_assert(TCP_KEEPALIVE_PROBES <= 7, "tcp_conn.probes has three bits");

#define TCP_SECOND_US UINT64_C(1000000)
#define TCP_NONE      UINT32_MAX /* no slot, no block */

enum tcp_flag {
	TCP_FIN = BIT(0),
	TCP_SYN = BIT(1),
	TCP_RST = BIT(2),
	TCP_PSH = BIT(3),
	TCP_ACK = BIT(4),
	TCP_ECE = BIT(6), /* RFC 3168 6.1 */
	TCP_CWR = BIT(7),
};

/* What TCP keeps in each mbuf it queues: a dynamic field, so that m->next stays free. */
struct tcp_node {
	struct rte_mbuf *next; /* send queue; out-of-order mbufs use m->next */
	tcp_seq seq;           /* of the first payload byte */
	uint16_t len;          /* payload bytes */
	union {
		uint16_t data_off; /* send queue: where the payload starts in the buffer */
		uint16_t fin;      /* out of order: a FIN follows the payload */
	};
	uint32_t sent_us; /* send queue: when last sent, tcp_clock() */
	uint8_t sent;     /* send queue: how often, stuck at 255 */
	/* send queue: of what has been sent; all of it has arrived (RFC 2018 5) */
	bool sacked : 1;
	bool lost : 1;   /* none of its copies is in the network any more */
	bool resent : 1; /* by now there are several */
	bool cwr : 1;    /* the first of them had CWR: tcp_ecn.h */
};
_Static_assert(sizeof(struct tcp_node) == 24, "what an mbuf has room for");

extern size_t tcp_node_offset; /* written by tcp_init() alone, always the same */

static inline struct tcp_node *tcp_node(struct rte_mbuf *m)
{
	return RTE_MBUF_DYNFIELD(m, tcp_node_offset, struct tcp_node *);
}

static inline const uint8_t *tcp_node_payload(struct rte_mbuf *m)
{
	return (const uint8_t *)m->buf_addr + tcp_node(m)->data_off;
}

/*
 * Of one connection, 256 bytes. Everything an idle or undisturbed connection needs is here; what
 * only loss or reordering needs is in struct tcp_repair. Times are tcp_clock() in milliseconds
 * unless their names say otherwise; a due time of 0 is not running.
 */
struct tcp_conn {
	/* line 0: each segment that comes in */
	uint8_t state : 4; /* enum tcp_state, written by tcp_become() alone */
	uint8_t snd_wscale : 4;
	uint8_t rcv_scales : 1;    /* our window is scaled, by TCP_WINDOW_SCALE */
	uint8_t trusted : 1;       /* tcp_trust() */
	uint8_t is_mss_proved : 1; /* a segment of snd_mss has been acknowledged */
	uint8_t cwnd_limited : 1;  /* at the last flush nothing but cwnd held data back */
	uint8_t ecn : 2;           /* enum tcp_ecn */
	uint8_t cwr : 2;           /* enum tcp_cwr */
	uint8_t acks_owed; /* ACKs to send at the next flush: one for each out-of-order segment */
	uint8_t news;      /* enum tcp_news, not yet told */
	tcp_seq snd_una, snd_nxt, rcv_nxt;
	tcp_seq rcv_edge;      /* right edge of the window advertised; never moves back */
	tcp_seq last_ack_sent; /* RFC 7323 4.3 */
	tcp_seq snd_wl1, snd_wl2;
	uint32_t snd_wnd, ts_recent, inbound_bytes;
	uint16_t snd_mss; /* what both sides allow, options included */
	uint16_t rcv_mss; /* largest payload seen: what a full segment is for delayed ACKs */
	struct rte_mbuf *inbound, *inbound_tail;

	/* line 1: each segment that goes out */
	struct rte_mbuf *kept, *kept_tail; /* send queue: kept .. una_mbuf .. pos_mbuf .. tail */
	struct rte_mbuf *una_mbuf;         /* first one not wholly acknowledged, or NULL */
	struct rte_mbuf *pos_mbuf;         /* the one snd_pos lies in, or NULL at the end */
	tcp_seq snd_pos;                   /* next to send: snd_nxt, or behind it after a timeout */
	tcp_seq snd_end;                   /* behind the data given; of the FIN, if there is one */
	union {
		uint32_t cwnd;        /* bytes, once established */
		uint32_t syn_sent_us; /* before: when our SYN went, 0 = not to be timed (Karn) */
	};
	uint32_t ssthresh, srtt_us, rttvar_us;
	tcp_seq recover; /* snd_nxt when the last loss was noticed (RFC 6582) */
	uint32_t ts_offset;

	/* line 2: timers, seldom changed */
	struct wheel_timer timer; /* due at the earliest of these */
	uint32_t retransmit_due, ack_due, idle_due;
	uint32_t progress;    /* snd_una moved, or there was nothing to acknowledge */
	uint32_t heard;       /* a segment of this connection came */
	uint32_t sent;        /* data was last sent: RFC 5681 4.1; 0 = never */
	uint32_t ts_recent_s; /* seconds */
	uint32_t snd_wnd_max; /* RFC 5961 5.2, 9293 3.8.6.2.1 */
	uint8_t backoff : 4;  /* doublings of the RTO or the persist interval */
	uint8_t probes : 3;   /* keepalives without an answer */
	uint8_t ece_owed : 1; /* a mark has come, CWR not yet (RFC 3168 6.1.3) */
	uint8_t dup_acks;
	uint16_t challenges : 4;   /* sent in the second ... */
	uint16_t challenge_s : 12; /* ... whose last bits these are */
	uint16_t inbound_count;    /* mbufs */
	bool ts_ok : 1, sack_ok : 1, in_recovery : 1;
	bool syn_pending : 1;  /* a SYN or SYN-ACK is to be (re)sent at the next flush */
	bool fast_resend : 1;  /* the first unacknowledged segment is to be resent at the next flush
				*/
	bool seen_partial : 1; /* a partial acknowledgment in this recovery */
	bool probe_next : 1;   /* retransmit_due is that of a tail loss probe */
	bool passive : 1;      /* came from LISTEN */
	bool held : 1;         /* the caller knows it and has not released it */
	bool close_pending : 1; /* tcp_close() before the handshake was complete */
	bool fin_received : 1;
	bool in_use : 1, in_flow : 1;
	bool is_dirty : 1, has_news : 1; /* linked into that list, perhaps for a former tenant */
	bool frees_all : 1;              /* all that is acknowledged is freed */

	/* line 3 */
	struct flow_key key;
	uint64_t acked;              /* bytes since the connection opened */
	uint32_t generation;         /* of conn_id */
	tcp_seq iss, free_to;        /* free_to: unless frees_all */
	uint32_t repair;             /* of t->repairs, TCP_NONE while nothing is disturbed */
	uint32_t age_next, age_prev; /* one of: free, half open, untrusted */
	uint32_t dirty_next;         /* has something for tcp_flush() */
	uint32_t told_next;          /* has news */
} CACHE_ALIGNED;
_Static_assert(offsetof(struct tcp_conn, kept) == 1UL * CACHE_LINE, "line 0 grew");
_Static_assert(offsetof(struct tcp_conn, timer) == 2UL * CACHE_LINE, "line 1 grew");
_Static_assert(offsetof(struct tcp_conn, key) == 3UL * CACHE_LINE, "line 2 grew");
_Static_assert(sizeof(struct tcp_conn) == 4UL * CACHE_LINE, "line 3 grew");

/* A list of connections by slot. */
struct tcp_list {
	uint32_t first, last, count;
};

struct tcp_listener {
	enum iface iface;
	uint16_t port; /* 0 = unused */
	uint8_t local;
};

struct tcp_fields; /* tcp_wire.h */

struct tcp {
	struct tcp_setup setup;
	struct tcp_stats own_stats;           /* where the setup has none */
	uint64_t now_us;                      /* of the call under way */
	uint32_t clock;                       /* the same in milliseconds, never 0 */
	struct ip_addr local[TCP_LOCALS_MAX]; /* flow_key.local counts these */
	uint32_t locals;
	struct wheel wheel;
	struct flow_table flow;
	void *flow_memory;
	struct tcp_conn *conns;
	struct tcp_repair *repairs;
	uint32_t repairs_max, repairs_free;     /* the first free one, linked by next */
	struct tcp_list repairs_used[2];        /* of trusted owners, of strangers; longest first */
	struct tcp_list free;                   /* last in, first out: the warm ones */
	struct tcp_list half_open;              /* oldest first */
	struct tcp_list untrusted[IFACE_COUNT]; /* accepted, not yet trusted, oldest first */
	struct tcp_list dirty, told;            /* singly linked */
	uint32_t half_open_max, used;
	uint32_t looked;    /* t->clock when pools were last looked at */
	uint32_t lingering; /* of used: TIME_WAIT, until their callers let go */
	struct tcp_time_waits time_waits;
	struct tcp_sources sources;
	struct tcp_cookies cookies;
	uint32_t out_of_order_count; /* mbufs, of all connections */
	uint32_t
	    waiting[IFACE_COUNT]; /* mbufs that came in there and are in order or not, unread */
	struct hash_key resets_key;
	uint64_t resets_s;                 /* the second of resets[] */
	uint16_t resets[TCP_RESET_SHARES]; /* left, to segments of no connection */
	uint32_t port_counter[TCP_PORT_COUNTERS];
	struct tcp_listener listener[TCP_LISTENERS_MAX];
	uint32_t output_head, output_count;
	struct tcp_output output[TCP_OUTPUT_MAX];
};

/* One segment that came in, in host order; m holds the payload alone. */
struct tcp_in {
	struct rte_mbuf *m;
	tcp_seq seq, ack;
	uint32_t len; /* payload bytes */
	uint16_t wnd; /* as on the wire */
	uint8_t flags;
	uint8_t ecn; /* of the IP header */
	struct tcp_options opt;
};

/* What the window we send is shifted by, but for a SYN's (RFC 7323 2.2). */
static inline uint8_t tcp_rcv_wscale(const struct tcp_conn *c)
{
	return c->rcv_scales ? TCP_WINDOW_SCALE : 0;
}

static inline void tcp_count(struct tcp *t, enum drop d)
{
	t->setup.drops[d]++;
}

static inline void tcp_note(struct tcp *t, enum tcp_stat what)
{
	tcp_stat_add(t->setup.stats, what, 1);
}

static inline void tcp_set_now(struct tcp *t, uint64_t now_us)
{
	t->now_us = now_us;
	t->clock = (uint32_t)(now_us / TCP_CLOCK_US);
	t->clock += t->clock == 0;
}

/* Low bits of now: what tcp_node.sent_us counts in. */
static inline uint32_t tcp_now32(const struct tcp *t)
{
	return (uint32_t)t->now_us;
}

/* Milliseconds since a time in tcp_clock(). */
static inline uint32_t tcp_since(const struct tcp *t, uint32_t then)
{
	return t->clock - then;
}

/* The timestamp clock of the flow whose tcp_flow_hash() is @flow. */
static inline uint32_t tcp_clock_at(const struct tcp *t, uint64_t flow)
{
	return (uint32_t)(t->now_us / TCP_CLOCK_US) + (uint32_t)(flow >> 32);
}

static inline uint32_t tcp_slot_of(const struct tcp *t, const struct tcp_conn *c)
{
	return (uint32_t)(c - t->conns);
}

/* NULL when the list is empty. */
static inline struct tcp_conn *tcp_list_first(const struct tcp *t, const struct tcp_list *l)
{
	return l->first == TCP_NONE ? NULL : &t->conns[l->first];
}

/* RFC 7323 5.5: too old to judge by. */
static inline bool tcp_is_timestamp_stale(const struct tcp *t, const struct tcp_conn *c)
{
	return (uint32_t)(t->now_us / TCP_SECOND_US) - c->ts_recent_s > TCP_PAWS_STALE_S;
}

/* NULL while nothing is disturbed. */
static inline struct tcp_repair *tcp_repair_of(const struct tcp *t, const struct tcp_conn *c)
{
	return c->repair == TCP_NONE ? NULL : &t->repairs[c->repair];
}

/* RFC 5961 5.2: an ACK neither of what was never sent, nor older than the largest window. */
static inline bool tcp_is_ack_in_range(const struct tcp_conn *c, tcp_seq ack)
{
	return seq_at_or_before(ack, c->snd_nxt) &&
	       seq_at_or_after(ack, c->snd_una - c->snd_wnd_max);
}

/* Has something come that lies behind a gap? */
static inline bool tcp_has_gap(const struct tcp *t, const struct tcp_conn *c)
{
	return c->repair != TCP_NONE && t->repairs[c->repair].out_of_order != NULL;
}

/* Data without an acknowledgment at all, sent or not. */
static inline bool tcp_has_unacked(const struct tcp_conn *c)
{
	return c->una_mbuf != NULL;
}

/* FIN is queued behind the data: RFC 9293 enters these states when the user closes. */
static inline bool tcp_is_closing(const struct tcp_conn *c)
{
	return c->state == TCP_FIN_WAIT_1 || c->state == TCP_CLOSING || c->state == TCP_LAST_ACK;
}

static inline bool tcp_is_synchronized(const struct tcp_conn *c)
{
	return c->state >= TCP_ESTABLISHED;
}

/* --- tcp.c --- */
void tcp_become(struct tcp *t, struct tcp_conn *c, enum tcp_state to);
void tcp_mark_dirty(struct tcp *t, struct tcp_conn *c);
void tcp_tell(struct tcp *t, struct tcp_conn *c, unsigned int news);
void tcp_start_closing(struct tcp *t, struct tcp_conn *c);
const struct tcp_listener *tcp_find_listener(const struct tcp *t, const struct flow_key *key);

/* --- tcp_list.c --- */
void tcp_list_init(struct tcp_list *l);
void tcp_list_append(struct tcp *t, struct tcp_list *l, struct tcp_conn *c);
void tcp_list_push(struct tcp *t, struct tcp_list *l, struct tcp_conn *c);
void tcp_list_remove(struct tcp *t, struct tcp_list *l, struct tcp_conn *c);
/* The number of @address, given one if there is room. FLOW_NONE: not one of ours, or no room. */
uint32_t tcp_local_number(struct tcp *t, const struct ip_addr *address, bool may_add);

/* --- tcp_slot.c --- */
/* A fresh block in the flow table, CLOSED; half-open and untrusted ones give way. NULL when full.
 */
MUST_USE struct tcp_conn *tcp_slot_take(struct tcp *t, const struct flow_key *key);
void tcp_slot_free(struct tcp *t, struct tcp_conn *c);
/* The connection is over: CLOSED, out of the flow table; the caller is told, or the slot is free.
 */
void tcp_gone(struct tcp *t, struct tcp_conn *c, unsigned int news);
/* The connection goes on as a record; the block is the caller's until tcp_release(), or free. */
void tcp_enter_time_wait(struct tcp *t, struct tcp_conn *c);
/* Is there a slot, or could one be made free, for a connection on @iface? */
MUST_USE bool tcp_slot_may_take(const struct tcp *t, enum iface iface);
/* With nearly all receive buffers waiting to be read: resets one that nobody has authenticated. */
void tcp_slot_shed_readers(struct tcp *t);

/* --- tcp_out.c --- */
void tcp_owe_ack(struct tcp *t, struct tcp_conn *c);
/* One more than is owed already: each segment behind a gap has its own (RFC 5681 4.2). */
void tcp_owe_another_ack(struct tcp *t, struct tcp_conn *c);
/* RFC 5961: an ACK that makes a real peer prove itself; limited. */
void tcp_challenge(struct tcp *t, struct tcp_conn *c);
/* False when the output is full or no mbuf is left: call again. */
MUST_USE bool tcp_conn_output(struct tcp *t, struct tcp_conn *c);
void tcp_send_keepalive(struct tcp *t, struct tcp_conn *c);
/* A byte, or what fits, into a window that allows no ordinary segment. */
void tcp_send_probe(struct tcp *t, struct tcp_conn *c);
/* One segment of new data whatever cwnd says. False: none there, or the other side's window, the
 * output or the pool does not allow it. */
MUST_USE bool tcp_send_next(struct tcp *t, struct tcp_conn *c);
/* The last segment sent, again. */
MUST_USE bool tcp_resend_last(struct tcp *t, struct tcp_conn *c);
/* Bytes in the network: RFC 6675 4, SetPipe(). */
uint32_t tcp_pipe(const struct tcp *t, const struct tcp_conn *c);

/* --- tcp_build.c --- */
/* Each false when the output is full or no mbuf is left. */
MUST_USE bool tcp_build_empty(struct tcp *t, struct tcp_conn *c, tcp_seq seq, uint8_t flags);
/* @n bytes of @kept from @seq on. */
MUST_USE bool tcp_build_data(struct tcp *t, struct tcp_conn *c, struct rte_mbuf *kept, tcp_seq seq,
			     uint32_t n, uint8_t flags);
/* The segment built last may be marked instead of dropped: ECT(0). */
void tcp_build_capable(struct tcp *t);
/* A segment of no connection, nothing but its header; whether it is sent is the asker's concern. */
bool tcp_build_bare(struct tcp *t, const struct flow_key *key, const struct tcp_fields *f);
uint16_t tcp_announced_mss(const struct tcp *t, const struct flow_key *key);
void tcp_send_reset(struct tcp *t, struct tcp_conn *c);
/* RST that answers a segment of no connection, or one whose ACK is not ours. */
void tcp_send_reset_for(struct tcp *t, const struct flow_key *key, const struct tcp_in *in);
/* Bytes by which the window has to open before it is worth saying. */
uint32_t tcp_window_step(const struct tcp_conn *c);
uint32_t tcp_window_room(const struct tcp *t, const struct tcp_conn *c);
uint32_t tcp_timestamp(const struct tcp *t, const struct tcp_conn *c);
/* Over the whole segment, checksum field included: 0 when that is right. */
uint16_t tcp_checksum(const struct rte_mbuf *m, const struct ip_addr *src,
		      const struct ip_addr *dst);

/* --- tcp_sendq.c --- */
/* snd_una moves to @ack: mbufs before it are freed as free_to allows. */
void tcp_sendq_acked(struct tcp_conn *c, tcp_seq ack);
/* The next to send is the first not acknowledged. */
void tcp_sendq_rewind(struct tcp_conn *c);
/* The next to send is what has never been sent. */
void tcp_sendq_forward(struct tcp_conn *c);
void tcp_sendq_free(struct tcp_conn *c);
void tcp_sendq_trim(struct tcp_conn *c);

/* --- tcp_in.c, tcp_sync.c, tcp_ack.c --- */
/* A segment of no control block; each may take in->m. */
void tcp_in_closed(struct tcp *t, const struct flow_key *key, struct tcp_in *in);
void tcp_in_conn(struct tcp *t, struct tcp_conn *c, struct tcp_in *in);
void tcp_in_synchronized(struct tcp *t, struct tcp_conn *c, struct tcp_in *in);
/* Options of the other side's SYN. */
void tcp_take_syn_options(struct tcp *t, struct tcp_conn *c, const struct tcp_in *in);
void tcp_establish(struct tcp *t, struct tcp_conn *c, const struct tcp_in *in);
/* RFC 9293 3.10.7.4, fifth. False: drop the segment. */
MUST_USE bool tcp_check_ack(struct tcp *t, struct tcp_conn *c, const struct tcp_in *in);
/* Seventh and eighth: text and FIN; takes in->m. */
void tcp_take_text(struct tcp *t, struct tcp_conn *c, struct tcp_in *in);

/* --- tcp_rcv_sack.c --- */
/* A segment that begins at @seq has been put behind a gap. */
void tcp_rcv_sack_note(struct tcp_repair *r, tcp_seq seq);
void tcp_rcv_sack_duplicate(struct tcp *t, struct tcp_conn *c, tcp_seq from, tcp_seq to);
/* The blocks that the next acknowledgment without data reports. */
void tcp_rcv_sack_fill(struct tcp *t, struct tcp_conn *c, struct tcp_options *o);

/* --- tcp_pressure.c --- */
enum tcp_pressure {
	TCP_PRESSURE_NONE,
	TCP_PRESSURE_SOME, /* half of the buffers wait */
	TCP_PRESSURE_HIGH, /* four fifths */
	TCP_PRESSURE_FULL, /* all but a twentieth */
};
enum tcp_pressure tcp_pressure(const struct tcp *t, enum iface iface);
/* May this connection have one more buffer waiting in order? */
MUST_USE bool tcp_pressure_allows(struct tcp *t, struct tcp_conn *c);
/* Bytes that may wait to be read: what windows are made of. */
uint32_t tcp_pressure_window(const struct tcp *t, const struct tcp_conn *c);

/* --- tcp_pmtu.c --- */
void tcp_pmtu_icmp(struct tcp *t, struct tcp_conn *c, const struct tcp_quoted *quoted);
/* @ack is new; snd_una has not moved yet. */
void tcp_pmtu_acked(struct tcp *t, struct tcp_conn *c, tcp_seq ack);
/* What begins at @seq is taken for lost. */
void tcp_pmtu_lost(struct tcp *t, struct tcp_conn *c, tcp_seq seq);
/* A retransmission timeout, before the back-off. */
void tcp_pmtu_timeout(struct tcp *t, struct tcp_conn *c);
/* Bytes of a segment that pass for sure. */
uint16_t tcp_pmtu_safe(const struct tcp *t, const struct tcp_conn *c);
/* Bytes of the segment that may be cut at snd_pos: more than safe for a probe. */
uint16_t tcp_pmtu_limit(const struct tcp *t, const struct tcp_conn *c);
void tcp_pmtu_sent(struct tcp *t, struct tcp_conn *c, uint32_t len, tcp_seq end);

/* --- tcp_rcvq.c --- */
void tcp_trim_front(struct tcp_in *in, uint32_t n);
void tcp_trim_back(struct tcp_in *in, uint32_t n);
void tcp_rcvq_free(struct tcp *t, struct tcp_conn *c);
void tcp_out_of_order_free(struct tcp *t, struct tcp_conn *c);

/* --- tcp_timer.c: named for what happened --- */
void tcp_on_syn_sent(struct tcp *t, struct tcp_conn *c);
void tcp_on_sent(struct tcp *t, struct tcp_conn *c, bool is_new);
void tcp_on_acked(struct tcp *t, struct tcp_conn *c);
void tcp_on_blocked(struct tcp *t, struct tcp_conn *c);
void tcp_on_window(struct tcp *t, struct tcp_conn *c);
void tcp_on_text(struct tcp *t, struct tcp_conn *c);
void tcp_on_ack_sent(struct tcp *t, struct tcp_conn *c);
void tcp_on_established(struct tcp *t, struct tcp_conn *c);
void tcp_on_linger(struct tcp *t, struct tcp_conn *c);
/* Recovery begins: no probe is due any more. */
void tcp_on_loss(struct tcp *t, struct tcp_conn *c);
/* In @us something now late is lost. */
void tcp_on_reordering(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r, uint32_t us);
/* All is acknowledged. */
void tcp_on_settled(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r);
void tcp_on_due(struct tcp *t, struct tcp_conn *c);
void tcp_rtt_sample(struct tcp_conn *c, uint64_t rtt_us);
/* RFC 6298 2.2 to 2.5, without back-off. */
uint32_t tcp_rto_us(const struct tcp_conn *c);

#endif
