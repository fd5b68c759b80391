/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * own.h - the commands that are sluicectl's and not the relay's.
 *
 * Runs on  sluicectl.
 */
#ifndef CONTROL_SLUICECTL_OWN_H
#define CONTROL_SLUICECTL_OWN_H

#include "control/operator/grammar.h"

enum own_id { OWN_TOP, OWN_EXIT, OWN_COUNT };

/* By enum own_id. */
const struct grammar *sluicectl_own_grammar(void);
/* One of them, though the rest of @words may not be as it should. */
bool sluicectl_own_has(const char *const *words, size_t count);

#endif
