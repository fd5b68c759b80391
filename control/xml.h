/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xml.h - stream headers and first-level elements as small trees, read by libxml2. The framer has
 * passed these bytes already; here they get their meaning.
 *
 * Runs on  control.
 * Owns     the tree is the caller's: xml_free().
 */
#ifndef CONTROL_XML_H
#define CONTROL_XML_H

#include "dataplane/base/base.h"

#define NS_STREAM           "http://etherx.jabber.org/streams"
#define NS_SERVER           "jabber:server"
#define NS_DIALBACK         "jabber:server:dialback"
#define NS_TLS              "urn:ietf:params:xml:ns:xmpp-tls"
#define NS_SASL             "urn:ietf:params:xml:ns:xmpp-sasl"
#define NS_STREAMS_ERROR    "urn:ietf:params:xml:ns:xmpp-streams"
#define NS_STANZAS          "urn:ietf:params:xml:ns:xmpp-stanzas"
#define NS_BIDI             "urn:xmpp:bidi"
#define NS_BIDI_FEATURE     "urn:xmpp:features:bidi"
#define NS_DIALBACK_FEATURE "urn:xmpp:features:dialback"
#define NS_LIMITS           "urn:xmpp:stream-limits:0"
#define NS_PING             "urn:xmpp:ping"
/* Our own: who the partner is, told to the gateway on stream headers and db:result
 * (ARCHITECTURE.md). */
#define NS_PARTNER "urn:sluice:partner:0"

struct xml_attribute {
	char *ns; /* NULL for none */
	char *name, *value;
};

struct xml_element {
	char *ns;   /* namespace name, "" for none */
	char *name; /* local name */
	struct xml_attribute *attributes;
	size_t attribute_count;
	char *text; /* all character data directly inside, concatenated; never NULL */
	struct xml_element *child, *next;
	bool declares_dialback; /* header only: some prefix is bound to jabber:server:dialback */
	char *content_ns;       /* header only: the default namespace, "" for none; else NULL */
	/* header only: the root's start tag with its namespace declarations alone, which is all
	 * that elements below it need (xml_element()); else NULL */
	char *root;
};

/* The root of a stream whose header is @bytes (XML declaration allowed). NULL when it is no XML
 * (never after the framer). */
MUST_USE struct xml_element *xml_header(const uint8_t *bytes, size_t len);
/* One first-level element as it stands under that header: its prefixes resolve there. */
MUST_USE struct xml_element *xml_element(const uint8_t *header, size_t header_len,
					 const uint8_t *bytes, size_t len);
void xml_free(struct xml_element *e);

/* Attribute without namespace, NULL when absent. */
const char *xml_attr(const struct xml_element *e, const char *name);
/* First child of that name, NULL when there is none. */
const struct xml_element *xml_child(const struct xml_element *e, const char *ns, const char *name);
bool xml_is(const struct xml_element *e, const char *ns, const char *name);

/* @text escaped for a place between apostrophes or between tags. Returns the length, or -1 when it
 * does not fit. */
MUST_USE int xml_escape(const char *text, char *out, size_t room);

#endif
