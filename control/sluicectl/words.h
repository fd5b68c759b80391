/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * words.h - a line of a batch or of the shell as words, by the rules that sh has for them: blanks
 * part them, '...' and "..." keep together, \ keeps the next character, # before a word begins a
 * comment. Nothing is expanded.
 *
 * Runs on  sluicectl. Pure.
 */
#ifndef CONTROL_SLUICECTL_WORDS_H
#define CONTROL_SLUICECTL_WORDS_H

#include "control/operator/grammar.h"
#include "dataplane/base/base.h"

enum { WORDS_LINE_BYTES = 2048 };

struct words {
	size_t count; /* 0 for an empty line, or a comment */
	const char *at[GRAMMAR_WORDS_MAX + 1];
	char text[WORDS_LINE_BYTES]; /* where they are */
};

/* False with a sentence in @error (GRAMMAR_ERROR_MAX bytes); count is 0 then. */
MUST_USE bool sluicectl_words_split(const char *line, struct words *w, char *error);

#endif
