/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ask.h - a command as its words: asked of the relay, answered on standard output, complained about
 * on standard error. One connection serves all commands of a run; when the relay has closed it, or
 * is another one by now, the next command makes a new one and says so.
 *
 * Runs on  sluicectl.
 */
#ifndef CONTROL_SLUICECTL_ASK_H
#define CONTROL_SLUICECTL_ASK_H

#include "control/sluicectl/client.h"
#include "control/sluicectl/options.h"

struct asker {
	const struct options *options;
	struct sluicectl_client *client; /* NULL: not connected */
	const char *file;                /* complaints name it and the line; NULL: they do not */
	unsigned int line;
	bool has_ended; /* by "exit" */
};

/* The exit code. */
int sluicectl_ask(struct asker *a, const char *const *words, size_t count);
/* Its connection. */
void sluicectl_ask_end(struct asker *a);
/* "sluicectl: FILE:LINE: SENTENCE". */
void sluicectl_ask_complain(const struct asker *a, const char *sentence);
/* The connection, made when there is none. NULL with a code and a sentence (512 bytes). */
MUST_USE struct sluicectl_client *sluicectl_ask_client(struct asker *a, int *code, char *error);

#endif
