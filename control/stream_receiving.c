/* SPDX-License-Identifier: BSD-3-Clause */
/* stream_receiving.c - the side that was dialled: the peer's header, STARTTLS, SASL EXTERNAL, bidi.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/stream_state.h"

/* Of a domain that is not served here; the header that precedes the error speaks for one that is
 * (RFC 6120 4.9.1.2). */
static void refuse_host(struct stream *s, const char *to)
{
	char text[160];

	stream_say(text, sizeof(text), "", to, " is not served here");
	shared_drop(&s->ours);
	if (!stream_is_internal(s) && s->policy->local_domains != NULL &&
	    s->policy->local_domains[0] != NULL)
		shared_set(&s->ours, s->policy->local_domains[0]);
	stream_fail(s, STREAM_HOST_UNKNOWN, DROP_STREAM_HOST_UNKNOWN, text);
}

/* Whom the peer wants. A server from before version 1.0 may leave it to its db:result. */
static bool take_to(struct stream *s, const char *to)
{
	char folded[DOMAIN_TEXT_MAX + 1];

	if (to == NULL || to[0] == '\0') {
		if (!s->is_version_1 || s->is_sasl_done)
			return true;
		stream_fail(s, STREAM_IMPROPER_ADDRESSING, DROP_STREAM_HOST_UNKNOWN,
			    "a header without to");
		return false;
	}
	if (!stream_fold(to, folded) || !stream_has_ours(s, folded)) {
		refuse_host(s, to);
		return false;
	}
	shared_set(&s->ours, folded);
	return true;
}

/* Who the peer says it is. Nobody is fine as well: it may only verify, or say so by db:result. */
static bool take_from(struct stream *s, const char *from)
{
	char folded[DOMAIN_TEXT_MAX + 1], text[160];
	const char *block;

	if (from == NULL || from[0] == '\0') {
		if (!s->is_sasl_done)
			shared_drop(&s->theirs);
		return true;
	}
	if (!stream_fold(from, folded)) {
		stream_fail(s, STREAM_IMPROPER_ADDRESSING, DROP_STREAM_NOT_ALLOWED,
			    "from is no domain name");
		return false;
	}
	if (s->is_sasl_done && strcmp(folded, s->theirs) != 0) {
		stream_fail(s, STREAM_INVALID_FROM, DROP_STREAM_PROTOCOL,
			    "not the domain that was authenticated");
		return false;
	}
	shared_set(&s->theirs, folded);
	block = stream_block_of(s, folded);
	if (block != NULL) {
		stream_fail(s, STREAM_POLICY_VIOLATION, DROP_STREAM_BLOCKED, block);
		return false;
	}
	if (stream_knows_theirs(s, folded))
		return true;
	stream_say(text, sizeof(text), "", folded,
		   stream_is_internal(s) ? " is not a domain of ours"
					 : " is not an allowed partner");
	stream_fail(s, stream_is_internal(s) ? STREAM_NOT_AUTHORIZED : STREAM_POLICY_VIOLATION,
		    DROP_STREAM_NOT_ALLOWED, text);
	return false;
}

/* On the internal port the certificate decides before anything else does. */
static bool is_gateway(struct stream *s)
{
	char text[160];

	if (!s->certificate_shown) {
		stream_fail(s, STREAM_NOT_AUTHORIZED, DROP_TLS_NO_CLIENT_CERTIFICATE,
			    "a gateway shows a certificate");
		return false;
	}
	s->gateway = stream_find_gateway(s, s->theirs);
	if (s->gateway == NULL) {
		snprintf(text, sizeof(text), "certificate of no gateway: %.95s",
			 s->certificate_reason);
		stream_fail(s, STREAM_NOT_AUTHORIZED, DROP_TLS_CLIENT_CERTIFICATE, text);
		return false;
	}
	if (s->theirs[0] != '\0' && !stream_proves(s, s->theirs)) {
		stream_say(text, sizeof(text), "this gateway may not speak for ", s->theirs, "");
		stream_fail(s, STREAM_NOT_AUTHORIZED, DROP_STREAM_NOT_ALLOWED, text);
		return false;
	}
	return true;
}

