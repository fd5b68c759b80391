/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rehearsal.c - plays the partner's part: header, STARTTLS where it is offered, then the one method
 * it is to use. A dialback key is found valid by whoever has to say so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/memory.h"
#include "control/rehearsal.h"

enum { STEPS_MAX = 16, TEXT_MAX = 2048 };

#define OPENING                                                                                    \
	"<stream:stream xmlns='" NS_SERVER "' xmlns:stream='" NS_STREAM "' xmlns:db='" NS_DIALBACK \
	"'"

struct play {
	struct stream *stream;
	struct rehearsal *out;
	const char *from, *to;
	const struct identity *id;
	unsigned int method;
	char root[TEXT_MAX];
	bool is_over, wants_tls, wants_header;
	char verify_id[64];
};

static void say_header(struct play *p)
{
	const int len = snprintf(p->root, sizeof(p->root),
				 OPENING " from='%s' to='%s' version='1.0'>", p->from, p->to);
	struct xml_element *header = xml_header((const uint8_t *)p->root, (size_t)len);

	if (header == NULL) {
		p->is_over = true;
		return;
	}
	stream_on_header(p->stream, header, 1);
	xml_free(header);
}

static void say(struct play *p, const char *text)
{
	struct xml_element *e = xml_element((const uint8_t *)p->root, strlen(p->root),
					    (const uint8_t *)text, strlen(text));

	if (e != NULL)
		stream_on_element(p->stream, e, 1);
	else
		p->is_over = true;
	xml_free(e);
}

/* What our features offer, as their bytes say. */
static void read_features(struct play *p, const char *bytes)
{
	struct rehearsal *out = p->out;

	if (strstr(bytes, "<stream:features>") == NULL)
		return;
	if (strstr(bytes, "<starttls") != NULL) {
		out->offers_tls = true;
		out->requires_tls = strstr(bytes, "<required/>") != NULL;
	}
	if (strstr(bytes, ">EXTERNAL<") != NULL)
		out->offered |= METHOD_SASL_EXTERNAL;
	if (strstr(bytes, NS_DIALBACK_FEATURE) != NULL)
		out->offered |=
		    stream_is_secure(p->stream) ? METHOD_DIALBACK_TLS : METHOD_DIALBACK_PLAIN;
}

/* The condition is in the bytes; drop and text came as news of their own. */
static void read_error(struct play *p, const char *bytes)
{
	const char *error = strstr(bytes, "<stream:error><");

	if (error == NULL)
		return;
	error += strlen("<stream:error><");
	(void)snprintf(p->out->condition, sizeof(p->out->condition), "%.*s",
		       (int)strcspn(error, " />"), error);
}

static void obey(struct play *p, const struct stream_news *news)
{
	char bytes[TEXT_MAX];

	(void)snprintf(bytes, sizeof(bytes), "%.*s", (int)news->len, news->bytes);
	switch (news->kind) {
	case STREAM_NEWS_SEND:
		read_features(p, bytes);
		break;
	case STREAM_NEWS_START_TLS:
		p->wants_tls = true;
		break;
	case STREAM_NEWS_RESUME:
		p->wants_header = p->wants_header || news->restart;
		break;
	case STREAM_NEWS_VERIFY:
		(void)snprintf(p->verify_id, sizeof(p->verify_id), "%s", news->id);
		break;
	case STREAM_NEWS_AUTHORISED:
		p->out->allowed = true;
		p->out->method = news->method;
		p->is_over = true;
		break;
	case STREAM_NEWS_REFUSED:
		p->out->drop = news->drop;
		(void)snprintf(p->out->text, sizeof(p->out->text), "%s", news->text);
		break;
	case STREAM_NEWS_CLOSE:
		read_error(p, bytes);
		p->is_over = true;
		break;
	case STREAM_NEWS_NONE:
	case STREAM_NEWS_PAIR_FAILED:
	case STREAM_NEWS_VERIFIED:
	case STREAM_NEWS_ESTABLISHED:
		break;
	}
}

static void hear(struct play *p)
{
	struct stream_news news;

	while (!p->is_over && stream_take(p->stream, &news))
		obey(p, &news);
}

static void give_identity(struct play *p)
{
	struct identity *id = memory_get(sizeof(*id));

	if (p->id != NULL) {
		*id = *p->id;
	} else {
		id->present = id->chain_good = true;
		id->count = 1;
		id->names[0].kind = IDENTITY_DNS;
		(void)snprintf(id->names[0].name, sizeof(id->names[0].name), "%s", p->from);
	}
	stream_on_tls(p->stream, id, 1);
	free(id);
}

/* What the partner says next. */
static void act(struct play *p)
{
	const bool secure = stream_is_secure(p->stream);
	char text[TEXT_MAX];

	if (p->wants_tls) {
		p->wants_tls = false;
		give_identity(p);
	} else if (p->wants_header) {
		p->wants_header = false;
		say_header(p);
	} else if (p->verify_id[0] != '\0') {
		(void)snprintf(text, sizeof(text), "%s", p->verify_id);
		p->verify_id[0] = '\0';
		stream_verified(p->stream, p->to, p->from, text, VERIFY_VALID, NULL, 1);
	} else if (!secure && p->method != METHOD_DIALBACK_PLAIN && p->out->offers_tls) {
		say(p, "<starttls xmlns='" NS_TLS "'/>");
	} else if (p->method == METHOD_SASL_EXTERNAL) {
		say(p, "<auth xmlns='" NS_SASL "' mechanism='EXTERNAL'>=</auth>");
	} else {
		(void)snprintf(text, sizeof(text), "<db:result from='%s' to='%s'>key</db:result>",
			       p->from, p->to);
		say(p, text);
	}
}

void rehearsal_receive(const struct policy *policy, const char *from, const char *to,
		       const struct identity *id, unsigned int method, struct rehearsal *out)
{
	const struct stream_setup setup = {.role = STREAM_RECEIVING,
					   .leg = IFACE_EDGE,
					   .ours = "",
					   .theirs = "",
					   .trace_id = "explain"};
	struct play *p = memory_get(sizeof(*p));

	*out = (struct rehearsal){.drop = DROP_COUNT};
	*p = (struct play){
	    .out = out, .from = from, .to = to, .id = id, .method = method, .wants_header = true};
	p->stream = stream_make(&setup, policy, 1);
	for (unsigned int i = 0; !p->is_over && i < STEPS_MAX; i++) {
		act(p);
		hear(p);
	}
	stream_free(p->stream);
	free(p);
}
