/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log_fields.h - the fields of a line of logfmt, one by one: key=value or key="quoted value", as
 * log_event()'s formats and log_quote() write them.
 *
 * Runs on  control. Pure.
 */
#ifndef CONTROL_LOG_FIELDS_H
#define CONTROL_LOG_FIELDS_H

#include "dataplane/base/base.h"

enum log_fields_bounds { LOG_KEY_MAX = 32, LOG_VALUE_MAX = 2048 };

struct log_field {
	char key[LOG_KEY_MAX];
	/* without its quotes; \xNN stays as it is, since it stands for what is not ASCII */
	char value[LOG_VALUE_MAX];
	bool is_number; /* of a key whose values always are: JSON has it without quotes */
};

/* The field at *@at, which moves behind it. False at the end. A word without "=" is a key without a
 * value. */
MUST_USE bool log_fields_next(const char **at, struct log_field *out);
/* Is there a field @key with one of @values, a NULL-terminated list? */
bool log_fields_has(const char *text, const char *key, const char *const *values);

#endif
