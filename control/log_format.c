/* SPDX-License-Identifier: BSD-3-Clause */
/* log_format.c - events as logfmt, as JSON, as fields of the journal. */
#include <ctype.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "control/log_fields.h"
#include "control/log_format.h"

enum {
	TIME_ROOM = 96,
	END_ROOM = 4, /* "}\n" behind the last field */
};

struct out {
	char *bytes;
	size_t len, room;
	bool is_full; /* something did not fit */
};

static void put(struct out *o, const void *bytes, size_t len)
{
	o->is_full |= len > o->room - o->len;
	if (o->is_full)
		return;
	memcpy(o->bytes + o->len, bytes, len);
	o->len += len;
}

static void say(struct out *o, const char *text)
{
	put(o, text, strlen(text));
}

const char *log_format_level(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return "error";
	case LOG_LEVEL_WARNING:
		return "warning";
	case LOG_LEVEL_NOTICE:
		return "notice";
	case LOG_LEVEL_INFO:
		return "info";
	case LOG_LEVEL_DEBUG:
		break;
	}
	return "debug";
}

/* RFC 3339, UTC, milliseconds. */
static void time_text(const struct log_line *l, char out[TIME_ROOM])
{
	struct tm utc;

	(void)gmtime_r(&l->wall.tv_sec, &utc);
	(void)snprintf(out, TIME_ROOM, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ", utc.tm_year + 1900,
		       utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
		       l->wall.tv_nsec / 1000000);
}

/* withheld=3 lost=1, or nothing. */
static void counts_text(const struct log_line *l, char out[48])
{
	size_t n = 0;

	out[0] = '\0';
	if (l->withheld > 0)
		n += (size_t)snprintf(out, 48, " withheld=%u", l->withheld);
	if (l->lost > 0)
		(void)snprintf(out + n, 48 - n, " lost=%u", l->lost);
}

size_t log_format_logfmt(const struct log_line *l, bool is_marked, char *out)
{
	char when[TIME_ROOM], counts[48], mark[8] = "";
	int n;

	time_text(l, when);
	counts_text(l, counts);
	if (is_marked)
		(void)snprintf(mark, sizeof(mark), "<%d>", (int)l->level);
	n = snprintf(out, LOG_FORMAT_ROOM, "%sts=%s level=%s event=%s%s%s%s\n", mark, when,
		     log_format_level(l->level), l->event, counts, l->text[0] != '\0' ? " " : "",
		     l->text);
	return min_size((size_t)n, LOG_FORMAT_ROOM - 1);
}

/* --- JSON --- */

static void say_string(struct out *o, const char *text)
{
	char one[8];

	say(o, "\"");
	for (; *text != '\0'; text++) {
		const uint8_t c = (uint8_t)*text;

		if (c == '"' || c == '\\')
			(void)snprintf(one, sizeof(one), "\\%c", c);
		else if (c < ' ' || c >= 0x7f) /* nothing in a line of ours is beyond ASCII */
			(void)snprintf(one, sizeof(one), "\\u%04x", c);
		else
			(void)snprintf(one, sizeof(one), "%c", c);
		say(o, one);
	}
	say(o, "\"");
}

/* A number as JSON has it: no zeros in front. */
static const char *bare(const char *digits)
{
	digits += strspn(digits, "0");
	return *digits != '\0' ? digits : "0";
}

static void say_member(struct out *o, const char *key, const char *value, bool is_number)
{
	struct out whole = *o; /* a member that does not fit is left out as a whole */

	say(&whole, whole.len > 1 ? "," : "");
	say_string(&whole, key);
	say(&whole, ":");
	if (is_number)
		say(&whole, bare(value));
	else
		say_string(&whole, value);
	if (!whole.is_full)
		*o = whole;
}

static void say_count(struct out *o, const char *key, uint32_t count)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%u", count);
	if (count > 0)
		say_member(o, key, text, true);
}

static void say_fields(struct out *o, const char *text)
{
	struct log_field f;

	while (log_fields_next(&text, &f))
		say_member(o, f.key, f.value, f.is_number);
}

size_t log_format_json(const struct log_line *l, char *out)
{
	struct out o = {out, 0, LOG_FORMAT_ROOM - END_ROOM, false};
	char when[TIME_ROOM];

	time_text(l, when);
	say(&o, "{");
	say_member(&o, "ts", when, false);
	say_member(&o, "level", log_format_level(l->level), false);
	say_member(&o, "event", l->event, false);
	say_count(&o, "withheld", l->withheld);
	say_count(&o, "lost", l->lost);
	say_fields(&o, l->text);
	o.room += END_ROOM;
	say(&o, "}\n");
	out[o.len] = '\0';
	return o.len;
}

/* --- the journal --- */

/* A value with a line end has its length before it, little endian. */
static void say_journal(struct out *o, const char *key, const char *value)
{
	const size_t len = strlen(value);
	struct out whole = *o;
	uint64_t n = htole64(len);

	say(&whole, key);
	if (strchr(value, '\n') == NULL) {
		say(&whole, "=");
	} else {
		say(&whole, "\n");
		put(&whole, &n, sizeof(n));
	}
	put(&whole, value, len);
	say(&whole, "\n");
	if (!whole.is_full)
		*o = whole;
}

/* Names of fields are capitals, digits and underscores. */
static void journal_key(const char *key, char out[LOG_KEY_MAX + 8])
{
	size_t n = (size_t)snprintf(out, LOG_KEY_MAX + 8, "SLUICE_");

	for (; *key != '\0' && n < LOG_KEY_MAX + 7; key++)
		out[n++] =
		    (char)(isalnum((unsigned char)*key) ? toupper((unsigned char)*key) : '_');
	out[n] = '\0';
}

static void say_message(struct out *o, const struct log_line *l, bool is_json)
{
	char message[LOG_FORMAT_ROOM], counts[48];

	if (is_json) {
		message[log_format_json(l, message) - 1] = '\0'; /* its line end */
	} else {
		counts_text(l, counts);
		(void)snprintf(message, sizeof(message), "event=%s%s%s%s", l->event, counts,
			       l->text[0] != '\0' ? " " : "", l->text);
	}
	say_journal(o, "MESSAGE", message);
}

size_t log_format_journal(const struct log_line *l, bool is_json, char *out)
{
	struct out o = {out, 0, LOG_FORMAT_ROOM, false};
	char priority[8], key[LOG_KEY_MAX + 8];
	const char *text = l->text;
	struct log_field f;

	(void)snprintf(priority, sizeof(priority), "%d", (int)l->level);
	say_journal(&o, "PRIORITY", priority);
	say_journal(&o, "SYSLOG_IDENTIFIER", "sluice");
	say_journal(&o, "SLUICE_EVENT", l->event);
	say_message(&o, l, is_json);
	while (log_fields_next(&text, &f)) {
		journal_key(f.key, key);
		say_journal(&o, key, f.value);
	}
	return o.len;
}
