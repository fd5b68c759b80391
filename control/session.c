/* SPDX-License-Identifier: BSD-3-Clause */
/* session.c - the table of sessions: opened, found, counted, shown, forgotten. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "control/log.h"
#include "control/memory.h"
#include "control/message_log.h"
#include "control/session_log.h"
#include "control/session_state.h"

struct sessions *sessions_make(const struct sessions_setup *setup)
{
	struct sessions *t = memory_get(sizeof(*t));

	t->loop = setup->loop;
	t->orders = setup->orders;
	t->domains = setup->domains;
	t->links = setup->links;
	t->cores = setup->cores;
	t->config = setup->config;
	t->gateways = setup->gateways;
	t->slots = setup->config->conns_per_core;
	t->taps = taps_make(t->loop, t->orders, t->cores, t);
	t->message_log = message_log_make(t->taps);
	message_log_set(t->message_log, t->config);
	t->history = history_make();
	t->tally = tally_make();
	for (unsigned int i = 0; i < IFACE_COUNT; i++)
		t->tls[i] = tls_ctx_hold(setup->tls[i]);
	for (size_t i = 0; i < orders_cores(setup->orders); i++)
		t->by_slot[i] = memory_get(t->slots * sizeof(struct session *));
	return t;
}

void sessions_free(struct sessions *t)
{
	if (t == NULL)
		return;
	message_log_free(t->message_log);
	for (struct session *s = t->first, *next; s != NULL; s = next) {
		next = s->next;
		session_forget(s);
	}
	loop_cancel(t->loop, &t->execution);
	for (size_t i = 0; i < CORES_MAX; i++)
		free(t->by_slot[i]);
	for (unsigned int i = 0; i < IFACE_COUNT; i++)
		tls_ctx_drop(t->tls[i]);
	taps_free(t->taps);
	history_free(t->history);
	tally_free(t->tally);
	free(t);
}

struct taps *sessions_taps(struct sessions *t)
{
	return t->taps;
}

static struct session *make_session(struct sessions *t, enum iface leg, enum stream_role role)
{
	struct session *s = memory_get(sizeof(*s));
	uint32_t random = 0;

	s->table = t;
	s->leg = leg;
	s->role = role;
	s->end = DROP_COUNT;
	s->own_ours = s->own_theirs = s->header = s->local = s->remote = SHARED_EMPTY;
	s->gateway = s->tls_version = s->cipher = s->serial = s->sentence = s->card = SHARED_EMPTY;
	s->opened_us = loop_now_us(t->loop);
	s->number = ++t->opened;
	s->timer.due = session_on_timer;
	(void)getrandom(&random, sizeof(random), 0);
	snprintf(s->trace_id, sizeof(s->trace_id), "%c%c%06llx%04x", leg == IFACE_EDGE ? 'e' : 'i',
		 role == STREAM_RECEIVING ? 'r' : 'o', (unsigned long long)s->number & 0xffffff,
		 random & 0xffff);
	s->prev = t->last;
	if (t->last != NULL)
		t->last->next = s;
	else
		t->first = s;
	t->last = s;
	if (leg == IFACE_EDGE)
		t->edge_conns++;
	tally_begin(t->tally, &s->place, leg, role == STREAM_RECEIVING ? TALLY_IN : TALLY_OUT);
	return s;
}

void session_new_stream(struct session *s, bool direct_tls)
{
	struct stream_setup setup = {
	    .role = s->role,
	    .leg = s->leg,
	    .purpose = s->purpose,
	    .ours = s->own_ours,
	    .theirs = s->own_theirs,
	    .gateway = s->dialled,
	    .direct_tls = direct_tls,
	    .trace_id = s->trace_id,
	};

	if (getrandom(setup.entropy, sizeof(setup.entropy), 0) != (ssize_t)sizeof(setup.entropy))
		log_event(LOG_LEVEL_ERROR, "no_randomness", "stream=%s", s->trace_id);
	stream_free(s->stream);
	s->stream = stream_make(&setup, s->table->config->policy, s->opened_us);
	s->dialled = NULL; /* the stream's to keep, over reloads */
	if (s->stream == NULL)
		session_abort(s);
}

struct session *session_accept(struct sessions *t, const struct event *e)
{
	struct session *s = make_session(t, e->accepted.iface, STREAM_RECEIVING);

	s->address = e->accepted.remote;
	s->port = e->accepted.remote_port;
	session_register(s, e->conn);
	session_new_stream(s, false);
	return s;
}

/* Whose row of the tally @domain belongs to. */
static struct partner_id partner_of(const struct sessions *t, const char *domain)
{
	const struct partner *p = policy_partner(t->config->policy, domain);

	return p != NULL ? p->id : (struct partner_id){0};
}

