/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * client.h - one command over the operator's socket (opsock.h): all its pages as one answer, and
 * the lines of a command that takes time as they come.
 *
 * Runs on  sluicectl. Blocks, 15 s at most without a byte.
 */
#ifndef CONTROL_SLUICECTL_CLIENT_H
#define CONTROL_SLUICECTL_CLIENT_H

#include <jansson.h>

#include "dataplane/base/base.h"

struct sluicectl_client; /* a connection */

/* NULL with an exit code and a sentence (512 bytes) that says what to do. */
MUST_USE struct sluicectl_client *sluicectl_client_open(const char *path, int *code, char *error);
void sluicectl_client_close(struct sluicectl_client *c);

struct sluicectl_lines {
	/* A line before the last: its data, and how many were lost before it. */
	void (*line)(struct sluicectl_lines *l, const json_t *data, long long lost);
};

/*
 * The answer without its cursor, the arrays of its pages joined; NULL as above.
 *
 * @args    as grammar.h has them
 * @lines   told of each line before the answer
 */
MUST_USE json_t *sluicectl_client_ask(struct sluicectl_client *c, const char *command, json_t *args,
				      struct sluicectl_lines *lines, int *code, char *error);

#endif
