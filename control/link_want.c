/* SPDX-License-Identifier: BSD-3-Clause */
/* link_want.c - resolving, dialling and asking for one want, and how it ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "control/link_condition.h"
#include "control/link_want.h"
#include "control/log.h"

/* A gateway that does not answer is left for another one, if there is one. */
#define GATEWAY_ANSWERS_US UINT64_C(5000000)

uint64_t link_want_patience_us(const struct links *l)
{
	return (uint64_t)l->config->policy->limits.establishment_timeout_s * 1000000;
}

enum { STREAM_FIELD_ROOM = 32 };

struct session *link_want_dial(struct want *w, const struct stream_setup *setup,
			       const struct ip_addr *address, uint16_t port)
{
	struct session *s = session_dial(w->links->sessions, w->core, setup, address, port);
	char text[ADDR_TEXT_MAX], from[DOMAIN_TEXT_MAX + 3], to[DOMAIN_TEXT_MAX + 3];

	w->state = WANT_DIALLING;
	/* A race ends in one connection, so its first dial alone counts. A db:verify is dialled
	 * because somebody names the partner, who need not be it: strangers must not fill its
	 * limit. */
	if (setup->leg == IFACE_EDGE && w->kind == WANT_PAIR && w->race.count == 0)
		session_count_partner(s, policy_partner(w->links->config->policy, w->remote));
	log_event(LOG_LEVEL_INFO, "dial", "stream=%s from=%s to=%s ip=%s port=%u", s->trace_id,
		  log_quote(setup->ours, from, sizeof(from)),
		  log_quote(setup->theirs, to, sizeof(to)), addr_text(address, text), port);
	if (w->kind != WANT_VERIFY || stream_verify(s->stream, w->local, w->remote, w->id, w->key,
						    loop_now_us(w->links->loop)))
		return s;
	session_give_up(s);
	link_want_failed(w, DROP_DIALBACK_UNREACHABLE);
	return NULL;
}

void link_want_dial_next(struct want *w)
{
	w->session = NULL;
	if (!link_race_join(w))
		link_want_failed(w, w->why);
}

/* Another one to dial, or NULL. */
static const struct gateway *next_gateway(const struct want *w)
{
	const struct gateway *g = gateways_choose(w->links->gateways, w->local, w->tried);

	return g != NULL && g->dial != GATEWAY_DIAL_NONE ? g : NULL;
}

void link_want_dial_gateway(struct want *w, const struct gateway *gateway)
{
	const struct stream_setup setup = {.role = STREAM_INITIATING,
					   .leg = IFACE_INTERNAL,
					   .purpose = STREAM_FOR_STANZAS,
					   .ours = w->remote,
					   .theirs = w->local,
					   .gateway = gateway,
					   .direct_tls = gateway->dial == GATEWAY_DIAL_DIRECT_TLS};

	struct links *l = w->links;

	w->target_count = w->target_next = 0; /* one address */
	w->tried |= gateways_bit(l->gateways, gateway);
	shared_set(&w->dialled, gateway->name);
	if (next_gateway(w) != NULL && link_want_patience_us(l) > GATEWAY_ANSWERS_US)
		loop_at(l->loop, &w->deadline, loop_now_us(l->loop) + GATEWAY_ANSWERS_US);
	w->session = link_want_dial(w, &setup, &gateway->address, gateway->port);
}

/* "stream=ID " of the stream that waits for a verification; "" of a pair's want. */
static const char *asked_by(const struct want *w, char out[STREAM_FIELD_ROOM])
{
	out[0] = '\0';
	if (w->kind == WANT_VERIFY && w->asker != NULL)
		(void)snprintf(out, STREAM_FIELD_ROOM, "stream=%s ", w->asker->trace_id);
	return out;
}

static bool has_room(const struct want *w)
{
	const struct links *l = w->links;
	const struct partner *partner = policy_partner(l->config->policy, w->remote);

	return w->kind != WANT_PAIR || partner == NULL || session_may_dial(l->sessions, partner);
}

static void note_dns_failure(const struct want *w)
{
	const struct partner *p = policy_partner(w->links->config->policy, w->remote);

	if (p != NULL && w->kind == WANT_PAIR)
		history_failed(w->links->sessions->history, p->id, DROP_DNS_FAILED, "", "");
}

