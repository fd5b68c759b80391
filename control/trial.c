/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trial.c - one step after the other; what is found goes to trial_words.c for its sentence.
 *
 * The session's code calls in here in the middle of its own work, so nothing is freed or dialled
 * there: what comes next is left to the timer.
 */
#include <stdlib.h>
#include <string.h>

#include "control/memory.h"
#include "control/trial_state.h"

#define CONNECT_US UINT64_C(8000000)
#define PONG_US    UINT64_C(15000000)
#define LOOK_US    UINT64_C(1000) /* for a pong: what a round trip is measured by */

/* --- what is said --- */

void trial_say(struct trial *t, const struct trial_line *line)
{
	if (line->verdict == TRIAL_FAIL && t->failed == NULL)
		t->failed = line->step;
	t->listener->said(t->listener, line);
}

const struct config *trial_config(const struct trial *t)
{
	return t->setup.sessions->config;
}

const struct partner *trial_partner_of(const struct trial *t)
{
	return policy_partner(trial_config(t)->policy,
			      t->gateway[0] != '\0' ? t->local : t->domain);
}

const struct gateway *trial_gateway_of(const struct trial *t)
{
	const struct policy *p = trial_config(t)->policy;

	for (size_t i = 0; t->gateway[0] != '\0' && i < p->gateway_count; i++)
		if (strcmp(p->gateways[i].name, t->gateway) == 0)
			return &p->gateways[i];
	return NULL;
}

/* By the configuration of this moment: a reload may come. */
static struct trial_who who_of(const struct trial *t)
{
	const struct partner *p = trial_partner_of(t);
	struct trial_who who = {.domain = t->domain, .local = t->local, .tls = LEVEL_REQUIRED};

	if (t->gateway[0] != '\0') {
		who.gateway = t->gateway;
		who.methods = METHOD_SASL_EXTERNAL;
	} else if (p != NULL) {
		who.methods = policy_methods(p->tls, p->sasl, p->dialback);
		who.tls = p->tls;
	}
	return who;
}

/* --- the session --- */

/* The session goes its own way. */
static void detach(struct trial *t)
{
	if (t->session != NULL)
		t->session->trial = NULL;
	t->session = NULL;
}

void trial_leave(struct trial *t)
{
	struct session *s = t->session;

	detach(t);
	if (s != NULL && s->is_open)
		session_end(s);
	t->state = TRIAL_LEAVES;
	loop_at(t->setup.loop, &t->timer, loop_now_us(t->setup.loop));
}

static void dial(struct trial *t)
{
	const struct resolver_target *at = &t->target[t->target_next++];
	const struct gateway *g = trial_gateway_of(t);
	const bool inside = t->gateway[0] != '\0';
	const struct stream_setup setup = {.role = STREAM_INITIATING,
					   .leg = inside ? IFACE_INTERNAL : IFACE_EDGE,
					   .purpose = STREAM_FOR_TEST,
					   .ours = t->local,
					   .theirs = t->domain,
					   .gateway = g,
					   .direct_tls = at->direct_tls};

	t->state = TRIAL_DIALS;
	t->since_us = loop_now_us(t->setup.loop);
	t->session = session_dial(t->setup.sessions, 0, &setup, &at->address, at->port);
	t->session->trial = t;
	if (!inside)
		session_count_partner(t->session, trial_partner_of(t));
	loop_at(t->setup.loop, &t->timer, t->since_us + CONNECT_US);
}

static void where_text(const struct trial *t, char *out, size_t room)
{
	const struct resolver_target *at = &t->target[t->target_next - 1];
	char text[ADDR_TEXT_MAX];

	(void)snprintf(out, room, "%s port %u (%.100s%s)", addr_text(&at->address, text), at->port,
		       at->host, at->direct_tls ? ", direct TLS" : "");
}

static void not_connected(struct trial *t, enum drop why, bool timed_out)
{
	const struct trial_who who = who_of(t);
	struct trial_line line;
	char where[256];

	where_text(t, where, sizeof(where));
	trial_words_dial(&who, where, why, timed_out, &line);
	/* While another address is left, or was good, the partner can be reached. */
	if (t->has_talked || t->target_next < t->target_count)
		line.verdict = TRIAL_WARN;
	trial_say(t, &line);
}

void trial_on_dialed(struct trial *t, struct session *s)
{
	struct conn_view view = {.srtt_us = 0};
	struct trial_line line;
	char where[256];
	uint64_t us = loop_now_us(t->setup.loop) - t->since_us;

	if (session_core_view(s, &view) && view.srtt_us > 0)
		us = view.srtt_us;
	where_text(t, where, sizeof(where));
	trial_words_line(&line, "connect", TRIAL_OK, "%s: stream %s, round trip %llu.%llu ms",
			 where, s->trace_id, (unsigned long long)us / 1000,
			 (unsigned long long)us / 100 % 10);
	trial_say(t, &line);
	if (t->has_talked) {
		session_abort(s);
		trial_leave(t);
		return;
	}
	t->has_talked = true;
	t->state = TRIAL_TALKS;
	loop_cancel(t->setup.loop, &t->timer);
}

