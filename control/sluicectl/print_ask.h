/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * print_ask.h - what print_ask.c has columns for.
 *
 * Runs on  sluicectl.
 */
#ifndef CONTROL_SLUICECTL_PRINT_ASK_H
#define CONTROL_SLUICECTL_PRINT_ASK_H

#include <jansson.h>
#include <stdio.h>

void sluicectl_print_certs(FILE *out, const json_t *data);
void sluicectl_print_dns(FILE *out, const json_t *data);
void sluicectl_print_dialback(FILE *out, const json_t *data);
void sluicectl_print_flushed(FILE *out, const json_t *data);

#endif
