/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_stage.h - what a script plays on: one engine at virtual time, the segments it has sent, a few
 * peers, whose sequence numbers a script writes relative to each side's first, and a crowd of
 * strangers, whose segments nobody looks at.
 */
#ifndef TESTS_TCP_TCP_STAGE_H
#define TESTS_TCP_TCP_STAGE_H

#include "tests/tcp/tcp_env.h"

enum {
	STAGE_PEERS = 16,
	STAGE_STRANGERS = 4096, /* connections of the crowd */
	STAGE_SENT_MAX = 512,
	STAGE_LOCAL_PORT = 5269,
	STAGE_RAW_MAX = 40, /* bytes of options that a script writes itself */
};

/* Both sides start just below 2^32, so that every script crosses the wrap. */
#define STAGE_PEER_ISS UINT32_C(0xffffff00)
#define STAGE_OUR_ISS  UINT32_C(0xfffffe00)

struct stage_peer {
	uint16_t port; /* 0 = unused */
	uint16_t local_port;
	bool has_iss;
	tcp_seq iss, ts_base; /* ours, towards this peer */
	uint32_t ts_last;     /* the last timestamp we sent it */
	struct tcp_conn *c;
	unsigned int news;
	uint64_t given, read; /* bytes */
};

struct stage_sent {
	uint64_t at_us;
	uint16_t port;
	uint8_t ecn; /* of the IP header */
	struct env_segment s;
	uint8_t payload[2048];
};

/* A segment from the peer, and what is odd about it. */
struct stage_segment {
	struct env_segment s;
	uint8_t ecn;
	bool bad_checksum;
	uint8_t offset_words; /* instead of the true data offset, 0 = the true one */
	uint8_t reserved;     /* bits of the header that have no meaning */
	uint16_t urgent;
	uint16_t cut; /* bytes of the whole that do not arrive */
	uint8_t raw_len, raw[STAGE_RAW_MAX];
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

	struct tcp_conn *stranger[STAGE_STRANGERS];
	unsigned int strangers, answered; /* segments sent to them */
	struct ip_addr answered_addr;     /* the last of these */
	struct env_segment answer;
	uint32_t seed;
};

void stage_init(struct stage *s, struct env *env);
/* Addresses of the other family from here on. */
void stage_ipv6(struct stage *s);
/* Makes the engine, at such a time that our ISS is STAGE_OUR_ISS towards the first peer. */
bool stage_start(struct stage *s, bool dials);
/* An active open of the engine there is, to whose turn it is. */
MUST_USE bool stage_dial(struct stage *s);
void stage_end(struct stage *s);
struct stage_peer *stage_peer(struct stage *s, uint16_t port);
/* Virtual time up to @to_us, in ticks of 1 ms, coarser over hours; stops early when @until_sent and
 * something is sent. */
void stage_advance(struct stage *s, uint64_t to_us, bool until_sent);
/* News, timers and output at this moment. */
void stage_settle(struct stage *s);
void stage_segment(struct stage *s, const struct stage_segment *in);
/* One segment of a stranger at @from. */
void stage_stranger(struct stage *s, const struct ip_addr *from, const struct env_segment *seg);
uint8_t stage_byte(bool ours, uint64_t offset);
uint32_t stage_random(struct stage *s);

#endif
