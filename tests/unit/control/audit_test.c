/* SPDX-License-Identifier: BSD-3-Clause */
/* audit_test.c - what is written down of a command's arguments: all, but secrets, in bounds. */
#include "control/operator/audit.h"
#include "tests/check.h"

static void writes(const char *args, const char *wanted)
{
	json_t *json = args != NULL ? json_loads(args, 0, NULL) : NULL;
	char out[AUDIT_TEXT_MAX];

	CHECK_STR(audit_args(json, out), wanted);
	json_decref(json);
}

static void writes_names_and_values(void)
{
	writes(NULL, "\"\"");
	writes("{}", "\"\"");
	writes("{\"domain\":\"a.example\"}", "\"domain=a.example\"");
	writes("{\"domain\":\"a.example\",\"key\":{\"TlsNegotiation\":\"Required\",\"Description\":"
	       "\"a \\\"b\\\"\"},\"expires\":7200,\"save\":true}",
	       "\"domain=a.example TlsNegotiation=Required Description=a \\\"b\\\" expires=7200 "
	       "save\"");
	writes("{\"reason\":\"x\\n<5>event=forged\"}", "\"reason=x\\n<5>event=forged\"");
}

static void writes_no_secret(void)
{
	writes("{\"key\":{\"DialbackPassphrase\":\"hunter2\"}}", "\"DialbackPassphrase=***\"");
	writes("{\"new_secret\":\"hunter2\"}", "\"new_secret=***\"");
	writes("{\"Password\":\"hunter2\"}", "\"Password=***\"");
}

static void is_bounded(void)
{
	char out[AUDIT_TEXT_MAX], value[256], key[16];
	json_t *args = json_object();

	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	json_object_set_new(args, "a", json_string(value));
	CHECK(strlen(audit_args(args, out)) < 130);
	CHECK(strstr(out, "vvv...") != NULL);
	for (int i = 0; i < 30; i++) {
		(void)snprintf(key, sizeof(key), "k%d", i);
		json_object_set_new(args, key, json_string(value));
	}
	CHECK(strlen(audit_args(args, out)) < AUDIT_TEXT_MAX);
	CHECK(strstr(out, "...\"") != NULL);
	json_decref(args);
}

int main(void)
{
	RUN(writes_names_and_values);
	RUN(writes_no_secret);
	RUN(is_bounded);
	return check_summary();
}