void trial_on_dial_failed(struct trial *t, struct session *s, enum drop why)
{
	(void)s;
	not_connected(t, why, false);
	detach(t);
	trial_leave(t);
}

static bool proves(const struct trial *t, const struct identity *id)
{
	const struct gateway *g = trial_gateway_of(t);

	if (t->gateway[0] == '\0')
		return identity_proves(id, t->domain, false);
	for (char **name = g != NULL ? g->certificate_names : NULL; name != NULL && *name != NULL;
	     name++)
		if (identity_proves(id, *name, g->match_common_name))
			return true;
	return false;
}

void trial_on_tls(struct trial *t, const struct session *s, const struct identity *id)
{
	const struct trial_who who = who_of(t);
	/* Of a chain that is not good the names are still worth a verdict of their own. */
	struct identity *named = memory_get(sizeof(*named));
	struct trial_line line;
	bool does;

	*named = *id;
	named->chain_good = true;
	does = proves(t, named);
	free(named);
	trial_words_line(&line, "tls", TRIAL_OK, "%s, %s", s->tls_version, s->cipher);
	trial_say(t, &line);
	for (unsigned int i = 0; trial_words_certificate(&who, id, does, time(NULL), i, &line); i++)
		trial_say(t, &line);
}

/* Some refusals are not the end of the stream: another method is tried. */
static bool goes_on(const struct session *s, enum drop why)
{
	return (why == DROP_SASL_FAILED || why == DROP_DIALBACK_UNSOLICITED ||
		why == DROP_STREAM_PROTOCOL) &&
	       stream_state(s->stream) != STREAM_CLOSING;
}

void trial_on_refused(struct trial *t, enum drop why, const char *text)
{
	const struct trial_who who = who_of(t);
	struct trial_line line;

	trial_words_refused(&who, why, text, &line);
	if (goes_on(t->session, why))
		line.verdict = TRIAL_WARN;
	/* What a line before has said of the certificate is said better there. */
	if (t->failed == NULL || why != DROP_TLS_SERVER_CERTIFICATE)
		trial_say(t, &line);
	if (line.verdict == TRIAL_FAIL) {
		detach(t); /* it ends by itself, and tells the other side why */
		trial_leave(t);
	}
}

/* --- the ping --- */

static void send_ping(struct trial *t, struct session *s)
{
	struct sessions *table = t->setup.sessions;
	struct msg m = {.kind = MSG_SEND, .conn = s->conn};
	char ping[2 * DOMAIN_TEXT_MAX + 160];
	int len;

	t->ping = ++table->probes;
	len = snprintf(
	    ping, sizeof(ping),
	    "<iq type='get' from='%s' to='%s' id='sluice-probe-%llu'><ping xmlns='%s'/></iq>",
	    t->local, t->domain, (unsigned long long)t->ping, NS_PING);
	orders_give_bytes(table->orders, &m, ping, (size_t)len);
	t->since_us = loop_now_us(t->setup.loop);
	t->state = TRIAL_PINGS;
	loop_at(t->setup.loop, &t->timer, t->since_us + LOOK_US);
}

static bool has_pong(const struct trial *t)
{
	const struct sessions *table = t->setup.sessions;
	const struct partner *p = trial_partner_of(t);

	for (size_t i = 0; p != NULL && i < orders_cores(table->orders); i++)
		if (stat_read(&core_stats(table->cores[i])->ping_answered[p->id.n]) == t->ping)
			return true;
	return false;
}

static void no_pong(struct trial *t)
{
	struct trial_line line;

	trial_words_line(&line, "ping", TRIAL_FAIL, "no answer within %u s",
			 (unsigned int)(PONG_US / 1000000));
	if (t->gateway[0] != '\0')
		trial_words_hint(&line,
				 "the gateway answers on a stream of its own to port 23456: see "
				 "whether it is refused (show denied)");
	else
		trial_words_hint(
		    &line,
		    "%s answers on a stream of its own: see whether it is refused here (show "
		    "denied), and whether _xmpp-server._tcp.%s leads to this edge",
		    t->domain, t->local);
	trial_say(t, &line);
}

/* @more: beyond the clock, an answer that came by the very stream. */
static void look_for_pong(struct trial *t)
{
	const uint64_t us = loop_now_us(t->setup.loop) - t->since_us;
	struct trial_line line;

	if (has_pong(t)) {
		trial_words_line(&line, "ping", TRIAL_OK, "%s answered after %llu.%llu ms",
				 t->domain, (unsigned long long)us / 1000,
				 (unsigned long long)us / 100 % 10);
		trial_say(t, &line);
		trial_leave(t);
	} else if (us >= PONG_US) {
		no_pong(t);
		trial_leave(t);
	} else {
		loop_at(t->setup.loop, &t->timer, t->since_us + us + LOOK_US);
	}
}

