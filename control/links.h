/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * links.h - the authenticated ways to other domains: when to dial, whom, how often again, and which
 * stream to ask for one more pair.
 *
 * To the edge: one stream a pair, by the domain's SRV or ProxyFqdn, with back-off and the two
 * connection limits. To the inside: the reverse leg of the gateway that serves the local domain;
 * its first pair by EXTERNAL, each further partner by dialback on the same stream. Pairs that a
 * bidi stream serves never ask for a link. Also finds or opens the stream on which a db:verify is
 * asked.
 *
 * Runs on  control.
 */
#ifndef CONTROL_LINKS_H
#define CONTROL_LINKS_H

#include "control/config.h"
#include "control/domains.h"
#include "control/loop.h"
#include "control/orders.h"
#include "control/resolver.h"
#include "control/stream.h"

struct links;
struct session; /* session_state.h; a link holds on to one only while it lives */
struct sessions;

struct links_setup {
	struct loop *loop;
	struct resolver *resolver;
	struct domains *domains;
	struct orders *orders;
	const struct config *config;
	struct gateways *gateways; /* borrowed, as all of these */
};

/* Never NULL. */
struct links *links_make(const struct links_setup *setup);
void links_free(struct links *l);
/* The two know each other: once, before the first event. */
void links_use(struct links *l, struct sessions *sessions);

/*
 * EVENT_LINK_WANTED, from core @core. Ends in a grant for the pair on that core, in MSG_LINK_VIA or
 * in MSG_LINK_FAILED. To the edge a pair is dialled on the core that owns the remote domain,
 * whoever asks; to the inside each core has its own streams, but where a gateway is not dialled
 * they go by the one it has opened.
 */
void links_wanted(struct links *l, uint16_t core, const struct event *e);

/* STREAM_NEWS_VERIFY of @asker: ends in stream_verified() on it, unless it dies first. */
void links_verify(struct links *l, struct session *asker, const struct stream_news *news);

/* What session*.c tells of every session: a pair authorised or refused on it, an answer to
 * db:verify, its end (@why DROP_COUNT: an ordinary one). */
/* The dial of @s has succeeded. */
void links_on_dialed(struct links *l, struct session *s);
void links_on_authorised(struct links *l, struct session *s, const struct stream_news *news);
void links_on_established(struct links *l, struct session *s);
void links_on_pair_failed(struct links *l, struct session *s, const struct stream_news *news);
void links_on_verified(struct links *l, struct session *s, const struct stream_news *news);
void links_on_closed(struct links *l, struct session *s, enum drop why);

/* A drain (drain.h): wishes for streams to that side end, @waiting_only: those that nobody is asked
 * for. What is parked bounces. */
void links_give_up(struct links *l, enum toward toward, bool waiting_only);
/* How many wish for a stream with a partner that is to carry stanzas. */
uint32_t links_wanted_to_edge(const struct links *l);
/* Is @remote being dialled, or is a key of its being verified? It may have to dial back. */
bool links_expect(const struct links *l, const char *remote);
/* A key of a partner's that is being verified, as an operator is shown it. */
struct links_verification {
	const char *local, *remote, *stream; /* stream: trace id of who asks; borrowed */
	const char *state;                   /* "resolving", "dialling", "asked" */
	uint64_t left_us;                    /* until it is given up */
};
MUST_USE bool links_verification(const struct links *l, size_t index,
				 struct links_verification *out);
/* What a pair without a stream comes to on the edge. */
enum links_outlook {
	LINKS_DIAL,        /* its servers are looked up and dialled */
	LINKS_NOT_ALLOWED, /* no partner's */
	LINKS_BLOCKED,     /* by an operator */
	LINKS_LIMIT,       /* a connection limit is reached */
	LINKS_BACKOFF,     /* left alone for a while, see links_backoff() */
};
enum links_outlook links_outlook(const struct links *l, const char *remote);
/* How a remote domain's dials went. */
struct links_backoff {
	uint32_t failures; /* one after the other */
	uint64_t left_us;  /* not dialled for so long; 0: it may be */
	enum drop why;     /* the last failure */
};
/* False: none has failed since one went well. */
MUST_USE bool links_backoff(const struct links *l, const char *remote, struct links_backoff *out);

void links_reload(struct links *l, const struct config *config);

#endif
