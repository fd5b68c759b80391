/* SPDX-License-Identifier: BSD-3-Clause */
/* dialback.c - "show dialback" and "dialback rotate-secret". The secret itself is never shown. */
#include "control/daemon_ask.h"
#include "control/operator/show.h"
#include "control/secret.h"

enum { GRACE_S = 600 };

static json_t *secret_json(const struct policy *p, uint64_t now_us)
{
	const bool has_grace = secret_has_grace(p, now_us);

	return json_pack(
	    "{s:s, s:b, s:I}", "secret",
	    p->dialback_is_rotated    ? "rotated"
	    : p->is_passphrase_random ? "random"
				      : "configured",
	    "old_accepted", has_grace, "old_left_s",
	    (json_int_t)(has_grace ? (p->dialback_before_until_us - now_us) / 1000000 : 0));
}

/* Pending ones are bounded (links.c): one page holds them. */
void dialback_show(const struct request *r, struct answer *a)
{
	struct links_verification v;
	json_t *rows = json_array();

	for (size_t i = 0; daemon_verification(r->daemon, i, &v); i++)
		json_array_append_new(rows,
				      json_pack("{s:s, s:s, s:s, s:s, s:I}", "from", v.remote, "to",
						v.local, "stream", v.stream, "state", v.state,
						"left_s", (json_int_t)(v.left_us / 1000000)));
	a->data =
	    secret_json(daemon_config(r->daemon)->policy, loop_now_us(daemon_loop(r->daemon)));
	json_object_set_new(a->data, "pending", rows);
}

void dialback_rotate_secret(const struct request *r, struct answer *a)
{
	const uint64_t grace_s = answer_number(r, "grace", GRACE_S);
	const char *file = answer_text(r, "from");
	char error[256] = "";

	if (!daemon_rotate_secret(r->daemon, file, grace_s * 1000000, error)) {
		answer_refuse(a, EXIT_FAILED, "%.180s: the secret stays as it was", error);
		return;
	}
	a->data =
	    secret_json(daemon_config(r->daemon)->policy, loop_now_us(daemon_loop(r->daemon)));
	json_object_set_new(a->data, "from", json_string(file != NULL ? "file" : "random"));
}