void trial_on_authorised(struct trial *t, struct session *s, unsigned int method)
{
	struct trial_line line;

	if (t->state != TRIAL_TALKS)
		return;
	trial_words_line(&line, "authentication", TRIAL_OK, "by %s", method_name(method));
	trial_say(t, &line);
	send_ping(t, s);
}

void trial_on_progress(struct trial *t, const struct session *s)
{
	const enum stream_state state = stream_state(s->stream);
	const unsigned int offers = stream_offers(s->stream);
	const bool secure = stream_is_secure(s->stream);
	const struct trial_who who = who_of(t);
	struct trial_line line;

	if (!t->has_header && stream_id(s->stream)[0] != '\0') {
		t->has_header = true;
		trial_words_line(&line, "stream", TRIAL_OK, "%s answers, its stream id is %.64s",
				 t->domain, stream_id(s->stream));
		trial_say(t, &line);
	}
	if ((offers & STREAM_OFFERS) == 0)
		return;
	if (!secure && !t->has_open_features && !s->has_tls) {
		t->has_open_features = true;
		trial_words_features(&who, offers, false, stream_peer_max_bytes(s->stream), &line);
		trial_say(t, &line);
	} else if (secure && !t->has_features &&
		   (state == STREAM_EXPECT_SASL_RESULT || state == STREAM_EXPECT_DIALBACK)) {
		t->has_features = true;
		trial_words_features(&who, offers, true, stream_peer_max_bytes(s->stream), &line);
		trial_say(t, &line);
	}
}

void trial_on_closed(struct trial *t, struct session *s)
{
	(void)s;
	if (t->failed == NULL && t->state != TRIAL_LEAVES)
		trial_on_refused(t, DROP_STREAM_CLOSED_EARLY, "");
	if (t->session != NULL) {
		detach(t);
		trial_leave(t);
	}
}

/* --- beginning and end --- */

void trial_over(struct trial *t)
{
	const struct trial_listener *l = t->listener;
	const char *failed = t->failed != NULL ? t->failed : "";

	trial_stop(t);
	l->over(l, failed);
}

void trial_next_address(struct trial *t)
{
	/* A partner that has failed at one address is not tried at the next: the first cause
	 * counts. */
	if (t->target_next < t->target_count && (t->failed == NULL || !t->has_talked))
		dial(t);
	else
		trial_over(t);
}

static void due(struct loop_timer *timer)
{
	struct trial *t = CONTAINER_OF(timer, struct trial, timer);
	struct session *s = t->session;

	switch (t->state) {
	case TRIAL_BEGINS:
		if (t->gateway[0] != '\0')
			trial_begin_gateway(t);
		else
			trial_begin_partner(t);
		return;
	case TRIAL_DIALS:
		not_connected(t, DROP_DIAL_FAILED, true);
		detach(t);
		session_give_up(s);
		trial_leave(t);
		return;
	case TRIAL_PINGS:
		look_for_pong(t);
		return;
	case TRIAL_LEAVES:
		trial_next_address(t);
		return;
	case TRIAL_RESOLVES:
	case TRIAL_TALKS:
		return; /* not by this timer */
	}
}

static struct trial *begin(const struct trial_setup *setup, const struct trial_listener *listener)
{
	struct trial *t = memory_get(sizeof(*t));

	t->setup = *setup;
	t->listener = listener;
	t->timer.due = due;
	loop_at(setup->loop, &t->timer, loop_now_us(setup->loop));
	return t;
}

struct trial *trial_partner(const struct trial_setup *setup, const char *domain, const char *local,
			    const struct trial_listener *listener)
{
	struct trial *t = begin(setup, listener);

	(void)snprintf(t->domain, sizeof(t->domain), "%s", domain);
	(void)snprintf(t->local, sizeof(t->local), "%s", local);
	return t;
}

struct trial *trial_gateway(const struct trial_setup *setup, const char *name, const char *local,
			    const char *remote, const struct trial_listener *listener)
{
	struct trial *t = begin(setup, listener);

	(void)snprintf(t->gateway, sizeof(t->gateway), "%s", name);
	/* On the internal leg the two change places: the relay stands in for the partner. */
	(void)snprintf(t->domain, sizeof(t->domain), "%s", local);
	(void)snprintf(t->local, sizeof(t->local), "%s", remote);
	return t;
}

void trial_stop(struct trial *t)
{
	struct session *s = t->session;

	detach(t);
	if (s != NULL && s->is_open)
		session_end(s);
	else if (s != NULL)
		session_give_up(s);
	if (t->query != NULL)
		resolver_cancel(t->query);
	loop_cancel(t->setup.loop, &t->timer);
	free(t);
}
