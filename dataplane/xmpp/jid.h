/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jid.h - splits and checks a JID (RFC 7622) as it stands in an attribute, and folds its domain
 * for comparison.
 *
 * The domain is unescaped (an attribute may say &#x65;xample.com) and ASCII-lower-cased; one
 * trailing dot is removed (RFC 7622 3.2). Names beyond ASCII are compared byte by byte: control
 * puts both the U-label and the A-label form of each configured domain into the route, so no IDNA
 * runs on a core. Domain characters accepted: LDH, dot, bytes above 0x7f that form UTF-8, and IP
 * literals in brackets; labels 1..63 bytes. The other parts are bounded, and refused when they hold
 * a control character; they stay as they are.
 *
 * Runs on  any thread. Never allocates.
 */
#ifndef DATAPLANE_XMPP_JID_H
#define DATAPLANE_XMPP_JID_H

#include "dataplane/base/base.h"
#include "dataplane/base/bounds.h"

struct jid {
	struct span local, resource; /* raw, in the caller's bytes; len 0 when absent */
	uint8_t domain_len;
	char domain[DOMAIN_TEXT_MAX + 1]; /* folded, NUL-terminated */
};

/* @raw: an attribute's value between its quotes. Returns false when it is no JID; *@out is then
 * undefined. */
MUST_USE bool jid_parse(struct span raw, struct jid *out);

#endif
