/* SPDX-License-Identifier: BSD-3-Clause */
/* secret_test.c - the dialback secret: files, rotation with its grace, what a reload does to it. */
#include "control/secret.h"

#include <unistd.h>

#include "tests/check.h"

#define SECOND UINT64_C(1000000)

static struct policy *policy_with(const char *secret, bool is_random)
{
	struct policy *p = calloc(1, sizeof(*p));

	p->dialback_passphrase = strdup(secret);
	p->is_passphrase_random = is_random;
	return p;
}

static void rotates(void)
{
	struct policy *p = policy_with("one", false);

	CHECK(!secret_has_grace(p, 0));
	secret_rotate(p, strdup("two"), 10 * SECOND, 5 * SECOND);
	CHECK_STR(p->dialback_passphrase, "two");
	CHECK_STR(p->dialback_before, "one");
	CHECK(p->dialback_is_rotated);
	CHECK(secret_has_grace(p, 14 * SECOND));
	CHECK(!secret_has_grace(p, 15 * SECOND));
	secret_rotate(p, strdup("three"), 11 * SECOND, 5 * SECOND);
	CHECK_STR(p->dialback_before, "two");
	CHECK_STR(p->dialback_configured, "one");
	policy_free(p);
}

static void a_reload_keeps_what_was_rotated(void)
{
	struct policy *before = policy_with("one", false), *next = policy_with("one", false);

	secret_rotate(before, strdup("two"), 10 * SECOND, 5 * SECOND);
	secret_carry(next, before, 11 * SECOND, 60 * SECOND);
	CHECK_STR(next->dialback_passphrase, "two");
	CHECK_STR(next->dialback_before, "one");
	CHECK_STR(next->dialback_configured, "one");
	CHECK(next->dialback_is_rotated && secret_has_grace(next, 14 * SECOND));
	CHECK(!secret_has_grace(next, 15 * SECOND));
	policy_free(before);
	policy_free(next);
}

static void a_reload_with_another_secret_rotates(void)
{
	struct policy *before = policy_with("one", false), *next = policy_with("new", false);

	secret_rotate(before, strdup("two"), 10 * SECOND, 5 * SECOND);
	secret_carry(next, before, 11 * SECOND, 60 * SECOND);
	CHECK_STR(next->dialback_passphrase, "new");
	CHECK_STR(next->dialback_before, "two");
	CHECK(next->dialback_configured == NULL && !next->dialback_is_rotated);
	CHECK(secret_has_grace(next, 70 * SECOND) && !secret_has_grace(next, 71 * SECOND));
	policy_free(before);
	policy_free(next);
}

/* Changes at run time read the configuration with the secret in use in place of the file's. */
static void a_change_at_run_time_changes_nothing(void)
{
	struct policy *before = policy_with("one", false), *next = policy_with("two", false);
	struct policy *drawn = policy_with("drawn", true), *again = policy_with("drawn", false);

	secret_rotate(before, strdup("two"), 0, 5 * SECOND);
	secret_carry(next, before, SECOND, 60 * SECOND);
	CHECK_STR(next->dialback_passphrase, "two");
	CHECK_STR(next->dialback_before, "one");
	CHECK_STR(next->dialback_configured, "one");
	CHECK(!secret_has_grace(next, 5 * SECOND));
	secret_carry(again, drawn, 0, SECOND);
	CHECK(again->is_passphrase_random && again->dialback_before == NULL);
	policy_free(before);
	policy_free(next);
	policy_free(drawn);
	policy_free(again);
}

static void a_random_one_lives_over_reloads(void)
{
	struct policy *before = policy_with("drawn", true), *next = policy_with("again", true);
	struct policy *named = policy_with("named", false);

	secret_carry(next, before, 0, SECOND);
	CHECK_STR(next->dialback_passphrase, "drawn");
	CHECK(next->dialback_before == NULL);
	secret_carry(named, next, 0, SECOND);
	CHECK_STR(named->dialback_passphrase, "named");
	CHECK_STR(named->dialback_before, "drawn");
	policy_free(before);
	policy_free(next);
	policy_free(named);
}

static void reads_files(void)
{
	char path[] = "/tmp/secret_testXXXXXX", *text;
	const int fd = mkstemp(path);
	const char *why = NULL;

	CHECK(fd >= 0 && write(fd, "first line\nsecond\n", 18) == 18);
	text = secret_from_file(path, &why);
	CHECK_STR(text, "first line");
	secret_free(text);
	CHECK(ftruncate(fd, 0) == 0);
	CHECK(secret_from_file(path, &why) == NULL);
	CHECK_STR(why, "its first line is empty");
	close(fd);
	unlink(path);
	CHECK(secret_from_file(path, &why) == NULL);
	CHECK_STR(why, "No such file or directory");
	text = secret_random();
	CHECK_EQ(strlen(text), 64);
	secret_free(text);
}

int main(void)
{
	RUN(rotates);
	RUN(a_reload_keeps_what_was_rotated);
	RUN(a_reload_with_another_secret_rotates);
	RUN(a_change_at_run_time_changes_nothing);
	RUN(a_random_one_lives_over_reloads);
	RUN(reads_files);
	return check_summary();
}
