/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * print_node.h - what is said of the node as a whole and of its gateways: health, drain, gateways.
 *
 * Runs on  sluicectl.
 */
#ifndef CONTROL_SLUICECTL_PRINT_NODE_H
#define CONTROL_SLUICECTL_PRINT_NODE_H

#include <jansson.h>
#include <stdio.h>

/* As those of print.c. */
void sluicectl_print_gateways(FILE *out, const json_t *data);
void sluicectl_print_order(FILE *out, const json_t *data);
void sluicectl_print_health(FILE *out, const json_t *data);
void sluicectl_print_drain(FILE *out, const json_t *data);
void sluicectl_print_stop(FILE *out, const json_t *data);

#endif
