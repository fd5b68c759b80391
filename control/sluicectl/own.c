/* SPDX-License-Identifier: BSD-3-Clause */
/* own.c - written as grammar.def's are. */
#include <string.h>

#include "control/sluicectl/own.h"

static const struct command commands[OWN_COUNT] = {
    [OWN_TOP] = {"top [--interval DURATION] [--once]", "the relay, live; q ends it", LEVEL_MONITOR},
    [OWN_EXIT] = {"exit", "end the shell or batch", LEVEL_MONITOR},
};

static const struct grammar grammar = {commands, OWN_COUNT};

const struct grammar *sluicectl_own_grammar(void)
{
	return &grammar;
}

bool sluicectl_own_has(const char *const *words, size_t count)
{
	char own[GRAMMAR_NAME_MAX * 2];

	for (int i = 0; i < OWN_COUNT; i++)
		if (count > 0 && strcmp(grammar_words(&commands[i], own), words[0]) == 0)
			return true;
	return false;
}
