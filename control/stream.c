/* SPDX-License-Identifier: BSD-3-Clause */
/* stream.c - life of a stream machine: what comes in goes to the file that knows it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/memory.h"
#include "control/stream_state.h"

#define SECOND_US UINT64_C(1000000)

struct stream *stream_make(const struct stream_setup *setup, const struct policy *policy,
			   uint64_t now_us)
{
	struct stream *s = memory_get(sizeof(*s));

	s->setup = *setup;
	s->setup.ours = s->setup.theirs = s->ours = s->theirs = SHARED_EMPTY;
	s->id = s->certificate = s->certificate_reason = SHARED_EMPTY;
	if (setup->role == STREAM_INITIATING) {
		shared_set(&s->setup.ours, setup->ours);
		shared_set(&s->setup.theirs, setup->theirs);
		shared_set(&s->ours, setup->ours);
		shared_set(&s->theirs, setup->theirs);
	}
	s->policy = policy;
	s->gateway = setup->gateway;
	s->state = setup->direct_tls ? STREAM_EXPECT_TLS : STREAM_EXPECT_HEADER;
	s->now_us = now_us;
	s->due_us = now_us + policy->limits.establishment_timeout_s * SECOND_US;
	return s;
}

void stream_free(struct stream *s)
{
	if (s == NULL)
		return;
	stream_news_free(s);
	stream_forget_pairs(s);
	shared_drop(&s->setup.ours);
	shared_drop(&s->setup.theirs);
	shared_drop(&s->ours);
	shared_drop(&s->theirs);
	shared_drop(&s->id);
	shared_drop(&s->certificate);
	shared_drop(&s->certificate_reason);
	free(s->pairs);
	free(s->verifies);
	free(s);
}

void stream_set_policy(struct stream *s, const struct policy *policy)
{
	const char *name = s->gateway != NULL ? s->gateway->name : NULL;

	s->policy = policy;
	s->gateway = NULL;
	for (size_t i = 0; name != NULL && i < policy->gateway_count; i++)
		if (strcmp(policy->gateways[i].name, name) == 0)
			s->gateway = &policy->gateways[i];
}

void stream_become(struct stream *s, enum stream_state next)
{
	static const unsigned int may_become[STREAM_STATE_COUNT] = {
	    [STREAM_EXPECT_HEADER] = BIT(STREAM_EXPECT_STARTTLS) | BIT(STREAM_EXPECT_TLS) |
				     BIT(STREAM_EXPECT_AUTH) | BIT(STREAM_EXPECT_FEATURES) |
				     BIT(STREAM_EXPECT_DIALBACK) | BIT(STREAM_ESTABLISHED) |
				     BIT(STREAM_CLOSING),
	    [STREAM_EXPECT_STARTTLS] =
		BIT(STREAM_EXPECT_TLS) | BIT(STREAM_ESTABLISHED) | BIT(STREAM_CLOSING),
	    /* back again where the core found bytes smuggled behind STARTTLS */
	    [STREAM_EXPECT_TLS] = BIT(STREAM_EXPECT_HEADER) | BIT(STREAM_EXPECT_STARTTLS) |
				  BIT(STREAM_EXPECT_PROCEED) | BIT(STREAM_CLOSING),
	    [STREAM_EXPECT_FEATURES] = BIT(STREAM_EXPECT_PROCEED) | BIT(STREAM_EXPECT_SASL_RESULT) |
				       BIT(STREAM_EXPECT_DIALBACK) | BIT(STREAM_ESTABLISHED) |
				       BIT(STREAM_CLOSING),
	    [STREAM_EXPECT_PROCEED] = BIT(STREAM_EXPECT_TLS) | BIT(STREAM_CLOSING),
	    [STREAM_EXPECT_AUTH] =
		BIT(STREAM_EXPECT_HEADER) | BIT(STREAM_ESTABLISHED) | BIT(STREAM_CLOSING),
	    [STREAM_EXPECT_SASL_RESULT] =
		BIT(STREAM_EXPECT_HEADER) | BIT(STREAM_EXPECT_DIALBACK) | BIT(STREAM_CLOSING),
	    [STREAM_EXPECT_DIALBACK] = BIT(STREAM_ESTABLISHED) | BIT(STREAM_CLOSING),
	    [STREAM_ESTABLISHED] = BIT(STREAM_CLOSING),
	};

	assert((may_become[s->state] & BIT(next)) != 0);
	s->state = next;
}

