/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * session_state.h - what session*.c and links.c share: one session, and the table of all.
 *
 * Runs on  control.
 */
#ifndef CONTROL_SESSION_STATE_H
#define CONTROL_SESSION_STATE_H

#include "control/domains.h"
#include "control/drain_plan.h"
#include "control/gateways.h"
#include "control/handshake.h"
#include "control/links.h"
#include "control/orders.h"
#include "control/session.h"
#include "control/shared.h"
#include "control/tally.h"
#include "control/taps.h"
#include "control/trial.h"

#define REFUSALS_KEPT 100
#define CLOSE_DEADLINE_US                                                                          \
	UINT64_C(5000000) /* from our footer to the peer's (Prosody waits as long) */
#define PROBE_GRACE_US UINT64_C(30000000) /* for the answer to a ping of a silent peer */
/* An answer that came at once is as old as the grace when that is over. A silent stream has been so
 * for StreamInactivityTimeout, 10 s or more, before that: the two cannot be taken for one another.
 */
#define PROBE_SLACK_US UINT64_C(2000000)

/* Texts are those of shared.h. */
struct session {
	struct session *next, *prev; /* order of opening */
	struct sessions *table;
	uint64_t number; /* of opening: the cursor of show streams */
	uint64_t opened_us;
	struct loop_timer timer; /* stream_due_us(), or the probe's grace */

	struct stream *stream;
	struct handshake *handshake;
	const struct gateway *dialled;     /* until it is: a reload may come */
	const char *own_ours, *own_theirs; /* of the first pair, as it was dialled for */
	const char *header; /* xml_element.root of the stream now: the context of its elements */
	const char *local, *remote, *gateway;      /* first pair; authenticated */
	const char *tls_version, *cipher, *serial; /* of the certificate that the peer has shown */
	const char *card;    /* identity_card() of the other side's certificate */
	struct trial *trial; /* that it was dialled for, while that goes on */

	struct ip_addr address;
	struct conn_id conn;
	unsigned int method, pairs; /* once authenticated */
	uint16_t port;
	uint16_t core;
	uint16_t watched;          /* by these readers of taps.h, a bit each */
	struct partner_id partner; /* counted in partner_conns */
	enum iface leg : 8;
	enum stream_role role : 8;
	enum stream_purpose purpose : 8;
	enum drop end : 8; /* why it ends; DROP_COUNT = no fault */
	bool is_open;      /* conn is valid: accepted, or the dial has succeeded */
	bool is_closing;   /* MSG_CLOSE or MSG_ABORT is given: no more orders */
	bool is_unwanted;  /* another address was quicker: ends as soon as its dial does */
	bool has_tls, is_probing, is_established;
	bool serves;      /* has entries in link_serving.h's table */
	bool is_withheld; /* its gateway drains: it was not granted what it could take */
	char trace_id[16];
	enum drop condemned_for : 8;
	uint8_t tls_age;      /* sessions.tls_age when its handshake began */
	const char *sentence; /* it is to end, with this text; "" else (session_close.c) */
	struct tally_place place;
	uint64_t handshake_us;       /* when the present handshake began */
	int64_t certificate_expires; /* of the peer's good chain, seconds UNIX; 0: none shown */
};

_Static_assert(DROP_COUNT <= UINT8_MAX, "session.end is too short");

struct sessions {
	struct loop *loop;
	struct orders *orders;
	struct domains *domains;
	struct links *links;
	struct core *const *cores;
	const struct config *config;
	struct gateways *gateways;
	struct tls_ctx *tls[IFACE_COUNT];
	struct taps *taps;
	struct message_log *message_log;
	enum drain_phase drain; /* drain.c's: what is shut */

	struct session *first, **by_slot[CORES_MAX]; /* by_slot[core][conn.slot] */
	struct session *last;
	struct session *viewed; /* the last that sessions_next_view() gave; NULL: none, or gone */
	uint32_t slots;         /* of each by_slot */
	uint64_t opened, probes;
	uint8_t tls_age[IFACE_COUNT]; /* counts up when the certificates shown are others */
	struct loop_timer execution;  /* of the condemned */
	unsigned int executions_a_tick;
	uint32_t edge_conns, partner_conns[PARTNERS_MAX];

	struct history *history;
	struct tally *tally;
	uint64_t drops[DROP_COUNT];
	struct refusal refusals[REFUSALS_KEPT];
	uint64_t refused; /* ever; the newest is refusals[(refused - 1) % REFUSALS_KEPT] */
};

/* session.c */

/* A session for a connection that came in. */
struct session *session_accept(struct sessions *t, const struct event *e);
/* Orders a dial on @core; DIALED or DIAL_FAILED follows. @setup's names are copied. Never NULL. */
struct session *session_dial(struct sessions *t, uint16_t core, const struct stream_setup *setup,
			     const struct ip_addr *address, uint16_t port);
/* Whom it leads to, for whoever watches it. */
void session_note_open(const struct session *s);
/* Its dial is not waited for any more, and it counts for no limit. */
void session_give_up(struct session *s);
/* Unlinks and frees; the core's side is gone already. */
void session_forget(struct session *s);
/* The session of @conn, NULL when it is gone. */
struct session *session_find(const struct sessions *t, struct conn_id conn);
void session_register(struct session *s, struct conn_id conn);
/* A fresh stream machine in place of the present one. */
void session_new_stream(struct session *s, bool direct_tls);

/* Tells the core the times of keep-alive and silence; the latter begins anew. */
void session_set_times(const struct session *s);

/* What the core knows of it; false when it is gone. */
bool session_core_view(const struct session *s, struct conn_view *out);

/* Room under ConnectionLimit, which this connection is counted in already, and the partner's own
 * limit (NULL: only the first)? */
bool session_may_connect(const struct sessions *t, const struct partner *partner);
/* The same of a connection that is not counted yet, as each one we dial. */
bool session_may_dial(const struct sessions *t, const struct partner *partner);
/* From now on counted as a connection of @partner. */
void session_count_partner(struct session *s, const struct partner *partner);

/* Counts @d, keeps it for show denied and logs it. @from, @to: domains, "" where unknown. */
void session_refused(struct session *s, enum drop d, const char *from, const char *to,
		     const char *text, bool counted_by_core);

/* session_close.c */
bool session_is_condemned(const struct session *s);
/* Ends one that is condemned, unless it is allowed again meanwhile. */
void session_execute(struct session *s);
/* Condemns those that the policy they have now does not allow. */
void sessions_close_stricter(struct sessions *t, struct sessions_closed *out);

/* session_news.c */

/* Obeys all news of the stream and sets the timer. */
void session_obey(struct session *s);
/* Ends the stream without an error: footer, and so on. */
void session_end(struct session *s);
/* Resets the connection. */
void session_abort(struct session *s);
void session_start_handshake(struct session *s, bool is_server);

/* Ends it now: no orders follow, and wants that lean on it hear @why. */
void session_cut(struct session *s, enum drop why);

/* session_welcome.c */

/* Said to a peer whose first header has come: not now. True when it has been said. */
bool session_turns_away(struct session *s, const struct xml_element *header);
/* Is the pair just authorised not to be had at present? Then the stream ends. */
bool session_is_unwelcome(struct session *s, const struct stream_news *news);
/* What of its grant it gets: a gateway that drains takes nothing new. */
uint8_t session_granted(struct session *s, const struct stream_news *news);

/* session_events.c */
void session_on_timer(struct loop_timer *t);
/* Handshake output to the core. */
void session_send_handshake(struct session *s);

#endif