static void resolved(void *user, enum resolver_result result, const struct resolver_target *targets,
		     size_t count)
{
	struct want *w = user;
	char domain[DOMAIN_TEXT_MAX + 3], stream[STREAM_FIELD_ROOM];

	w->query = NULL;
	if (result != RESOLVER_FOUND) {
		w->links->sessions->drops[DROP_DNS_FAILED]++;
		log_event(LOG_LEVEL_NOTICE, "dns_failed", "%sdomain=%s result=%s",
			  asked_by(w, stream), log_quote(w->remote, domain, sizeof(domain)),
			  result == RESOLVER_REFUSED     ? "service-refused"
			  : result == RESOLVER_NOT_FOUND ? "not-found"
							 : "no-answer");
		note_dns_failure(w);
		link_want_failed(w, DROP_DNS_FAILED);
		return;
	}
	memcpy(w->target, targets, count * sizeof(*targets));
	w->target_count = count;
	w->target_next = 0;
	w->why = DROP_DIAL_FAILED;
	/* Asked before, but others may have dialled while DNS was. */
	if (!has_room(w))
		link_want_failed(w, DROP_STREAM_LIMIT);
	else
		link_want_dial_next(w);
}

void link_want_resolve(struct want *w)
{
	const struct partner *partner = policy_partner(w->links->config->policy, w->remote);

	w->state = WANT_RESOLVING;
	w->query = partner != NULL && partner->proxy_fqdn != NULL
		       ? resolver_host(w->links->resolver, partner->proxy_fqdn, partner->proxy_port,
				       resolved, w)
		       : resolver_domain(w->links->resolver, w->remote, resolved, w);
}

bool link_want_ask(struct want *w, struct session *s)
{
	const uint64_t now_us = loop_now_us(w->links->loop);
	/* Wants that share a stream are those of the reverse leg: ours are the partners there. */
	if (!stream_add_pair(s->stream, w->remote, w->local, now_us))
		return false;
	w->state = WANT_ASKED;
	w->session = s;
	session_obey(s); /* may end the want */
	return true;
}

void link_want_forget(struct want *w)
{
	if (w->prev != NULL)
		w->prev->next = w->next;
	else
		w->links->first = w->next;
	if (w->next != NULL)
		w->next->prev = w->prev;
	loop_cancel(w->links->loop, &w->deadline);
	link_race_end(w);
	if (w->query != NULL)
		resolver_cancel(w->query);
	shared_drop(&w->dialled);
	free(w);
}

/* Strangers ask for keys to be verified as often as they like: how that goes says nothing of when
 * stanzas may try again. */
static bool moves_backoff(const struct want *w)
{
	return w->kind == WANT_PAIR && w->toward == TOWARD_EDGE && w->pair.remote.n < DOMAINS_MAX;
}

void link_want_done(struct want *w)
{
	if (moves_backoff(w))
		backoff_clear(&w->links->backoff[w->pair.remote.n]);
	link_want_forget(w);
}

static void give_via(const struct want *w, uint16_t core)
{
	struct msg m = {.kind = MSG_LINK_VIA};

	m.link_via.pair = w->pair;
	m.link_via.toward = w->toward;
	m.link_via.core = core;
	for (uint16_t i = 0; i < orders_cores(w->links->orders); i++)
		if (i != core && (w->askers & BIT(i)) != 0)
			orders_give(w->links->orders, i, &m);
}

void link_want_served(struct want *w, uint16_t core)
{
	give_via(w, core);
	link_want_done(w);
}

static void tell_asker(const struct want *w, enum drop why)
{
	const char *condition = why == DROP_DNS_FAILED     ? "remote-server-not-found"
				: why == DROP_DIAL_FAILED  ? "remote-connection-failed"
				: why == DROP_STREAM_LIMIT ? "resource-constraint"
							   : "remote-server-timeout";
	struct session *asker = w->asker;

	stream_verified(asker->stream, w->local, w->remote, w->id, VERIFY_ERROR, condition,
			loop_now_us(w->links->loop));
}

