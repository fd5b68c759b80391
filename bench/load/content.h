/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * content.h - what the stanzas of the load are: messages with a body of one size, or the stanzas of
 * a corpus (corpus.h) with our addresses and tag put in.
 *
 * Runs on  one thread. content_write() is pure and allocates nothing.
 * Owns     content_free() frees it.
 */
#ifndef BENCH_LOAD_CONTENT_H
#define BENCH_LOAD_CONTENT_H

#include "bench/corpus.h"
#include "bench/load/flow.h"

enum content_bounds { CONTENT_BODY_MAX = 100 * 1024, CONTENT_TEMPLATES_MAX = 4096 };

/* A stanza is: first, the flow's address, tag, rest. */
struct content_template {
	uint8_t *first, *rest;
	uint32_t first_len, rest_len;
};

struct content {
	struct content_template *templates;
	size_t count;
	double mean_bytes; /* of a stanza without its address */
	size_t max_bytes;
};

void content_make_body(struct content *c, size_t body_bytes);
void content_make_corpus(struct content *c, enum corpus_kind kind);
void content_free(struct content *c);

/* The flow's next stanza into @out: its length, 0 when it does not fit @room. */
size_t content_write(const struct content *c, struct flow *f, uint16_t run, uint64_t due_ns,
		     uint8_t *out, size_t room);

#endif
