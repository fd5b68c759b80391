/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_script.h - one script under way, and what its parts call of each other. */
#ifndef TESTS_TCP_TCP_SCRIPT_H
#define TESTS_TCP_TCP_SCRIPT_H

#include "tests/check.h"
#include "tests/tcp/tcp_stage.h"

enum { TOLERANCE_US = 2000, WORDS_MAX = 40 };

struct script {
	struct stage stage;
	const char *file;
	unsigned int line, failed;
	bool in_burst;    /* the line before was "<<" */
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

/* --- tcp_script_word.c --- */
/* Cuts a line into words; '#' starts a comment. */
void script_split(struct script *s, char *line);
/* The next word, "" at the end. */
const char *script_word(struct script *s);
bool script_take(struct script *s, const char *word);
uint32_t script_number(struct script *s);
/* A:B[,A:B...] or A alone; how many, at most @max. B is 0 where it is not said. */
unsigned int script_ranges(struct script *s, struct tcp_sack_block *out, unsigned int max);
/* Fails unless the next word is the number @is. */
void script_expect_number(struct script *s, const char *what, uint64_t is);

/* --- tcp_script_segment.c --- */
/* Only that it arrives: stage_settle() is the turn of the loop that looks at it. */
void script_segment_in(struct script *s);
void script_segment_out(struct script *s);
/* What was sent before this line has no line of its own. */
void script_expect_silence(struct script *s);

/* --- tcp_script_option.c: "option ..." before the engine is made --- */
void script_option(struct script *s);

/* --- tcp_script_user.c: what the user of the connection does or sees --- */
/* False: not such a word, or no connection. */
bool script_user(struct script *s, const char *word);
void script_expect_news(struct script *s);
void script_expect_state(struct script *s);

/* --- tcp_script_crowd.c: many segments, many others --- */
/* False: not such a word. */
bool script_crowd(struct script *s, const char *word);

/* --- tcp_script_inside.c: what tcp.h does not tell --- */
bool script_inside(struct script *s, const char *word);

#endif
