/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp.h - the TCP of one core (RFC 9293, 6298, 5681, 6582, 7323, 5961, 6528, 3168): bytes, segments
 * and time in, segments and news out. It has no clock, no device, no callback and no allocation
 * after tcp_init().
 *
 * How it is driven (dataplane/core, and tests with virtual time):
 *
 *	tcp_segments(t, m, packet, n, now)      for each burst of TCP segments; takes the mbufs
 *	while ((c = tcp_next_news(t, &news)))   what happened, one connection at a time
 *		... tcp_inbound(c), tcp_consume(), tcp_send(), tcp_close() ...
 *	tcp_tick(t, now)                        fires timers that are due
 *	tcp_flush(t, now)                       sends data, pending ACKs and window updates of all
 *dirty connections tcp_take_output(t, out, BURST_MAX)      segments to give to IP, in order
 *
 * Runs on  one core; nothing in it is shared.
 * Time     microseconds, monotonic, passed in. Ports and addresses as in addr.h, host order.
 */
#ifndef DATAPLANE_TCP_TCP_H
#define DATAPLANE_TCP_TCP_H

#include <rte_mbuf.h>

#include "dataplane/base/addr.h"
#include "dataplane/base/bounds.h"
#include "dataplane/base/drop.h"
#include "dataplane/base/flow.h"
#include "dataplane/base/ids.h"
#include "dataplane/base/keyed_hash.h"
#include "dataplane/base/seq.h"
#include "dataplane/base/steer.h"
#include "dataplane/base/wheel.h"
#include "dataplane/tcp/tcp_stat.h"

#define TCP_STATES(X)                                                                              \
	X(TCP_CLOSED)                                                                              \
	X(TCP_SYN_SENT)                                                                            \
	X(TCP_SYN_RECEIVED)                                                                        \
	X(TCP_ESTABLISHED)                                                                         \
	X(TCP_FIN_WAIT_1)                                                                          \
	X(TCP_FIN_WAIT_2)                                                                          \
	X(TCP_CLOSE_WAIT)                                                                          \
	X(TCP_CLOSING)                                                                             \
	X(TCP_LAST_ACK)                                                                            \
	X(TCP_TIME_WAIT)

enum tcp_state {
#define X(name) name,
	TCP_STATES(X)
#undef X
	    TCP_STATE_COUNT
};

/* What tcp_next_news() tells; bits of one word. */
enum tcp_news {
	TCP_NEWS_ACCEPTED = BIT(0), /* passive open complete */
	TCP_NEWS_OPENED = BIT(1),   /* active open complete */
	TCP_NEWS_DATA = BIT(2),     /* tcp_inbound() has more than before */
	TCP_NEWS_ACKED = BIT(3),    /* tcp_acked() has moved; tcp_room() may have grown */
	TCP_NEWS_FIN = BIT(4),      /* the other side has sent all it will */
	TCP_NEWS_RESET = BIT(5), /* gone: reset by the other side, or to make room (tcp_trust()) */
	TCP_NEWS_TIMEOUT =
	    BIT(6), /* gone: no answer in time (user timeout, keepalive, SYN retries) */
	TCP_NEWS_CLOSED = BIT(7), /* gone: both sides have closed and our FIN is acknowledged; where
				     we closed first TIME_WAIT begins, which needs no slot */
};
#define TCP_NEWS_GONE (TCP_NEWS_RESET | TCP_NEWS_TIMEOUT | TCP_NEWS_CLOSED)

/* Bytes in front of a segment's payload that IP and Ethernet need: Ethernet 14, VLAN 4, IPv6 40,
 * TCP 60. */
#define TCP_HEADROOM 118

/* One segment as IP found it. */
struct tcp_packet {
	enum iface iface;
	struct ip_addr src, dst;
	bool checksum_good; /* the device or IP has verified it already */
	uint8_t ecn;        /* the two ECN bits of the IP header (RFC 3168 5) */
};

/* One segment for IP to send: m's data starts at the TCP header, checksum filled in, TCP_HEADROOM -
 * 60 bytes before it. */
struct tcp_output {
	struct rte_mbuf *m; /* the receiver of the array owns this reference */
	enum iface iface;
	struct ip_addr src, dst;
	uint8_t ecn; /* bits for the IP header */
};

/* What an ICMP error quotes of a segment of ours. */
struct tcp_quoted {
	enum iface iface;
	struct ip_addr local, remote;
	uint16_t local_port, remote_port;
	tcp_seq seq;
	bool is_too_big; /* RFC 1191, 8201; otherwise unreachable */
	uint32_t mtu;    /* of the next link, bytes of IP packet; 0 = the router does not say */
};

