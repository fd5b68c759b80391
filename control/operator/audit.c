/* SPDX-License-Identifier: BSD-3-Clause */
/* audit.c - who asked for what, in a log that others may read. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "control/log.h"
#include "control/operator/audit.h"

enum { PLAIN_MAX = 400, VALUE_MAX = 120 };

/* By its name: what is called so is never written down, whatever it is. */
static int is_secret(const char *key)
{
	return strcasestr(key, "pass") != NULL || strcasestr(key, "secret") != NULL;
}

static void append(char *out, size_t *used, const char *key, const json_t *value)
{
	char text[VALUE_MAX + 4];
	int n;

	if (*used >= PLAIN_MAX)
		return;
	if (json_is_string(value))
		(void)snprintf(text, sizeof(text), "=%.*s%s", VALUE_MAX - 8,
			       is_secret(key) ? "***" : json_string_value(value),
			       json_string_length(value) > VALUE_MAX - 8 ? "..." : "");
	else if (json_is_integer(value))
		(void)snprintf(text, sizeof(text), "=%lld", (long long)json_integer_value(value));
	else
		text[0] = '\0';
	n = snprintf(out + *used, PLAIN_MAX - *used, "%s%.40s%s", *used > 0 ? " " : "", key, text);
	*used += n > 0 ? (size_t)n : 0;
	if (*used >= PLAIN_MAX) {
		memcpy(out + PLAIN_MAX - 4, "...", 4);
		*used = PLAIN_MAX;
	}
}

const char *audit_args(const json_t *args, char *out)
{
	char plain[PLAIN_MAX] = "";
	const char *key, *inner;
	json_t *value, *one;
	size_t used = 0;

	json_object_foreach((json_t *)(uintptr_t)args, key, value)
	{
		if (!json_is_object(value)) {
			append(plain, &used, key, value);
			continue;
		}
		json_object_foreach(value, inner, one) append(plain, &used, inner, one);
	}
	return log_quote(plain, out, AUDIT_TEXT_MAX);
}
