/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * session_welcome.c - who is not to be had at present: newcomers while the relay drains, gateways
 * in maintenance.
 *
 * They are told <system-shutdown/> (RFC 6120 4.9.3.19) inside a stream, at their first header:
 * before a handshake is spent on them, and with words that their log will show. A connection that
 * is refused without any looks like one that failed.
 */
#include <stdio.h>
#include <string.h>

#include "control/session_state.h"

static uint64_t now(const struct session *s)
{
	return loop_now_us(s->table->loop);
}

static const char draining[] = "this server is being drained: use another one";

static void refuse(struct session *s, enum drop why, const char *from, const char *to,
		   const char *text)
{
	s->end = why;
	session_refused(s, why, from, to, text, false);
	stream_close(s->stream, STREAM_SYSTEM_SHUTDOWN, text, now(s));
}

static bool is_shut(const struct session *s)
{
	const enum drain_phase shut = s->leg == IFACE_EDGE ? DRAIN_PARTNERS : DRAIN_GATEWAYS;

	return s->role == STREAM_RECEIVING && s->pairs == 0 && s->table->drain >= shut;
}

/* A partner that we dial by dialback dials back to ask for the key. */
static bool may_verify(const struct session *s, const char *theirs)
{
	return s->leg == IFACE_EDGE && theirs[0] != '\0' && links_expect(s->table->links, theirs);
}

bool session_turns_away(struct session *s, const struct xml_element *header)
{
	const char *from = xml_attr(header, "from"), *to = xml_attr(header, "to");
	char theirs[DOMAIN_TEXT_MAX + 1] = "", ours[DOMAIN_TEXT_MAX + 1] = "";

	if (!is_shut(s))
		return false;
	if (from == NULL || !domains_fold(from, theirs))
		theirs[0] = '\0';
	if (to == NULL || !domains_fold(to, ours))
		ours[0] = '\0';
	if (may_verify(s, theirs))
		return false;
	stream_name(s->stream, ours, theirs);
	refuse(s, DROP_STREAM_DRAINING, theirs, ours, draining);
	return true;
}

bool session_is_unwelcome(struct session *s, const struct stream_news *news)
{
	const struct gateway *g = stream_gateway(s->stream);
	char text[160];

	if (is_shut(s)) {
		refuse(s, DROP_STREAM_DRAINING, news->theirs, news->ours, draining);
		return true;
	}
	if (g == NULL || gateways_order(s->table->gateways, g->name) != GATEWAY_MAINT)
		return false;
	(void)snprintf(text, sizeof(text), "gateway %.63s is in maintenance", g->name);
	refuse(s, DROP_GATEWAY_MAINT, news->theirs, news->ours, text);
	return true;
}

uint8_t session_granted(struct session *s, const struct stream_news *news)
{
	if (s->leg != IFACE_INTERNAL || (news->bits & GRANT_TO_PEER) == 0 ||
	    gateways_may_take(s->table->gateways, s->gateway, news->local))
		return news->bits;
	s->is_withheld = true;
	return news->bits & (uint8_t)~GRANT_TO_PEER;
}

/* Can stanzas be sent down it? */
static bool takes(const struct session *s)
{
	return s->role == STREAM_INITIATING || stream_is_bidi(s->stream);
}

/* A stream that goes both ways is ended whole: its gateway opens another one for what it has to
 * say. */
static void heed(struct session *s, enum gateway_order order)
{
	const bool is_dialled = s->role == STREAM_INITIATING;
	const char *local = is_dialled ? s->own_theirs : s->local;

	if (order == GATEWAY_MAINT && s->is_open) {
		s->end = DROP_GATEWAY_MAINT;
		stream_close(s->stream, STREAM_SYSTEM_SHUTDOWN, "this gateway is in maintenance",
			     now(s));
		session_obey(s);
	} else if (order == GATEWAY_MAINT) {
		session_cut(s, DROP_GATEWAY_MAINT);
	} else if (order == GATEWAY_READY && s->is_withheld) {
		session_end(s);
	} else if (order == GATEWAY_DRAIN && takes(s) && s->is_open &&
		   !gateways_may_take(s->table->gateways, s->gateway, local)) {
		session_end(s);
	}
}

unsigned int sessions_heed_gateway(struct sessions *t, const char *name)
{
	const enum gateway_order order = gateways_order(t->gateways, name);
	unsigned int ended = 0;

	for (struct session *s = t->first, *next; s != NULL; s = next) {
		next = s->next;
		if (s->leg != IFACE_INTERNAL || s->is_closing || s->is_unwanted ||
		    strcmp(s->gateway, name) != 0)
			continue;
		heed(s, order);
		ended += s->is_closing || s->is_unwanted;
	}
	return ended;
}
