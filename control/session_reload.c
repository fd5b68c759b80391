/* SPDX-License-Identifier: BSD-3-Clause */
/* session_reload.c - a new configuration over living streams: only those whose own entry became
 * stricter end. */
#include <string.h>

#include "control/log.h"
#include "control/session_state.h"

/* Would the stream still be let in, by the method it came in by? */
static bool is_still_allowed(const struct session *s, const struct policy *policy)
{
	const struct partner *partner;

	if (s->pairs == 0)
		return true; /* it negotiates by the new policy from here on */
	if (!policy_is_local(policy, s->local))
		return false;
	if (strcmp(s->remote, "*") == 0)
		return policy_gateway_for(policy, s->local) != NULL;
	partner = policy_partner(policy, s->remote);
	if (partner == NULL)
		return false;
	return s->leg == IFACE_INTERNAL ||
	       (s->method & policy_methods(partner->tls, partner->sasl, partner->dialback)) != 0;
}

unsigned int sessions_reload(struct sessions *t, const struct config *config,
			     struct tls_ctx *const tls[IFACE_COUNT])
{
	unsigned int closed = 0;

	t->config = config;
	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		tls_ctx_drop(t->tls[i]);
		t->tls[i] = tls_ctx_hold(tls[i]);
	}
	for (struct session *s = t->first; s != NULL; s = s->next) {
		stream_set_policy(s->stream, config->policy);
		if (s->is_closing || is_still_allowed(s, config->policy))
			continue;
		log_event(LOG_LEVEL_NOTICE, "stream_stricter", "stream=%s local=%s remote=%s",
			  s->trace_id, s->local, s->remote);
		s->end = DROP_STREAM_NOT_ALLOWED;
		stream_close(s->stream, STREAM_POLICY_VIOLATION, "policy has changed",
			     loop_now_us(t->loop));
		session_obey(s);
		closed++;
	}
	return closed;
}
