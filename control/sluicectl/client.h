/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * client.h - one command over the operator's socket (opsock.h), all its pages as one
 * answer.
 *
 * Runs on  sluicectl. Blocks, 15 s at most without a byte.
 */
#ifndef CONTROL_SLUICECTL_CLIENT_H
#define CONTROL_SLUICECTL_CLIENT_H

#include <jansson.h>

#include "dataplane/base/base.h"

/* Returns the socket, or -1 with an exit code and a sentence (512 bytes) that says what to do. */
MUST_USE int sluicectl_client_connect(const char *path, int *code, char *error);
/* The answer without its cursor, the arrays of its pages joined; NULL as above. @args: as grammar.h
 * has them. */
MUST_USE json_t *sluicectl_client_ask(int fd, const char *command, json_t *args, int *code,
				      char *error);

#endif
