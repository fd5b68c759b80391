/* SPDX-License-Identifier: BSD-3-Clause */
/* log_quote.c - what others said as one logfmt value. */
#include <stdio.h>
#include <string.h>

#include "control/log.h"

static bool is_plain(const char *text)
{
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text >= 0x7f || *text == '"' || *text == '=' || *text == '\\')
			return false;
	return true;
}

/* One character as it stands between quotes; beyond ASCII as \xNN, since a terminal may take such
 * bytes for orders. */
static size_t escape(char c, char out[5])
{
	if (c == '"' || c == '\\')
		return (size_t)snprintf(out, 5, "\\%c", c);
	if (c == '\n' || c == '\t' || c == '\r')
		return (size_t)snprintf(out, 5, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
	if (c < ' ' || c >= 0x7f)
		return (size_t)snprintf(out, 5, "\\x%02x", (unsigned int)(uint8_t)c);
	return (size_t)snprintf(out, 5, "%c", c);
}

const char *log_quote(const char *text, char *out, size_t room)
{
	char one[5];
	size_t n = 0;

	if (room < 3) {
		if (room > 0)
			out[0] = '\0';
		return out;
	}
	if (is_plain(text) && strlen(text) < room) {
		(void)snprintf(out, room, "%s", text);
		return out;
	}
	out[n++] = '"';
	for (; *text != '\0'; text++) {
		const size_t len = escape(*text, one);

		if (n + len + 2 > room)
			break;
		memcpy(out + n, one, len);
		n += len;
	}
	out[n++] = '"';
	out[n] = '\0';
	return out;
}
