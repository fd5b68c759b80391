/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stream.h - the negotiation of one stream (RFC 6120, XEP-0220, 0178, 0288, 0478, 0344), pure:
 *elements, commands and time in, bytes and news out. All four roles of dialback, both roles of
 *EXTERNAL and STARTTLS, bidi, several pairs.
 *
 * The two legs are mirror images, and one machine serves both. On the edge leg "ours" are the
 *organisation's domains and "theirs" the partners'; on the internal leg the relay stands in for
 *every partner, so "ours" are the partners' domains and "theirs" those a gateway serves. News
 *always name a pair as (local, remote): the organisation's first.
 *
 * How it is driven: call one stream_on_*() or command, then take news until STREAM_NEWS_NONE:
 *
 *	stream_on_header(s, header, now); while (stream_take(s, &news)) obey(&news);
 *
 * Runs on  control.
 * Owns     its copies of names and ids; nothing of the elements given. Never reads a clock, a
 *socket or a file; randomness (stream ids) comes in by stream_setup.entropy. Time     microseconds,
 *monotonic.
 */
#ifndef CONTROL_STREAM_H
#define CONTROL_STREAM_H

#include "control/identity.h"
#include "control/policy.h"
#include "control/xml.h"
#include "dataplane/base/drop.h"
#include "dataplane/base/ids.h"

/* States named for what is awaited. */
#define STREAM_STATES(X)                                                                           \
	X(STREAM_EXPECT_HEADER)   /* receiving: the peer's header; initiating: its response header \
				   */                                                              \
	X(STREAM_EXPECT_STARTTLS) /* receiving, before TLS: <starttls/>, or dialback where policy  \
				     lets it */                                                    \
	X(STREAM_EXPECT_TLS)      /* the handshake */                                              \
	X(STREAM_EXPECT_FEATURES) /* initiating */                                                 \
	X(STREAM_EXPECT_PROCEED)  /* initiating */                                                 \
	X(STREAM_EXPECT_AUTH)     /* receiving: <auth/> or db:result */                            \
	X(STREAM_EXPECT_SASL_RESULT) /* initiating: <success/> or <failure/> */                    \
	X(STREAM_EXPECT_DIALBACK)    /* initiating: db:result type= */                             \
	X(STREAM_ESTABLISHED) /* at least one pair is authorised, or it is a verify-only stream    \
				 that is ready */                                                  \
	X(STREAM_CLOSING)     /* our footer is out or ordered */

enum stream_state {
#define X(name) name,
	STREAM_STATES(X)
#undef X
	    STREAM_STATE_COUNT
};

enum stream_role { STREAM_RECEIVING, STREAM_INITIATING };
enum stream_purpose {
	STREAM_FOR_STANZAS,
	STREAM_FOR_VERIFY, /* to ask db:verify on, unauthenticated */
	STREAM_FOR_TEST,   /* as for stanzas, but never bidi: none is to come by it */
};

struct stream_setup {
	enum stream_role role : 8;
	enum iface leg : 8;
	enum stream_purpose purpose : 8; /* initiating */
	bool direct_tls;                 /* TLS comes before the first header */
	const char *ours, *theirs;       /* initiating: the first pair's domains, in leg terms */
	const struct gateway *gateway;   /* initiating on the internal leg: whom we dial; receiving:
					    NULL, learnt from the certificate */
	const char *trace_id; /* the id an operator greps for; goes into every <text/> of a stream
				 error. Borrowed while the stream lives */
	uint8_t entropy[16];  /* for this stream's ids */
};

