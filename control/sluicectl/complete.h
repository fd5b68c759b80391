/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * complete.h - the words that may come next: of the grammar, and of the running relay.
 *
 * Runs on  sluicectl. Asks the relay for a second at most; one that does not answer adds nothing.
 */
#ifndef CONTROL_SLUICECTL_COMPLETE_H
#define CONTROL_SLUICECTL_COMPLETE_H

#include <stdio.h>

#include "control/sluicectl/options.h"

/*
 * A line a word into @out. Values appear as their types in capitals, with @values as what the relay
 * has of them where it can be asked: domains of partners, ids of streams, names of gateways.
 */
void sluicectl_complete(const struct options *o, const char *const *words, size_t count,
			bool values, FILE *out);

#endif
