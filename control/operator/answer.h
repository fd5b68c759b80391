/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * answer.h - what the relay answers an operator. Requests come from opsock.c, which carries the
 * answers, too; each command of grammar.def has one function here or in a file of its own.
 *
 * Names in answers are stable: fields may be added, never renamed. Times end in _s or _us, sizes in
 * _bytes.
 *
 * Runs on  control. Nothing waits: what takes time is a job (job.h).
 */
#ifndef CONTROL_OPERATOR_ANSWER_H
#define CONTROL_OPERATOR_ANSWER_H

#include <jansson.h>
#include <sys/types.h>

#include "control/daemon.h"
#include "control/operator/exit_code.h"
#include "control/operator/grammar.h"
#include "control/operator/job.h"

struct request {
	struct daemon *daemon;
	enum grammar_level level; /* what the asker may do */
	uid_t uid;
	pid_t pid;
	const char *command;
	json_t *args;    /* as grammar.h has them; NULL for none */
	uint64_t cursor; /* 0 at first */
};

struct answer {
	enum exit_code code;
	json_t *data;    /* an object, the caller's; NULL without memory, and for a job */
	uint64_t cursor; /* ask again with it; 0: this was the last page */
	struct job *job; /* it goes on: data comes by job_say() and job_end() */
	char error[256]; /* what went wrong and what to do, "" when code is EXIT_OK */
};

/* Never fails: what is wrong with the request is the answer. */
void answer_request(const struct request *r, struct answer *a);

/* @code with a sentence; data stays what it is. */
void answer_refuse(struct answer *a, enum exit_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* --- arguments, checked by the grammar already --- */

/* NULL where it was not said. */
const char *answer_text(const struct request *r, const char *key);
/* A NUMBER or a DURATION in seconds; @otherwise where it was not said. */
uint64_t answer_number(const struct request *r, const char *key, uint64_t otherwise);
bool answer_flag(const struct request *r, const char *key);

/* The partner that @domain belongs to; NULL, and the answer says so. */
const struct partner *answer_partner(const struct request *r, const char *domain, struct answer *a);

/* How the gateway of that name is; false, and the answer says so, where there is none. */
bool answer_gateway(const struct request *r, const char *name, struct answer *a,
		    struct gateway_view *out);

/* A name or path from outside as JSON: what is not UTF-8 becomes "?". */
json_t *answer_string(const char *text);

/* What answers each command: @a is EXIT_OK and empty before. */
#define COMMAND(id, by, syntax, level, text) void by(const struct request *r, struct answer *a);
#include "control/operator/grammar.def"
#undef COMMAND

#endif
