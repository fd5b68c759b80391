/* SPDX-License-Identifier: BSD-3-Clause */
/* links.c - which stream may serve a want: one that is there, one more pair on it, or a new one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/blocks.h"
#include "control/link_want.h"
#include "control/log.h"
#include "control/memory.h"

/* A peer that knows no dialback leaves db:result unanswered (ejabberd without its module). */
#define PAIR_ANSWER_US UINT64_C(10000000)
/* How long stanzas wait for a gateway that only dials in by itself. */
#define GATEWAY_COMES_US UINT64_C(30000000)

/* Keys being verified at once, in all and at one domain. Anybody can name a partner as the sender
 * and so make us dial it. */
enum { VERIFIES_MAX = 256, VERIFIES_OF_DOMAIN_MAX = 32 };

struct links *links_make(const struct links_setup *setup)
{
	struct links *l = memory_get(sizeof(*l));

	l->loop = setup->loop;
	l->resolver = setup->resolver;
	l->domains = setup->domains;
	l->orders = setup->orders;
	l->config = setup->config;
	l->gateways = setup->gateways;
	l->serving = link_serving_make();
	return l;
}

void links_free(struct links *l)
{
	if (l == NULL)
		return;
	while (l->first != NULL)
		link_want_forget(l->first);
	link_serving_free(l->serving);
	free(l);
}

void links_use(struct links *l, struct sessions *sessions)
{
	l->sessions = sessions;
}

void links_reload(struct links *l, const struct config *config)
{
	l->config = config;
	for (struct want *w = l->first; w != NULL; w = w->next)
		w->tried = 0; /* they have other numbers now */
	memset(l->backoff, 0,
	       sizeof(l->backoff)); /* what failed may have been mended in the file */
}

static bool is_ready(const struct session *s)
{
	return s->is_established && !s->is_closing;
}

/* The live stream that we opened to a gateway of @local, or that is about to be: whichever gateway
 * it leads to, while that one may take stanzas. */
static struct session *find_reverse_leg(const struct links *l, uint16_t core, const char *local)
{
	for (struct session *s = l->sessions->first; s != NULL; s = s->next)
		if (s->role == STREAM_INITIATING && s->leg == IFACE_INTERNAL && s->core == core &&
		    s->purpose == STREAM_FOR_STANZAS && !s->is_closing && !s->is_unwanted &&
		    strcmp(s->own_theirs, local) == 0 &&
		    gateways_may_take(l->gateways, s->gateway, local))
			return s;
	return NULL;
}

static void deadline_is_over(struct loop_timer *t)
{
	struct want *w = CONTAINER_OF(t, struct want, deadline);

	if (w->kind == WANT_PAIR && w->toward == TOWARD_INTERNAL && !w->separate &&
	    (w->state == WANT_ASKED || w->state == WANT_BEHIND)) {
		loop_at(w->links->loop, &w->deadline, loop_now_us(w->links->loop) + PAIR_ANSWER_US);
		w->why = DROP_STREAM_TIMEOUT;
		link_want_again(w);
		return;
	}
	link_want_failed(w,
			 w->kind == WANT_VERIFY ? DROP_DIALBACK_UNREACHABLE : DROP_STREAM_TIMEOUT);
}

static struct want *make_want(struct links *l, enum want_kind kind, enum toward toward,
			      uint16_t core, uint64_t patience_us)
{
	struct want *w = memory_get(sizeof(*w));

	w->links = l;
	w->kind = kind;
	w->toward = toward;
	w->core = core;
	w->askers = (uint16_t)BIT(core);
	w->why = DROP_DIAL_FAILED;
	w->dialled = SHARED_EMPTY;
	w->deadline.due = deadline_is_over;
	w->next = l->first;
	if (l->first != NULL)
		l->first->prev = w;
	l->first = w;
	loop_at(l->loop, &w->deadline, loop_now_us(l->loop) + patience_us);
	return w;
}

static struct block *find_block(const struct links *l, const char *remote)
{
	const struct policy *p = l->config->policy;

	return p->blocks != NULL ? blocks_find_domain(p->blocks, p, remote, loop_now_us(l->loop))
				 : NULL;
}

enum links_outlook links_outlook(const struct links *l, const char *remote)
{
	const struct partner *partner = policy_partner(l->config->policy, remote);
	const struct domain_id id = domains_id(l->domains, remote);