struct session *session_dial(struct sessions *t, uint16_t core, const struct stream_setup *setup,
			     const struct ip_addr *address, uint16_t port)
{
	struct session *s = make_session(t, setup->leg, STREAM_INITIATING);
	struct msg m = {.kind = MSG_DIAL};

	s->core = core;
	s->purpose = setup->purpose;
	s->address = *address;
	s->port = port;
	s->dialled = setup->gateway;
	shared_set(&s->own_ours, setup->ours);
	shared_set(&s->own_theirs, setup->theirs);
	if (setup->gateway != NULL)
		shared_set(&s->gateway, setup->gateway->name);
	if (setup->leg == IFACE_EDGE)
		tally_partner(t->tally, &s->place, partner_of(t, setup->theirs));
	session_new_stream(s, setup->direct_tls);
	m.dial.ref = (uint64_t)(uintptr_t)s; /* lives until the answer, which always comes */
	m.dial.iface = setup->leg;
	m.dial.remote = *address;
	m.dial.remote_port = port;
	orders_give(t->orders, core, &m);
	return s;
}

void session_note_open(const struct session *s)
{
	char address[ADDR_TEXT_MAX];

	if (s->watched == 0)
		return;
	taps_note(s, "%s connection %s %s, port %u", s->leg == IFACE_EDGE ? "edge" : "internal",
		  s->role == STREAM_RECEIVING ? "from" : "to", addr_text(&s->address, address),
		  s->port);
}

void session_register(struct session *s, struct conn_id conn)
{
	s->conn = conn;
	s->core = conn.core;
	s->is_open = true;
	if (conn.slot < s->table->slots)
		s->table->by_slot[conn.core][conn.slot] = s;
	taps_consider(s, NULL);
	session_note_open(s);
}

struct session *session_find(const struct sessions *t, struct conn_id conn)
{
	struct session *s = NULL;

	if (conn.core < orders_cores(t->orders) && conn.slot < t->slots)
		s = t->by_slot[conn.core][conn.slot];
	return s != NULL && conn_id_equal(s->conn, conn) ? s : NULL;
}

static void uncount(struct session *s)
{
	struct sessions *t = s->table;

	if (s->leg == IFACE_EDGE && !s->is_unwanted)
		t->edge_conns--;
	if (s->partner.n != 0)
		t->partner_conns[s->partner.n]--;
	s->partner.n = 0;
}

void session_give_up(struct session *s)
{
	uncount(s);
	tally_end(s->table->tally, &s->place);
	s->is_unwanted = true;
	loop_cancel(s->table->loop, &s->timer);
}

static void forget_texts(struct session *s)
{
	const char **const all[] = {&s->own_ours, &s->own_theirs, &s->header,     &s->local,
				    &s->remote,   &s->gateway,    &s->sentence,   &s->cipher,
				    &s->serial,   &s->card,       &s->tls_version};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		shared_drop(all[i]);
}

void session_forget(struct session *s)
{
	struct sessions *t = s->table;

	if (s->is_open && session_find(t, s->conn) == s)
		t->by_slot[s->conn.core][s->conn.slot] = NULL;
	if (s->prev != NULL)
		s->prev->next = s->next;
	else
		t->first = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	else
		t->last = s->prev;
	if (t->viewed == s)
		t->viewed = NULL;
	uncount(s);
	tally_end(t->tally, &s->place);
	loop_cancel(t->loop, &s->timer);
	handshake_free(s->handshake);
	stream_free(s->stream);
	forget_texts(s);
	free(s);
}

bool session_core_view(const struct session *s, struct conn_view *out)
{
	return s->is_open && core_view(s->table->cores[s->core], s->conn, out);
}

bool session_may_connect(const struct sessions *t, const struct partner *partner)
{
	const struct limits *limits = &t->config->policy->limits;

	if (t->edge_conns > limits->connection_limit)
		return false;
	if (partner == NULL)
		return true;
	return t->partner_conns[partner->id.n] <
	       policy_connection_limit(t->config->policy, partner);
}

bool session_may_dial(const struct sessions *t, const struct partner *partner)
{
	return t->edge_conns < t->config->policy->limits.connection_limit &&
	       session_may_connect(t, partner);
}

void session_count_partner(struct session *s, const struct partner *partner)
{
	if (s->partner.n != 0 || partner == NULL)
		return;
	s->partner = partner->id;
	s->table->partner_conns[partner->id.n]++;
}

/* Of the partner that @from is a domain of, by its own words: anybody may claim to be it. */
static void note_failure(struct session *s, enum drop d, const char *from, const char *text)
{
	const struct partner *p = policy_partner(s->table->config->policy, from);

	if (p != NULL)
		history_failed(s->table->history, p->id, d, s->trace_id, text);
}