bool stream_is_internal(const struct stream *s)
{
	return s->setup.leg == IFACE_INTERNAL;
}

void stream_resume(struct stream *s, bool restart)
{
	stream_flush(s);
	if (s->state != STREAM_CLOSING)
		stream_add_news(s, STREAM_NEWS_RESUME)->restart = restart;
}

void stream_forget_header(struct stream *s)
{
	s->header_sent = false;
	shared_drop(&s->id);
	stream_forget_pairs(s);
}

void stream_establish(struct stream *s)
{
	if (s->state == STREAM_ESTABLISHED)
		return;
	stream_become(s, STREAM_ESTABLISHED);
	s->due_us = UINT64_MAX;
	stream_add_news(s, STREAM_NEWS_ESTABLISHED);
	if (s->setup.role == STREAM_INITIATING)
		stream_send_verifies(s);
}

void stream_on_open(struct stream *s, uint64_t now_us)
{
	s->now_us = now_us;
	if (s->setup.role != STREAM_INITIATING || s->header_sent || s->state == STREAM_CLOSING)
		return;
	if (s->state == STREAM_EXPECT_TLS)
		stream_add_news(s, STREAM_NEWS_START_TLS);
	else
		stream_initiate(s);
}

/*
 * The header's own two namespaces (RFC 6120 4.8.1, 4.8.2) and its version (4.7.5). A missing
 * version is a server from before RFC 3920: dialback and nothing else.
 */
static bool is_header_sound(struct stream *s, const struct xml_element *header)
{
	const char *version = xml_attr(header, "version");

	if (!xml_is(header, NS_STREAM, "stream") || header->content_ns == NULL ||
	    strcmp(header->content_ns, NS_SERVER) != 0) {
		stream_fail(s, STREAM_INVALID_NAMESPACE, DROP_STREAM_NAMESPACE,
			    "not a stream of jabber:server");
		return false;
	}
	s->is_version_1 = version != NULL && version[0] != '0';
	if (version != NULL && (version[0] < '0' || version[0] > '9' ||
				strspn(version, "0123456789") != strcspn(version, "."))) {
		stream_fail(s, STREAM_UNSUPPORTED_VERSION, DROP_STREAM_NAMESPACE,
			    "version is no number");
		return false;
	}
	return true;
}

void stream_on_header(struct stream *s, const struct xml_element *header, uint64_t now_us)
{
	s->now_us = now_us;
	if (s->state == STREAM_CLOSING)
		return;
	if (s->state != STREAM_EXPECT_HEADER) {
		stream_fail(s, STREAM_BAD_FORMAT, DROP_STREAM_PROTOCOL, "a header out of turn");
		return;
	}
	if (!is_header_sound(s, header))
		return;
	if (s->setup.role == STREAM_RECEIVING)
		stream_receive_header(s, header);
	else
		stream_initiate_header(s, header);
}

static bool is_stanza(const struct xml_element *e)
{
	return xml_is(e, NS_SERVER, "message") || xml_is(e, NS_SERVER, "presence") ||
	       xml_is(e, NS_SERVER, "iq");
}

/* The core relays stanzas of granted pairs: one that comes here has no grant. */
static void on_stanza(struct stream *s, const struct xml_element *e)
{
	const char *from = xml_attr(e, "from"), *to = xml_attr(e, "to");

	if (s->authorised == 0)
		stream_fail(s, STREAM_NOT_AUTHORIZED, DROP_STANZA_UNAUTHENTICATED,
			    "a stanza before authentication");
	else if (from == NULL || to == NULL || from[0] == '\0' || to[0] == '\0')
		stream_fail(s, STREAM_IMPROPER_ADDRESSING, DROP_STANZA_NO_ADDRESS,
			    "a stanza without from or to");
	else
		stream_fail(s, STREAM_INVALID_FROM, DROP_STANZA_INVALID_FROM,
			    "a stanza of a domain that this stream has not authenticated");
}

