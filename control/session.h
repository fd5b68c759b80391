/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * session.h - every live connection as control knows it: its stream machine, its handshake, its
 * establishment timer, what it is authorised for. Takes the cores' events, obeys the streams' news,
 * gives orders.
 *
 * Runs on  control.
 * Owns     one struct session a connection, from EVENT_ACCEPTED or the dial until EVENT_CLOSED.
 */
#ifndef CONTROL_SESSION_H
#define CONTROL_SESSION_H

#include "control/config.h"
#include "control/history.h"
#include "control/loop.h"
#include "control/stream.h"
#include "control/tls_ctx.h"
#include "dataplane/core/core.h"

struct sessions;
struct links;
struct domains;
struct orders;
struct blocks_prefix;
struct gateways;
struct tally;

struct sessions_setup {
	struct loop *loop;
	struct orders *orders;
	struct domains *domains; /* names to domain_id, domains.h */
	struct links *links; /* told of every AUTHORISED, PAIR_FAILED, VERIFY, VERIFIED and end of a
				session; links.h */
	struct core *const *cores; /* borrowed; for what only they know of a connection */
	const struct config *config;
	struct gateways *gateways; /* borrowed */
	struct tls_ctx *tls[IFACE_COUNT];
};

/* Never NULL. */
MUST_USE struct sessions *sessions_make(const struct sessions_setup *setup);
void sessions_free(struct sessions *s);

/* One event of a core. Frees event->bytes. */
void sessions_on_event(struct sessions *s, struct event *e);

enum { SESSIONS_CLOSED_SHOWN = 200, SESSIONS_CLOSE_SPREAD_S = 10 };

/* Streams that end on somebody's word: with a stream error. Up to 32 at once, more one after the
 * other, over SESSIONS_CLOSE_SPREAD_S. */
struct sessions_closed {
	unsigned int count, spread_s;
	char ids[SESSIONS_CLOSED_SHOWN][16]; /* of the first */
};

/* A reload: new handshakes use @tls, streams decide by @config's policy; streams whose own entry
 * became stricter are closed. */
void sessions_reload(struct sessions *s, const struct config *config,
		     struct tls_ctx *const tls[IFACE_COUNT], struct sessions_closed *closed);
/* Live streams that have been shown a certificate that is not shown any more. */
unsigned int sessions_on_old_certificate(const struct sessions *s);

/* One of: a stream's id; a domain, meaning every edge stream with its partner record or, where it
 * has none, itself; addresses. */
struct sessions_filter {
	const char *trace_id, *domain;
	const struct blocks_prefix *prefix;
};
/* Closes with <policy-violation/> and @text; @why is how it is counted. */
void sessions_close_chosen(struct sessions *s, const struct sessions_filter *f, enum drop why,
			   const char *text, struct sessions_closed *out);

/* Who watches them. Borrowed. */
struct taps *sessions_taps(struct sessions *s);
/* New handshakes of that leg use @tls. */
void sessions_use_tls(struct sessions *s, enum iface leg, struct tls_ctx *tls);

/* The operator has ordered something else of gateway @name (gateways.h): its streams end that are
 * not to be any more. Returns how many. */
unsigned int sessions_heed_gateway(struct sessions *s, const char *name);

/* Of the configuration's gateways, how many have an established stream. */
unsigned int sessions_gateways_up(const struct sessions *s);

/* As `sluicectl show streams` prints them. */
struct session_view {
	struct conn_id conn;
	char trace_id[24];
	enum iface leg;
	enum stream_role role;
	const char *state; /* stream_state_name() */
	char local[DOMAIN_TEXT_MAX + 1],
	    remote[DOMAIN_TEXT_MAX + 1]; /* first pair; "" while unknown */
	unsigned int pairs;
	char partner[DOMAIN_TEXT_MAX + 1], gateway[64];
	struct ip_addr address;
	uint16_t port;
	char stream_id[64];
	char tls_version[12], cipher[40];
	const char *method; /* method_name(), "" before authentication */
	bool bidi, is_test; /* is_test: a trial's, for no stanza */
	uint64_t age_us;
	const char *card; /* identity_card() of the other side's certificate, "" for none; borrowed
			     until the loop's next turn */
};
/* @cursor starts at 0; false when there are no more. Order of opening. */
MUST_USE bool sessions_next_view(struct sessions *s, uint64_t *cursor, struct session_view *out);

/* The first live stream that would carry a stanza of this pair out of @leg. False: none. */
MUST_USE bool sessions_serving(const struct sessions *t, enum iface leg, const char *local,
			       const char *remote, char trace_id[24]);
/* Connections, and how many there may be: all of the edge, and of one partner (NULL: 0 of 0). */
struct sessions_use {
	uint32_t all, all_limit, partner, partner_limit;
};
void sessions_use(const struct sessions *t, const struct partner *partner,
		  struct sessions_use *out);

/* What became of @partner last; borrowed. */
const struct history_partner *sessions_history(const struct sessions *t,
					       const struct partner *partner);

/* The last refusals, newest first: @index 0..; false when there are no more (100 are kept). */
struct refusal {
	uint64_t at_unix_s;
	struct ip_addr address;
	enum drop drop;
	char trace_id[24], from[DOMAIN_TEXT_MAX + 1], to[DOMAIN_TEXT_MAX + 1], text[160];
};
MUST_USE bool sessions_refusal(const struct sessions *s, unsigned int index, struct refusal *out);

/* Drops that control counts itself (handshake, negotiation, policy); the cores' are in their stats.
 */
uint64_t sessions_drops(const struct sessions *s, enum drop d);

/* What control counts of streams, tally.h. Borrowed. */
const struct tally *sessions_tally(const struct sessions *s);

/* What a connection has waiting to be sent, and whose it is: for whoever looks at all of them. */
struct session_load {
	enum iface leg;
	struct partner_id partner;
	uint64_t queued_bytes;
};
/* Slots of each core. */
uint32_t sessions_slots(const struct sessions *s);
/* The connection in @slot of @core; false when there is none. */
MUST_USE bool sessions_look(const struct sessions *s, uint16_t core, uint32_t slot,
			    struct session_load *out);

#endif
