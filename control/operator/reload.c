/* SPDX-License-Identifier: BSD-3-Clause */
/* reload.c - another configuration file: read, checked, confirmed, taken back. */
#include <stdio.h>

#include "control/operator/changed.h"

static json_t *hash_of(const struct request *r)
{
	return json_sprintf("%016llx", (unsigned long long)daemon_config(r->daemon)->hash);
}

void reload_now(const struct request *r, struct answer *a)
{
	const bool check_only = answer_flag(r, "check");
	const uint64_t within_s = answer_number(r, "confirm_within", 0);
	struct daemon_change c;
	bool good;
	json_t *data;

	if (check_only && within_s > 0) {
		answer_refuse(a, EXIT_USAGE,
			      "--check changes nothing, so there is nothing to confirm: leave out "
			      "one of the two");
		return;
	}
	good = daemon_reload(r->daemon, check_only, within_s, &c);
	data =
	    json_pack("{s:b, s:b, s:o, s:I, s:I}", "applied", good && !check_only, "checked", good,
		      "hash", hash_of(r), "confirm_within_s", (json_int_t)c.confirm_within_s,
		      "streams_on_old_certificate", (json_int_t)c.old_certificate);
	json_object_set_new(data, "run_time_changes", changed_overlay(r, c.changes));
	changed_answer(a, data, &c, good, NULL);
}

void reload_check_file(const struct request *r, struct answer *a)
{
	const char *path = answer_text(r, "file");
	struct daemon_change c;
	bool good;

	if (path[0] != '/') {
		answer_refuse(a, EXIT_USAGE,
			      "the relay reads the file, so its whole path is needed: /...");
		return;
	}
	good = daemon_check_file(r->daemon, path, &c);
	changed_answer(a, json_pack("{s:s, s:b}", "file", path, "checked", good), &c, good, NULL);
}

void reload_confirm(const struct request *r, struct answer *a)
{
	if (!daemon_confirm(r->daemon)) {
		answer_refuse(a, EXIT_FAILED, "no reload waits to be confirmed");
		return;
	}
	a->data = json_pack("{s:b, s:o}", "confirmed", 1, "hash", hash_of(r));
}

void reload_rollback(const struct request *r, struct answer *a)
{
	struct daemon_change c;
	const bool good = daemon_rollback(r->daemon, &c);
	json_t *data = json_pack("{s:b, s:o, s:I}", "applied", good, "hash", hash_of(r),
				 "streams_on_old_certificate", (json_int_t)c.old_certificate);

	changed_answer(a, data, &c, good, NULL);
}
