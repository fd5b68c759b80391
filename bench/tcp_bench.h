/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_bench.h - what the parts of tcp_bench share: a world of one engine and its raw peers.
 *
 * Runs on  one thread. Times are that thread's CPU time; the engine's own clock is virtual.
 */
#ifndef BENCH_TCP_BENCH_H
#define BENCH_TCP_BENCH_H

#include "bench/report.h"
#include "dataplane/tcp/tcp.h"

enum { BENCH_PAYLOAD = 512, BENCH_PORT = 5269 };

/* --- tcp_bench_world.c: an engine and those it talks to --- */

/* The other end of one connection: no TCP, just enough to speak in order. */
struct bench_peer {
	struct tcp_conn *conn; /* NULL until accepted */
	tcp_seq snd_nxt, rcv_nxt;
	uint32_t ts_ecr;
};

struct bench_pools {
	struct rte_mempool *rx, *tx, *data; /* received; the engine's own; given to tcp_send() */
};

struct bench_world {
	struct bench_pools *pools;
	struct tcp *tcp;
	struct bench_peer *peers;
	uint32_t count; /* of peers */
	uint64_t now_us;
	uint32_t drops[DROP_COUNT];
};

/* Segments of peers as the engine gets them: a burst of a receive queue. */
struct bench_in {
	struct rte_mbuf *m[BURST_MAX];
	struct tcp_packet packet[BURST_MAX];
	unsigned int count;
};

enum bench_flag { BENCH_FIN = 1, BENCH_SYN = 2, BENCH_PSH = 8, BENCH_ACK = 16 };

/* Starts EAL and makes the pools; ends the process when that fails. */
void bench_pools_make(struct bench_pools *p, bool huge);
/* Mbufs out of their pools. */
unsigned int bench_pools_used(const struct bench_pools *p);

void bench_world_open(struct bench_world *w, struct bench_pools *p, uint32_t peers);
void bench_world_close(struct bench_world *w);
/* Handshakes of peers @first .. @first + @count - 1, not timed. */
void bench_world_connect(struct bench_world *w, uint32_t first, uint32_t count);

/* @len bytes of payload; in order, and the peer's number moves on. Goes behind those in @in. */
void bench_build(struct bench_world *w, uint32_t index, uint8_t flags, uint16_t len,
		 struct bench_in *in);
/* The peer sees what the engine sent; takes the mbuf. Returns the peer's index. */
uint32_t bench_take(struct bench_world *w, const struct tcp_output *out);
/* An mbuf to give to tcp_send(), filled. */
struct rte_mbuf *bench_data(struct bench_pools *p, uint16_t len);
struct tcp_setup bench_setup(struct bench_pools *p, uint32_t conns, uint32_t *drops);

/* By what the core calls for a burst (core/turn.c). */
static inline void bench_give(struct bench_world *w, struct bench_in *in)
{
	tcp_segments(w->tcp, in->m, in->packet, in->count, w->now_us);
	in->count = 0;
}

/* --- the parts; each reports its own lines --- */
void bench_segments(struct bench *b, struct bench_pools *p);    /* tcp_bench_segments.c */
void bench_scale(struct bench *b, struct bench_pools *p);       /* tcp_bench_scale.c */
void bench_connections(struct bench *b, struct bench_pools *p); /* tcp_bench_connections.c */
void bench_memory(struct bench *b, struct bench_pools *p);      /* tcp_bench_connections.c */
void bench_flow(struct bench *b, struct bench_pools *p);        /* tcp_bench_flow.c */
void bench_hash(struct bench *b, struct bench_pools *p);        /* tcp_bench_base.c */
void bench_checksum(struct bench *b, struct bench_pools *p);    /* tcp_bench_base.c */
void bench_wheel(struct bench *b, struct bench_pools *p);       /* tcp_bench_base.c */
void bench_whole(struct bench *b, struct bench_pools *p);       /* tcp_bench_whole.c */

/* CPU ns of each segment in and out, over @stretches of them. */
void bench_segments_round(const struct bench *b, struct bench_world *w, unsigned int stretches,
			  double *in_ns, double *out_ns);

/* --- tcp_bench_linux.c: the kernel's TCP over loopback --- */
struct bench_linux {
	int from, to; /* sockets */
	char congestion[16];
};

void bench_linux_open(struct bench_linux *l);
void bench_linux_close(struct bench_linux *l);
/* CPU ns of each send() and each read() of BENCH_PAYLOAD bytes, over @segments of them. */
void bench_linux_round(const struct bench *b, struct bench_linux *l, unsigned int segments,
		       double *send_ns, double *read_ns);

#endif
