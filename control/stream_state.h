/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stream_state.h - what the stream_*.c files share: the machine itself, and who does what.
 *
 *	stream.c             life, dispatch, timers, the one writer of `state`
 *	stream_end.c         the ways a stream ends
 *	stream_news.c        the queue of news
 *	stream_out.c         bytes: headers, errors, elements
 *	stream_policy.c      who may speak for what, by which methods
 *	stream_pairs.c       the pairs of a stream and the verifications asked on it
 *	stream_features.c    features, ours and the peer's
 *	stream_receiving.c   the side that was dialled: header, STARTTLS, EXTERNAL, bidi
 *	stream_initiating.c  the side that dialled
 *	stream_dialback.c    XEP-0220: receiver and authoritative server
 *	stream_dialback_ask.c    and initiator and verifier
 *
 * Runs on  control.
 */
#ifndef CONTROL_STREAM_STATE_H
#define CONTROL_STREAM_STATE_H

#include "control/shared.h"
#include "control/stream.h"

enum stream_bounds {
	STREAM_PAIRS_RECEIVED_MAX = 64, /* pairs a partner may ask for on one stream */
	STREAM_PAIRS_UNPROVED_MAX = 8,  /* of these before one is proved: each makes us dial */
	STREAM_PAIRS_MAX = 4096,        /* pairs we ask for: one a partner record (bounds.h) */
	STREAM_VERIFIES_MAX = 64,       /* db:verify unanswered on one stream that we opened */
	STREAM_SASL_TRIES = 3,          /* RFC 6120 6.4.5: between 2 and 5 */
	STREAM_REFUSALS_MAX = 16,       /* pairs refused on one stream, then it ends */
	STREAM_DIALBACK_WAIT_S = 30,    /* for the answer to a db:result or a db:verify */
	STREAM_ID_MAX = 255,    /* a peer's stream id: 36 bytes at Prosody, 20 at ejabberd */
	STREAM_KEY_MAX = 255,   /* a dialback key: 64 by XEP-0185 */
	STREAM_OUT_MAX = 16384, /* bytes we say at once: all parts are bounded far below */
};

enum pair_state {
	PAIR_ASKED, /* initiating: db:result sent; receiving: its key is being verified */
	PAIR_AUTHORISED,
};

/* The host has been up for less: nine years. */
#define STREAM_PAIR_DUE_MAX ((UINT64_C(1) << 48) - 1)

struct stream_pair {
	const char *ours, *theirs; /* shared.h */
	enum pair_state state : 8;
	uint64_t method : 8;  /* PAIR_AUTHORISED: what proved it */
	uint64_t due_us : 48; /* PAIR_ASKED: answer awaited until */
};

struct stream_verify {
	char ours[DOMAIN_TEXT_MAX + 1], theirs[DOMAIN_TEXT_MAX + 1];
	char id[64], key[STREAM_KEY_MAX + 1];
	bool sent; /* else it waits for the stream to be ready */
	uint64_t due_us;
};

struct queued_news {
	struct queued_news *next;
	char *bytes; /* news.bytes, owned */
	struct stream_news news;
};

/* An idle one is little more than this; texts are those of shared.h. */
struct stream {
	/* fixed, but for its ours and theirs: of the first pair */
	struct stream_setup setup;

	const struct policy *policy;
	const struct gateway *gateway;
	uint64_t now_us; /* of the call we are in */
	uint64_t due_us; /* establishment; UINT64_MAX once established */

	/* the stream now: forgotten when it restarts, but for what it has authenticated */
	const char *ours, *theirs; /* by its header */
	const char *id;            /* of the response header */

	const char *certificate;        /* identity_text() */
	const char *certificate_reason; /* why it is not good */

	enum stream_state state : 8; /* written by stream_become() alone */
	bool header_sent;
	bool declares_dialback; /* our header does */
	bool is_version_1;      /* the peer said version 1.0 or later */
	bool is_secure;
	bool certificate_shown;
	bool is_sasl_done;
	bool is_bidi;
	bool was_offered_bidi; /* receiving: we offered it */
	uint8_t sasl_tries, refusals;

