/* SPDX-License-Identifier: BSD-3-Clause */
/* session_events.c - what the cores tell, one handler an event, handed to the stream machine. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/blocks.h"
#include "control/log.h"
#include "control/memory.h"
#include "control/session_log.h"
#include "control/session_state.h"

static uint64_t now(const struct session *s)
{
	return loop_now_us(s->table->loop);
}

/* Before TLS, with a reason that the peer can read. */
static bool is_blocked(struct session *s)
{
	struct blocks *blocks = s->table->config->policy->blocks;
	struct block *b = s->leg == IFACE_EDGE && blocks != NULL
			      ? blocks_find_address(blocks, &s->address, now(s))
			      : NULL;

	if (b == NULL)
		return false;
	stream_refuse(s->stream, STREAM_POLICY_VIOLATION, DROP_STREAM_BLOCKED, blocks_refuse(b),
		      now(s));
	session_obey(s);
	return true;
}

static void on_accepted(struct sessions *t, const struct event *e)
{
	struct session *s = session_accept(t, e);

	if (s->leg == IFACE_EDGE && !session_may_connect(t, NULL)) {
		/* Over the limit a TCP connection is refused without XMPP (XEP-0205 2). */
		s->end = DROP_STREAM_LIMIT;
		session_refused(s, DROP_STREAM_LIMIT, "", "", "ConnectionLimit reached", false);
		session_abort(s);
		return;
	}
	if (!is_blocked(s))
		session_obey(s);
}

static void on_dialed(struct sessions *t, const struct event *e)
{
	struct session *s = (struct session *)(uintptr_t)e->dialed.ref;

	session_register(s, e->conn);
	if (s->stream == NULL || s->is_unwanted) {
		session_abort(s);
		return;
	}
	links_on_dialed(t->links, s);
	if (session_is_condemned(s)) {
		session_execute(s);
		return;
	}
	if (s->trial != NULL)
		trial_on_dialed(s->trial, s);
	stream_on_open(s->stream, now(s));
	session_obey(s);
}

static void on_dial_failed(struct sessions *t, const struct event *e)
{
	struct session *s = (struct session *)(uintptr_t)e->dialed.ref;
	const struct partner *partner = policy_partner(t->config->policy, s->own_theirs);
	char address[ADDR_TEXT_MAX], from[DOMAIN_TEXT_MAX + 3], to[DOMAIN_TEXT_MAX + 3];

	if (s->is_unwanted) {
		session_forget(s);
		return;
	}
	/* counted by the core */
	log_event(LOG_LEVEL_NOTICE, "dial_failed", "stream=%s ip=%s port=%u from=%s to=%s",
		  s->trace_id, addr_text(&s->address, address), s->port,
		  log_quote(s->own_ours, from, sizeof(from)),
		  log_quote(s->own_theirs, to, sizeof(to)));
	if (s->leg == IFACE_EDGE && partner != NULL)
		history_failed(t->history, partner->id, DROP_DIAL_FAILED, s->trace_id, "");
	links_on_closed(t->links, s, DROP_DIAL_FAILED);
	if (s->trial != NULL)
		trial_on_dial_failed(s->trial, s, e->dialed.drop);
	session_forget(s);
}

static uint8_t *copy_bytes(const struct rte_mbuf *bytes, size_t *len)
{
	uint8_t *copy;

	*len = inbox_len(bytes);
	copy = memory_get(*len + 1);
	inbox_bytes(bytes, copy);
	return copy;
}

static void note_card(struct session *s, const struct identity *id)
{
	char card[IDENTITY_CARD_MAX];

	identity_card(id, card);
	shared_set(&s->card, card);
}

/* The handshake is over: keys to the core, identity to the stream. */
static void handshake_done(struct session *s)
{
	struct inbox *inbox = orders_inbox(s->table->orders, s->core);
	struct msg m = {.kind = MSG_SECURE, .conn = s->conn};
	struct identity *id = memory_get(sizeof(*id));

	m.secure.keys = inbox_handover(inbox);
	if (m.secure.keys == NULL) {
		log_event(LOG_LEVEL_ERROR, "no_handover", "stream=%s", s->trace_id);
		session_abort(s);
		free(id);
		return;
	}
	handshake_keys(s->handshake, m.secure.keys);
	m.secure.consumed = handshake_consumed(s->handshake);
	m.secure.is_client = s->role == STREAM_INITIATING;
	handshake_identity(s->handshake, id);
	s->has_tls = true;
	s->certificate_expires = id->present && id->chain_good ? (int64_t)id->not_after : 0;
	tally_handshake(s->table->tally, id->tls_version, id->cipher, now(s) - s->handshake_us);
	shared_set(&s->tls_version, id->tls_version);
	shared_set(&s->cipher, id->cipher);
	shared_set(&s->serial, id->serial);
	if (s->watched != 0)
		taps_note(s, "%s, %s", s->tls_version, s->cipher);
	orders_give(s->table->orders, s->core, &m);
	handshake_free(s->handshake);
	s->handshake = NULL;
	note_card(s, id);
	if (s->trial != NULL)
		trial_on_tls(s->trial, s, id);
	stream_on_tls(s->stream, id, now(s));
	free(id);
	session_obey(s);
}

