/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_stage.h - what a script plays on: one engine at virtual time, the segments it has sent, and a
 * few peers, whose sequence numbers a script writes relative to each side's first.
 */
#ifndef TESTS_TCP_TCP_STAGE_H
#define TESTS_TCP_TCP_STAGE_H

#include "tests/tcp/tcp_env.h"

enum { STAGE_PEERS = 16, STAGE_SENT_MAX = 512, STAGE_LOCAL_PORT = 5269 };

/* Both sides start just below 2^32, so that every script crosses the wrap. */
#define STAGE_PEER_ISS UINT32_C(0xffffff00)
#define STAGE_OUR_ISS  UINT32_C(0xfffffe00)

struct stage_peer {
	uint16_t port; /* 0 = unused */
	bool has_iss;
	tcp_seq iss, ts_base; /* ours, towards this peer */
	struct tcp_conn *c;
	unsigned int news;
	uint64_t given, read; /* bytes */
};

struct stage_sent {
	uint64_t at_us;
	uint16_t port;
	struct env_segment s;
	uint8_t payload[2048];
};

struct stage {
	struct env *env;
	struct tcp_setup setup;
	struct tcp *t;
	uint64_t now_us;
	struct ip_addr us, them;
	struct stage_peer peer[STAGE_PEERS], *who; /* whose turn it is */
	struct stage_sent sent[STAGE_SENT_MAX];
	unsigned int sent_first, sent_count, bad;
};

void stage_init(struct stage *s, struct env *env);
/* Makes the engine, at such a time that our ISS is STAGE_OUR_ISS towards the first peer. */
bool stage_start(struct stage *s, bool dials);
void stage_end(struct stage *s);
struct stage_peer *stage_peer(struct stage *s, uint16_t port);
/* Virtual time up to @to_us, in ticks of 1 ms; stops early when @until_sent and something is sent.
 */
void stage_advance(struct stage *s, uint64_t to_us, bool until_sent);
/* News, timers and output at this moment. */
void stage_settle(struct stage *s);
void stage_segment(struct stage *s, const struct env_segment *seg, bool bad_checksum,
		   bool bad_option);
uint8_t stage_byte(bool ours, uint64_t offset);

#endif
