/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * grammar_pairs.h - KEY VALUE ...: keys of the configuration with their values, as an object.
 *
 * Runs on  control, and sluicectl. Pure. Private to grammar*.c.
 */
#ifndef CONTROL_OPERATOR_GRAMMAR_PAIRS_H
#define CONTROL_OPERATOR_GRAMMAR_PAIRS_H

#include "control/operator/grammar.h"

#define GRAMMAR_PAIRS_WORDS "a key of the configuration, such as TlsNegotiation, and its value"

/* Is it what grammar_pairs_read() makes? */
bool grammar_pairs_are_good(const json_t *value);
/* One more pair of @a into @have. False with a sentence in @error. */
MUST_USE bool grammar_pairs_read(const struct grammar_arg *a, const char *key, const char *text,
				 json_t *have, char *error);

#endif