	if (partner == NULL)
		return LINKS_NOT_ALLOWED;
	if (find_block(l, remote) != NULL)
		return LINKS_BLOCKED;
	if (!session_may_dial(l->sessions, partner))
		return LINKS_LIMIT;
	return id.n < DOMAINS_MAX && backoff_is_on(&l->backoff[id.n], loop_now_us(l->loop))
		   ? LINKS_BACKOFF
		   : LINKS_DIAL;
}

static void want_edge(struct want *w)
{
	switch (links_outlook(w->links, w->remote)) {
	case LINKS_NOT_ALLOWED:
		link_want_failed(w, DROP_STREAM_NOT_ALLOWED);
		break;
	case LINKS_BLOCKED:
		(void)blocks_refuse(find_block(w->links, w->remote));
		link_want_failed(w, DROP_STREAM_BLOCKED);
		break;
	case LINKS_LIMIT:
		link_want_failed(w, DROP_STREAM_LIMIT);
		break;
	case LINKS_BACKOFF:
		link_want_refused_by_backoff(w);
		break;
	case LINKS_DIAL:
		link_want_resolve(w);
		break;
	}
}

static void want_internal(struct want *w)
{
	struct links *l = w->links;
	const struct gateway *gateway = gateways_choose(l->gateways, w->local, 0);
	struct session *s;

	if (gateway == NULL && policy_gateway_for(l->config->policy, w->local) != NULL) {
		link_want_failed(w, DROP_GATEWAY_MAINT);
		return;
	}
	if (gateway == NULL || gateway->dial == GATEWAY_DIAL_NONE) {
		if (l->sessions->drain >= DRAIN_GATEWAYS) { /* it would not be let in */
			link_want_failed(w, DROP_STREAM_DRAINING);
			return;
		}
		w->state = WANT_WAITING;
		loop_at(l->loop, &w->deadline, loop_now_us(l->loop) + GATEWAY_COMES_US);
		return;
	}
	s = find_reverse_leg(l, w->core, w->local);
	if (s == NULL) {
		link_want_dial_gateway(w, gateway);
		return;
	}
	loop_at(l->loop, &w->deadline, loop_now_us(l->loop) + PAIR_ANSWER_US);
	if (!is_ready(s)) {
		w->state = WANT_BEHIND;
		w->session = s;
	} else if (!link_want_ask(w, s)) {
		w->separate = true;
		link_want_dial_gateway(w, gateway);
	}
}

/* The one that @core may wait for too: to the edge the pair's only one, to the inside its own. */
static struct want *find_wanted(const struct links *l, uint16_t core, struct pair pair,
				enum toward toward)
{
	for (struct want *w = l->first; w != NULL; w = w->next)
		if (w->kind == WANT_PAIR && w->toward == toward &&
		    (toward == TOWARD_EDGE || w->core == core) &&
		    domain_equal(w->pair.local, pair.local) &&
		    domain_equal(w->pair.remote, pair.remote))
			return w;
	return NULL;
}

/* Numbers are given to domains one by one, so this spreads them evenly. */
static uint16_t owner_of(const struct links *l, struct domain_id remote)
{
	return (uint16_t)(remote.n % orders_cores(l->orders));
}

/* The stream of another core by which @core may go, or NULL. */
static struct session *find_elsewhere(const struct links *l, uint16_t core, const struct event *e)
{
	const struct gateway *gateway;

	if (e->link.toward == TOWARD_INTERNAL) {
		gateway =
		    gateways_choose(l->gateways, domains_name(l->domains, e->link.pair.local), 0);
		if (gateway != NULL && gateway->dial != GATEWAY_DIAL_NONE)
			return NULL;
	}
	return link_serving_elsewhere(l->serving, core, e->link.pair, e->link.toward,
				      e->link.lost_by);
}

/* While the relay drains: to the edge only what had been begun on a stream that was lost gets
 * another one, and that while there is time; to the inside whatever is still on its way. */
static bool is_shut(const struct links *l, const struct event *e)
{
	const enum drain_phase phase = l->sessions->drain;

	if (e->link.toward == TOWARD_INTERNAL)
		return phase >= DRAIN_LEGS;
	return phase >= DRAIN_CUT || (phase == DRAIN_PARTNERS && !e->link.is_begun);
}

