/* SPDX-License-Identifier: BSD-3-Clause */
/* stream_initiating.c - the side that dialled: header, features, STARTTLS, then the best method
 * that both sides know and policy allows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/stream_state.h"

static bool is_for_verify(const struct stream *s)
{
	return s->setup.purpose == STREAM_FOR_VERIFY;
}

void stream_initiate(struct stream *s)
{
	stream_put_header(s);
	stream_resume(s, false);
}

/* What the server's certificate has to prove, it has to prove before we say another word. */
void stream_initiate_tls(struct stream *s)
{
	const bool must_prove =
	    stream_is_internal(s) ||
	    (!is_for_verify(s) && (stream_methods(s, s->theirs) & METHOD_DIALBACK_TLS) == 0);
	char text[160];

	if (must_prove && !stream_proves(s, s->theirs)) {
		snprintf(text, sizeof(text), "server certificate does not prove %.48s: %.64s",
			 s->theirs, s->certificate_reason);
		stream_fail(s, STREAM_NOT_AUTHORIZED, DROP_TLS_SERVER_CERTIFICATE, text);
		return;
	}
	stream_put_header(s);
	stream_resume(s, true);
}

static void want_bidi(struct stream *s)
{
	if (!s->offer.bidi || s->is_bidi || s->setup.purpose == STREAM_FOR_TEST)
		return;
	stream_put(s, "<bidi xmlns='" NS_BIDI "'/>");
	s->is_bidi = true;
}

static void put_base64(struct stream *s, const char *text)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const size_t len = strlen(text);

	for (size_t i = 0; i < len; i += 3) {
		uint32_t group = (uint32_t)(uint8_t)text[i] << 16;
		char four[5];

		if (i + 1 < len)
			group |= (uint32_t)(uint8_t)text[i + 1] << 8;
		if (i + 2 < len)
			group |= (uint8_t)text[i + 2];
		four[0] = digits[group >> 18];
		four[1] = digits[group >> 12 & 63];
		four[2] = i + 1 < len ? digits[group >> 6 & 63] : '=';
		four[3] = i + 2 < len ? digits[group & 63] : '=';
		four[4] = '\0';
		stream_put(s, four);
	}
}

static bool may_external(const struct stream *s)
{
	return s->is_secure && s->offer.external && s->sasl_tries == 0 &&
	       (stream_methods(s, s->theirs) & METHOD_SASL_EXTERNAL) != 0 &&
	       stream_proves(s, s->theirs);
}

static void no_method(struct stream *s)
{
	const bool name_failed =
	    s->is_secure && s->offer.external && s->sasl_tries == 0 && !stream_proves(s, s->theirs);

	if (name_failed)
		stream_fail(s, STREAM_NOT_AUTHORIZED, DROP_TLS_SERVER_CERTIFICATE,
			    "server certificate does not prove its domain, and no dialback is "
			    "offered");
	else
		stream_fail(s, STREAM_POLICY_VIOLATION,
			    s->sasl_tries > 0 ? DROP_SASL_FAILED : DROP_STREAM_NO_METHOD,
			    "no authentication method in common");
}

static void authenticate(struct stream *s)
{
	if (is_for_verify(s)) {
		stream_establish(s);
	} else if (may_external(s)) {
		want_bidi(s);
		/* Old servers want the domain spelt out, others take "=" as well (XEP-0178). */
		stream_put(s, "<auth xmlns='" NS_SASL "' mechanism='EXTERNAL'>");
		put_base64(s, s->ours);
		stream_put(s, "</auth>");
		stream_become(s, STREAM_EXPECT_SASL_RESULT);
	} else if (stream_may_dialback(s, s->theirs)) {
		want_bidi(s);
		if (!stream_ask_pair(s, s->ours, s->theirs))
			return;
		stream_become(s, STREAM_EXPECT_DIALBACK);
		stream_send_verifies(s);
	} else {
		no_method(s);
	}
	stream_resume(s, false);
}

static void authenticated(struct stream *s)
{
	if (!stream_still_allows(s, s->setup.ours, s->setup.theirs, METHOD_SASL_EXTERNAL)) {
		stream_fail(s, STREAM_POLICY_VIOLATION, DROP_STREAM_NO_METHOD,
			    "policy has changed: EXTERNAL is not allowed any more");
		return;
	}
	stream_authorise(s, s->setup.ours, s->setup.theirs, METHOD_SASL_EXTERNAL);
	stream_establish(s);
	stream_resume(s, false);
}

static void no_tls(struct stream *s)
{
	stream_fail(s, STREAM_POLICY_VIOLATION, DROP_STREAM_TLS_REQUIRED,
		    "TLS is required and not offered");
}