/* Is there a way on from here, given who it is and what the connection is? */
static bool has_way_on(struct stream *s)
{
	const enum level tls = stream_tls_level(s, s->theirs);
	char text[160];

	if (s->is_sasl_done) {
		if (stream_still_allows(s, s->ours, s->theirs, METHOD_SASL_EXTERNAL))
			return true;
		stream_fail(s, STREAM_POLICY_VIOLATION, DROP_STREAM_NO_METHOD,
			    "policy has changed: EXTERNAL is not allowed any more");
		return false;
	}
	if (stream_offered_methods(s) != 0)
		return true;
	if (!s->is_secure && tls != LEVEL_NOT_SUPPORTED) {
		if (s->is_version_1)
			return true; /* STARTTLS */
		stream_fail(s, STREAM_POLICY_VIOLATION,
			    tls == LEVEL_REQUIRED ? DROP_STREAM_TLS_REQUIRED
						  : DROP_STREAM_NO_METHOD,
			    "TLS is needed, which takes a stream of version 1.0");
		return false;
	}
	if (!s->is_secure || tls == LEVEL_NOT_SUPPORTED) {
		stream_fail(s, STREAM_POLICY_VIOLATION, DROP_STREAM_NO_METHOD,
			    "no way to authenticate is configured for this connection");
		return false;
	}
	snprintf(text, sizeof(text), "certificate does not prove %.48s: %.64s", s->theirs,
		 s->certificate_reason);
	stream_fail(s, STREAM_NOT_AUTHORIZED, DROP_STREAM_NO_METHOD, text);
	return false;
}

void stream_receive_header(struct stream *s, const struct xml_element *header)
{
	if (!take_to(s, xml_attr(header, "to")) || !take_from(s, xml_attr(header, "from")))
		return;
	if (stream_is_internal(s) && s->is_secure && !is_gateway(s))
		return;
	if (!has_way_on(s))
		return;
	stream_put_header(s);
	if (s->is_version_1)
		stream_put_features(s);
	if (s->is_sasl_done) {
		stream_authorise(s, s->ours, s->theirs, METHOD_SASL_EXTERNAL);
		stream_establish(s);
	} else {
		stream_become(s, s->is_secure ? STREAM_EXPECT_AUTH : STREAM_EXPECT_STARTTLS);
	}
	stream_resume(s, false);
}

void stream_receive_tls(struct stream *s)
{
	stream_resume(s, true);
}

static void on_starttls(struct stream *s)
{
	if (s->state == STREAM_EXPECT_STARTTLS && s->pair_count == 0 &&
	    stream_tls_level(s, s->theirs) != LEVEL_NOT_SUPPORTED) {
		stream_put(s, "<proceed xmlns='" NS_TLS "'/>");
		stream_add_bytes(s, STREAM_NEWS_START_TLS);
		stream_become(s, STREAM_EXPECT_TLS);
		return;
	}
	stream_put(s, "<failure xmlns='" NS_TLS "'/>"); /* RFC 6120 5.4.2.2 */
	stream_finish(s, DROP_STREAM_PROTOCOL, "<starttls/> that was not offered");
}

static void sasl_failed(struct stream *s, const char *condition)
{
	char text[160];

	stream_say(text, sizeof(text), "SASL: ", condition, "");
	stream_put(s, "<failure xmlns='" NS_SASL "'><");
	stream_put(s, condition);
	stream_put(s, "/>");
	stream_put_trace(s, NS_SASL);
	stream_put(s, "</failure>");
	if (++s->sasl_tries >= STREAM_SASL_TRIES) {
		stream_fail(s, STREAM_POLICY_VIOLATION, DROP_SASL_FAILED, text);
		return;
	}
	stream_add_refused(s, DROP_SASL_FAILED, s->ours, s->theirs, text);
	stream_resume(s, false);
}

static int base64_digit(char c)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* Strict (RFC 4648 3.5): whole groups, padding only at the end. False when it is not base64 or
 * holds a NUL or more than fits. */
