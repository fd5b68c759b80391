/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * corpus.h - streams of stanzas as servers send them to each other, the same for every run: a
 * weighted mix, and its extremes.
 *
 * Runs on  one thread.
 */
#ifndef BENCH_CORPUS_H
#define BENCH_CORPUS_H

#include "dataplane/base/base.h"

enum corpus_kind {
	CORPUS_MIX,        /* chat 35, rooms 20, presence 20, iq 15, encrypted 10 of 100 */
	CORPUS_PINGS,      /* the smallest stanzas there are */
	CORPUS_BIG,        /* 64 KB of text each */
	CORPUS_ATTRIBUTES, /* tags full of attributes */
	CORPUS_WORLD,      /* text beyond ASCII */
	CORPUS_KINDS
};

struct corpus {
	uint8_t *bytes; /* malloc()ed, corpus_free() */
	size_t len, header_len, stanzas;
};

const char *corpus_name(enum corpus_kind kind);
/* At least @bytes long: a stream header and whole stanzas, no footer. Ends the program when there
 * is no memory. */
struct corpus corpus_make(enum corpus_kind kind, size_t bytes);
void corpus_free(struct corpus *c);

#endif
