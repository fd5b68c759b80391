/* SPDX-License-Identifier: BSD-3-Clause */
/* endpoint_text.c - elements out of text: stanzas for the sink, the rest for the negotiation. */
#include <stdio.h>
#include <string.h>

#include "bench/load/endpoint_state.h"
#include "dataplane/core/msg.h"

/* Negotiation is over for @e: what the machine says is obeyed. */
static void close_with(struct endpoint *e, const struct stream_news *news)
{
	char why[sizeof(news->text) + 64];

	endpoint_say(e, news->bytes, news->len);
	endpoint_say(e, "</stream:stream>", sizeof("</stream:stream>") - 1);
	if (news->drop == DROP_COUNT) {
		endpoint_end(e, NULL);
		return;
	}
	snprintf(why, sizeof(why), "%.40s: %s", drop_name(news->drop), news->text);
	endpoint_end(e, why);
}

static void obey(struct endpoint *e, const struct stream_news *news)
{
	switch (news->kind) {
	case STREAM_NEWS_NONE:
	case STREAM_NEWS_VERIFIED:
	case STREAM_NEWS_ESTABLISHED:
	case STREAM_NEWS_REFUSED: /* where it matters CLOSE or PAIR_FAILED follows */
		break;
	case STREAM_NEWS_SEND:
		endpoint_say(e, news->bytes, news->len);
		break;
	case STREAM_NEWS_RESUME:
		if (news->restart)
			framer_init(&e->framer, STANZA_BYTES_MAX);
		break;
	case STREAM_NEWS_START_TLS:
		endpoint_say(e, news->bytes, news->len);
		endpoint_start_handshake(e, !e->setup.is_dialled);
		break;
	case STREAM_NEWS_AUTHORISED:
		endpoint_authorise(e, news->ours, news->theirs, news->method,
				   (news->bits & GRANT_TO_PEER) != 0);
		break;
	case STREAM_NEWS_VERIFY: /* whoever is being loaded is believed */
		stream_verified(e->stream, news->ours, news->theirs, news->id, VERIFY_VALID, NULL,
				e->now_us);
		break;
	case STREAM_NEWS_PAIR_FAILED:
		endpoint_end(e, news->text);
		break;
	case STREAM_NEWS_CLOSE:
		close_with(e, news);
		break;
	}
}

void endpoint_obey(struct endpoint *e)
{
	struct stream_news news;

	while (!e->is_over && stream_take(e->stream, &news))
		obey(e, &news);
}

static void put_bare_header(struct endpoint *e)
{
	static const char header[] =
	    "<stream:stream xmlns='jabber:server' xmlns:stream='" NS_STREAM "' version='1.0'>";

	endpoint_say(e, header, sizeof(header) - 1);
}

void endpoint_on_secure(struct endpoint *e, const struct identity *id)
{
	if (e->setup.kind == ENDPOINT_S2S) {
		stream_on_tls(e->stream, id, e->now_us);
		endpoint_obey(e);
		return;
	}
	put_bare_header(e);
	endpoint_authorise(e, e->setup.ours, e->setup.theirs, 0, true);
}

static void on_header(struct endpoint *e, struct span header)
{
	struct xml_element *x;

	e->header.len = 0;
	endpoint_append(&e->header, header.at, header.len);
	if (e->setup.kind == ENDPOINT_COMPONENT)
		endpoint_component_header(e);
	if (e->setup.kind != ENDPOINT_S2S)
		return;
	x = xml_header(header.at, header.len);
	if (x == NULL) {
		endpoint_end(e, "the peer's stream header is no XML");
		return;
	}
	stream_on_header(e->stream, x, e->now_us);
	xml_free(x);
	endpoint_obey(e);
}

static void negotiate(struct endpoint *e, struct span element)
{
	struct xml_element *x =
	    xml_element(e->header.bytes, e->header.len, element.at, element.len);

	if (x == NULL) {
		endpoint_end(e, "an element that is no XML");
		return;
	}
	stream_on_element(e->stream, x, e->now_us);
	xml_free(x);
	endpoint_obey(e);
}

static bool begins(struct span element, const char *name)
{
	const size_t len = strlen(name);

	return element.len > len + 1 && memcmp(element.at + 1, name, len) == 0 &&
	       (element.at[len + 1] == ' ' || element.at[len + 1] == '>' ||
		element.at[len + 1] == '/' || element.at[len + 1] == '\n');
}

static void on_element(struct endpoint *e, struct span element)
{
	if (e->is_authorised &&
	    (begins(element, "message") || begins(element, "presence") || begins(element, "iq")))
		e->setup.calls->stanza(e->setup.user, element, framer_root(&e->framer));
	else if (e->setup.kind == ENDPOINT_S2S)
		negotiate(e, element);
	else if (e->setup.kind == ENDPOINT_COMPONENT)
		endpoint_component_element(e, element);
	else
		endpoint_end(e, "something that is no stanza came through");
}

static void on_footer(struct endpoint *e)
{
	if (e->setup.kind == ENDPOINT_S2S) {
		stream_on_footer(e->stream, e->now_us);
		endpoint_obey(e);
	}
	endpoint_end(e, e->is_authorised ? NULL : "the other side closed its stream");
}

static void on_found(struct endpoint *e, enum framer_result found, struct span bytes)
{
	char why[64];

	if (found == FRAMER_HEADER) {
		on_header(e, bytes);
	} else if (found == FRAMER_ELEMENT) {
		on_element(e, bytes);
	} else if (found == FRAMER_FOOTER) {
		on_footer(e);
	} else if (found < 0) {
		snprintf(why, sizeof(why), "not what XMPP allows: %s",
			 drop_text(framer_drop(found)));
		endpoint_end(e, why);
	}
}

/* The thing found: in @text alone, or begun in an earlier piece. */
static struct span whole(struct endpoint *e, const uint8_t *end, size_t used)
{
	const size_t held = framer_held(&e->framer);

	if (e->open.len == 0)
		return (struct span){end - held, held};
	endpoint_append(&e->open, end - used, used);
	return (struct span){e->open.bytes, e->open.len};
}

size_t endpoint_take_text(struct endpoint *e, const uint8_t *text, size_t len)
{
	const enum endpoint_wire wire = e->wire;
	size_t at = 0, used;

	while (at < len && !e->is_over && e->wire == wire) {
		const enum framer_result found =
		    framer_feed(&e->framer, text + at, len - at, &used);

		at += used;
		if (found == FRAMER_MORE) {
			const size_t held = framer_held(&e->framer);

			endpoint_append(&e->open, text + at - min_size(held, used),
					min_size(held, used));
			break;
		}
		on_found(e, found, whole(e, text + at, used));
		e->open.len = 0;
	}
	return at;
}
