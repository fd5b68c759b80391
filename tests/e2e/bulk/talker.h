/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * talker.h - the user of one connection: sends so many random bytes, reads all that comes, hashes
 * both, closes in its turn.
 *
 * Runs on  the core that polls.
 * Owns     its connection, until talker_end().
 */
#ifndef TESTS_E2E_BULK_TALKER_H
#define TESTS_E2E_BULK_TALKER_H

#include <openssl/evp.h>

#include "dataplane/tcp/tcp.h"
#include "tests/e2e/bulk/dice.h"

enum talker_bounds {
	TALKER_DIGEST = 32,           /* bytes of SHA-256 */
	TALKER_PAUSE_US = 400 * 1000, /* of a slow reader: beyond anybody's first RTO */
};

enum talker_close {
	TALKER_CLOSE_FIRST, /* as soon as all is sent, whatever the other side does */
	TALKER_CLOSE_LAST,  /* not before the other side has closed */
};

struct talker_setup {
	struct tcp *tcp;
	struct rte_mempool *pool;
	uint64_t bytes;
	uint64_t time_us; /* and no longer than this; 0: however long it takes */
	enum talker_close close;
	bool slow; /* reads nothing until the window is shut, then waits */
	bool keep; /* frees by tcp_free_to(), behind what is acknowledged */
	bool echo; /* sends no more than it has received: the other side sets the pace of both */
	uint64_t seed;
};

struct talker {
	struct talker_setup setup;
	struct tcp_conn *conn; /* NULL before it opens and after talker_end() */
	struct dice dice;
	EVP_MD_CTX *out, *in;
	uint64_t sent, received;
	uint64_t begun_us, ended_us; /* open; over */
	uint64_t pause_until_us;
	uint16_t segment_bytes; /* of a full one, when last looked at */
	bool open, closed, fin;
	unsigned int gone; /* TCP_NEWS_GONE as told */
};

/* False without memory. */
MUST_USE bool talker_begin(struct talker *k, const struct talker_setup *setup);
/* News of its connection. */
void talker_hear(struct talker *k, unsigned int news, uint64_t now_us);
/* Reads, sends and closes what it can. */
void talker_turn(struct talker *k, uint64_t now_us);
/* Both sides have closed, or the connection is gone. */
bool talker_is_over(const struct talker *k);
/* Closed by both sides and everything acknowledged. */
bool talker_is_orderly(const struct talker *k);
/* Releases the connection, if need be with a reset. Hashes of all sent and of all received. */
void talker_end(struct talker *k, uint8_t *sent, uint8_t *received, uint64_t now_us);

#endif
