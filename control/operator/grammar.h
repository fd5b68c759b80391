/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * grammar.h - what an operator may say. From the one table, grammar.def, the relay checks requests,
 * sluicectl reads command lines, and help, completion and the manual page are written.
 *
 * Arguments cross the socket as one JSON object: an argument's name is its key, without the dashes
 * in front and with _ for -; a value without a name has its type's, in small letters. A word alone
 * is true; DURATION is seconds, NUMBER a number, KEY VALUE ... an object, anything else text.
 *
 * Runs on  control, and sluicectl. Pure.
 */
#ifndef CONTROL_OPERATOR_GRAMMAR_H
#define CONTROL_OPERATOR_GRAMMAR_H

#include <jansson.h>
#include <stdio.h>

#include "dataplane/base/base.h"

/* Who may say it: a level includes those before it. */
enum grammar_level { LEVEL_MONITOR, LEVEL_OPERATOR, LEVEL_ADMIN };

enum command_id {
#define COMMAND(id, by, syntax, level, text) COMMAND_##id,
#include "control/operator/grammar.def"
#undef COMMAND
	COMMAND_COUNT
};

struct command {
	const char *syntax, *text;
	enum grammar_level level;
};

/* A table of commands. The relay's is meant where none is named; sluicectl has some of its own. */
struct grammar {
	const struct command *commands;
	int count;
};

enum grammar_bounds {
	GRAMMAR_WORDS_MAX = 32,
	GRAMMAR_ARGS_MAX = 8,
	GRAMMAR_PAIRS_MAX = 12, /* of one command */
	GRAMMAR_NAME_MAX = 32,
	GRAMMAR_VALUE_MAX = 256, /* bytes of a value; a domain takes 253 */
	GRAMMAR_ERROR_MAX = 256,
	GRAMMAR_TEXT_MAX = 47, /* what a line of 80 has room for beside a syntax */
};

enum grammar_type {
	GRAMMAR_FLAG,     /* a word alone */
	GRAMMAR_DOMAIN,   /* not yet folded */
	GRAMMAR_NUMBER,   /* 1 .. 1,000,000,000 */
	GRAMMAR_DURATION, /* 90, 90s, 5m, 2h, 1d: up to a year */
	GRAMMAR_PAIRS,    /* KEY VALUE ...: an object of texts */
	GRAMMAR_TEXT
};

struct grammar_arg {
	char name[GRAMMAR_NAME_MAX];  /* as it is typed; "" for a value without a name */
	char key[GRAMMAR_NAME_MAX];   /* in JSON */
	char value[GRAMMAR_NAME_MAX]; /* "DOMAIN"; "" for a word alone */
	enum grammar_type type;
	bool is_optional;
};

/* The table's row. */
const struct command *grammar_command(enum command_id id);
const char *grammar_level_name(enum grammar_level level);
/* The words of the command without its arguments; @out has room for 64 bytes. */
const char *grammar_words(const struct command *c, char *out);
/* Its arguments, in the syntax's order; how many. */
size_t grammar_list(const struct command *c, struct grammar_arg args[GRAMMAR_ARGS_MAX]);

/*
 * grammar_read - a command line as its words.
 *
 * @args    out: a JSON object, the caller's; NULL where -1 is returned.
 * Returns  the command, or -1 with a sentence in @error that says what was expected.
 */
MUST_USE int grammar_read(const char *const *words, size_t count, json_t **args,
			  char error[GRAMMAR_ERROR_MAX]);
MUST_USE int grammar_read_from(const struct grammar *g, const char *const *words, size_t count,
			       json_t **args, char error[GRAMMAR_ERROR_MAX]);

/*
 * grammar_check - a request as it comes over the socket.
 *
 * @command the command's words
 * @args    its arguments, or NULL
 * Returns  the command, or -1 with a sentence in @error.
 */
MUST_USE int grammar_check(const char *command, json_t *args, char error[GRAMMAR_ERROR_MAX]);

/*
 * The words that may come behind @words, one a line into @out: for completion. Values appear as
 * their types in capitals.
 */
void grammar_complete(const char *const *words, size_t count, FILE *out);
void grammar_complete_from(const struct grammar *g, const char *const *words, size_t count,
			   FILE *out);

#endif