/* RFC 6120 4.9.3 conditions the relay sends itself: X(enumerator, element) */
#define STREAM_CONDITIONS(X)                                                                       \
	X(STREAM_BAD_FORMAT, "bad-format")                                                         \
	X(STREAM_CONFLICT, "conflict")                                                             \
	X(STREAM_CONNECTION_TIMEOUT, "connection-timeout")                                         \
	X(STREAM_HOST_UNKNOWN, "host-unknown")                                                     \
	X(STREAM_IMPROPER_ADDRESSING, "improper-addressing")                                       \
	X(STREAM_INTERNAL_SERVER_ERROR, "internal-server-error")                                   \
	X(STREAM_INVALID_FROM, "invalid-from")                                                     \
	X(STREAM_INVALID_NAMESPACE, "invalid-namespace")                                           \
	X(STREAM_NOT_AUTHORIZED, "not-authorized")                                                 \
	X(STREAM_NOT_WELL_FORMED, "not-well-formed")                                               \
	X(STREAM_POLICY_VIOLATION, "policy-violation")                                             \
	X(STREAM_REMOTE_CONNECTION_FAILED, "remote-connection-failed")                             \
	X(STREAM_RESET, "reset")                                                                   \
	X(STREAM_RESOURCE_CONSTRAINT, "resource-constraint")                                       \
	X(STREAM_RESTRICTED_XML, "restricted-xml")                                                 \
	X(STREAM_SYSTEM_SHUTDOWN, "system-shutdown")                                               \
	X(STREAM_UNDEFINED_CONDITION, "undefined-condition")                                       \
	X(STREAM_UNSUPPORTED_ENCODING, "unsupported-encoding")                                     \
	X(STREAM_UNSUPPORTED_STANZA_TYPE, "unsupported-stanza-type")                               \
	X(STREAM_UNSUPPORTED_VERSION, "unsupported-version")

enum stream_condition {
#define X(name, element) name,
	STREAM_CONDITIONS(X)
#undef X
	    STREAM_CONDITION_COUNT
};

enum stream_news_kind {
	STREAM_NEWS_NONE,
	STREAM_NEWS_SEND,   /* bytes, len: give them to the core */
	STREAM_NEWS_RESUME, /* let the core read on; restart: a new stream begins at the next byte
			     */
	STREAM_NEWS_START_TLS,   /* bytes (may be empty) go out first; then the handshake, as server
				    when receiving */
	STREAM_NEWS_AUTHORISED,  /* local, remote, method, bits (GRANT_*). On the internal leg a
				    GRANT_FROM_PEER names remote "*": a gateway may send to every
				    partner; GRANT_TO_PEER names the exact pair, in a piece of its
				    own */
	STREAM_NEWS_PAIR_FAILED, /* local, remote: the pair we asked for on this stream is refused;
				    drop tells why; the stream lives */
	STREAM_NEWS_VERIFY, /* receiving: ask the authoritative server of `theirs` whether `key` for
			       stream `id` is right; answer by stream_verified() */
	STREAM_NEWS_VERIFIED, /* initiating: the answer to stream_verify(): ours, theirs, id, result
			       */
	STREAM_NEWS_ESTABLISHED, /* once: negotiation is over (limits and timers of a live stream
				    from here on) */
	STREAM_NEWS_REFUSED, /* for show denied and the drop counter: drop, ours, theirs, text; the
				stream may live on */
	STREAM_NEWS_CLOSE, /* bytes (header where none was sent yet, error; no footer) go out, then
			      the footer; drop tells why, DROP_COUNT for an ordinary end */
};

enum verify_result { VERIFY_VALID, VERIFY_INVALID, VERIFY_ERROR };

struct stream_news {
	enum stream_news_kind kind;
	const char *bytes; /* borrowed until the next call */
	size_t len;
	bool restart;
	char ours[DOMAIN_TEXT_MAX + 1], theirs[DOMAIN_TEXT_MAX + 1];  /* in leg terms */
	char local[DOMAIN_TEXT_MAX + 1], remote[DOMAIN_TEXT_MAX + 1]; /* in the organisation's */
	char id[64], key[256];
	unsigned int method; /* enum method */
	uint8_t bits;
	enum verify_result result;
	enum drop drop;
	char text[160];
};

struct stream;

MUST_USE struct stream *stream_make(const struct stream_setup *setup, const struct policy *policy,
				    uint64_t now_us);
void stream_free(struct stream *s);
/* A reload: from now on decide by @policy. Established pairs stay. */
void stream_set_policy(struct stream *s, const struct policy *policy);
/* Would every pair it has authorised still be let in, by the method it came in by, and on the
 * internal leg by the gateway that proved it? True while it has none. */
bool stream_is_still_allowed(const struct stream *s);

