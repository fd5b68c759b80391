/* SPDX-License-Identifier: BSD-3-Clause */
/* log_format_test.c - one event as logfmt, as JSON and as the journal's fields; logfmt read back.
 */
#include <jansson.h>

#include "control/log_fields.h"
#include "control/log_format.h"
#include "tests/check.h"

static char out[LOG_FORMAT_ROOM + 1];

static struct log_line line_of(const char *event, const char *text)
{
	return (struct log_line){.level = LOG_LEVEL_NOTICE,
				 .event = event,
				 .text = text,
				 .wall = {1700000000, 123456789}};
}

static void reads_fields_back(void)
{
	const char *at =
	    "stream=er1 port=5269 text=\"two \\\"words\\\" a=b\\n\" bare id=0017 cut=\"x";
	static struct log_field f;

	CHECK(log_fields_next(&at, &f));
	CHECK_STR(f.key, "stream");
	CHECK_STR(f.value, "er1");
	CHECK(!f.is_number);
	CHECK(log_fields_next(&at, &f));
	CHECK_STR(f.value, "5269");
	CHECK(f.is_number);
	CHECK(log_fields_next(&at, &f));
	CHECK_STR(f.value, "two \"words\" a=b\n");
	CHECK(log_fields_next(&at, &f));
	CHECK_STR(f.key, "bare");
	CHECK_STR(f.value, "");
	CHECK(log_fields_next(&at, &f));
	CHECK_STR(f.value, "0017"); /* looks like a number, and is an id */
	CHECK(!f.is_number);
	CHECK(log_fields_next(&at, &f));
	CHECK_STR(f.value, "x");
	CHECK(!log_fields_next(&at, &f));
}

static void every_quoted_value_comes_back(void)
{
	char raw[40], quoted[200], text[300], expected[300];
	static struct log_field f;
	uint64_t seed = 88172645463325252;

	for (unsigned int run = 0; run < 5000; run++) {
		const char *at = text;
		const size_t len = check_random(&seed) % (sizeof(raw) - 1);
		size_t n = 0;

		for (size_t i = 0; i < len; i++)
			raw[i] = (char)(1 + check_random(&seed) % 126);
		raw[len] = '\0';
		for (size_t i = 0; i < len; i++) /* what stays escaped */
			n += (size_t)snprintf(
			    expected + n, sizeof(expected) - n,
			    (raw[i] < ' ' && strchr("\n\t\r", raw[i]) == NULL) ? "\\x%02x" : "%c",
			    raw[i]);
		expected[n] = '\0';
		(void)snprintf(text, sizeof(text), "a=1 b=%s c=2",
			       log_quote(raw, quoted, sizeof(quoted)));
		CHECK(log_fields_next(&at, &f) && log_fields_next(&at, &f));
		CHECK_STR(f.value, expected);
		CHECK(log_fields_next(&at, &f));
		CHECK_STR(f.value, "2");
		CHECK(!log_fields_next(&at, &f));
	}
}

static void finds_a_partners_lines(void)
{
	const char *const names[] = {"a.example", "chat.a.example", NULL};

	CHECK(log_fields_has("stream=x remote=chat.a.example", "remote", names));
	CHECK(!log_fields_has("stream=x remote=b.a.example", "remote", names));
	CHECK(!log_fields_has("stream=x text=\"remote=a.example\"", "remote", names));
}

static void writes_logfmt(void)
{
	struct log_line l = line_of("dial", "stream=x port=1");

	CHECK_EQ(log_format_logfmt(&l, true, out), strlen(out));
	CHECK_STR(out, "<5>ts=2023-11-14T22:13:20.123Z level=notice event=dial stream=x port=1\n");
	l.withheld = 3;
	l.lost = 2;
	l.text = "";
	(void)log_format_logfmt(&l, false, out);
	CHECK_STR(out, "ts=2023-11-14T22:13:20.123Z level=notice event=dial withheld=3 lost=2\n");
}

static void writes_json(void)
{
	struct log_line l = line_of("stream_refused", "stream=er1 port=0 bytes=0012 serial=007 "
						      "text=\"say \\\"hi\\\"\\n\\x1b[2J\" q=a\\b");
	const size_t len = log_format_json(&l, out);
	json_error_t error;
	json_t *o = json_loads(out, 0, &error);

	CHECK_EQ(len, strlen(out));
	CHECK(out[len - 1] == '\n' && strchr(out, '\n') == out + len - 1);
	CHECK_STR(json_string_value(json_object_get(o, "ts")), "2023-11-14T22:13:20.123Z");
	CHECK_STR(json_string_value(json_object_get(o, "level")), "notice");
	CHECK_STR(json_string_value(json_object_get(o, "event")), "stream_refused");
	CHECK_STR(json_string_value(json_object_get(o, "serial")), "007");
	CHECK(json_is_integer(json_object_get(o, "port")));
	CHECK_EQ(json_integer_value(json_object_get(o, "bytes")), 12);
	CHECK_STR(json_string_value(json_object_get(o, "text")), "say \"hi\"\n\\x1b[2J");
	CHECK_STR(json_string_value(json_object_get(o, "q")), "a\\b");
	CHECK(json_object_get(o, "withheld") == NULL);
	json_decref(o);
}

/* However much a line has to say, it is one whole object. */
static void json_that_is_too_long_is_whole(void)
{
	static char text[LOG_VALUE_MAX];
	struct log_line l = line_of("long", text);
	json_error_t error;
	json_t *o;
	size_t n = (size_t)snprintf(text, sizeof(text), "a=");

	memset(text + n, 0x01, sizeof(text) - n - 1);
	l.withheld = UINT32_MAX;
	o = json_loadb(out, log_format_json(&l, out), 0, &error);
	CHECK(o != NULL && json_object_get(o, "a") == NULL); /* 12 KB of \u0001 */
	json_decref(o);
	memset(text + n, '"', sizeof(text) - n - 1);
	text[n] = 'x';
	o = json_loadb(out, log_format_json(&l, out), 0, &error);
	CHECK(o != NULL && json_object_get(o, "a") != NULL);
	json_decref(o);
}

static void writes_the_journals_fields(void)
{
	const struct log_line l = line_of("stream_open", "stream=er1 text=\"a\\nb\" x-y=1");
	const char value[] = "SLUICE_TEXT\n\x03\0\0\0\0\0\0\0a\nb\nSLUICE_X_Y=1\n";
	const char *head = "PRIORITY=5\nSYSLOG_IDENTIFIER=sluice\nSLUICE_EVENT=stream_open\n"
			   "MESSAGE=event=stream_open stream=er1 text=\"a\\nb\" x-y=1\n"
			   "SLUICE_STREAM=er1\n";
	const size_t len = log_format_journal(&l, false, out);

	CHECK_EQ(len, strlen(head) + sizeof(value) - 1);
	CHECK(memcmp(out, head, strlen(head)) == 0);
	CHECK(memcmp(out + strlen(head), value, sizeof(value) - 1) == 0);
	CHECK(log_format_journal(&l, true, out) > 0);
	CHECK(strstr(out, "\nMESSAGE={\"ts\":\"2023") != NULL);
}

int main(void)
{
	RUN(reads_fields_back);
	RUN(every_quoted_value_comes_back);
	RUN(finds_a_partners_lines);
	RUN(writes_logfmt);
	RUN(writes_json);
	RUN(json_that_is_too_long_is_whole);
	RUN(writes_the_journals_fields);
	return check_summary();
}