void links_wanted(struct links *l, uint16_t core, const struct event *e)
{
	const struct pair pair = e->link.pair;
	const enum toward toward = e->link.toward;
	struct want *w = find_wanted(l, core, pair, toward);
	const struct session *elsewhere;

	if (w != NULL) { /* asked again, or by another core: the one answer will do for all */
		w->askers |= (uint16_t)BIT(core);
		return;
	}
	elsewhere = find_elsewhere(l, core, e);
	w = make_want(l, WANT_PAIR, toward, core, link_want_patience_us(l));
	w->lost_by = e->link.lost_by;
	w->pair = pair;
	if (toward == TOWARD_EDGE)
		w->core = owner_of(l, pair.remote);
	snprintf(w->local, sizeof(w->local), "%s", domains_name(l->domains, pair.local));
	snprintf(w->remote, sizeof(w->remote), "%s", domains_name(l->domains, pair.remote));
	if (elsewhere != NULL)
		link_want_served(w, elsewhere->core);
	else if (is_shut(l, e))
		link_want_failed(w, DROP_STREAM_DRAINING);
	else if (toward == TOWARD_EDGE)
		want_edge(w);
	else
		want_internal(w);
}

static bool may_verify(const struct links *l, const struct want *of)
{
	unsigned int all = 0, same = 0;

	for (const struct want *w = l->first; w != NULL; w = w->next) {
		if (w->kind != WANT_VERIFY || w == of)
			continue;
		all++;
		if (domain_equal(w->pair.remote, of->pair.remote))
			same++;
	}
	return all < VERIFIES_MAX && same < VERIFIES_OF_DOMAIN_MAX;
}

void links_verify(struct links *l, struct session *asker, const struct stream_news *news)
{
	struct want *w =
	    make_want(l, WANT_VERIFY, TOWARD_EDGE, asker->core, link_want_patience_us(l) / 2);

	w->asker = asker;
	w->pair.local = domains_id(l->domains, news->ours);
	w->pair.remote = domains_id(l->domains, news->theirs);
	snprintf(w->local, sizeof(w->local), "%s", news->ours);
	snprintf(w->remote, sizeof(w->remote), "%s", news->theirs);
	snprintf(w->id, sizeof(w->id), "%s", news->id);
	snprintf(w->key, sizeof(w->key), "%s", news->key);
	/* On a stream of its own: ejabberd leaves db:verify on an authenticated one unanswered. */
	if (may_verify(l, w))
		link_want_resolve(w);
	else
		link_want_failed(w, DROP_STREAM_LIMIT);
}

/*
 * What follows acts on wants one at a time and looks for the next from the start: acting on one
 * lets other streams speak, which may serve or end any other want.
 */

/* Any core's to the edge; to the inside this core's, and those who can but wait for the gateway. */
static struct want *find_served(const struct links *l, const struct session *s,
				const struct stream_news *news)
{
	const bool is_edge = s->leg == IFACE_EDGE;

	for (struct want *w = l->first; w != NULL; w = w->next)
		if (w->kind == WANT_PAIR && (w->toward == TOWARD_EDGE) == is_edge &&
		    (is_edge || w->core == s->core || w->state == WANT_WAITING) &&
		    strcmp(w->local, news->local) == 0 && strcmp(w->remote, news->remote) == 0)
			return w;
	return NULL;
}

void links_on_dialed(struct links *l, struct session *s)
{
	for (struct want *w = l->first; w != NULL; w = w->next)
		if (link_race_has(w, s)) {
			link_race_won(w, s);
			return;
		}
}

void links_on_authorised(struct links *l, struct session *s, const struct stream_news *news)
{
	struct want *w;
	struct pair pair;

	if ((news->bits & GRANT_TO_PEER) == 0)
		return;
	pair.local = domains_id(l->domains, news->local);
	pair.remote = domains_id(l->domains, news->remote);
	/* Who asks is another core than the one that has it. */
	if (orders_cores(l->orders) > 1)
		link_serving_add(l->serving, s, pair,
				 s->leg == IFACE_EDGE ? TOWARD_EDGE : TOWARD_INTERNAL);
	while ((w = find_served(l, s, news)) != NULL)
		link_want_served(w, s->core);
}

static struct want *find_on(const struct links *l, const struct session *s, enum want_state state)
{
	for (struct want *w = l->first; w != NULL; w = w->next)
		if (w->session == s && w->state == state)
			return w;
	return NULL;
}

void links_on_established(struct links *l, struct session *s)
{
	struct want *w;

	while ((w = find_on(l, s, WANT_BEHIND)) != NULL)
		if (!link_want_ask(w, s))
			link_want_again(w);
}

