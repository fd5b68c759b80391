/* SPDX-License-Identifier: BSD-3-Clause */
/* message_log.c - each message as an event of the log. */
#include <stdlib.h>
#include <string.h>

#include "control/log.h"
#include "control/mask.h"
#include "control/memory.h"
#include "control/message_log.h"
#include "dataplane/xmpp/stanza.h"

enum { ADDRESS_TEXT_MAX = 400, BODY_TEXT_MAX = 900 };

struct message_log {
	struct taps_reader reader;
	struct taps *taps;
	bool is_on, has_bodies;
};

/* A span as a value of the log. */
static const char *quote(struct span s, char *out, size_t room)
{
	char text[1024];
	const size_t n = min_size(s.len, sizeof(text) - 1);

	if (s.at == NULL)
		return log_quote("", out, room);
	memcpy(text, s.at, n);
	text[n] = '\0';
	return log_quote(text, out, room);
}

static void take(struct taps_reader *r, const struct taps_item *item)
{
	static const struct framer_root root = {
	    .text = "jabber:server", .default_len = 13, .text_len = 13};
	const struct message_log *m = CONTAINER_OF(r, struct message_log, reader);
	char from[ADDRESS_TEXT_MAX], to[ADDRESS_TEXT_MAX], id[128], type[32];
	char body[BODY_TEXT_MAX] = "";
	struct span text;
	struct stanza s;

	/* Of what other readers want of the same streams only what came in counts: once a message.
	 */
	if (item->bytes.at == NULL || item->is_out || !stanza_parse(item->bytes, &root, &s) ||
	    s.kind != STANZA_MESSAGE)
		return;
	text = mask_child(item->bytes, "body");
	if (m->has_bodies)
		(void)quote(text, body, sizeof(body));
	log_event(LOG_LEVEL_INFO, "message",
		  "stream=%s leg=%s from=%s to=%s id=%s type=%s bytes=%llu body_bytes=%zu%s%s",
		  item->stream, item->leg == IFACE_EDGE ? "edge" : "internal",
		  quote(s.from, from, sizeof(from)), quote(s.to, to, sizeof(to)),
		  quote(s.id, id, sizeof(id)), quote(s.type, type, sizeof(type)),
		  (unsigned long long)item->total, text.len, m->has_bodies ? " body=" : "", body);
}

static void lost(struct taps_reader *r, uint64_t count)
{
	(void)r;
	log_event(LOG_LEVEL_NOTICE, "messages_not_logged", "count=%llu", (unsigned long long)count);
}

struct message_log *message_log_make(struct taps *t)
{
	struct message_log *m = memory_get(sizeof(*m));

	*m = (struct message_log){
	    .taps = t,
	    .reader = {.bits = TAP_MESSAGES, .of = TAPS_ALL, .take = take, .lost = lost}};
	return m;
}

void message_log_set(struct message_log *m, const struct config *config)
{
	unsigned int streams;

	m->has_bodies = config->policy->limits.log_all_message_bodies;
	if (m->is_on == config->log_messages)
		return;
	if (!config->log_messages) {
		taps_remove(m->taps, &m->reader);
		m->is_on = false;
		return;
	}
	m->is_on = taps_add(m->taps, &m->reader, &streams);
	if (!m->is_on)
		log_event(LOG_LEVEL_ERROR, "messages_not_logged",
			  "text=\"too much is watched: reload when a watch has ended\"");
}

void message_log_free(struct message_log *m)
{
	if (m == NULL)
		return;
	if (m->is_on)
		taps_remove(m->taps, &m->reader);
	free(m);
}
