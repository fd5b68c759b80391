/* SPDX-License-Identifier: BSD-3-Clause */
/* session_reload.c - a new configuration over living streams: only those whose own entry became
 * stricter end. */
#include <string.h>

#include "control/log.h"
#include "control/message_log.h"
#include "control/session_state.h"

unsigned int sessions_reload(struct sessions *t, const struct config *config,
			     struct tls_ctx *const tls[IFACE_COUNT])
{
	unsigned int closed = 0;

	t->config = config;
	message_log_set(t->message_log, config);
	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		tls_ctx_drop(t->tls[i]);
		t->tls[i] = tls_ctx_hold(tls[i]);
	}
	for (struct session *s = t->first; s != NULL; s = s->next) {
		stream_set_policy(s->stream, config->policy);
		if (s->is_closing || stream_is_still_allowed(s->stream))
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
