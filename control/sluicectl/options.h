/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * options.h - what sluicectl was called with.
 *
 * Runs on  sluicectl.
 */
#ifndef CONTROL_SLUICECTL_OPTIONS_H
#define CONTROL_SLUICECTL_OPTIONS_H

#include "control/operator/grammar.h"
#include "dataplane/base/base.h"

struct options {
	const char *socket;
	const char *file; /* of commands, "-": standard input; NULL: none was named */
	bool json, quiet;
	bool stop_at_error, echo;
	bool values; /* with --complete: what the relay knows, not what type it is */
	bool is_completing;
	const char *words[GRAMMAR_WORDS_MAX];
	size_t count;
};

/*
 * Words and options in any order; behind --complete everything is a word. What only has to be
 * printed (--help, --version, --commands) is.
 *
 * Borrows  @argv
 * Returns  -1 to go on, or the exit code.
 */
int sluicectl_options_read(struct options *o, int argc, char **argv);

#endif
