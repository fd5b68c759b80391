/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * history.h - what became of each partner last: when a stream with it was authenticated, and why
 * one was not. One place a partner record, written over each time.
 *
 * Runs on  control.
 */
#ifndef CONTROL_HISTORY_H
#define CONTROL_HISTORY_H

#include "dataplane/base/base.h"
#include "dataplane/base/drop.h"
#include "dataplane/base/ids.h"

struct history;

struct history_partner {
	uint64_t success_unix_s, failure_unix_s;     /* 0: never */
	unsigned int method;                         /* of the success, enum method */
	enum drop why;                               /* of the failure */
	bool was_ours;                               /* the success: we dialled */
	char success_stream[16], failure_stream[16]; /* trace ids; "" where there was none */
	char text[120];                              /* of the failure */
	const char *card;                            /* shared.h: identity_card() seen last */
};

/* Never NULL. */
MUST_USE struct history *history_make(void);
void history_free(struct history *h);
void history_succeeded(struct history *h, struct partner_id id, unsigned int method, bool ours,
		       const char *stream);
void history_failed(struct history *h, struct partner_id id, enum drop why, const char *stream,
		    const char *text);
void history_certificate(struct history *h, struct partner_id id, const char *card);
/* Borrowed. */
const struct history_partner *history_of(const struct history *h, struct partner_id id);

#endif
