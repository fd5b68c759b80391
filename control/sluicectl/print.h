/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * print.h - each command's answer as people read it.
 *
 * Runs on  sluicectl.
 */
#ifndef CONTROL_SLUICECTL_PRINT_H
#define CONTROL_SLUICECTL_PRINT_H

#include <jansson.h>
#include <stdio.h>

/* @data: the answer's data, all pages together. */
void sluicectl_print(FILE *out, const char *command, const json_t *data);
/* A line of a command that takes time: its "text" where it has one, else its fields. */
void sluicectl_print_line(FILE *out, const json_t *data);

#endif
