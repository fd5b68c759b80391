/* SPDX-License-Identifier: BSD-3-Clause */
/* stream_features.c - <stream:features/>: what we offer, as policy and connection have it, and what
 * the other side does. Stream management is never offered, and never taken up (XEP-0198). */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "control/stream_state.h"

unsigned int stream_offered_methods(const struct stream *s)
{
	const unsigned int methods = stream_methods(s, s->theirs);

	if (!s->is_secure)
		return methods & METHOD_DIALBACK_PLAIN;
	/* EXTERNAL only where the certificate has passed: a peer that tries it and fails often
	 * does not try dialback after it (XEP-0178 2, RFC 6120 6.3.4). */
	return methods & (METHOD_DIALBACK_TLS |
			  (stream_proves(s, s->theirs) ? (unsigned int)METHOD_SASL_EXTERNAL : 0u));
}

/* XEP-0478. What is taken of an authenticated peer: dialback has no features after it that could
 * tell it anew, and before authentication no stanza is taken at all. */
static void put_limits(struct stream *s)
{
	const struct limits *limits = &s->policy->limits;

	stream_put(s, "<limits xmlns='" NS_LIMITS "'><max-bytes>");
	stream_put_number(s, limits->stanza_bytes_max);
	stream_put(s, "</max-bytes>");
	if (limits->inactivity_timeout_s > 0) {
		stream_put(s, "<idle-seconds>");
		stream_put_number(s, limits->inactivity_timeout_s);
		stream_put(s, "</idle-seconds>");
	}
	stream_put(s, "</limits>");
}

static void put_dialback(struct stream *s)
{
	stream_put(s, "<dialback xmlns='" NS_DIALBACK_FEATURE "'><errors/></dialback>");
}

void stream_put_features(struct stream *s)
{
	const enum level tls = stream_tls_level(s, s->theirs);
	const unsigned int methods = stream_offered_methods(s);

	stream_put(s, "<stream:features>");
	if (!s->is_secure && tls == LEVEL_REQUIRED)
		stream_put(s, "<starttls xmlns='" NS_TLS "'><required/></starttls>");
	else if (!s->is_secure && tls == LEVEL_OPTIONAL)
		stream_put(s, "<starttls xmlns='" NS_TLS "'/>");
	if (!s->is_sasl_done && (methods & METHOD_SASL_EXTERNAL) != 0)
		stream_put(s, "<mechanisms xmlns='" NS_SASL
			      "'><mechanism>EXTERNAL</mechanism></mechanisms>");
	/* RFC 6120 5.3.1: where TLS is mandatory, nothing else is offered before it. */
	if (s->is_secure || tls != LEVEL_REQUIRED) {
		s->was_offered_bidi = s->is_secure && !s->is_sasl_done;
		if (s->was_offered_bidi)
			stream_put(s, "<bidi xmlns='" NS_BIDI_FEATURE "'/>");
		if ((methods & stream_dialback_method(s)) != 0)
			put_dialback(s);
		put_limits(s);
	}
	stream_put(s, "</stream:features>");
}

/* A decimal number, 0 when it is none; what is larger than we can say means no limit to us. */
static uint32_t read_number(const char *text)
{
	uint64_t n = 0;

	while (isspace((unsigned char)*text))
		text++;
	for (; *text >= '0' && *text <= '9'; text++) {
		n = n * 10 + (uint64_t)(*text - '0');
		if (n > UINT32_MAX)
			return 0;
	}
	return (uint32_t)n;
}

void stream_read_limits(struct stream *s, const struct xml_element *limits)
{
	const struct xml_element *max = xml_child(limits, NS_LIMITS, "max-bytes");

	s->offer.max_bytes = max != NULL ? read_number(max->text) : 0;
}

static bool has_external(const struct xml_element *mechanisms)
{
	for (const struct xml_element *m = mechanisms->child; m != NULL; m = m->next)
		if (xml_is(m, NS_SASL, "mechanism") && strcmp(m->text, "EXTERNAL") == 0)
			return true;
	return false;
}

unsigned int stream_offers(const struct stream *s)
{
	const struct stream_offer *o = &s->offer;

	return (o->seen ? STREAM_OFFERS : 0u) | (o->starttls ? STREAM_OFFERS_STARTTLS : 0u) |
	       (o->starttls_required ? STREAM_OFFERS_STARTTLS_REQUIRED : 0u) |
	       (o->external ? STREAM_OFFERS_EXTERNAL : 0u) |
	       (o->dialback ? STREAM_OFFERS_DIALBACK : 0u) | (o->bidi ? STREAM_OFFERS_BIDI : 0u);
}

/* What was on offer once stays known: an authenticated peer no longer says what it still does. */
void stream_read_features(struct stream *s, const struct xml_element *features)
{
	struct stream_offer *offer = &s->offer;
	const struct xml_element *e;

	offer->seen = true;
	offer->starttls = offer->starttls_required = offer->external = false;
	offer->max_bytes = 0;
	for (e = features->child; e != NULL; e = e->next) {
		if (xml_is(e, NS_TLS, "starttls")) {
			offer->starttls = true;
			offer->starttls_required = xml_child(e, NS_TLS, "required") != NULL;
		} else if (xml_is(e, NS_SASL, "mechanisms")) {
			offer->external = has_external(e);
		} else if (xml_is(e, NS_DIALBACK_FEATURE, "dialback")) {
			offer->dialback = true;
			offer->dialback_errors =
			    xml_child(e, NS_DIALBACK_FEATURE, "errors") != NULL;
		} else if (xml_is(e, NS_BIDI_FEATURE, "bidi")) {
			offer->bidi = true;
		} else if (xml_is(e, NS_LIMITS, "limits")) {
			stream_read_limits(s, e);
		}
	}
}
