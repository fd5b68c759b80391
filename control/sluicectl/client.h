/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * client.h - one command over the operator's socket (opsock.h): all its pages as one answer, and
 * the lines of a command that takes time as they come.
 *
 * A connection serves any number of commands, one after the other. Once a function below has
 * returned NULL it is of no use any more.
 *
 * Runs on  sluicectl. Blocks, as long as its patience at most without a byte; SIGINT ends that
 * where signals are held (signals.h).
 */
#ifndef CONTROL_SLUICECTL_CLIENT_H
#define CONTROL_SLUICECTL_CLIENT_H

#include <jansson.h>

#include "dataplane/base/base.h"

struct sluicectl_client; /* a connection */

/* For connecting, and for the next byte of an answer: a job says something every 5 s. */
enum { CLIENT_PATIENCE_MS = 15 * 1000 };

/* NULL with an exit code and a sentence (512 bytes) that says what to do. */
MUST_USE struct sluicectl_client *sluicectl_client_open(const char *path, int patience_ms,
							int *code, char *error);
void sluicectl_client_close(struct sluicectl_client *c);
/* False once the relay has closed it, between two commands. */
MUST_USE bool sluicectl_client_is_alive(const struct sluicectl_client *c);

struct sluicectl_lines {
	/* A line before the last: its data, and how many were lost before it. */
	void (*line)(struct sluicectl_lines *l, const json_t *data, long long lost);
};

/*
 * The answer without its cursor, the arrays of its pages joined, and its code; NULL as above.
 *
 * @args    as grammar.h has them
 * @lines   told of each line before the answer; NULL: nobody is
 */
MUST_USE json_t *sluicectl_client_ask(struct sluicectl_client *c, const char *command, json_t *args,
				      struct sluicectl_lines *lines, int *code, char *error);
/* One page of it. @cursor: 0 at first; what to go on with, 0 after the last. */
MUST_USE json_t *sluicectl_client_page(struct sluicectl_client *c, const char *command,
				       json_t *args, long long *cursor,
				       struct sluicectl_lines *lines, int *code, char *error);

#endif