void stream_initiate_header(struct stream *s, const struct xml_element *header)
{
	const char *id = xml_attr(header, "id");

	if (id != NULL && strlen(id) > STREAM_ID_MAX) {
		stream_fail(s, STREAM_BAD_FORMAT, DROP_STREAM_PROTOCOL, "stream id too long");
		return;
	}
	shared_set_cut(&s->id, id != NULL ? id : "", STREAM_ID_MAX);
	s->offer.dialback = s->offer.dialback || header->declares_dialback;
	if (s->is_version_1) {
		stream_become(s, STREAM_EXPECT_FEATURES);
		stream_resume(s, false);
	} else if (s->is_sasl_done) {
		authenticated(s);
	} else if (!s->is_secure && stream_tls_level(s, s->theirs) == LEVEL_REQUIRED) {
		no_tls(s);
	} else {
		authenticate(s);
	}
}

/* The first features, in the open. */
static void secure(struct stream *s)
{
	const enum level tls = stream_tls_level(s, s->theirs);

	if (tls == LEVEL_NOT_SUPPORTED && s->offer.starttls_required) {
		stream_fail(s, STREAM_POLICY_VIOLATION, DROP_STREAM_NO_METHOD,
			    "the other side requires TLS, which is off for this partner");
	} else if (tls != LEVEL_NOT_SUPPORTED && s->offer.starttls) {
		stream_put(s, "<starttls xmlns='" NS_TLS "'/>");
		stream_become(s, STREAM_EXPECT_PROCEED);
		stream_resume(s, false);
	} else if (tls == LEVEL_REQUIRED) {
		no_tls(s);
	} else {
		authenticate(s);
	}
}

static void on_features(struct stream *s, const struct xml_element *features)
{
	stream_read_features(s, features);
	if (s->is_sasl_done)
		authenticated(s);
	else if (s->is_secure)
		authenticate(s);
	else
		secure(s);
}

static void on_sasl_failure(struct stream *s, const struct xml_element *failure)
{
	char text[160];

	s->sasl_tries++;
	stream_say(text, sizeof(text), "our EXTERNAL refused: ",
		   failure->child != NULL ? failure->child->name : "no reason given", "");
	if (!stream_may_dialback(s, s->theirs)) {
		stream_fail(s, STREAM_POLICY_VIOLATION, DROP_SASL_FAILED, text);
		return;
	}
	/* ejabberd offers EXTERNAL to everybody and says no afterwards: the stream is still good
	 * for dialback. */
	stream_add_refused(s, DROP_SASL_FAILED, s->ours, s->theirs, text);
	authenticate(s);
}

static void on_sasl_success(struct stream *s)
{
	s->is_sasl_done = true;
	stream_forget_header(s);
	stream_become(s, STREAM_EXPECT_HEADER);
	stream_put_header(s);
	stream_resume(s, true);
}

static void out_of_turn(struct stream *s, const struct xml_element *e)
{
	char text[160];

	stream_say(text, sizeof(text), "<", e->name, "/> does not belong here");
	stream_fail(s, STREAM_UNSUPPORTED_STANZA_TYPE, DROP_STREAM_PROTOCOL, text);
}

void stream_initiate_element(struct stream *s, const struct xml_element *e)
{
	switch (s->state) {
	case STREAM_EXPECT_FEATURES:
		if (xml_is(e, NS_STREAM, "features"))
			on_features(s, e);
		else
			out_of_turn(s, e);
		return;
	case STREAM_EXPECT_PROCEED:
		if (xml_is(e, NS_TLS, "proceed")) {
			stream_become(s, STREAM_EXPECT_TLS);
			stream_add_news(s, STREAM_NEWS_START_TLS);
		} else if (xml_is(e, NS_TLS, "failure")) {
			stream_finish(s, DROP_TLS_HANDSHAKE, "the other side refused STARTTLS");
		} else {
			out_of_turn(s, e);
		}
		return;
	case STREAM_EXPECT_SASL_RESULT:
		if (xml_is(e, NS_SASL, "success"))
			on_sasl_success(s);
		else if (xml_is(e, NS_SASL, "failure"))
			on_sasl_failure(s, e);
		else
			out_of_turn(s, e);
		return;
	case STREAM_EXPECT_DIALBACK:
	case STREAM_ESTABLISHED:
		/* Some say their features once more when dialback is done. */
		if (!xml_is(e, NS_STREAM, "features")) {
			out_of_turn(s, e);
			return;
		}
		stream_read_features(s, e);
		stream_resume(s, false);
		return;
	case STREAM_EXPECT_HEADER:
	case STREAM_EXPECT_TLS:
	case STREAM_EXPECT_STARTTLS:
	case STREAM_EXPECT_AUTH:
	case STREAM_CLOSING:
	case STREAM_STATE_COUNT:
		out_of_turn(s, e);
		return;
	}
}