/* Is one of its pairs, or the peer by what it says of itself, of the partner that @domain belongs
 * to, or @domain itself? Edge leg. */
bool stream_is_with(const struct stream *s, const char *domain);

/* Initiating, TCP open (and, with direct_tls, handshake done): says START_TLS or sends our header.
 */
void stream_on_open(struct stream *s, uint64_t now_us);
void stream_on_header(struct stream *s, const struct xml_element *header, uint64_t now_us);
void stream_on_element(struct stream *s, const struct xml_element *e, uint64_t now_us);
void stream_on_footer(struct stream *s, uint64_t now_us);
/* The handshake is over: @id says what the peer's certificate proves; @alpn what was selected, NULL
 * for none. */
void stream_on_tls(struct stream *s, const struct identity *id, uint64_t now_us);
/* The core found something wrong (framer error, smuggled bytes, refused stanza): ends the stream by
 * the matching condition. */
void stream_on_refused(struct stream *s, enum drop why, uint64_t now_us);
/* Call when stream_due_us() has come. Establishment and dialback timeouts. UINT64_MAX = nothing is
 * due. */
void stream_on_time(struct stream *s, uint64_t now_us);
uint64_t stream_due_us(const struct stream *s);

/* Command: ask the peer (by db:result) to accept one more pair on this established stream that we
 * opened. False when it cannot. */
MUST_USE bool stream_add_pair(struct stream *s, const char *ours, const char *theirs,
			      uint64_t now_us);
/* Command: send db:verify on this stream as soon as that is possible. False when it cannot. */
MUST_USE bool stream_verify(struct stream *s, const char *ours, const char *theirs, const char *id,
			    const char *key, uint64_t now_us);
/* The answer to STREAM_NEWS_VERIFY. On VERIFY_ERROR @condition is the db error
 * ("remote-connection-failed", ...). */
void stream_verified(struct stream *s, const char *ours, const char *theirs, const char *id,
		     enum verify_result result, const char *condition, uint64_t now_us);
/* Receiving, before its first header is taken: whom our last words shall name. What is not ours is
 * left out. */
void stream_name(struct stream *s, const char *ours, const char *theirs);
/* Command: end it. */
void stream_close(struct stream *s, enum stream_condition condition, const char *text,
		  uint64_t now_us);
/* Command: the same, and told as refused for @why. */
void stream_refuse(struct stream *s, enum stream_condition condition, enum drop why,
		   const char *text, uint64_t now_us);
/* The next piece of news; false when there is none. */
MUST_USE bool stream_take(struct stream *s, struct stream_news *news);

enum stream_state stream_state(const struct stream *s);
const char *stream_state_name(enum stream_state st);
bool stream_is_secure(const struct stream *s);
/* What the peer has offered, kept over restarts; 0 before its first features. */
enum stream_offers {
	STREAM_OFFERS = BIT(0), /* it has said what it offers */
	STREAM_OFFERS_STARTTLS = BIT(1),
	STREAM_OFFERS_STARTTLS_REQUIRED = BIT(2),
	STREAM_OFFERS_EXTERNAL = BIT(3),
	STREAM_OFFERS_DIALBACK = BIT(4),
	STREAM_OFFERS_BIDI = BIT(5),
};
unsigned int stream_offers(const struct stream *s);
/* May stanzas of @local to @remote (on the edge leg; on the internal one of @remote to @local) go
 * out on it? */
bool stream_serves(const struct stream *s, const char *local, const char *remote);
bool stream_is_bidi(const struct stream *s);
/* XEP-0220: the peer said it can take several target domains (<errors/>). */
bool stream_takes_more_targets(const struct stream *s);
const char *
stream_id(const struct stream *s); /* of the response header of this stream, "" before */
const char *
stream_theirs(const struct stream *s); /* the domain of the first pair, "" while unknown */
const char *stream_ours(const struct stream *s);
/* Bytes of the peer's max-bytes (XEP-0478), 0 when it announced none. */
uint32_t stream_peer_max_bytes(const struct stream *s);
/* The gateway of an internal stream once its certificate is known. */
const struct gateway *stream_gateway(const struct stream *s);

#endif
