/* SPDX-License-Identifier: BSD-3-Clause */
/* report.h - the outcome of an order as a line of JSON on standard output. */
#ifndef TESTS_E2E_BULK_REPORT_H
#define TESTS_E2E_BULK_REPORT_H

#include "tests/e2e/bulk/stack.h"
#include "tests/e2e/bulk/talker.h"

struct report_flow {
	const char *state; /* how it ended */
	uint8_t sent[TALKER_DIGEST], received[TALKER_DIGEST];
	bool orderly;
};

/* @k and @f: what became of each of @flows connections. @leaked: mbufs that nobody gave back. */
void report(const struct stack *s, const struct talker *k, const struct report_flow *f,
	    unsigned int flows, unsigned int leaked);

#endif
