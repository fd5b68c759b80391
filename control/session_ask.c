/* SPDX-License-Identifier: BSD-3-Clause */
/* session_ask.c - what an operator asks of the table of sessions. */
#include <stdio.h>

#include "control/session_state.h"

bool sessions_serving(const struct sessions *t, enum iface leg, const char *local,
		      const char *remote, char trace_id[24])
{
	for (const struct session *s = t->first; s != NULL; s = s->next)
		if (s->leg == leg && !s->is_closing && stream_serves(s->stream, local, remote)) {
			(void)snprintf(trace_id, 24, "%s", s->trace_id);
			return true;
		}
	return false;
}

void sessions_use(const struct sessions *t, const struct partner *partner, struct sessions_use *out)
{
	const struct policy *p = t->config->policy;

	*out = (struct sessions_use){.all = t->edge_conns, .all_limit = p->limits.connection_limit};
	if (partner == NULL)
		return;
	out->partner = t->partner_conns[partner->id.n];
	out->partner_limit = policy_connection_limit(p, partner);
}

const struct history_partner *sessions_history(const struct sessions *t,
					       const struct partner *partner)
{
	return history_of(t->history, partner->id);
}
