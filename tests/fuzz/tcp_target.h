/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_target.h - one engine with one connection in a state of choice, for targets that throw
 * segments at it; what it sends must be well-formed, and in the end nothing may be left. */
#ifndef TESTS_FUZZ_TCP_TARGET_H
#define TESTS_FUZZ_TCP_TARGET_H

#include <stdio.h>
#include <stdlib.h>

#include "tests/tcp/tcp_env.h"

#define REQUIRE(what)                                                                              \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #what);   \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

struct tcp_target {
	struct env *env;
	struct tcp *t;
	struct tcp_conn *c; /* NULL: none, or half open */
	uint64_t now_us;
	struct ip_addr us, them;
	uint16_t our_port, their_port;
	tcp_seq our_nxt, their_nxt; /* next numbers, as the peer sees it */
	uint64_t in, answers;       /* segments; ours without text */
};

/* Once a process. */
void tcp_target_init(struct env *env);
/* An engine whose connection has reached @state by proper segments; TCP_CLOSED: it only listens. */
void tcp_target_open(struct tcp_target *g, struct env *env, enum tcp_state state);
/*
 * The bytes of a TCP header, options and text; whatever is missing of the header is 0. Ports are
 * filled in, seq and ack count from what would be next, the checksum is not looked at.
 */
void tcp_target_give(struct tcp_target *g, const uint8_t *at, size_t len);
/* News, timers and output; everything that must hold is looked at. */
void tcp_target_settle(struct tcp_target *g);
/* Ten minutes later nothing is left, and no segment has had more than its answer. */
void tcp_target_finish(struct tcp_target *g);

#endif
