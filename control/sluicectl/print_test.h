/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * print_test.h - a step's verdict as people read it.
 *
 * Runs on  sluicectl.
 */
#ifndef CONTROL_SLUICECTL_PRINT_TEST_H
#define CONTROL_SLUICECTL_PRINT_TEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* {"step", "verdict", "detail", "hint"}. False: @data is something else. */
bool sluicectl_print_verdict(FILE *out, const json_t *data);
/* The last line of test partner and test gateway. */
void sluicectl_print_passed(FILE *out, const json_t *data);

/* A list of steps, and what they come to where that is said: explain, cert check. */
void sluicectl_print_steps(FILE *out, const json_t *data);

/* A row's fields from @from on, a line each, those of an object by both names. */
void sluicectl_print_from(FILE *out, const json_t *row, const char *from);

#endif
