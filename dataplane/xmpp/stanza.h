/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stanza.h - the opening tag of a first-level element that the framer has let through: what it is,
 * from whom, to whom; and the two things the relay writes by itself: the tag re-issued for
 * another stream, and the error stanza of a bounce (RFC 6120 8.3).
 *
 * Runs on  any thread. Never allocates. Spans point into the caller's bytes.
 */
#ifndef DATAPLANE_XMPP_STANZA_H
#define DATAPLANE_XMPP_STANZA_H

#include "dataplane/xmpp/framer.h"

enum stanza_kind {
	STANZA_OTHER, /* not one of the three, in another namespace, or with a prefix (nobody writes
			 <p:message xmlns:p='jabber:server'>, though it may be said): control's */
	STANZA_MESSAGE,
	STANZA_PRESENCE,
	STANZA_IQ,
};

/* RFC 6120 8.3.3, as far as the relay says them itself. X(enumerator, element, error type) */
#define STANZA_CONDITIONS(X)                                                                       \
	X(STANZA_REMOTE_SERVER_NOT_FOUND, "remote-server-not-found", "cancel")                     \
	X(STANZA_REMOTE_SERVER_TIMEOUT, "remote-server-timeout", "wait")                           \
	X(STANZA_INTERNAL_SERVER_ERROR, "internal-server-error", "cancel")                         \
	X(STANZA_RESOURCE_CONSTRAINT, "resource-constraint", "wait")                               \
	X(STANZA_POLICY_VIOLATION, "policy-violation", "modify")                                   \
	X(STANZA_NOT_ALLOWED, "not-allowed", "cancel")                                             \
	X(STANZA_SERVICE_UNAVAILABLE, "service-unavailable", "cancel")                             \
	X(STANZA_RECIPIENT_UNAVAILABLE, "recipient-unavailable", "wait")                           \
	X(STANZA_ITEM_NOT_FOUND, "item-not-found", "cancel")

enum stanza_condition {
#define X(name, element, type) name,
	STANZA_CONDITIONS(X)
#undef X
	    STANZA_CONDITION_COUNT
};

struct stanza {
	enum stanza_kind kind;
	struct span name;               /* qualified */
	struct span from, to, id, type; /* raw values between the quotes; at == NULL when absent */
	bool has_lang;                  /* xml:lang on the tag itself */
	bool has_xmlns;                 /* a default namespace declared on the tag itself */
	uint32_t name_end;              /* offset behind the name: where declarations are put in */
};

/*
 * stanza_parse - read the opening tag at @head.
 *
 * @head  bytes of an element that framer_feed() has passed, from its '<' on; may end before the
 * element does.
 * @root  of the stream it came on: tells whether the default namespace is jabber:server.
 * Returns false when the tag does not end within @head; never because the tag is malformed.
 */
MUST_USE bool stanza_parse(struct span head, const struct framer_root *root, struct stanza *out);

/* May an error be sent for it (RFC 6120 8.3.1, 10.4.3)? No for errors, iq results and presence but
 * subscribe/probe. */
bool stanza_may_bounce(const struct stanza *s);

/*
 * stanza_context - the text to put in at name_end so that the element means on a bare
 * <stream:stream xmlns='jabber:server'> what it meant under @root: " xmlns:p='uri'" for each prefix
 * of
 * @used_prefixes, and the root's xml:lang where the element has none of its own.
 *
 * Returns the length written to @out, 0 when nothing is needed; -1 when it does not fit @room.
 */
MUST_USE int stanza_context(const struct stanza *s, const struct framer_root *root,
			    uint32_t used_prefixes, uint8_t *out, size_t room);

/*
 * stanza_bounce - the error stanza that answers @s: addresses swapped, id kept, no payload copied.
 *
 * Returns the length written to @out, or -1 when it does not fit @room (STANZA_HEAD_BYTES_MAX + 512
 * always does) or must not be sent.
 */
MUST_USE int stanza_bounce(const struct stanza *s, enum stanza_condition condition, uint8_t *out,
			   size_t room);

const char *stanza_condition_name(enum stanza_condition c);

#endif
