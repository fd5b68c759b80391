/* SPDX-License-Identifier: BSD-3-Clause */
/* links_view.c - what links.c is about, as an operator is shown it. */
#include "control/link_want.h"

bool links_verification(const struct links *l, size_t index, struct links_verification *out)
{
	const uint64_t now_us = loop_now_us(l->loop);

	for (const struct want *w = l->first; w != NULL; w = w->next) {
		if (w->kind != WANT_VERIFY || index-- > 0)
			continue;
		*out = (struct links_verification){
		    .local = w->local,
		    .remote = w->remote,
		    .stream = w->asker->trace_id,
		    .state = w->state == WANT_RESOLVING    ? "resolving"
			     : w->session == NULL          ? "dialling"
			     : !w->session->is_established ? "negotiating"
							   : "asked",
		    .left_us =
			w->deadline.timer.due_us > now_us ? w->deadline.timer.due_us - now_us : 0};
		return true;
	}
	return false;
}

bool links_backoff(const struct links *l, const char *remote, struct links_backoff *out)
{
	const struct domain_id id = domains_id(l->domains, remote);
	const uint64_t now_us = loop_now_us(l->loop);
	const struct backoff *b;

	if (id.n >= DOMAINS_MAX)
		return false;
	b = &l->backoff[id.n];
	*out = (struct links_backoff){.failures = b->failures,
				      .left_us =
					  backoff_is_on(b, now_us) ? b->not_before_us - now_us : 0,
				      .why = b->why};
	return b->failures > 0;
}