	/* what the peer offers; kept over restarts: an established stream offers less */
	struct stream_offer {
		bool seen, starttls, starttls_required, external, dialback, dialback_errors, bidi;
		uint32_t max_bytes;
	} offer;

	uint16_t pair_count, pair_room, authorised;
	uint16_t verify_count, verify_room;
	uint16_t out_len, out_room; /* of @out */
	uint32_t verifies_answered;
	uint32_t headers_sent; /* a fresh id for each */
	struct stream_pair *pairs;
	struct stream_verify *verifies;

	char *out; /* being written */
	struct queued_news *news, *news_last;
	char *taken; /* bytes lent by the last stream_take() */
};

_Static_assert(STREAM_PAIRS_MAX <= UINT16_MAX && STREAM_OUT_MAX <= UINT16_MAX / 2 &&
		   STREAM_SASL_TRIES < UINT8_MAX && STREAM_REFUSALS_MAX < UINT8_MAX,
	       "counters are too short");

/* stream.c */
void stream_become(struct stream *s, enum stream_state next);
bool stream_is_internal(const struct stream *s);
/* The first-level element or header just read is dealt with: read on. */
void stream_resume(struct stream *s, bool restart);
/* Something may be relayed, or verified: negotiation is over. */
void stream_establish(struct stream *s);
/* After TLS or SASL: nothing of the old stream counts any more. */
void stream_forget_header(struct stream *s);

/* stream_end.c */
/*
 * The two ways a stream ends. fail: with a stream error (and our header where none was sent yet),
 * told as refused. finish: without an error, saying first what is in `out`; @why DROP_COUNT for an
 * ordinary end.
 */
void stream_fail(struct stream *s, enum stream_condition condition, enum drop why,
		 const char *text);
void stream_finish(struct stream *s, enum drop why, const char *text);
void stream_read_error(struct stream *s, const struct xml_element *error);

/* stream_news.c */
struct stream_news *stream_add_news(struct stream *s, enum stream_news_kind kind);
/* A new piece with the bytes written so far. */
struct stream_news *stream_add_bytes(struct stream *s, enum stream_news_kind kind);
void stream_flush(struct stream *s); /* what is written goes out as STREAM_NEWS_SEND */
void stream_add_refused(struct stream *s, enum drop why, const char *ours, const char *theirs,
			const char *text);
void stream_news_free(struct stream *s);
/* How many bytes of @text, @most at most, end with a whole character: what a peer wrote goes back
 * to it and into JSON, where half a character is an error. */
int stream_cut(const char *text, size_t most);
/* "before NAME after", in @room bytes, cut where it does not fit. */
void stream_say(char *text, size_t room, const char *before, const char *name, const char *after);

/* stream_out.c: into s->out */
void stream_put(struct stream *s, const char *text);
void stream_put_escaped(struct stream *s, const char *text);
void stream_put_attribute(struct stream *s, const char *name, const char *value);
void stream_put_number(struct stream *s, uint64_t n);
void stream_put_header(struct stream *s);
void stream_put_error(struct stream *s, enum stream_condition condition, const char *text);
/* <text xmlns='@ns'>[trace id]</text>: what an administrator over there quotes is found here. */
void stream_put_trace(struct stream *s, const char *ns);
void stream_put_partner_type(struct stream *s, const char *ours);
const char *stream_condition_name(enum stream_condition c);

/* stream_policy.c */
MUST_USE bool stream_fold(const char *name, char out[DOMAIN_TEXT_MAX + 1]);
bool stream_has_ours(const struct stream *s, const char *domain);
/* Is it a domain of the other side at all? Says nothing of who has authenticated as it. */
bool stream_knows_theirs(const struct stream *s, const char *domain);
/* The methods by which @theirs may be authenticated here; of an unknown one, all that some partner
 * may use. */
