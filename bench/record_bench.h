/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * record_bench.h - what the two halves of record_bench share: the batches that are sealed and
 * opened, and OpenSSL's end of the comparison.
 *
 * Runs on  one thread.
 */
#ifndef BENCH_RECORD_BENCH_H
#define BENCH_RECORD_BENCH_H

#include "bench/report.h"

enum {
	RECORD_BENCH_BATCH_BYTES = 32768, /* sealed, then opened: they and their copy stay in L2 */
	RECORD_BENCH_BATCH_MAX = 64,
	RECORD_BENCH_PLAIN_MAX = 16384,
};

/* Records of @bytes in a batch: a burst of small ones, a few large ones. */
static inline unsigned int record_bench_batch(size_t bytes)
{
	const size_t n = RECORD_BENCH_BATCH_BYTES / bytes;

	return n > RECORD_BENCH_BATCH_MAX ? RECORD_BENCH_BATCH_MAX : (unsigned int)n;
}

/* --- record_bench_openssl.c --- */

/* Two ends of a TLS 1.3 connection with AES-128-GCM in this process; between them a flat buffer. */
struct openssl_pair;

struct openssl_pair *openssl_pair_make(void);
void openssl_pair_free(struct openssl_pair *p);
/* SSL_write() and SSL_read() of @count batches of records of @bytes: nanoseconds a record. */
double openssl_pair_ns(const struct bench *b, struct openssl_pair *p, size_t bytes,
		       unsigned int count);

#endif
