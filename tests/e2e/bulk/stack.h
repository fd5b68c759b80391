/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stack.h - port, bad link, net and TCP in the order in which a poll core drives them.
 *
 * Runs on  one core, the only one.
 */
#ifndef TESTS_E2E_BULK_STACK_H
#define TESTS_E2E_BULK_STACK_H

#include "dataplane/net/net.h"
#include "dataplane/net/port.h"
#include "tests/e2e/bulk/faults.h"
#include "tests/e2e/bulk/watch.h"

#define STACK_ADDRESS UINT32_C(0xc0000201) /* 192.0.2.1 */
#define STACK_PEER    UINT32_C(0xc0000202) /* 192.0.2.2 */
#define STACK_GATEWAY UINT32_C(0xc00002fe) /* 192.0.2.254 */

enum stack_bounds {
	STACK_LISTEN_PORT = 5269,
	STACK_MTU = 1500,
	STACK_CONNS = 4096,
	STACK_MBUFS =
	    16383, /* of what we send: full send queues of 32 flows, and the engine's own */
	STACK_COPIES = 8191,
	STACK_USER_TIMEOUT_US = 60000000, /* beyond a case's deadline */
	STACK_TIME_WAIT_US = 2000000,     /* time for a lost last ACK to be asked for again */
	/* Yielding sooner would cost milliseconds for each pause of a stream on a busy machine. */
	STACK_IDLE_US = 20000,
	STACK_STALL_US = 1000, /* a turn never takes so long by itself */
};

struct stack {
	struct port port;
	struct net *net;
	struct tcp *tcp;
	struct rte_mempool *rx_pool, *pool, *copies;
	struct faults in, out;     /* the two directions of the link */
	struct watch theirs, ours; /* what the other side sends; what we send */
	struct rte_mbuf *tx[BURST_MAX];
	uint16_t tx_count;
	uint64_t now_us, net_tick_us, busy_us; /* busy_us: something last moved */
	uint64_t begun_us, stalled_us;         /* since then so long the CPU was somebody else's */
	uint64_t longest_stall_us;             /* ... at one time */
	uint32_t drops[DROP_COUNT];
};

/* What its TCP is to be like. */
struct stack_tcp {
	enum tcp_congestion congestion;
	bool ecn;
};

/* Opens everything after rte_eal_init(). False, with a sentence in @error. */
MUST_USE bool stack_open(struct stack *s, const struct port_setup *port, unsigned int rx_mbufs,
			 uint16_t rx_data_room, struct stack_tcp tcp, char *error);
void stack_close(struct stack *s);

/* Frames in, up to tcp_segment(). */
void stack_receive(struct stack *s);
/* Timers, then segments of TCP out; yields the CPU when there has been nothing for a while. */
void stack_transmit(struct stack *s);
/* Nothing is under way on our side. */
bool stack_is_quiet(const struct stack *s);

#endif
