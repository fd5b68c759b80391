/* SPDX-License-Identifier: BSD-3-Clause */
/* session_reload.c - a new configuration over living streams: only those whose own entry became
 * stricter end. */
#include <string.h>

#include "control/message_log.h"
#include "control/session_state.h"

static void use_tls(struct sessions *t, struct tls_ctx *const tls[IFACE_COUNT])
{
	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		struct tls_ctx *before = t->tls[i];

		if (!tls_ctx_shows_same(before, tls[i]))
			t->tls_age[i]++;
		t->tls[i] = tls_ctx_hold(tls[i]);
		tls_ctx_drop(before);
	}
}

void sessions_reload(struct sessions *t, const struct config *config,
		     struct tls_ctx *const tls[IFACE_COUNT], struct sessions_closed *closed)
{
	t->config = config;
	message_log_set(t->message_log, config);
	use_tls(t, tls);
	for (struct session *s = t->first; s != NULL; s = s->next)
		stream_set_policy(s->stream, config->policy);
	sessions_close_stricter(t, closed);
}

unsigned int sessions_on_old_certificate(const struct sessions *t)
{
	unsigned int n = 0;

	for (const struct session *s = t->first; s != NULL; s = s->next)
		n += s->has_tls && !s->is_closing && s->tls_age != t->tls_age[s->leg];
	return n;
}
