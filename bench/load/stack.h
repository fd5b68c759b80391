/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stack.h - the relay's own net and TCP under the load generator, over two ports of memory shared
 * with the relay: net_vhost, at whose other ends the relay has net_virtio_user. Vhost copies every
 * frame, so what a card's DMA would do is paid here and not by the relay.
 *
 * stack_start() once, before the run; then each turn stack_receive(), news and sending of the
 * connections, stack_transmit(). A full port is waited for: this side loses nothing.
 *
 * Runs on  one thread, the one that has called stack_start().
 */
#ifndef BENCH_LOAD_STACK_H
#define BENCH_LOAD_STACK_H

#include "dataplane/net/net.h"
#include "dataplane/net/port.h"

enum stack_bounds {
	STACK_ERROR = 256,
	STACK_MTU = 1500,
	STACK_DESCRIPTORS = 1024,
	STACK_RX_MBUFS = 16383,
	STACK_TX_MBUFS = 131071, /* of all connections, until the other side has them */
	STACK_BURSTS = 4,        /* of one port in one turn */
	STACK_TX_QUEUE = 512,
	STACK_CONNS = 32768,
	STACK_LINK_S = 60, /* until the relay is at the other end */
};

/* One network: we are one host on it. */
struct stack_side {
	char socket[108];
	struct ip_addr address;
	uint8_t prefix_len;
};

struct stack_setup {
	struct stack_side side[IFACE_COUNT]; /* partners live at the edge, gateways inside */
	bool is_loop;  /* the inner port is the other end of the outer one: no relay */
	bool offloads; /* the relay's device is to say that checksums are right, as a card does */
	unsigned int cpu, memory_mb;
};

struct stack_queue {
	struct rte_mbuf *frame[STACK_TX_QUEUE];
	uint16_t count;
};

struct stack {
	struct stack_setup setup;
	struct port port[IFACE_COUNT];
	struct stack_queue tx[IFACE_COUNT];
	struct rte_mempool *rx_pool[IFACE_COUNT], *pool;
	struct net *net; /* NULL until stack_connect() */
	struct tcp *tcp;
	uint64_t now_us, tick_us;
	uint16_t listen_port[IFACE_COUNT];
	uint32_t drops[DROP_COUNT];
};

/* EAL and the ports; the sockets are there when it returns. False, with a sentence in @error
 * (STACK_ERROR bytes). */
MUST_USE bool stack_start(struct stack *s, const struct stack_setup *setup, char *error);
/* Waits until the relay has both other ends. */
MUST_USE bool stack_connect(struct stack *s, char *error);
/* Net and TCP. net knows one port to listen at on each side, so that has to be set before. */
MUST_USE bool stack_open(struct stack *s, char *error);
/* All but the sockets, which are link.c's to remove. */
void stack_stop(struct stack *s);

/* Reads the clock, takes frames up to tcp_segments(); returns how many. */
unsigned int stack_receive(struct stack *s);
/* Timers, and what TCP has to send; returns how many frames went. */
unsigned int stack_transmit(struct stack *s);

/* The side by which @remote is reached, or of which @local is our address; IFACE_COUNT: none. */
enum iface stack_side_to(const struct stack *s, const struct ip_addr *remote);
enum iface stack_side_of(const struct stack *s, const struct ip_addr *local);

#endif
