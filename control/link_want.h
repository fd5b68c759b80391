/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * link_want.h - one need of a stream, from the moment it is felt until a stream serves it or
 * nothing can: stanzas of a pair are parked on a core, or a dialback key waits to be verified.
 *
 * Runs on  control; links.c decides, link_want.c carries out.
 */
#ifndef CONTROL_LINK_WANT_H
#define CONTROL_LINK_WANT_H

#include "control/backoff.h"
#include "control/gateways.h"
#include "control/link_race.h"
#include "control/link_serving.h"
#include "control/session_state.h"

enum want_kind { WANT_PAIR, WANT_VERIFY };

enum want_state {
	WANT_RESOLVING, /* the domain's servers are looked up */
	WANT_DIALLING,  /* dials race, or `session` won and negotiates */
	WANT_ASKED,     /* `session` was asked: db:result or db:verify is on its way */
	WANT_BEHIND,    /* `session` still negotiates its own first pair; then it will be asked */
	WANT_WAITING,   /* nobody to dial: a gateway may come by itself */
};

struct want {
	struct want *next, *prev;
	struct links *links;
	enum want_kind kind;
	enum want_state state;
	enum toward toward;
	uint16_t core;    /* the stream it is to get lives there */
	uint16_t askers;  /* a bit each core that waits for it */
	uint16_t lost_by; /* as in struct event */
	struct pair pair;
	char local[DOMAIN_TEXT_MAX + 1], remote[DOMAIN_TEXT_MAX + 1];

	/* WANT_VERIFY */
	struct session *asker;
	char id[64], key[256];

	struct resolver_query *query;
	struct resolver_target target[RESOLVER_TARGETS_MAX];
	size_t target_count, target_next;
	struct link_race race; /* of dials; `session` is NULL meanwhile */
	struct session *session;
	uint64_t tried;      /* gateways that have been dialled for it: gateways_bit() */
	const char *dialled; /* the last of them, shared.h */
	bool separate;       /* a stream of its own: the shared one would not take the pair */
	enum drop why;       /* the last failure */
	struct loop_timer deadline;
};

struct links {
	struct loop *loop;
	struct resolver *resolver;
	struct domains *domains;
	struct orders *orders;
	const struct config *config;
	struct gateways *gateways;
	struct sessions *sessions;
	struct want *first;
	struct serving *serving;
	struct backoff backoff[DOMAINS_MAX]; /* by domain_id of the remote domain */
};

/* Looks up @domain's servers, or those of its partner record's ProxyFqdn, then dials them in turn.
 */
void link_want_resolve(struct want *w);
/* The next target, or the end of the want. */
void link_want_dial_next(struct want *w);
/* Dials @setup's stream for the want. */
struct session *link_want_dial(struct want *w, const struct stream_setup *setup,
			       const struct ip_addr *address, uint16_t port);
/* The reverse leg: the gateway's own address. While another could take its place it has 5 s. */
void link_want_dial_gateway(struct want *w, const struct gateway *gateway);
/* One more pair on @s, an established reverse leg, by db:result. False when that stream cannot. */
bool link_want_ask(struct want *w, struct session *s);
/* The stream it leant on is gone: a stream of its own, once; then it fails. */
void link_want_again(struct want *w);
/* The domain is left alone for a while: fails for the reason of last time, and the wait does not
 * grow. */
void link_want_refused_by_backoff(struct want *w);
/* The key is verified. */
void link_want_done(struct want *w);
/* A stream on @core takes the pair: the other cores that asked go by it. */
void link_want_served(struct want *w, uint16_t core);
/* Not to be served: parked stanzas bounce, or the asker hears that. */
void link_want_failed(struct want *w, enum drop why);
/* How long a want may take, where nothing says otherwise. */
uint64_t link_want_patience_us(const struct links *l);
/* Unlinks and frees, telling nobody. */
void link_want_forget(struct want *w);

#endif
