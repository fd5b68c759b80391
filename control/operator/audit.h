/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * audit.h - the arguments of a command as one value of a log line: bounded, quoted, and without
 * secrets.
 *
 * Runs on  control. Pure.
 */
#ifndef CONTROL_OPERATOR_AUDIT_H
#define CONTROL_OPERATOR_AUDIT_H

#include <jansson.h>

enum { AUDIT_TEXT_MAX = 512 };

/* "domain=a.example TlsNegotiation=Required save" in quotes; @out has AUDIT_TEXT_MAX bytes. Returns
 * @out. What does not fit is cut, and "..." says so. */
const char *audit_args(const json_t *args, char *out);

#endif
