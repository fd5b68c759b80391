/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * opsock_client.h - one who has connected to the operator's socket: its requests in, lines out.
 *
 * Runs on  control.
 * Owns     its connection and whatever it has not read; a job's state is the job's own.
 */
#ifndef CONTROL_OPERATOR_OPSOCK_CLIENT_H
#define CONTROL_OPERATOR_OPSOCK_CLIENT_H

#include <sys/types.h>

#include "control/loop.h"
#include "control/operator/answer.h"

/* All 0: a free place. */
struct opsock_client {
	struct loop_watch watch;
	struct loop_timer slow;
	struct loop *loop; /* NULL: the place is free */
	struct daemon *daemon;
	uid_t uid;
	pid_t pid;
	enum grammar_level level;
	char *in;
	size_t in_len;
	char *out; /* NULL: nothing is to be sent */
	size_t out_len, out_sent;
	struct job *job; /* NULL: none runs */
	json_t *id;      /* of the job's request; NULL where it had none */
	uint64_t lost;   /* lines of the job since the last that found room */
};

/* Takes @fd, or closes it when there is no memory. @most: nobody is more than that here. */
void opsock_client_begin(struct opsock_client *c, int fd, struct daemon *d,
			 enum grammar_level most);
/* Closes it; its job is told. */
void opsock_client_end(struct opsock_client *c);

#endif
