/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * top_sample.h - what the relay says of itself at one moment.
 *
 * Runs on  sluicectl.
 */
#ifndef CONTROL_SLUICECTL_TOP_SAMPLE_H
#define CONTROL_SLUICECTL_TOP_SAMPLE_H

#include "control/sluicectl/client.h"

enum top_term {
	TOP_ACCEPTED,
	TOP_DELIVERED,
	TOP_ANSWERED,
	TOP_BOUNCED,
	TOP_DROPPED,
	TOP_HELD,
	TOP_TERMS
};

struct top_sample {
	uint64_t at_us; /* 0: there is none */
	char version[32], state[32];
	long long uptime_s, partners, gateways, streams;
	uint64_t law[TOP_TERMS];
	uint64_t bytes[4]; /* edge in, edge out, internal in, internal out */
	json_t *cores;     /* rows of "show cores" */
};

/* False with a code and a sentence; @s is empty then. */
MUST_USE bool sluicectl_top_sample_take(struct top_sample *s, struct sluicectl_client *c,
					uint64_t now_us, int *code, char *error);
void sluicectl_top_sample_clear(struct top_sample *s);

#endif
