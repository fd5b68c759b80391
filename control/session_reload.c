/* SPDX-License-Identifier: BSD-3-Clause */
/* session_reload.c - a new configuration over living streams: only those whose own entry became
 * stricter end. */
#include <string.h>

#include "control/message_log.h"
#include "control/session_state.h"

void sessions_use_tls(struct sessions *t, enum iface leg, struct tls_ctx *tls)
{
	struct tls_ctx *before = t->tls[leg];

	if (!tls_ctx_shows_same(before, tls))
		t->tls_age[leg]++;
	t->tls[leg] = tls_ctx_hold(tls);
	tls_ctx_drop(before);
}

void sessions_reload(struct sessions *t, const struct config *config,
		     struct tls_ctx *const tls[IFACE_COUNT], struct sessions_closed *closed)
{
	t->config = config;
	message_log_set(t->message_log, config);
	for (unsigned int i = 0; i < IFACE_COUNT; i++)
		sessions_use_tls(t, (enum iface)i, tls[i]);
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
