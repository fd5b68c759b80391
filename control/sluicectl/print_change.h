/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * print_change.h - what a change of the configuration came to, and the configuration itself.
 */
#ifndef CONTROL_SLUICECTL_PRINT_CHANGE_H
#define CONTROL_SLUICECTL_PRINT_CHANGE_H

#include <jansson.h>
#include <stdio.h>

/* reload, config check, config rollback, partner add and kin, set limit. */
void sluicectl_print_change(FILE *out, const json_t *data);
/* partner kick, partner block, stream close. */
void sluicectl_print_touched(FILE *out, const json_t *data);
void sluicectl_print_blocked(FILE *out, const json_t *data);
/* show config in its three forms. */
void sluicectl_print_config(FILE *out, const json_t *data);

#endif
