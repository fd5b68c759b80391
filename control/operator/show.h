/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show.h - the answers to an operator's commands, as JSON. opsock.c carries them.
 *
 * Names are stable: fields may be added, never renamed. Times end in _s or _us, sizes in _bytes.
 *
 * Runs on  control.
 * Owns     answer->data is the caller's: json_decref().
 */
#ifndef CONTROL_OPERATOR_SHOW_H
#define CONTROL_OPERATOR_SHOW_H

#include <jansson.h>

#include "control/daemon.h"
#include "control/operator/grammar.h"
#include "control/operator/opsock.h"

enum {
	SHOW_PAGE_ROWS = 200,
	SHOW_PAGE_LOOKS = 4096, /* streams that a filter may pass by in one page */
};

struct show_answer {
	enum exit_code code;
	json_t *data;    /* an object; NULL without memory */
	uint64_t cursor; /* ask again with it; 0: this was the last page */
	char error[256]; /* what went wrong and what to do, "" when code is EXIT_OK */
};

/* @level: what the asker may do. @args: as grammar.h has them, NULL for none. @cursor: 0 at first.
 */
void show_answer(struct daemon *d, enum grammar_level level, const char *command, json_t *args,
		 uint64_t cursor, struct show_answer *answer);

/* show_*.c: one command each. They fill data and cursor. */
void show_status(struct daemon *d, const json_t *args, uint64_t cursor, struct show_answer *a);
void show_cores(struct daemon *d, const json_t *args, uint64_t cursor, struct show_answer *a);
void show_ports(struct daemon *d, const json_t *args, uint64_t cursor, struct show_answer *a);
void show_partners(struct daemon *d, const json_t *args, uint64_t cursor, struct show_answer *a);
void show_streams(struct daemon *d, const json_t *args, uint64_t cursor, struct show_answer *a);
void show_counters(struct daemon *d, const json_t *args, uint64_t cursor, struct show_answer *a);
void show_denied(struct daemon *d, const json_t *args, uint64_t cursor, struct show_answer *a);

/* The partner that @domain belongs to; NULL, and the answer says so. */
const struct partner *show_partner(struct daemon *d, const char *domain, struct show_answer *a);

/* The terms of the law as numbers. */
struct show_law {
	uint64_t accepted, delivered, answered, bounced, dropped, held, came, went;
};
/* Adds @law, read while its core runs: tries again until two reads agree. */
void show_law_add(struct show_law *sum, const struct law *law);
/* {"accepted":..., ..., "sum":..., "equal":...} */
json_t *show_law_json(const struct show_law *l);

/* A name or path from outside: what is not UTF-8 becomes "?". */
json_t *show_text(const char *text);

/* A ruleset for the firewalls around the edge: what "show ports" says, for nft -f. */
json_t *show_nft(const struct config *c);

#endif
