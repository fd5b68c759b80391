/* SPDX-License-Identifier: BSD-3-Clause */
/* kick.c - "stream close" and "partner kick": a stream error, then the end. */
#include <stdio.h>

#include "control/operator/touched.h"

enum { REASON_MAX = 100 /* bytes: it stands in a stream error with the stream's id */ };

/* False, and the answer says so, where the reason is no reason to send. */
static bool read_reason(const struct request *r, struct answer *a, char *text, size_t room)
{
	const char *reason = answer_text(r, "reason");

	if (reason != NULL && strlen(reason) > REASON_MAX) {
		answer_refuse(a, EXIT_USAGE, "the reason has %zu bytes: expected %d at most",
			      strlen(reason), REASON_MAX);
		return false;
	}
	(void)snprintf(text, room, "closed by the operator%s%s", reason != NULL ? ": " : "",
		       reason != NULL ? reason : "");
	return true;
}

void kick_stream(const struct request *r, struct answer *a)
{
	const struct sessions_filter which = {.trace_id = answer_text(r, "id")};
	struct sessions_closed closed;
	char text[160];

	if (!read_reason(r, a, text, sizeof(text)))
		return;
	sessions_close_chosen(daemon_sessions(r->daemon), &which, DROP_STREAM_KICKED, text,
			      &closed);
	if (closed.count == 0) {
		answer_refuse(a, EXIT_NOT_FOUND, "no live stream %.64s: show streams lists them",
			      which.trace_id);
		return;
	}
	a->data = json_object();
	touched_streams(a->data, &closed);
}

void kick_partner(const struct request *r, struct answer *a)
{
	const struct partner *p = answer_partner(r, answer_text(r, "domain"), a);
	struct sessions_filter which = {.domain = p != NULL ? p->domain : ""};
	struct sessions_closed closed;
	char text[160];

	if (p == NULL || !read_reason(r, a, text, sizeof(text)))
		return;
	sessions_close_chosen(daemon_sessions(r->daemon), &which, DROP_STREAM_KICKED, text,
			      &closed);
	a->data = json_pack("{s:s}", "partner", p->domain);
	touched_streams(a->data, &closed);
}