static struct want *find_pair(const struct links *l, const struct session *s,
			      const struct stream_news *news)
{
	for (struct want *w = l->first; w != NULL; w = w->next)
		if (w->kind == WANT_PAIR && w->session == s && strcmp(w->local, news->local) == 0 &&
		    strcmp(w->remote, news->remote) == 0)
			return w;
	return NULL;
}

void links_on_pair_failed(struct links *l, struct session *s, const struct stream_news *news)
{
	struct want *w;

	while ((w = find_pair(l, s, news)) != NULL) {
		w->why = news->drop;
		if (w->state == WANT_ASKED && w->toward == TOWARD_INTERNAL && !w->separate)
			link_want_again(w);
		else
			link_want_failed(w, news->drop);
	}
}

static struct want *find_verify(const struct links *l, const struct session *s,
				const struct stream_news *news)
{
	for (struct want *w = l->first; w != NULL; w = w->next)
		if (w->kind == WANT_VERIFY && w->session == s && strcmp(w->id, news->id) == 0 &&
		    strcmp(w->local, news->ours) == 0 && strcmp(w->remote, news->theirs) == 0)
			return w;
	return NULL;
}

void links_on_verified(struct links *l, struct session *s, const struct stream_news *news)
{
	struct want *w = find_verify(l, s, news);

	if (w != NULL) {
		struct session *asker = w->asker;

		link_want_done(w);
		stream_verified(asker->stream, news->ours, news->theirs, news->id, news->result,
				"remote-server-timeout", loop_now_us(l->loop));
		session_obey(asker);
	}
	if (s->purpose == STREAM_FOR_VERIFY)
		session_end(s);
}

/* May another address of the same domain do better? Not when the first one has answered and
 * refused. */
static bool may_try_next(const struct want *w, enum drop why)
{
	return w->toward == TOWARD_EDGE && w->state == WANT_DIALLING &&
	       w->target_next < w->target_count &&
	       (why == DROP_DIAL_FAILED || why == DROP_TLS_HANDSHAKE);
}

static void lost_stream(struct want *w, struct session *s, enum drop why)
{
	const bool is_racing = link_race_has(w, s);

	w->session = NULL;
	w->why = why != DROP_COUNT ? why : DROP_STREAM_CLOSED_EARLY;
	if (is_racing)
		link_race_lost(w, s);
	if (is_racing || may_try_next(w, w->why))
		link_want_dial_next(w);
	else if (w->state == WANT_BEHIND || w->state == WANT_ASKED)
		link_want_again(w);
	else
		link_want_failed(w, w->why);
}

static struct want *find_leaning_on(const struct links *l, const struct session *s)
{
	for (struct want *w = l->first; w != NULL; w = w->next)
		if (w->session == s || link_race_has(w, s) ||
		    (w->kind == WANT_VERIFY && w->asker == s))
			return w;
	return NULL;
}

void links_on_closed(struct links *l, struct session *s, enum drop why)
{
	struct want *w;

	link_serving_remove(l->serving, s);
	/* Before the wants behind it look for another way. */
	if (s->leg == IFACE_INTERNAL && s->role == STREAM_INITIATING && !s->is_established &&
	    why != DROP_STREAM_DRAINING && why != DROP_GATEWAY_MAINT)
		gateways_failed(l->gateways, s->gateway,
				why != DROP_COUNT ? why : DROP_STREAM_CLOSED_EARLY);
	while ((w = find_leaning_on(l, s)) != NULL)
		if (w->kind == WANT_VERIFY && w->asker == s)
			link_want_forget(w);
		else
			lost_stream(w, s, why);
}

void links_give_up(struct links *l, enum toward toward, bool waiting_only)
{
	struct want *w = l->first;

	while (w != NULL)
		if (w->kind == WANT_PAIR && w->toward == toward &&
		    (!waiting_only || w->state == WANT_WAITING)) {
			link_want_failed(w, DROP_STREAM_DRAINING);
			w = l->first;
		} else {
			w = w->next;
		}
}

uint32_t links_wanted_to_edge(const struct links *l)
{
	uint32_t n = 0;

	for (const struct want *w = l->first; w != NULL; w = w->next)
		n += w->kind == WANT_PAIR && w->toward == TOWARD_EDGE;
	return n;
}

bool links_expect(const struct links *l, const char *remote)
{
	for (const struct want *w = l->first; w != NULL; w = w->next)
		if (w->toward == TOWARD_EDGE && strcmp(w->remote, remote) == 0)
			return true;
	return false;
}
