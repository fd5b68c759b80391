/* SPDX-License-Identifier: BSD-3-Clause */
/* session_news.c - obeys what a stream machine says: orders to the core, words to links, lines to
 * the log. */
#include <string.h>

#include "control/log.h"
#include "control/session_log.h"
#include "control/session_state.h"

static struct msg order(const struct session *s, enum msg_kind kind)
{
	return (struct msg){.kind = kind, .conn = s->conn};
}

void session_abort(struct session *s)
{
	const struct msg m = order(s, MSG_ABORT);

	if (!s->is_open || s->is_closing)
		return;
	s->is_closing = true;
	tally_closing(s->table->tally, &s->place);
	loop_cancel(s->table->loop, &s->timer);
	orders_give(s->table->orders, s->core, &m);
}

void session_cut(struct session *s, enum drop why)
{
	const struct msg m = order(s, MSG_ABORT);

	if (s->end == DROP_COUNT)
		s->end = why;
	if (!s->is_open) { /* its dial is still under way */
		if (s->is_unwanted)
			return;
		session_give_up(s);
		links_on_closed(s->table->links, s, why);
		return;
	}
	s->is_closing = true;
	tally_closing(s->table->tally, &s->place);
	loop_cancel(s->table->loop, &s->timer);
	orders_give(s->table->orders, s->core, &m);
}

static void close_with(struct session *s, const char *bytes, size_t len)
{
	struct msg m = order(s, MSG_CLOSE);

	if (!s->is_open || s->is_closing)
		return;
	s->is_closing = true;
	tally_closing(s->table->tally, &s->place);
	loop_cancel(s->table->loop, &s->timer);
	m.close.deadline_us = CLOSE_DEADLINE_US;
	if (s->watched != 0)
		taps_said(s, true, bytes, len);
	orders_give_bytes(s->table->orders, &m, bytes, len);
}

void session_end(struct session *s)
{
	close_with(s, NULL, 0);
}

static void send_bytes(struct session *s, const void *bytes, size_t len)
{
	struct msg m = order(s, MSG_SEND);

	if (len > 0)
		orders_give_bytes(s->table->orders, &m, bytes, len);
}

static uint32_t stanza_limit(const struct session *s)
{
	return s->is_established ? s->table->config->policy->limits.stanza_bytes_max
				 : STANZA_BYTES_UNAUTHENTICATED;
}

static void resume(struct session *s, bool restart)
{
	struct msg m = order(s, MSG_RESUME);

	m.resume.restart = restart;
	m.resume.stanza_bytes_max = stanza_limit(s);
	orders_give(s->table->orders, s->core, &m);
}

void session_send_handshake(struct session *s)
{
	const struct span out = handshake_output(s->handshake);

	send_bytes(s, out.at, out.len);
}

void session_start_handshake(struct session *s, bool is_server)
{
	struct tls_ctx *tls = s->table->tls[s->leg];

	s->tls_age = s->table->tls_age[s->leg];
	handshake_free(s->handshake);
	s->handshake_us = loop_now_us(s->table->loop);
	s->handshake = is_server ? handshake_make(tls, true, NULL, NULL)
				 : handshake_make(tls, false, s->own_theirs, s->own_ours);
	if (s->handshake == NULL) {
		session_refused(s, DROP_TLS_HANDSHAKE, s->remote, s->local,
				"no TLS session could be made", false);
		session_abort(s);
		return;
	}
	if (is_server)
		return;
	if (handshake_feed(s->handshake, NULL, 0) == HANDSHAKE_FAILED)
		session_abort(s);
	else
		session_send_handshake(s);
}

static void start_tls(struct session *s, const struct stream_news *news)
{
	struct msg m = order(s, MSG_START_TLS);

	if (s->watched != 0)
		taps_said(s, true, news->bytes, news->len);
	orders_give_bytes(s->table->orders, &m, news->bytes, news->len);
	session_start_handshake(s, s->role == STREAM_RECEIVING);
}

/* Keep-alive and silence, once the stream is what it is going to be (facts of ARCHITECTURE.md,
 * "Silence"). */
void session_set_times(const struct session *s)
{
	const struct limits *limits = &s->table->config->policy->limits;
	struct msg m = order(s, MSG_TIMES);

	m.times.keepalive_us = (uint64_t)limits->keepalive_interval_s * 1000000;
	m.times.inactivity_us =
	    s->leg == IFACE_EDGE ? (uint64_t)limits->inactivity_timeout_s * 1000000 : 0;
	orders_give(s->table->orders, s->core, &m);
}

static void grant(struct session *s, const struct stream_news *news, const struct partner *partner)
{
	struct msg m = order(s, MSG_GRANT);

	m.grant.pair.local = domains_id(s->table->domains, news->local);
	m.grant.pair.remote = strcmp(news->remote, "*") == 0
				  ? DOMAIN_ANY
				  : domains_id(s->table->domains, news->remote);
	m.grant.bits = news->bits;
	m.grant.partner = partner != NULL ? partner->id : (struct partner_id){0};
	orders_give(s->table->orders, s->core, &m);
}