static bool is_own_choice(enum drop why)
{
	return why == DROP_STREAM_NOT_ALLOWED || why == DROP_STREAM_LIMIT ||
	       why == DROP_STREAM_BLOCKED || why == DROP_STREAM_KICKED ||
	       why == DROP_STREAM_DRAINING || why == DROP_GATEWAY_MAINT;
}

static void fail(struct want *w, enum drop why)
{
	struct links *l = w->links;
	struct session *asker = w->kind == WANT_VERIFY ? w->asker : NULL;
	struct msg m = {.kind = MSG_LINK_FAILED};
	char local[DOMAIN_TEXT_MAX + 3], remote[DOMAIN_TEXT_MAX + 3], stream[STREAM_FIELD_ROOM];

	if (is_own_choice(why) && why != DROP_STREAM_NOT_ALLOWED && why != DROP_STREAM_KICKED)
		l->sessions->drops[why]++;
	log_event(LOG_LEVEL_NOTICE, "link_failed",
		  "%slocal=%s remote=%s toward=%s purpose=%s reason=%s", asked_by(w, stream),
		  log_quote(w->local, local, sizeof(local)),
		  log_quote(w->remote, remote, sizeof(remote)),
		  w->toward == TOWARD_EDGE ? "edge" : "internal",
		  asker != NULL ? "verify" : "stanzas", drop_name(why));
	if (asker != NULL) {
		tell_asker(w, why);
		link_want_forget(w);
		session_obey(asker);
		return;
	}
	m.link_failed.pair = w->pair;
	m.link_failed.toward = w->toward;
	m.link_failed.condition = link_condition(why);
	for (uint16_t i = 0; i < orders_cores(l->orders); i++)
		if ((w->askers & BIT(i)) != 0)
			orders_give(l->orders, i, &m);
	link_want_forget(w);
}

/* A gateway was dialled in vain: the next that serves the domain, if there is one. */
static bool is_passed_on(struct want *w, enum drop why)
{
	struct links *l = w->links;
	const struct gateway *next;
	char before[64];

	if (w->dialled[0] == '\0' || w->kind != WANT_PAIR || why == DROP_STREAM_DRAINING)
		return false;
	if (why != DROP_GATEWAY_MAINT)
		gateways_failed(l->gateways, w->dialled, why);
	next = next_gateway(w);
	if (next == NULL)
		return false;
	gateways_passed_over(l->gateways, w->dialled);
	(void)snprintf(before, sizeof(before), "%s", w->dialled);
	log_event(LOG_LEVEL_WARNING, "gateway_failover", "local=%s from=%s to=%s reason=%s",
		  w->local, before, next->name, drop_name(why));
	w->separate = false;
	loop_at(l->loop, &w->deadline, loop_now_us(l->loop) + link_want_patience_us(l));
	link_want_dial_gateway(w, next);
	return true;
}

void link_want_failed(struct want *w, enum drop why)
{
	struct links *l = w->links;
	struct session *elsewhere = NULL;
	uint32_t random = 0;

	if (is_passed_on(w, why))
		return;
	/* Where a core gets no stream of its own to a gateway, another core's may do. */
	if (w->kind == WANT_PAIR && w->toward == TOWARD_INTERNAL)
		elsewhere =
		    link_serving_elsewhere(l->serving, w->core, w->pair, w->toward, w->lost_by);
	if (elsewhere != NULL) {
		link_want_served(w, elsewhere->core);
		return;
	}
	if (moves_backoff(w) && !is_own_choice(why)) {
		(void)getrandom(&random, sizeof(random), 0);
		backoff_failed(&l->backoff[w->pair.remote.n], why, loop_now_us(l->loop), random);
	}
	fail(w, why);
}

void link_want_refused_by_backoff(struct want *w)
{
	fail(w, w->links->backoff[w->pair.remote.n].why);
}

void link_want_again(struct want *w)
{
	const struct gateway *gateway;

	if (w->separate) {
		link_want_failed(w, w->why);
	} else if (w->toward == TOWARD_EDGE) {
		w->separate = true;
		link_want_resolve(w);
	} else {
		gateway = gateways_choose(w->links->gateways, w->local, 0);
		w->separate = true;
		if (gateway == NULL || gateway->dial == GATEWAY_DIAL_NONE)
			link_want_failed(w, w->why);
		else
			link_want_dial_gateway(w, gateway);
	}
}
