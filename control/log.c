/* SPDX-License-Identifier: BSD-3-Clause */
/* log.c - events as logfmt lines on standard error. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control/log.h"
#include "control/log_limit.h"

enum { LINE_MAX_BYTES = 2048 };

static enum log_level threshold = LOG_LEVEL_INFO;
static struct log_limit limit;

static const struct {
	const char *name;
	enum log_level level;
} levels[] = {
    {"error", LOG_LEVEL_ERROR}, {"warning", LOG_LEVEL_WARNING}, {"notice", LOG_LEVEL_NOTICE},
    {"info", LOG_LEVEL_INFO},   {"debug", LOG_LEVEL_DEBUG},
};

void log_set_level(enum log_level level)
{
	threshold = level;
}

bool log_level_parse(const char *text, enum log_level *out)
{
	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (strcmp(levels[i].name, text) == 0) {
			*out = levels[i].level;
			return true;
		}
	return false;
}

static const char *level_text(enum log_level level)
{
	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (levels[i].level == level)
			return levels[i].name;
	return "?";
}

/* Whatever got into a value unquoted, one event stays one line. */
static void flatten(char *line)
{
	for (; *line != '\0'; line++)
		if ((uint8_t)*line < ' ' || *line == 0x7f)
			*line = ' ';
}

static void write_line(const char *line, size_t len)
{
	/* A log that is full or gone must not stop the relay. */
	while (len > 0) {
		const ssize_t n = write(STDERR_FILENO, line, len);

		if (n <= 0)
			return;
		line += n;
		len -= (size_t)n;
	}
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
	char text[LINE_MAX_BYTES], line[LINE_MAX_BYTES + 256];
	struct timespec wall, mono;
	uint32_t withheld = 0;
	struct tm utc;
	va_list args;
	int n;

	if (level > threshold)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	flatten(text);
	(void)clock_gettime(CLOCK_MONOTONIC, &mono);
	if (!log_limit_pass(&limit, event, text,
			    (uint64_t)mono.tv_sec * 1000000 + (uint64_t)mono.tv_nsec / 1000,
			    &withheld))
		return;
	(void)clock_gettime(CLOCK_REALTIME, &wall);
	(void)gmtime_r(&wall.tv_sec, &utc);
	n = snprintf(line, sizeof(line),
		     "<%d>ts=%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ level=%s event=%s", (int)level,
		     utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
		     utc.tm_sec, wall.tv_nsec / 1000000, level_text(level), event);
	if (withheld > 0)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " withheld=%u", withheld);
	n += snprintf(line + n, sizeof(line) - (size_t)n, "%s%s\n", text[0] != '\0' ? " " : "",
		      text);
	write_line(line, min_size((size_t)n, sizeof(line) - 1));
}

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
