/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sim.h - one seed of the simulator: two engines, the link between them, their users, and what
 * has been seen on the wire. All of it follows from the seed; time is virtual.
 *
 * A flow is one connection: a user at each side, and a view of what each side has sent and heard.
 * Ports tell flows apart: flow f is accepted at SIM_LISTEN_PORT + f. In a simultaneous open each
 * side dials SIM_CROSS_PORT + f and the link rewrites the ports, as a NAT does, because an engine
 * chooses its own.
 */
#ifndef TESTS_TCP_SIM_H
#define TESTS_TCP_SIM_H

#include "tests/check.h"
#include "tests/tcp/tcp_env.h"

enum {
	SIM_SIDES = 2,
	SIM_FLOWS_MAX = 5,
	SIM_PACKETS_MAX = 2048,
	SIM_PACKET_BYTES = 2112,
	SIM_HELD_MAX = 64,
	SIM_LISTEN_PORT = 5000,
	SIM_CROSS_PORT = 7000,
	SIM_FOE_PORT = 5999,  /* where the victim of a hostile seed listens for foes */
	SIM_ANSWERS = 4,      /* of one side to SYNs of one flow: those that are remembered */
	SIM_NOISE = 1 << 20,  /* period of the bytes that users write */
	SIM_SMALL_POOL = 255, /* mbufs of the receive pool of some seeds */
};

#define SIM_SECOND UINT64_C(1000000)
#define SIM_NEVER  UINT64_MAX

enum sim_flag {
	SIM_FIN = BIT(0),
	SIM_SYN = BIT(1),
	SIM_RST = BIT(2),
	SIM_PSH = BIT(3),
	SIM_ACK = BIT(4),
	SIM_URG = BIT(5),
	SIM_ECE = BIT(6),
	SIM_CWR = BIT(7),
};

/* Why a stream of this seed may end before all of it has been read. */
enum sim_excuse {
	SIM_ENDED_BY_USER = BIT(0), /* abort, or release before the other side's FIN */
	SIM_TAMPERED = BIT(1),      /* a damaged segment got a right checksum */
	SIM_SHORT_TIMEOUT = BIT(2), /* a user timeout that an outage or a slow reader outlasts */
	SIM_HEAVY_LOSS = BIT(3),    /* all tries of a handshake or of keepalive may be lost */
	SIM_FEW_SLOTS = BIT(4),     /* half-open connections give way to each other */
	SIM_COOKIES = BIT(5),       /* a handshake of which one side keeps nothing */
};

/* One direction. Loss and the like are of 1000. */
struct sim_link {
	uint64_t bytes_per_s; /* 0 = no limit */
	uint64_t queue_bytes, delay_us, jitter_us;
	unsigned int loss, burst_loss, burst_end, reorder, twice, damage, repair, ack_loss;
	uint64_t thin_us;  /* a pure ACK waits so long for a newer one to take its place */
	unsigned int mark; /* congestion experienced, where the sender allows it (RFC 3168) */
	uint64_t down_from_us, down_to_us;
	uint64_t mtu_at_us; /* from then on packets above mtu are dropped */
	uint32_t mtu;
	bool mtu_told;
	/* what happened */
	uint64_t busy_until_us, last_at_us;
	bool in_burst;
	unsigned int lost, too_big;
};

/* On its way; ICMP where quoted is meant. */
struct sim_packet {
	uint64_t at_us, order;
	unsigned int to;
	bool is_icmp;
	uint8_t ecn;
	uint16_t len;
	struct ip_addr src, dst;
	struct tcp_quoted quoted;
	uint8_t bytes[SIM_PACKET_BYTES];
};

enum sim_end {
	SIM_END_CLOSE,         /* close behind the last byte */
	SIM_END_CLOSE_LAST,    /* ... but not before the other side's FIN */
	SIM_END_CLOSE_RELEASE, /* close and release at once */
	SIM_END_ABORT,
	SIM_END_RELEASE, /* without closing */
};

struct sim_user {
	/* plan */
	bool dials;
	uint64_t dial_at_us, to_send, end_at_us;
	uint64_t write_pause_us, read_pause_us, stall_us; /* longest; 0 = never */
	uint32_t piece_max;                               /* bytes of one tcp_send() */
	uint64_t burst_bytes;                             /* written between pauses */
	enum sim_end end;
	bool keeps, releases_late;
	/* what happened */
	struct tcp_conn *c;
	enum tcp_state state; /* as last seen */
	uint64_t given, received;
	uint64_t write_at_us, read_at_us, release_at_us;
	uint16_t local_port;
	bool opened, dialed, fin, closed, over;
	unsigned int last_news; /* TCP_NEWS_GONE bits */
};

/* What one side has sent and heard of one flow; sequence numbers as on the wire. */
struct sim_view {
	bool has_syn, has_fin, has_edge, has_heard, has_heard_edge;
	bool offers_ts, offers_wscale, offers_sack;
	bool offers_ecn, sends_plain; /* by one of its SYNs, by another not */
	bool has_heard_mark;
	tcp_seq iss, end, fin_seq, ack, edge;
	uint32_t ts_val;
	uint16_t mss;
	uint8_t wscale;
	/* heard */
	tcp_seq heard_iss, heard_end, heard_ack, heard_edge;
	uint64_t acks_heard, acked_bytes;
};

struct sim_flow {
	bool crosses; /* simultaneous open */
	unsigned int excuse;
	struct sim_user user[SIM_SIDES];
	struct sim_view view[SIM_SIDES];
	struct sim_view answer[SIM_SIDES][SIM_ANSWERS]; /* views that a newer SYN-ACK has ended */
	unsigned int answers[SIM_SIDES];
};