void stream_on_element(struct stream *s, const struct xml_element *e, uint64_t now_us)
{
	s->now_us = now_us;
	if (s->state == STREAM_CLOSING)
		return;
	if (xml_is(e, NS_STREAM, "error"))
		stream_read_error(s, e);
	else if (s->state == STREAM_EXPECT_HEADER || s->state == STREAM_EXPECT_TLS)
		stream_fail(s, STREAM_BAD_FORMAT, DROP_STREAM_PROTOCOL, "an element out of turn");
	else if (is_stanza(e))
		on_stanza(s, e);
	else if (stream_dialback_element(s, e))
		stream_resume(s, false);
	else if (s->setup.role == STREAM_RECEIVING)
		stream_receive_element(s, e);
	else
		stream_initiate_element(s, e);
}

void stream_on_footer(struct stream *s, uint64_t now_us)
{
	const bool served = s->state == STREAM_ESTABLISHED || s->verifies_answered > 0;

	s->now_us = now_us;
	stream_finish(s, served ? DROP_COUNT : DROP_STREAM_CLOSED_EARLY,
		      "the other side closed its stream");
}

void stream_on_tls(struct stream *s, const struct identity *id, uint64_t now_us)
{
	const bool is_first = s->state == STREAM_EXPECT_HEADER && !s->header_sent && !s->is_secure;

	s->now_us = now_us;
	/* TLS before the first header (XEP-0368) may come without a word of warning. */
	if (s->state != STREAM_EXPECT_TLS && !is_first)
		return;
	s->is_secure = true;
	stream_take_certificate(s, id);
	stream_forget_header(s);
	if (s->state == STREAM_EXPECT_TLS)
		stream_become(s, STREAM_EXPECT_HEADER);
	if (s->setup.role == STREAM_RECEIVING)
		stream_receive_tls(s);
	else
		stream_initiate_tls(s);
}

void stream_on_time(struct stream *s, uint64_t now_us)
{
	s->now_us = now_us;
	if (s->state == STREAM_CLOSING)
		return;
	if (now_us >= s->due_us) {
		stream_fail(s, STREAM_CONNECTION_TIMEOUT, DROP_STREAM_TIMEOUT,
			    "stream not established in time");
		return;
	}
	stream_dialback_on_time(s);
	stream_flush(s);
}

uint64_t stream_due_us(const struct stream *s)
{
	const uint64_t dialback_us = stream_dialback_due(s);

	if (s->state == STREAM_CLOSING)
		return UINT64_MAX;
	return dialback_us < s->due_us ? dialback_us : s->due_us;
}

enum stream_state stream_state(const struct stream *s)
{
	return s->state;
}

const char *stream_state_name(enum stream_state st)
{
	static const char *const names[] = {
#define X(name) [name] = #name,
	    STREAM_STATES(X)
#undef X
	};

	return (size_t)st < ARRAY_LEN(names) ? names[st] + sizeof("STREAM_") - 1 : "?";
}

bool stream_is_secure(const struct stream *s)
{
	return s->is_secure;
}

bool stream_is_bidi(const struct stream *s)
{
	return s->is_bidi;
}

bool stream_takes_more_targets(const struct stream *s)
{
	return s->offer.dialback_errors;
}

const char *stream_id(const struct stream *s)
{
	return s->id;
}

const char *stream_theirs(const struct stream *s)
{
	return s->setup.theirs[0] != '\0' ? s->setup.theirs : s->theirs;
}

const char *stream_ours(const struct stream *s)
{
	return s->setup.theirs[0] != '\0' ? s->setup.ours : s->ours;
}

uint32_t stream_peer_max_bytes(const struct stream *s)
{
	return s->offer.max_bytes;
}

const struct gateway *stream_gateway(const struct stream *s)
{
	return s->gateway;
}