static void handshake_failed(struct session *s)
{
	const struct msg m = {.kind = MSG_CLOSE, .conn = s->conn};
	const char *why = handshake_error(s->handshake);
	const enum drop drop = handshake_drop(s->handshake);

	s->end = drop;
	if (s->watched != 0)
		taps_note(s, "TLS handshake failed: %s", why);
	session_refused(s, drop, s->own_theirs, s->own_ours, why, false);
	s->is_closing = true;
	tally_closing(s->table->tally, &s->place);
	loop_cancel(s->table->loop, &s->timer);
	orders_give(s->table->orders, s->core, &m);
}

static void on_tls_bytes(struct session *s, const struct event *e)
{
	enum handshake_result result;
	uint8_t *bytes;
	size_t len;

	if (s->handshake == NULL) {
		if (s->has_tls || s->role == STREAM_INITIATING)
			return; /* late bytes of a handshake that is over */
		session_new_stream(s, true);
		session_start_handshake(s, true);
		if (s->handshake == NULL)
			return;
	}
	bytes = copy_bytes(e->bytes, &len);
	result = handshake_feed(s->handshake, bytes, len);
	free(bytes);
	session_send_handshake(s);
	if (result == HANDSHAKE_DONE)
		handshake_done(s);
	else if (result == HANDSHAKE_FAILED)
		handshake_failed(s);
}

static void on_header(struct session *s, const struct event *e)
{
	struct xml_element *header;
	uint8_t *bytes;
	size_t len;

	bytes = copy_bytes(e->bytes, &len);
	header = xml_header(bytes, len);
	if (header != NULL && s->role == STREAM_RECEIVING && s->watched == 0) {
		taps_consider(s, xml_attr(header, "from"));
		session_note_open(s);
	}
	if (s->watched != 0)
		taps_said(s, false, bytes, len);
	free(bytes);
	shared_set(&s->header, header != NULL ? header->root : "");
	session_log_got(s, header);
	if (header == NULL)
		stream_on_refused(s->stream, DROP_XML_NOT_WELL_FORMED, now(s));
	else if (!session_turns_away(s, header))
		stream_on_header(s->stream, header, now(s));
	xml_free(header);
	session_obey(s);
}

static void on_element(struct session *s, const struct event *e)
{
	struct xml_element *element;
	uint8_t *bytes;
	size_t len;

	bytes = copy_bytes(e->bytes, &len);
	element = xml_element((const uint8_t *)s->header, strlen(s->header), bytes, len);
	if (s->watched != 0)
		taps_said(s, false, bytes, len);
	free(bytes);
	session_log_got(s, element);
	if (element == NULL)
		stream_on_refused(s->stream, DROP_XML_NOT_WELL_FORMED, now(s));
	else
		stream_on_element(s->stream, element, now(s));
	xml_free(element);
	session_obey(s);
}

/* The core has counted it already. */
static void on_refused(struct session *s, enum drop why)
{
	s->end = why;
	session_refused(s, why, s->remote, s->local, "", true);
	stream_on_refused(s->stream, why, now(s));
	session_obey(s);
}

/* A silent peer: ask for a sign of life where it is expected to give some, else let the stream go.
 */
static void on_idle(struct session *s)
{
	const struct partner *partner = policy_partner(s->table->config->policy, s->remote);
	struct msg m = {.kind = MSG_SEND, .conn = s->conn};
	char ping[2 * DOMAIN_TEXT_MAX + 160];
	int len;

	if (!s->is_established || s->is_closing || s->is_probing)
		return;
	if (partner == NULL || !partner->keepalive || s->purpose == STREAM_FOR_VERIFY) {
		s->end = DROP_STREAM_IDLE;
		stream_close(s->stream, STREAM_CONNECTION_TIMEOUT, "idle stream", now(s));
		session_obey(s);
		return;
	}
	len = snprintf(
	    ping, sizeof(ping),
	    "<iq type='get' from='%s' to='%s' id='sluice-probe-%llu'><ping xmlns='%s'/></iq>",
	    s->local, s->remote, (unsigned long long)++s->table->probes, NS_PING);
	if (s->watched != 0)
		taps_said(s, true, ping, (size_t)len);
	orders_give_bytes(s->table->orders, &m, ping, (size_t)len);
	s->is_probing = true;
	loop_at(s->table->loop, &s->timer, now(s) + PROBE_GRACE_US);
}

