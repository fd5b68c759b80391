/* SPDX-License-Identifier: BSD-3-Clause */
/* session_log.c - what the log says of streams: always the same fields under the same names. */
#include <stdio.h>

#include "control/log.h"
#include "control/session_log.h"
#include "control/xml.h"

enum {
	NAME_ROOM = DOMAIN_TEXT_MAX + 3, /* a domain between quotes */
	TEXT_ROOM = 256,
	WHO_ROOM = 3 * NAME_ROOM + 128,
};

static const char *leg_name(const struct session *s)
{
	return s->leg == IFACE_EDGE ? "edge" : "internal";
}

/* As the peer says, or as it was dialled for; "" while neither is known. */
static const char *claimed_by(const struct session *s)
{
	if (s->leg == IFACE_INTERNAL)
		return s->own_ours; /* the partner we stand in for */
	if (s->own_theirs[0] != '\0' || s->stream == NULL)
		return s->own_theirs;
	return stream_theirs(s->stream);
}

/* stream=... leg=... role=... ip=... local=... remote=... */
static const char *who(const struct session *s, char out[WHO_ROOM])
{
	char address[ADDR_TEXT_MAX], local[NAME_ROOM], remote[NAME_ROOM];
	const char *name = s->pairs > 0 ? s->remote : claimed_by(s);
	int n;

	n = snprintf(out, WHO_ROOM, "stream=%s leg=%s role=%s ip=%s", s->trace_id, leg_name(s),
		     s->role == STREAM_RECEIVING ? "receiving" : "initiating",
		     addr_text(&s->address, address));
	if (s->local[0] != '\0')
		n += snprintf(out + n, WHO_ROOM - (size_t)n, " local=%s",
			      log_quote(s->local, local, sizeof(local)));
	if (name[0] != '\0')
		(void)snprintf(out + n, WHO_ROOM - (size_t)n, " %s=%s",
			       s->pairs > 0 ? "remote" : "claimed",
			       log_quote(name, remote, sizeof(remote)));
	return out;
}

/* tls=... cipher=... serial=...: of the certificate that the peer has shown. */
static const char *security(const struct session *s, char out[TEXT_ROOM])
{
	char serial[64];

	(void)snprintf(out, TEXT_ROOM, "tls=%s cipher=%s serial=%s",
		       s->has_tls ? s->tls_version : "none", s->has_tls ? s->cipher : "none",
		       s->serial[0] != '\0' ? log_quote(s->serial, serial, sizeof(serial))
					    : "none");
	return out;
}

void session_log_open(const struct session *s)
{
	char whose[WHO_ROOM], how[TEXT_ROOM], id[TEXT_ROOM];

	log_event(LOG_LEVEL_INFO, "stream_open", "%s id=%s %s auth=%s bidi=%s", who(s, whose),
		  log_quote(stream_id(s->stream), id, sizeof(id)), security(s, how),
		  s->method != 0 ? method_name(s->method) : "none",
		  stream_is_bidi(s->stream) ? "yes" : "no");
}

void session_log_auth(const struct session *s, const struct stream_news *news)
{
	char local[NAME_ROOM], remote[NAME_ROOM], how[TEXT_ROOM];
	const bool from = (news->bits & GRANT_FROM_PEER) != 0;
	const bool to = (news->bits & GRANT_TO_PEER) != 0;

	log_event(LOG_LEVEL_INFO, "stream_auth",
		  "stream=%s leg=%s local=%s remote=%s method=%s direction=%s %s", s->trace_id,
		  leg_name(s), log_quote(news->local, local, sizeof(local)),
		  log_quote(news->remote, remote, sizeof(remote)), method_name(news->method),
		  from && to ? "both"
		  : from     ? "from-peer"
			     : "to-peer",
		  security(s, how));
}

void session_log_refused(const struct session *s, const struct refusal *r)
{
	char address[ADDR_TEXT_MAX], from[NAME_ROOM], to[NAME_ROOM], text[TEXT_ROOM],
	    how[TEXT_ROOM];

	log_event(LOG_LEVEL_NOTICE, "stream_refused",
		  "stream=%s leg=%s ip=%s from=%s to=%s reason=%s %s text=%s", s->trace_id,
		  leg_name(s), addr_text(&s->address, address),
		  log_quote(r->from, from, sizeof(from)), log_quote(r->to, to, sizeof(to)),
		  drop_name(r->drop), security(s, how),
		  log_quote(r->text[0] != '\0' ? r->text : drop_text(r->drop), text, sizeof(text)));
}

const char *session_log_by(const struct event *e)
{
	static const char *const by[] = {"peer", "us", "reset", "timeout"};

	return by[e->closed.by];
}

void session_log_closed(const struct session *s, const struct event *e)
{
	const uint64_t age_us = loop_now_us(s->table->loop) - s->opened_us;
	char whose[WHO_ROOM], how[TEXT_ROOM];

	log_event(
	    LOG_LEVEL_INFO, "stream_closed",
	    "%s by=%s reason=%s stanzas_in=%llu stanzas_out=%llu bytes_in=%llu bytes_out=%llu "
	    "seconds=%llu %s auth=%s",
	    who(s, whose), session_log_by(e), s->end == DROP_COUNT ? "none" : drop_name(s->end),
	    (unsigned long long)e->closed.stanzas_in, (unsigned long long)e->closed.stanzas_out,
	    (unsigned long long)e->closed.bytes_in, (unsigned long long)e->closed.bytes_out,
	    (unsigned long long)(age_us / 1000000), security(s, how),
	    s->method != 0 ? method_name(s->method) : "none");
}

void session_log_got(const struct session *s, const struct xml_element *e)
{
	char whose[WHO_ROOM], name[TEXT_ROOM], ns[TEXT_ROOM];

	if (!log_wants(LOG_LEVEL_DEBUG))
		return;
	log_event(LOG_LEVEL_DEBUG, "stream_step", "%s got=%s ns=%s state=%s", who(s, whose),
		  e != NULL ? log_quote(e->name, name, sizeof(name)) : "not-well-formed",
		  e != NULL ? log_quote(e->ns, ns, sizeof(ns)) : "none",
		  stream_state_name(stream_state(s->stream)));
}

void session_log_news(const struct session *s, const struct stream_news *news)
{
	static const char *const does[] = {
	    [STREAM_NEWS_NONE] = "nothing",
	    [STREAM_NEWS_SEND] = "send",
	    [STREAM_NEWS_RESUME] = "read-on",
	    [STREAM_NEWS_START_TLS] = "start-tls",
	    [STREAM_NEWS_AUTHORISED] = "authorised",
	    [STREAM_NEWS_PAIR_FAILED] = "pair-failed",
	    [STREAM_NEWS_VERIFY] = "ask-verify",
	    [STREAM_NEWS_VERIFIED] = "verified",
	    [STREAM_NEWS_ESTABLISHED] = "established",
	    [STREAM_NEWS_REFUSED] = "refuse",
	    [STREAM_NEWS_CLOSE] = "close",
	};
	char whose[WHO_ROOM];

	if (!log_wants(LOG_LEVEL_DEBUG))
		return;
	log_event(LOG_LEVEL_DEBUG, "stream_step", "%s does=%s bytes=%zu state=%s", who(s, whose),
		  does[news->kind], news->len, stream_state_name(stream_state(s->stream)));
}
