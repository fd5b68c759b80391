/* SPDX-License-Identifier: BSD-3-Clause */
/* print_watch.h - lines of "watch": one an element, and what happens to its stream. */
#ifndef CONTROL_SLUICECTL_PRINT_WATCH_H
#define CONTROL_SLUICECTL_PRINT_WATCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* False, and nothing is printed, where @data is no line of a watch. */
bool sluicectl_print_watch(FILE *out, const json_t *data);

#endif