/*
 * Streams between servers go one way: what a peer has to say to a stream of ours it may say on one
 * of its own, the answer to our ping first of all. That this connection still reaches it is TCP's
 * to find out: the ping has to be acknowledged.
 */
static bool has_been_heard(const struct session *of)
{
	struct conn_view view;

	for (const struct session *s = of->table->first; s != NULL; s = s->next)
		if (s->leg == IFACE_EDGE && s->is_established &&
		    strcmp(s->remote, of->remote) == 0 && session_core_view(s, &view) &&
		    view.idle_us < PROBE_GRACE_US + PROBE_SLACK_US)
			return true;
	return false;
}

static void probe_is_over(struct session *s)
{
	s->is_probing = false;
	if (has_been_heard(s)) {
		session_set_times(s);
		session_obey(s);
		return;
	}
	s->end = DROP_STREAM_IDLE;
	session_refused(s, DROP_STREAM_IDLE, s->remote, s->local, "no answer to a ping", false);
	stream_close(s->stream, STREAM_CONNECTION_TIMEOUT, "no sign of life", now(s));
	session_obey(s);
}

void session_on_timer(struct loop_timer *t)
{
	struct session *s = CONTAINER_OF(t, struct session, timer);

	if (s->is_closing)
		return;
	if (s->is_probing) {
		probe_is_over(s);
		return;
	}
	if (s->handshake != NULL) {
		/* In the middle of a handshake there is no stream to put an error on. */
		s->end = DROP_STREAM_TIMEOUT;
		session_refused(s, DROP_STREAM_TIMEOUT, s->own_theirs, s->own_ours,
				"TLS handshake not finished in time", false);
		session_abort(s);
		return;
	}
	stream_on_time(s->stream, now(s));
	session_obey(s);
}

static void on_closed(struct session *s, const struct event *e)
{
	if (s->watched != 0)
		taps_end(s, session_log_by(e), s->end == DROP_COUNT ? "none" : drop_name(s->end));
	session_log_closed(s, e);
	tally_closed(s->table->tally, &s->place, s->end, e->closed.by);
	links_on_closed(s->table->links, s, s->end);
	if (s->trial != NULL)
		trial_on_closed(s->trial, s);
	session_forget(s);
}

static void on_session_event(struct session *s, struct event *e)
{
	switch (e->kind) {
	case EVENT_TLS_BYTES:
		if (!s->is_closing)
			on_tls_bytes(s, e);
		break;
	case EVENT_HEADER:
		if (!s->is_closing)
			on_header(s, e);
		break;
	case EVENT_ELEMENT:
		if (!s->is_closing)
			on_element(s, e);
		break;
	case EVENT_FOOTER:
		if (s->watched != 0)
			taps_said(s, false, "</stream:stream>", strlen("</stream:stream>"));
		if (!s->is_closing) {
			stream_on_footer(s->stream, now(s));
			session_obey(s);
		}
		break;
	case EVENT_FRAMER_ERROR:
		if (!s->is_closing)
			on_refused(s, framer_drop(e->framer_error));
		break;
	case EVENT_SMUGGLED:
		handshake_free(s->handshake);
		s->handshake = NULL;
		on_refused(s, DROP_STREAM_SMUGGLED);
		break;
	case EVENT_STANZA_REFUSED:
		if (!s->is_closing)
			on_refused(s, e->drop);
		break;
	case EVENT_TLS_ERROR:
		s->end = e->drop;
		session_refused(s, e->drop, s->remote, s->local, "", true);
		s->is_closing = true;
		tally_closing(s->table->tally, &s->place);
		break;
	case EVENT_IDLE:
		on_idle(s);
		break;
	case EVENT_CLOSED:
		on_closed(s, e);
		break;
	case EVENT_ACCEPTED:
	case EVENT_DIALED:
	case EVENT_DIAL_FAILED:
	case EVENT_LINK_WANTED:
	case EVENT_ROUTES_IN_USE:
	case EVENT_STOPPED:
		break; /* not about a session we know: sessions_on_event() and daemon.c have them */
	}
}

void sessions_on_event(struct sessions *t, struct event *e)
{
	struct session *s;

	if (e->kind == EVENT_ACCEPTED) {
		on_accepted(t, e);
	} else if (e->kind == EVENT_DIALED) {
		on_dialed(t, e);
	} else if (e->kind == EVENT_DIAL_FAILED) {
		on_dial_failed(t, e);
	} else {
		s = session_find(t, e->conn);
		if (s != NULL)
			on_session_event(s, e);
	}
	if (e->bytes != NULL)
		inbox_free(e->bytes);
	e->bytes = NULL;
}