struct sim_side {
	struct tcp *t;
	struct tcp_setup setup;
	struct ip_addr addr;
};

/* Buffers that somebody else has for a while. */
struct sim_pinch {
	struct rte_mempool *pool;
	unsigned int leave;
	uint64_t from_us, to_us;
	bool on;
	unsigned int count;
	struct rte_mbuf *taken[ENV_RX_MBUFS];
};

/* A reference the device has not yet dropped when TCP may want to resend. */
struct sim_held {
	struct rte_mbuf *m;
	uint64_t until_us;
};

struct sim_hostile;

struct sim {
	struct env *env;
	struct rte_mempool *rx;
	uint64_t seed, random, began_us, now_us, order, turns;
	uint64_t poll_us; /* the loops turn no oftener: what came meanwhile is one burst */
	bool verbose;
	unsigned int excuse;  /* of all flows */
	bool has_time_waited; /* a connection has ended in TIME_WAIT */
	unsigned int flow_count, scatter, hold;
	struct sim_side side[SIM_SIDES];
	struct sim_link link[SIM_SIDES]; /* [i]: away from side i */
	struct sim_flow flow[SIM_FLOWS_MAX];
	struct sim_packet *heap[SIM_PACKETS_MAX];
	unsigned int heap_count;
	struct sim_packet *spare[SIM_PACKETS_MAX];
	unsigned int spare_count;
	struct sim_held held[SIM_HELD_MAX];
	unsigned int held_count;
	struct sim_pinch pinch;
	struct sim_hostile *hostile; /* NULL in a seed of two engines alone */
	unsigned int faults;
};

/* --- tcp_sim.c --- */
/* Something that must hold does not; the seed fails. */
void sim_fault(struct sim *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define SIM_REQUIRE(s, what)                                                                       \
	do {                                                                                       \
		if (!(what))                                                                       \
			sim_fault(s, "%s:%d: %s", __FILE__, __LINE__, #what);                      \
	} while (0)

static inline uint64_t sim_below(struct sim *s, uint64_t n)
{
	return n == 0 ? 0 : check_random(&s->random) % n;
}

static inline bool sim_chance(struct sim *s, unsigned int of_1000)
{
	return of_1000 > 0 && sim_below(s, 1000) < of_1000;
}

/* As likely to be within one power of two as within another, between @least and about @most. */
static inline uint64_t sim_scale(struct sim *s, uint64_t least, uint64_t most)
{
	unsigned int doublings = 0;
	uint64_t v;

	while (least << (doublings + 1) <= most)
		doublings++;
	v = least << sim_below(s, doublings + 1);
	return v + sim_below(s, v);
}

static inline uint64_t sim_earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* --- sim_plan.c: what the seed draws --- */
void sim_plan(struct sim *s);

/* --- sim_side.c --- */
/* False: no memory. */
bool sim_side_start(struct sim *s);
/* One turn of both sides' loops. */
void sim_side_turn(struct sim *s);
/* When somebody who waits for time alone has something to do. */
uint64_t sim_side_next_us(const struct sim *s);
/* Ends both engines; all must be empty. */
void sim_side_end(struct sim *s);

/* --- sim_link.c --- */
/* Takes a copy of @o on its way from side @from, or loses it. */
void sim_link_send(struct sim *s, unsigned int from, const struct tcp_output *o);
/* Everything that has arrived by now. */
void sim_link_deliver(struct sim *s);
uint64_t sim_link_next_us(const struct sim *s);
void sim_link_clear(struct sim *s);
/* A segment as the device of side @to has received it, at once. */
void sim_link_receive(struct sim *s, unsigned int to, const struct sim_packet *p);

/* --- sim_user.c --- */
const uint8_t *sim_user_bytes(const struct sim *s, const struct sim_flow *f, unsigned int side,
			      uint64_t offset);
void sim_user_start(void);
/* NULL: no flow of ours. */
struct sim_flow *sim_user_flow(struct sim *s, uint16_t local_port, uint16_t remote_port);
void sim_user_turn(struct sim *s, struct sim_flow *f, unsigned int side);
void sim_user_news(struct sim *s, unsigned int side, struct tcp_conn *c, unsigned int news);
uint64_t sim_user_next_us(const struct sim *s);

/* --- sim_wire.c: what must hold of each segment --- */
void sim_wire_sent(struct sim *s, unsigned int side, const struct tcp_output *o);
void sim_wire_heard(struct sim *s, unsigned int side, const struct env_segment *seg, uint8_t ecn);

/* --- sim_inside.c: the only one that looks into the control block --- */
uint64_t sim_inside_next_us(const struct tcp *t);
/* Has it answered by a cookie within the last two minutes? */
bool sim_inside_awaits_cookies(const struct tcp *t);
void sim_inside_check(struct sim *s, const struct tcp *t, bool thorough);
/* With everything over: no slot, no timer. */
void sim_inside_check_empty(struct sim *s, const struct tcp *t);

/* --- sim_hostile.c --- */
void sim_hostile_plan(struct sim *s);
void sim_hostile_turn(struct sim *s);
bool sim_hostile_is_done(const struct sim *s);
uint64_t sim_hostile_next_us(const struct sim *s);
/* True when @c was one of the foes' connections. */
bool sim_hostile_news(struct sim *s, struct tcp_conn *c, unsigned int news);
void sim_hostile_hear(struct sim *s, const struct tcp_output *o);

/* --- sim_trace.c: the timeline that --verbose prints --- */
void sim_trace_plan(const struct sim *s);
void sim_trace_segment(const struct sim *s, unsigned int side, const char *way,
		       const struct ip_addr *src, const struct ip_addr *dst, const uint8_t *at,
		       size_t len);
void sim_trace(const struct sim *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
