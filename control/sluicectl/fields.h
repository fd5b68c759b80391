/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fields.h - an answer that has no columns of its own: a line a value, a table a list.
 *
 * Runs on  sluicectl.
 */
#ifndef CONTROL_SLUICECTL_FIELDS_H
#define CONTROL_SLUICECTL_FIELDS_H

#include <jansson.h>
#include <stdio.h>

void sluicectl_fields_print(FILE *out, const json_t *data);

#endif
