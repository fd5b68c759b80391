/* SPDX-License-Identifier: BSD-3-Clause */
/* log_level_test.c - "show log-level" and "set log-level" as an operator asks for them. */
#include "control/log.h"
#include "control/operator/answer.h"
#include "daemon_double.h"
#include "tests/check.h"

static struct answer ask(struct daemon *d, enum grammar_level who, const char *command,
			 json_t *args)
{
	const struct request r = {.daemon = d, .level = who, .command = command, .args = args};
	struct answer a;

	answer_request(&r, &a);
	json_decref(args);
	return a;
}

static const char *text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static void sets_and_shows(void)
{
	struct daemon *d = daemon_double_make(2);
	struct answer a;
	const json_t *row;

	log_set_level(LOG_LEVEL_NOTICE);
	a = ask(d, LEVEL_OPERATOR, "set log-level",
		json_pack("{s:s, s:i, s:s}", "level", "debug", "for", 90, "partner",
			  "chat.partner.example"));
	CHECK_EQ(a.code, EXIT_OK);
	json_decref(a.data);
	a = ask(d, LEVEL_MONITOR, "show log-level", NULL);
	CHECK_EQ(a.code, EXIT_OK);
	CHECK_STR(text(a.data, "level"), "notice");
	CHECK_STR(text(a.data, "format"), "logfmt");
	CHECK_STR(text(a.data, "to"), "stderr");
	CHECK_STR(text(a.data, "file"), "");
	CHECK(json_is_integer(json_object_get(a.data, "withheld")));
	row = json_array_get(json_object_get(a.data, "overrides"), 0);
	CHECK_STR(text(row, "partner"), "partner.example");
	CHECK_STR(text(row, "level"), "debug");
	CHECK_EQ(json_integer_value(json_object_get(row, "left_s")), 90);
	json_decref(a.data);
	a = ask(d, LEVEL_OPERATOR, "set log-level", json_pack("{s:s}", "level", "error"));
	row = json_array_get(json_object_get(a.data, "overrides"), 0);
	CHECK_STR(text(row, "partner"), "all");
	CHECK(json_is_null(json_object_get(row, "left_s")));
	json_decref(a.data);
	log_set_level(LOG_LEVEL_INFO);
	daemon_double_free(d);
}

static void refuses(void)
{
	struct daemon *d = daemon_double_make(1);
	struct answer a;

	a = ask(d, LEVEL_MONITOR, "set log-level", json_pack("{s:s}", "level", "debug"));
	CHECK_EQ(a.code, EXIT_NOT_PERMITTED);
	a = ask(d, LEVEL_OPERATOR, "set log-level", json_pack("{s:s}", "level", "loud"));
	CHECK_EQ(a.code, EXIT_USAGE);
	CHECK_STR(a.error, "no level loud: there are error, warning, notice, info and debug");
	a = ask(d, LEVEL_OPERATOR, "set log-level",
		json_pack("{s:s, s:s}", "level", "debug", "partner", "nobody.example"));
	CHECK_EQ(a.code, EXIT_NOT_FOUND);
	CHECK(!log_wants(LOG_LEVEL_DEBUG));
	daemon_double_free(d);
}

int main(void)
{
	RUN(sets_and_shows);
	RUN(refuses);
	return check_summary();
}
