/* SPDX-License-Identifier: BSD-3-Clause */
/* stream_out.c - the bytes a stream says. Everything that came from a peer is escaped. */
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "control/memory.h"
#include "control/stream_state.h"

const char *stream_condition_name(enum stream_condition c)
{
	static const char *const names[] = {
#define X(name, element) [name] = (element),
	    STREAM_CONDITIONS(X)
#undef X
	};

	return (size_t)c < ARRAY_LEN(names) ? names[c] : "undefined-condition";
}

/* Room for @len more bytes and a NUL. */
static bool make_room(struct stream *s, size_t len)
{
	size_t room = s->out_room > 0 ? s->out_room : 512;

	if (s->out_len + len + 1 > STREAM_OUT_MAX)
		return false;
	while (room < s->out_len + len + 1)
		room *= 2;
	if (room != s->out_room) {
		s->out = memory_grow(s->out, room);
		s->out_room = (uint16_t)room;
	}
	return true;
}

void stream_put(struct stream *s, const char *text)
{
	const size_t len = strlen(text);

	if (!make_room(s, len))
		return; /* cannot be: see STREAM_OUT_MAX */
	memcpy(s->out + s->out_len, text, len + 1);
	s->out_len = (uint16_t)(s->out_len + len);
}

void stream_put_escaped(struct stream *s, const char *text)
{
	char escaped[6 * STREAM_ID_MAX + 1]; /* "&quot;" is the longest */

	if (xml_escape(text, escaped, sizeof(escaped)) >= 0)
		stream_put(s, escaped);
}

void stream_put_attribute(struct stream *s, const char *name, const char *value)
{
	stream_put(s, " ");
	stream_put(s, name);
	stream_put(s, "='");
	stream_put_escaped(s, value);
	stream_put(s, "'");
}

void stream_put_number(struct stream *s, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	stream_put(s, text);
}

/* Unpredictable and never the same twice: a hash of this stream's entropy and a count. */
static void make_id(struct stream *s)
{
	static const char hex[] = "0123456789abcdef";
	char id[EVP_MAX_MD_SIZE + 1];
	uint8_t seed[sizeof(s->setup.entropy) + sizeof(s->headers_sent)], digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	size_t n = 0;

	s->headers_sent++;
	memcpy(seed, s->setup.entropy, sizeof(s->setup.entropy));
	memcpy(seed + sizeof(s->setup.entropy), &s->headers_sent, sizeof(s->headers_sent));
	if (EVP_Digest(seed, sizeof(seed), digest, &len, EVP_sha256(), NULL) != 1)
		len = 0;
	for (unsigned int i = 0; i < len / 2; i++) {
		id[n++] = hex[digest[i] >> 4];
		id[n++] = hex[digest[i] & 15];
	}
	id[n] = '\0';
	shared_set(&s->id, id);
}

/* Who the partner is, for the gateway to treat its stanzas by. */
void stream_put_partner_type(struct stream *s, const char *ours)
{
	const struct partner *partner =
	    stream_is_internal(s) ? policy_partner(s->policy, ours) : NULL;

	if (partner == NULL)
		return;
	stream_put_attribute(s, "xmlns:partner", NS_PARTNER);
	stream_put_attribute(s, "partner:type", partner_type_name(partner->type));
}

/* The declaration is dialback's oldest advertisement. */
static bool may_use_dialback(const struct stream *s)
{
	if (s->setup.role == STREAM_INITIATING && s->setup.purpose == STREAM_FOR_VERIFY)
		return true;
	return (stream_methods(s, s->theirs) & (METHOD_DIALBACK_TLS | METHOD_DIALBACK_PLAIN)) != 0;
}

void stream_put_header(struct stream *s)
{
	stream_put(s, "<?xml version='1.0'?><stream:stream xmlns='" NS_SERVER
		      "' xmlns:stream='" NS_STREAM "'");
	s->declares_dialback = may_use_dialback(s);
	if (s->declares_dialback)
		stream_put(s, " xmlns:db='" NS_DIALBACK "'");
	stream_put_partner_type(s, s->ours);
	if (s->setup.role == STREAM_RECEIVING) {
		make_id(s);
		stream_put_attribute(s, "id", s->id);
	}
	if (s->ours[0] != '\0')
		stream_put_attribute(s, "from", s->ours);
	if (s->theirs[0] != '\0')
		stream_put_attribute(s, "to", s->theirs);
	stream_put(s, " version='1.0'>");
	s->header_sent = true;
}

void stream_put_trace(struct stream *s, const char *ns)
{
	stream_put(s, "<text");
	stream_put_attribute(s, "xmlns", ns);
	stream_put(s, ">[");
	stream_put_escaped(s, s->setup.trace_id);
	stream_put(s, "]</text>");
}

void stream_put_error(struct stream *s, enum stream_condition condition, const char *text)
{
	stream_put(s, "<stream:error><");
	stream_put(s, stream_condition_name(condition));
	stream_put(s, " xmlns='" NS_STREAMS_ERROR "'/><text xmlns='" NS_STREAMS_ERROR "'>");
	stream_put_escaped(s, text);
	stream_put(s, " [");
	stream_put_escaped(s, s->setup.trace_id);
	stream_put(s, "]</text></stream:error>");
}