enum tcp_congestion { TCP_CUBIC, TCP_NEWRENO }; /* RFC 9438, 6582 */

struct tcp_setup {
	uint16_t core;       /* for conn_id */
	uint32_t conns;      /* capacity */
	uint32_t time_waits; /* connections remembered in TIME_WAIT, 32 bytes each; 0 = an eighth */
	/* Connections that one remote IPv4 address, or /64 of IPv6, may have that are not yet
	 * trusted; 0 = without limit, at most 255. */
	uint32_t untrusted_per_source;
	uint32_t repairs; /* how many may remember loss or reordering at once; 0 = a twentieth */
	struct rte_mempool
	    *pool; /* for what TCP sends itself; not the pool of a receive queue (lab.md 3) */
	struct hash_key isn_key,
	    flow_key;              /* secret, random per start; all others come from isn_key */
	uint32_t mtu[IFACE_COUNT]; /* bytes of IP packet */
	uint32_t
	    rx_mbufs[IFACE_COUNT]; /* receive buffers that may wait to be read; 0 = without bound */
	enum tcp_congestion congestion;
	bool ecn;                   /* ask for it, and grant it (RFC 3168) */
	uint64_t keepalive_idle_us; /* 0 = none */
	uint64_t user_timeout_us;   /* unacknowledged data older than this ends the connection (RFC
				       9293 3.8.3) */
	uint64_t time_wait_us;      /* 2 MSL */
	/* Borrowed; ports to dial from are chosen so that answers come to `core`. NULL: they all
	 * do. */
	const struct steer *steer;
	uint32_t *drops;         /* array of DROP_COUNT counters, this core's */
	struct tcp_stats *stats; /* this core's, too; NULL: nobody asks */
};

struct tcp;      /* the engine */
struct tcp_conn; /* a control block; members are tcp_*.c's own: tcp_conn.h */

/* Allocates everything by rte_zmalloc; NULL on too little memory. */
MUST_USE struct tcp *tcp_init(const struct tcp_setup *setup, uint64_t now_us);
void tcp_fini(struct tcp *t);

/* A passive open on each address of @iface that the caller lets through: @local's @port. False when
 * full. */
MUST_USE bool tcp_listen(struct tcp *t, enum iface iface, const struct ip_addr *local,
			 uint16_t port);
void tcp_unlisten(struct tcp *t, enum iface iface, const struct ip_addr *local, uint16_t port);

/* An active open from a random free port (RFC 6056). NULL when no slot or port is free. */
MUST_USE struct tcp_conn *tcp_dial(struct tcp *t, enum iface iface, const struct ip_addr *local,
				   const struct ip_addr *remote, uint16_t remote_port,
				   uint64_t now_us);

/* Takes @m, whose data starts at the TCP header and ends with the segment (no padding). Follows RFC
 * 9293 3.10.7 step by step. */
void tcp_segment(struct tcp *t, struct rte_mbuf *m, const struct tcp_packet *packet,
		 uint64_t now_us);
/*
 * The same for @count segments in the order in which they came, BURST_MAX at most: what memory they
 * need is asked for together, which is a third of the time where there are many connections.
 */
void tcp_segments(struct tcp *t, struct rte_mbuf *const *m, const struct tcp_packet *packet,
		  unsigned int count, uint64_t now_us);

/*
 * An ICMP error that quotes a segment of ours. Unreachable ends SYN_SENT only and is soft
 * otherwise; too big counts where the segment quoted is in flight (RFC 5927).
 */
void tcp_icmp(struct tcp *t, const struct tcp_quoted *quoted, uint64_t now_us);

/* The next connection that something happened to and its news, or NULL. After a TCP_NEWS_GONE the
 * caller must tcp_release(). */
struct tcp_conn *tcp_next_news(struct tcp *t, unsigned int *news);

void tcp_tick(struct tcp *t, uint64_t now_us);
/* At most BURST_MAX * 8 segments wait for tcp_take_output(); what finds no room stays dirty. */
void tcp_flush(struct tcp *t, uint64_t now_us);
unsigned int tcp_take_output(struct tcp *t, struct tcp_output *out, unsigned int max);
/* Is anything due without more input: dirty connections, output, news? For the idle decision of the
 * loop. */
bool tcp_is_idle(const struct tcp *t);

/* --- one connection --- */