unsigned int stream_methods(const struct stream *s, const char *theirs);
enum level stream_tls_level(const struct stream *s, const char *theirs);
/* Does the peer's certificate prove it may speak for @domain? On the internal leg that is the
 * configured gateway's right, not a name in the certificate. */
bool stream_proves(const struct stream *s, const char *domain);
/* What the operator has blocked @theirs for, in words for the peer; NULL where it is not. Counts it
 * as refused. Edge leg. */
const char *stream_block_of(const struct stream *s, const char *theirs);
/* Between a proof and its grant the peer takes its time, and a reload may come. */
bool stream_still_allows(const struct stream *s, const char *ours, const char *theirs,
			 unsigned int method);
void stream_take_certificate(struct stream *s, const struct identity *id);
/* The gateway that shows this certificate and serves @domain, or any it may be. NULL: none. */
const struct gateway *stream_find_gateway(const struct stream *s, const char *domain);
/* Dialback as the connection is now: METHOD_DIALBACK_TLS or _PLAIN. */
unsigned int stream_dialback_method(const struct stream *s);

/* stream_pairs.c */
struct stream_pair *stream_find_pair(struct stream *s, const char *ours, const char *theirs);
/* NULL when the stream has all it may have. */
struct stream_pair *stream_add_asked(struct stream *s, const char *ours, const char *theirs);
void stream_drop_pair(struct stream *s, struct stream_pair *pair);
void stream_forget_pairs(struct stream *s);
/* The pair (made where there is none) is authorised by @method: tells so, once. */
void stream_authorise(struct stream *s, const char *ours, const char *theirs, unsigned int method);
/* Initiating: the pair is refused; @pair is gone afterwards. */
void stream_pair_failed(struct stream *s, const char *ours, const char *theirs, enum drop why,
			const char *text);
struct stream_verify *stream_find_verify(struct stream *s, const char *ours, const char *theirs,
					 const char *id);
struct stream_verify *stream_add_verify(struct stream *s);
void stream_drop_verify(struct stream *s, struct stream_verify *verify);

/* stream_features.c */
void stream_put_features(struct stream *s);
/* Receiving: is there any way left for the peer to authenticate, as the connection is now? */
unsigned int stream_offered_methods(const struct stream *s);
void stream_read_limits(struct stream *s, const struct xml_element *limits);
void stream_read_features(struct stream *s, const struct xml_element *features);

/* stream_receiving.c, stream_initiating.c */
void stream_receive_header(struct stream *s, const struct xml_element *header);
void stream_receive_element(struct stream *s, const struct xml_element *e);
void stream_receive_tls(struct stream *s);
void stream_initiate(struct stream *s);
void stream_initiate_header(struct stream *s, const struct xml_element *header);
void stream_initiate_element(struct stream *s, const struct xml_element *e);
void stream_initiate_tls(struct stream *s);

/* stream_dialback.c */
/* Takes db:result and db:verify in either role; false when @e is neither. */
bool stream_dialback_element(struct stream *s, const struct xml_element *e);
/* The opening tag of db:result or db:verify, still open. */
void stream_put_dialback(struct stream *s, const char *name, const char *from, const char *to);
/* Receiver: the pair is refused, the stream lives on, but not for ever. */
void stream_refuse_pair(struct stream *s, const char *ours, const char *theirs,
			const char *condition, enum drop why);

/* stream_dialback_ask.c */
/* Initiating: asks for a pair by db:result. False when it cannot. */
MUST_USE bool stream_ask_pair(struct stream *s, const char *ours, const char *theirs);
bool stream_may_dialback(const struct stream *s, const char *theirs);
void stream_send_verifies(struct stream *s);
void stream_read_result_answer(struct stream *s, const char *ours, const char *theirs,
			       const struct xml_element *e);
void stream_read_verify_answer(struct stream *s, const char *ours, const char *theirs,
			       const struct xml_element *e);
void stream_dialback_on_time(struct stream *s);
uint64_t stream_dialback_due(const struct stream *s);

#endif