static bool decode_base64(const char *in, char *out, size_t room)
{
	size_t len = strlen(in), n = 0, padding = 0;
	uint32_t group = 0;

	if (len % 4 != 0)
		return false;
	while (padding < 2 && padding < len && in[len - 1 - padding] == '=')
		padding++;
	for (size_t i = 0; i < len; i++) {
		const int digit = i >= len - padding ? 0 : base64_digit(in[i]);

		if (digit < 0)
			return false;
		group = group << 6 | (uint32_t)digit;
		if (i % 4 != 3)
			continue;
		for (unsigned int b = 0; b < 3 - (i + 1 == len ? padding : 0); b++) {
			if (n + 1 >= room || (group >> (16 - 8 * b) & 0xff) == 0)
				return false;
			out[n++] = (char)(group >> (16 - 8 * b) & 0xff);
		}
		group = 0;
	}
	out[n] = '\0';
	return true;
}

static bool decode_authzid(const char *text, char authzid[DOMAIN_TEXT_MAX + 1])
{
	if (text[0] == '\0' || strcmp(text, "=") == 0) {
		authzid[0] = '\0'; /* none: the stream's from it is (XEP-0178) */
		return true;
	}
	return decode_base64(text, authzid, DOMAIN_TEXT_MAX + 1);
}

static const char *why_not_external(const struct stream *s, const struct xml_element *auth)
{
	const char *mechanism = xml_attr(auth, "mechanism");
	char authzid[DOMAIN_TEXT_MAX + 1], folded[DOMAIN_TEXT_MAX + 1];

	if (!s->is_secure)
		return "encryption-required";
	if (mechanism == NULL || strcmp(mechanism, "EXTERNAL") != 0)
		return "invalid-mechanism";
	if ((stream_offered_methods(s) & METHOD_SASL_EXTERNAL) == 0 || s->ours[0] == '\0')
		return "not-authorized";
	if (!decode_authzid(auth->text, authzid))
		return "incorrect-encoding";
	if (authzid[0] != '\0' && (!stream_fold(authzid, folded) || strcmp(folded, s->theirs) != 0))
		return "invalid-authzid";
	return NULL;
}

static void on_auth(struct stream *s, const struct xml_element *auth)
{
	const char *why_not;

	if (!s->is_secure && stream_tls_level(s, s->theirs) == LEVEL_REQUIRED) {
		stream_fail(s, STREAM_POLICY_VIOLATION, DROP_STREAM_TLS_REQUIRED,
			    "authentication before the TLS that is required");
		return;
	}
	if (s->state == STREAM_ESTABLISHED) {
		stream_fail(s, STREAM_POLICY_VIOLATION, DROP_STREAM_PROTOCOL,
			    "authentication on an authenticated stream");
		return;
	}
	why_not = why_not_external(s, auth);
	if (why_not != NULL) {
		sasl_failed(s, why_not);
		return;
	}
	s->is_sasl_done = true;
	stream_put(s, "<success xmlns='" NS_SASL "'/>");
	stream_forget_header(s);
	stream_become(s, STREAM_EXPECT_HEADER);
	stream_resume(s, true);
}

/* XEP-0288: after TLS, before authentication, and only once it was offered. */
static void on_bidi(struct stream *s, const struct xml_element *bidi)
{
	const struct xml_element *limits = xml_child(bidi, NS_LIMITS, "limits");

	if (s->state != STREAM_EXPECT_AUTH || !s->was_offered_bidi || s->pair_count > 0) {
		stream_fail(s, STREAM_POLICY_VIOLATION, DROP_STREAM_PROTOCOL,
			    "<bidi/> that was not offered");
		return;
	}
	s->is_bidi = true;
	if (limits != NULL)
		stream_read_limits(s, limits);
	stream_resume(s, false);
}

void stream_receive_element(struct stream *s, const struct xml_element *e)
{
	char text[160];

	if (xml_is(e, NS_TLS, "starttls")) {
		on_starttls(s);
	} else if (xml_is(e, NS_SASL, "auth")) {
		on_auth(s, e);
	} else if (xml_is(e, NS_SASL, "abort") && s->state == STREAM_EXPECT_AUTH) {
		sasl_failed(s, "aborted");
	} else if (xml_is(e, NS_SASL, "response") && s->state == STREAM_EXPECT_AUTH) {
		sasl_failed(s, "malformed-request");
	} else if (xml_is(e, NS_BIDI, "bidi")) {
		on_bidi(s, e);
	} else {
		stream_say(text, sizeof(text), "<", e->name, "/> is not known here");
		stream_fail(s, STREAM_UNSUPPORTED_STANZA_TYPE, DROP_STREAM_PROTOCOL, text);
	}
}
