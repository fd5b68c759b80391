/* SPDX-License-Identifier: BSD-3-Clause */
/* limit.c - "set limit": GatewayConfiguration while the relay runs, until the next reload. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "control/operator/changed.h"

static const char *const limits[] = {
    "ConnectionLimit",         "PartnerConnectionLimit",
    "KeepAliveInterval",       "StreamEstablishmentTimeout",
    "StreamInactivityTimeout", "SubscriptionRefreshInterval",
    "MaxStanzaBytes",
};

/* False, and the answer says what there is. */
static bool is_limit(const char *key, struct answer *a)
{
	size_t used;

	for (size_t i = 0; i < ARRAY_LEN(limits); i++)
		if (strcmp(limits[i], key) == 0)
			return true;
	answer_refuse(a, EXIT_USAGE, "no limit \"%.32s\": expected one of", key);
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		used = strlen(a->error);
		(void)snprintf(a->error + used, sizeof(a->error) - used, "%s %s", i > 0 ? "," : "",
			       limits[i]);
	}
	return false;
}

static bool add(const struct request *r, struct overlay *o, uint64_t command, struct answer *a)
{
	const char *key;
	json_t *value;

	json_object_foreach(json_object_get(r->args, "key"), key, value)
	{
		const struct overlay_change c = {.kind = OVERLAY_LIMIT,
						 .domain = (char *)(uintptr_t) "",
						 .key = (char *)(uintptr_t)key,
						 .value =
						     (char *)(uintptr_t)json_string_value(value),
						 .until_us = UINT64_MAX,
						 .at_unix_s = (uint64_t)time(NULL),
						 .command = command,
						 .uid = r->uid};

		if (!is_limit(key, a))
			return false;
		if (!overlay_add(o, &c)) {
			answer_refuse(a, EXIT_FAILED,
				      "%d run-time changes are there already: save some",
				      OVERLAY_MAX);
			return false;
		}
	}
	return true;
}

void limit_set(const struct request *r, struct answer *a)
{
	struct overlay *o = overlay_copy(daemon_overlay(r->daemon));
	const uint64_t command = overlay_begin(o);
	const bool save = answer_flag(r, "save");
	struct daemon_change c;
	bool good;

	if (!add(r, o, command, a)) {
		overlay_free(o);
		return;
	}
	good = daemon_change(r->daemon, o, "", save ? command : 0, &c);
	changed_answer(a, json_pack("{s:b, s:b}", "applied", good, "saved_to_file", good && save),
		       &c, good, "GatewayConfiguration");
}
