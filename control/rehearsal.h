/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rehearsal.h - what would become of a stream from one domain to another: the stream machine itself
 * is led through its negotiation with a partner that does everything right, and asked where it
 * ends.
 *
 * Runs on  control. Pure: no connection, no clock, no record of it anywhere.
 */
#ifndef CONTROL_REHEARSAL_H
#define CONTROL_REHEARSAL_H

#include "control/stream.h"

struct rehearsal {
	bool allowed;         /* a pair was authorised */
	unsigned int method;  /* by which */
	unsigned int offered; /* methods the machine offered, before and over TLS */
	bool offers_tls, requires_tls;
	/* not allowed: what the partner is told, and what is counted */
	enum drop drop;
	char condition[32]; /* stream error */
	char text[160];
};

/*
 * rehearsal_receive - @from (a partner's domain) dials us for @to, by @methods alone, as far as its
 * own server would use them.
 *
 * @id      what its certificate proves; NULL: one that is good for @from
 */
void rehearsal_receive(const struct policy *policy, const char *from, const char *to,
		       const struct identity *id, unsigned int method, struct rehearsal *out);

#endif
