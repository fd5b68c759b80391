/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_script.h - one script under way, and what its two halves call of each other. */
#ifndef TESTS_TCP_TCP_SCRIPT_H
#define TESTS_TCP_TCP_SCRIPT_H

#include "tests/check.h"
#include "tests/tcp/tcp_stage.h"

enum { TOLERANCE_US = 2000, WORDS_MAX = 32 };

struct script {
	struct stage stage;
	const char *file;
	unsigned int line, failed;
	uint64_t base_us; /* when the last event was to happen */
	char *word[WORDS_MAX];
	unsigned int words, at;
};

#define FAIL(s, ...)                                                                               \
	do {                                                                                       \
		fprintf(stderr, "%s:%u: ", (s)->file, (s)->line);                                  \
		fprintf(stderr, __VA_ARGS__);                                                      \
		fprintf(stderr, "\n");                                                             \
		(s)->failed++;                                                                     \
	} while (0)

/* Cuts a line into words; '#' starts a comment. */
void script_split(struct script *s, char *line);
/* The next word, "" at the end. */
const char *script_word(struct script *s);
bool script_take(struct script *s, const char *word);
uint32_t script_number(struct script *s);
void script_expect_number(struct script *s, const char *what, uint64_t is);

/* What the user of the connection does or sees. False: not such a word, or no connection. */
bool script_user(struct script *s, const char *word);
void script_expect_news(struct script *s);
void script_expect_state(struct script *s);

#endif