/*
 * In-order payload not yet consumed: the first mbuf of a list linked by m->next, each
 * rte_pktmbuf_data_len() bytes, or NULL. Borrowed. tcp_inbound_bytes() is their sum. The window
 * advertised shrinks by what waits here.
 */
struct rte_mbuf *tcp_inbound(const struct tcp_conn *c);
uint32_t tcp_inbound_bytes(const struct tcp_conn *c);
/* Drop the first @n bytes of it; frees what is used up and opens the window. */
void tcp_consume(struct tcp *t, struct tcp_conn *c, uint32_t n, uint64_t now_us);

/*
 * Append one direct, linear mbuf of 1..tcp_segment_bytes() bytes with TCP_HEADROOM before its data.
 * Takes it. TCP sends it as one segment where the window allows, and keeps it, data unchanged,
 * until tcp_free_to() passes it. False, @m still the caller's, when the connection takes no more
 * data (closed, or over SEND_QUEUE_BYTES; see tcp_room()).
 */
MUST_USE bool tcp_send(struct tcp *t, struct tcp_conn *c, struct rte_mbuf *m);
/* Bytes that still fit; may be exceeded by one mbuf. */
uint32_t tcp_room(const struct tcp_conn *c);
/* Payload bytes of a full segment now: what the relay sizes its records to. */
uint16_t tcp_segment_bytes(const struct tcp_conn *c);

/* Offsets count the bytes given to tcp_send() since the connection opened. */
uint64_t tcp_sent_offset(const struct tcp_conn *c); /* all given so far */
uint64_t tcp_acked(const struct tcp_conn *c);       /* acknowledged by the other side's TCP */
/* Sent at least once: between the two. */
uint64_t tcp_transmitted(const struct tcp_conn *c);
/*
 * Mbufs that lie wholly before min(@offset, tcp_acked()) may be freed. Until it is called for the
 * first time everything acknowledged is freed at once; afterwards nothing is freed but up to the
 * last @offset given. This is how a stanza half acknowledged can be recovered whole when its
 * connection dies (design.md 4).
 */
void tcp_free_to(struct tcp *t, struct tcp_conn *c, uint64_t offset);
/*
 * The mbufs kept, oldest first. Their payload as it was given to tcp_send(), borrowed; the mbuf's
 * own data pointer may lie before it, at headers the device may still be reading. Valid also after
 * TCP_NEWS_GONE, until tcp_release(). False at the end.
 *
 *	for (bool more = tcp_kept_first(c, &k); more; more = tcp_kept_next(c, &k))
 */
struct tcp_kept {
	struct rte_mbuf *m;
	const uint8_t *at;
	uint16_t len;
	uint64_t offset; /* of the first byte */
};
MUST_USE bool tcp_kept_first(const struct tcp_conn *c, struct tcp_kept *k);
MUST_USE bool tcp_kept_next(const struct tcp_conn *c, struct tcp_kept *k);

/* FIN behind all data given so far; receiving goes on. */
void tcp_close(struct tcp *t, struct tcp_conn *c, uint64_t now_us);
/* RST now. No news follows; the caller still has to tcp_release(). */
void tcp_abort(struct tcp *t, struct tcp_conn *c, uint64_t now_us);
/*
 * The other side is known by now. An accepted connection that is not trusted counts for its source
 * (untrusted_per_source), and with 95 % of the slots in use the youngest of them is reset for each
 * connection that needs one: of the edge first, of the internal interface only for one there.
 */
void tcp_trust(struct tcp *t, struct tcp_conn *c);
/* The caller forgets the connection: frees its bytes; the slot is free at once, or when our FIN and
 * the data before it have been acknowledged. */
void tcp_release(struct tcp *t, struct tcp_conn *c);

struct conn_id tcp_id(const struct tcp *t, const struct tcp_conn *c);
/* NULL when the id's tenant is gone. */
struct tcp_conn *tcp_find(struct tcp *t, struct conn_id id);
enum tcp_state tcp_state(const struct tcp_conn *c);
const char *tcp_state_name(enum tcp_state s);
const struct flow_key *tcp_key(const struct tcp *t, const struct tcp_conn *c);
const struct ip_addr *tcp_local(const struct tcp *t, const struct tcp_conn *c);
/* Smoothed round trip, 0 while unknown. */
uint32_t tcp_srtt_us(const struct tcp_conn *c);
/* Slots in use, without TIME_WAIT. */
uint32_t tcp_conns(const struct tcp *t);
/* Connections remembered in TIME_WAIT; a moment after their time is over they are not counted. */
uint32_t tcp_time_waits(const struct tcp *t);

#endif