/* Over a limit a stream is refused before it has carried anything. */
static bool is_over_limit(struct session *s, const struct partner *partner)
{
	if (s->leg != IFACE_EDGE || s->partner.n != 0 || session_may_connect(s->table, partner))
		return false;
	s->end = DROP_STREAM_LIMIT;
	session_refused(s, DROP_STREAM_LIMIT, partner != NULL ? partner->domain : "", "",
			"connection limit of this partner reached", false);
	stream_close(s->stream, STREAM_RESOURCE_CONSTRAINT, "too many connections",
		     loop_now_us(s->table->loop));
	return true;
}

static void note_success(const struct session *s, const struct partner *partner,
			 unsigned int method)
{
	struct history *h = s->table->history;

	history_succeeded(h, partner->id, method, s->role == STREAM_INITIATING, s->trace_id);
	history_certificate(h, partner->id, s->card);
}

/* A trial's stream is granted nothing: what it was for is to see it come about. */
static void tried(struct session *s, const struct stream_news *news)
{
	shared_set(&s->local, news->local);
	shared_set(&s->remote, news->remote);
	s->method = news->method;
	log_event(LOG_LEVEL_INFO, "stream_tried", "stream=%s local=%s remote=%s method=%s",
		  s->trace_id, news->local, news->remote, method_name(news->method));
	if (s->trial != NULL)
		trial_on_authorised(s->trial, s, news->method);
}

static void count_authorised(struct session *s, const struct stream_news *news,
			     const struct partner *partner)
{
	struct tally *t = s->table->tally;

	tally_auth(t, (enum tally_direction)s->place.direction, news->method, true);
	if (s->leg != IFACE_EDGE || partner == NULL)
		return;
	tally_partner(t, &s->place, partner->id);
	if (s->certificate_expires != 0)
		tally_certificate(t, partner->id, s->certificate_expires);
}

static void authorised(struct session *s, struct stream_news *news)
{
	const struct partner *partner = policy_partner(s->table->config->policy, news->remote);
	const struct gateway *gateway = stream_gateway(s->stream);

	if (session_is_unwelcome(s, news) || is_over_limit(s, partner))
		return;
	if (s->leg == IFACE_EDGE) {
		session_count_partner(s, partner);
		if (partner != NULL)
			note_success(s, partner, news->method);
	}
	count_authorised(s, news, partner);
	if (gateway != NULL) {
		shared_set(&s->gateway, gateway->name);
		gateways_answered(s->table->gateways, gateway->name);
	}
	if (s->purpose == STREAM_FOR_TEST) {
		tried(s, news);
		return;
	}
	news->bits = session_granted(s, news);
	if (s->pairs++ == 0) {
		shared_set(&s->local, news->local);
		shared_set(&s->remote, news->remote);
		s->method = news->method;
	} else if (strcmp(s->remote, "*") == 0) {
		shared_set(&s->remote, news->remote);
	}
	taps_consider(s, news->remote);
	if (news->bits != 0)
		grant(s, news, partner);
	session_log_auth(s, news);
	links_on_authorised(s->table->links, s, news);
}

static void established(struct session *s)
{
	s->is_established = true;
	tally_established(s->table->tally, &s->place, s->leg == IFACE_INTERNAL ? s->gateway : "");
	session_set_times(s);
	session_log_open(s);
	links_on_established(s->table->links, s);
}

static void closed(struct session *s, const struct stream_news *news)
{
	if (news->drop != DROP_COUNT)
		s->end = news->drop;
	close_with(s, news->bytes, news->len);
}

static void obey(struct session *s, struct stream_news *news)
{
	session_log_news(s, news);
	switch (news->kind) {
	case STREAM_NEWS_NONE:
		break;
	case STREAM_NEWS_SEND:
		if (s->watched != 0)
			taps_said(s, true, news->bytes, news->len);
		send_bytes(s, news->bytes, news->len);
		break;
	case STREAM_NEWS_RESUME:
		resume(s, news->restart);
		break;
	case STREAM_NEWS_START_TLS:
		start_tls(s, news);
		break;
	case STREAM_NEWS_AUTHORISED:
		authorised(s, news);
		break;
	case STREAM_NEWS_PAIR_FAILED:
		if (news->drop != DROP_COUNT)
			s->end = news->drop;
		links_on_pair_failed(s->table->links, s, news);
		break;
	case STREAM_NEWS_VERIFY:
		links_verify(s->table->links, s, news);
		break;
	case STREAM_NEWS_VERIFIED:
		links_on_verified(s->table->links, s, news);
		break;
	case STREAM_NEWS_ESTABLISHED:
		established(s);
		break;
	case STREAM_NEWS_REFUSED:
		session_refused(s, news->drop, s->leg == IFACE_EDGE ? news->theirs : news->ours,
				s->leg == IFACE_EDGE ? news->ours : news->theirs, news->text,
				false);
		break;
	case STREAM_NEWS_CLOSE:
		closed(s, news);
		break;
	}
}

void session_obey(struct session *s)
{
	struct stream_news news;
	uint64_t due_us;

	while (!s->is_closing && stream_take(s->stream, &news))
		obey(s, &news);
	if (s->trial != NULL)
		trial_on_progress(s->trial, s);
	due_us = stream_due_us(s->stream);
	if (s->is_closing || s->is_probing)
		return;
	if (due_us != UINT64_MAX)
		loop_at(s->table->loop, &s->timer, due_us);
	else
		loop_cancel(s->table->loop, &s->timer);
}
