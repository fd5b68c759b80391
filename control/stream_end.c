/* SPDX-License-Identifier: BSD-3-Clause */
/* stream_end.c - the ways a stream ends: by an error of ours or the peer's, by what the core found,
 * by order, in peace. */
#include <stdio.h>
#include <string.h>

#include "control/stream_state.h"

/* The pair this stream was opened for will not come about on it. */
static void fail_first_pair(struct stream *s, enum drop why, const char *text)
{
	if (s->setup.role != STREAM_INITIATING || s->setup.purpose == STREAM_FOR_VERIFY ||
	    s->state == STREAM_ESTABLISHED)
		return;
	stream_pair_failed(s, s->setup.ours, s->setup.theirs,
			   why == DROP_COUNT ? DROP_STREAM_CLOSED_EARLY : why, text);
}

static void close_now(struct stream *s, enum drop why, const char *text)
{
	struct stream_news *news;

	fail_first_pair(s, why, text);
	news = stream_add_bytes(s, STREAM_NEWS_CLOSE);
	news->drop = why;
	snprintf(news->text, sizeof(news->text), "%s", text);
	stream_become(s, STREAM_CLOSING);
	s->due_us = UINT64_MAX;
	s->pair_count = s->authorised = s->verify_count = 0;
}

/* RFC 6120 4.9.1.1: an error is said inside a stream, so a header of ours comes first. Nothing can
 * be said in the middle of a handshake, nor before TLS where TLS comes first. */
static void put_last_words(struct stream *s, enum stream_condition condition, const char *text)
{
	if (s->state == STREAM_EXPECT_TLS)
		return;
	if (!s->header_sent && s->setup.role == STREAM_INITIATING)
		return;
	if (!s->header_sent)
		stream_put_header(s);
	stream_put_error(s, condition, text);
}

void stream_fail(struct stream *s, enum stream_condition condition, enum drop why, const char *text)
{
	if (s->state == STREAM_CLOSING)
		return;
	stream_flush(s);
	if (why != DROP_COUNT)
		stream_add_refused(s, why, s->ours, s->theirs, text);
	put_last_words(s, condition, text);
	close_now(s, why, text);
}

void stream_finish(struct stream *s, enum drop why, const char *text)
{
	if (s->state == STREAM_CLOSING)
		return;
	if (why != DROP_COUNT)
		stream_add_refused(s, why, s->ours, s->theirs, text);
	close_now(s, why, text);
}

struct refused {
	enum drop drop;
	enum stream_condition condition;
};

void stream_on_refused(struct stream *s, enum drop why, uint64_t now_us)
{
	static const struct refused table[] = {
	    {DROP_XML_NOT_WELL_FORMED, STREAM_NOT_WELL_FORMED},
	    {DROP_XML_RESTRICTED, STREAM_RESTRICTED_XML},
	    {DROP_XML_ENCODING, STREAM_UNSUPPORTED_ENCODING},
	    {DROP_XML_BAD_FORMAT, STREAM_BAD_FORMAT},
	    {DROP_XML_TOO_BIG, STREAM_POLICY_VIOLATION},
	    {DROP_XML_TOO_DEEP, STREAM_POLICY_VIOLATION},
	    {DROP_STREAM_SMUGGLED, STREAM_POLICY_VIOLATION},
	    {DROP_STREAM_LIMIT, STREAM_RESOURCE_CONSTRAINT},
	    {DROP_STREAM_IDLE, STREAM_CONNECTION_TIMEOUT},
	    {DROP_STANZA_NO_ADDRESS, STREAM_IMPROPER_ADDRESSING},
	    {DROP_STANZA_INVALID_FROM, STREAM_INVALID_FROM},
	    {DROP_STANZA_HOST_UNKNOWN, STREAM_HOST_UNKNOWN},
	    {DROP_STANZA_UNAUTHENTICATED, STREAM_NOT_AUTHORIZED},
	    {DROP_STANZA_HEAD, STREAM_POLICY_VIOLATION},
	    {DROP_STANZA_NOT_ALLOWED, STREAM_POLICY_VIOLATION},
	    {DROP_STANZA_NO_MEMORY, STREAM_RESOURCE_CONSTRAINT},
	};
	enum stream_condition condition = STREAM_UNDEFINED_CONDITION;

	s->now_us = now_us;
	if (s->state == STREAM_CLOSING)
		return;
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (table[i].drop == why)
			condition = table[i].condition;
	/* There was no handshake: the stream is still the plaintext one. */
	if (why == DROP_STREAM_SMUGGLED && s->state == STREAM_EXPECT_TLS && s->header_sent)
		stream_become(s, s->setup.role == STREAM_RECEIVING ? STREAM_EXPECT_STARTTLS
								   : STREAM_EXPECT_PROCEED);
	stream_flush(s);
	put_last_words(s, condition, drop_text(why));
	close_now(s, why, drop_text(why));
}

static bool is_known_condition(const char *name)
{
	/* Those of RFC 6120 4.9.3 that we never send ourselves. */
	static const char *const others[] = {
	    "bad-namespace-prefix", "host-gone",      "invalid-id",
	    "invalid-xml",          "see-other-host", "unsupported-feature",
	};

	for (int c = 0; c < STREAM_CONDITION_COUNT; c++)
		if (strcmp(name, stream_condition_name((enum stream_condition)c)) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (strcmp(name, others[i]) == 0)
			return true;
	return false;
}

/* A stream error ends the stream, whatever it says; see-other-host, too: where a partner is to be
 * found is for DNS and the operator to say. */
void stream_read_error(struct stream *s, const struct xml_element *error)
{
	const struct xml_element *say = xml_child(error, NS_STREAMS_ERROR, "text");
	const char *condition = "undefined-condition", *other = "";
	char text[160];

	for (const struct xml_element *e = error->child; e != NULL; e = e->next)
		if (strcmp(e->ns, NS_STREAMS_ERROR) == 0 && is_known_condition(e->name)) {
			condition = e->name;
			other = e->text;
			break;
		}
	snprintf(text, sizeof(text), "%s%s%.*s%s%.*s", condition, other[0] != '\0' ? " " : "",
		 stream_cut(other, 60), other, say != NULL ? ": " : "",
		 say != NULL ? stream_cut(say->text, 60) : 0, say != NULL ? say->text : "");
	stream_finish(s, DROP_STREAM_ERROR, text);
}

void stream_close(struct stream *s, enum stream_condition condition, const char *text,
		  uint64_t now_us)
{
	s->now_us = now_us;
	stream_fail(s, condition, DROP_COUNT, text);
}

void stream_refuse(struct stream *s, enum stream_condition condition, enum drop why,
		   const char *text, uint64_t now_us)
{
	s->now_us = now_us;
	stream_fail(s, condition, why, text);
}

void stream_name(struct stream *s, const char *ours, const char *theirs)
{
	if (s->state != STREAM_EXPECT_HEADER || s->is_sasl_done)
		return;
	shared_set(&s->ours, stream_has_ours(s, ours) ? ours : "");
	shared_set(&s->theirs, theirs);
}
