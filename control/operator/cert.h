/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cert.h - a live stream's certificate in an answer.
 *
 * Runs on  control.
 */
#ifndef CONTROL_OPERATOR_CERT_H
#define CONTROL_OPERATOR_CERT_H

#include <jansson.h>

/* The lines of identity_card() as fields of @row: subject, issuer, serial, usage, names. Returns
 * when it ends, in seconds since 1970; 0 for no card. */
long long cert_card_json(const char *card, json_t *row);

#endif