/* What failed was a proof of identity: of which mechanism? */
static void count_auth_failure(const struct session *s, enum drop d)
{
	const unsigned int dialback = s->has_tls ? METHOD_DIALBACK_TLS : METHOD_DIALBACK_PLAIN;
	const enum tally_direction way = (enum tally_direction)s->place.direction;

	if (d == DROP_SASL_FAILED)
		tally_auth(s->table->tally, way, METHOD_SASL_EXTERNAL, false);
	else if (d == DROP_DIALBACK_INVALID || d == DROP_DIALBACK_UNREACHABLE ||
		 d == DROP_DIALBACK_REFUSED)
		tally_auth(s->table->tally, way, dialback, false);
}

void session_refused(struct session *s, enum drop d, const char *from, const char *to,
		     const char *text, bool counted_by_core)
{
	struct sessions *t = s->table;
	struct refusal *r = &t->refusals[t->refused++ % REFUSALS_KEPT];

	if (!counted_by_core)
		t->drops[d]++;
	tally_refused(t->tally, s->leg == IFACE_EDGE ? partner_of(t, from) : (struct partner_id){0},
		      &s->place, d);
	count_auth_failure(s, d);
	*r = (struct refusal){.at_unix_s = (uint64_t)time(NULL), .address = s->address, .drop = d};
	snprintf(r->trace_id, sizeof(r->trace_id), "%s", s->trace_id);
	snprintf(r->from, sizeof(r->from), "%s", from);
	snprintf(r->to, sizeof(r->to), "%s", to);
	snprintf(r->text, sizeof(r->text), "%s", text);
	session_log_refused(s, r);
	if (s->leg == IFACE_EDGE)
		note_failure(s, d, from, text);
	if (s->trial != NULL)
		trial_on_refused(s->trial, d, text);
}

bool sessions_refusal(const struct sessions *t, unsigned int index, struct refusal *out)
{
	if (index >= REFUSALS_KEPT || index >= t->refused)
		return false;
	*out = t->refusals[(t->refused - 1 - index) % REFUSALS_KEPT];
	return true;
}

const struct tally *sessions_tally(const struct sessions *t)
{
	return t->tally;
}

uint64_t sessions_drops(const struct sessions *t, enum drop d)
{
	return t->drops[d];
}

static void fill_view(const struct session *s, struct session_view *v)
{
	const struct partner *partner;

	*v = (struct session_view){.conn = s->conn,
				   .leg = s->leg,
				   .role = s->role,
				   .pairs = s->pairs,
				   .address = s->address,
				   .port = s->port,
				   .age_us = loop_now_us(s->table->loop) - s->opened_us};
	v->state = s->is_closing ? "closing" : stream_state_name(stream_state(s->stream));
	v->method = s->method != 0 ? method_name(s->method) : "";
	v->bidi = stream_is_bidi(s->stream);
	v->is_test = s->purpose == STREAM_FOR_TEST;
	v->card = s->card;
	snprintf(v->trace_id, sizeof(v->trace_id), "%s", s->trace_id);
	snprintf(v->local, sizeof(v->local), "%s", s->local);
	snprintf(v->remote, sizeof(v->remote), "%s", s->remote);
	snprintf(v->gateway, sizeof(v->gateway), "%s", s->gateway);
	snprintf(v->stream_id, sizeof(v->stream_id), "%s", stream_id(s->stream));
	snprintf(v->tls_version, sizeof(v->tls_version), "%s", s->tls_version);
	snprintf(v->cipher, sizeof(v->cipher), "%s", s->cipher);
	partner = policy_partner(s->table->config->policy, s->remote);
	if (partner != NULL)
		snprintf(v->partner, sizeof(v->partner), "%s", partner->domain);
}

uint32_t sessions_slots(const struct sessions *t)
{
	return t->slots;
}

bool sessions_look(const struct sessions *t, uint16_t core, uint32_t slot, struct session_load *out)
{
	const struct session *s = slot < t->slots ? t->by_slot[core][slot] : NULL;
	struct conn_view view;

	if (s == NULL || !session_core_view(s, &view))
		return false;
	*out = (struct session_load){s->leg, {s->place.row}, view.queued_bytes};
	return true;
}

bool sessions_next_view(struct sessions *t, uint64_t *cursor, struct session_view *out)
{
	/* Who goes on where the last call ended need not come by all before it again. */
	struct session *s =
	    t->viewed != NULL && t->viewed->number == *cursor ? t->viewed : t->first;

	while (s != NULL && s->number <= *cursor)
		s = s->next;
	if (s == NULL)
		return false;
	t->viewed = s;
	*cursor = s->number;
	fill_view(s, out);
	return true;
}
