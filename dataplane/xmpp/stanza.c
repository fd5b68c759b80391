/* SPDX-License-Identifier: BSD-3-Clause */
/* stanza.c - reading an opening tag that the framer has passed, and what its stanza may cause. */
#include <string.h>

#include "dataplane/xmpp/stanza.h"
#include "dataplane/xmpp/unescape.h"

#define NS_SERVER "jabber:server"

/* What is left of the tag. Reading past its end only sets @ended: the tag goes on elsewhere. */
struct reader {
	const uint8_t *at, *end;
	bool ended;
};

static bool is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static bool span_is(struct span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

static uint8_t peek(struct reader *r)
{
	r->ended = r->at == r->end;
	return r->ended ? 0 : *r->at;
}

static void skip_space(struct reader *r)
{
	while (r->at < r->end && is_space(*r->at))
		r->at++;
}

static const bool ends_name[256] = {
    ['\t'] = true, ['\n'] = true, ['\r'] = true, [' '] = true,
    ['/'] = true,  ['='] = true,  ['>'] = true,
};

static struct span read_name(struct reader *r)
{
	const uint8_t *from = r->at;

	while (r->at < r->end && !ends_name[*r->at])
		r->at++;
	return (struct span){from, (size_t)(r->at - from)};
}

/* Behind an attribute's name: Eq and the quoted value. */
static struct span read_value(struct reader *r)
{
	const uint8_t *from, *close;
	uint8_t quote;

	skip_space(r);
	if (peek(r) == '=')
		r->at++;
	skip_space(r);
	quote = peek(r);
	if (r->ended)
		return (struct span){NULL, 0};
	from = ++r->at;
	close = memchr(from, quote, (size_t)(r->end - from));
	r->ended = close == NULL;
	if (r->ended)
		return (struct span){NULL, 0};
	r->at = close + 1;
	return (struct span){from, (size_t)(close - from)};
}

static void take_attribute(struct stanza *s, struct span name, struct span value,
			   struct span *xmlns)
{
	if (span_is(name, "from")) {
		s->from = value;
	} else if (span_is(name, "to")) {
		s->to = value;
	} else if (span_is(name, "id")) {
		s->id = value;
	} else if (span_is(name, "type")) {
		s->type = value;
	} else if (span_is(name, "xml:lang")) {
		s->has_lang = true;
	} else if (span_is(name, "xmlns")) {
		s->has_xmlns = true;
		*xmlns = value;
	}
}

/* All attributes, up to '>'. Returns false when the tag goes on behind the reader's end. */
static bool read_attributes(struct reader *r, struct stanza *s, struct span *xmlns)
{
	struct span name, value;

	for (;;) {
		skip_space(r);
		if (peek(r) == '/')
			r->at++;
		if (peek(r) == '>')
			return true;
		if (r->ended)
			return false;
		name = read_name(r);
		value = read_value(r);
		if (r->ended)
			return false;
		take_attribute(s, name, value, xmlns);
	}
}

static enum stanza_kind kind_of(struct span name, struct span xmlns)
{
	enum stanza_kind kind = STANZA_OTHER;

	if (span_is(name, "message"))
		kind = STANZA_MESSAGE;
	else if (span_is(name, "presence"))
		kind = STANZA_PRESENCE;
	else if (span_is(name, "iq"))
		kind = STANZA_IQ;
	return unescape_equals(xmlns, NS_SERVER) ? kind : STANZA_OTHER;
}

bool stanza_parse(struct span head, const struct framer_root *root, struct stanza *out)
{
	struct span xmlns = {(const uint8_t *)root->text + root->default_at, root->default_len};
	struct reader r = {head.at, head.at + head.len, false};

	memset(out, 0, sizeof(*out));
	if (peek(&r) == '<')
		r.at++;
	out->name = read_name(&r);
	out->name_end = (uint32_t)(r.at - head.at);
	if (!read_attributes(&r, out, &xmlns))
		return false;
	out->kind = kind_of(out->name, xmlns);
	return true;
}

bool stanza_may_bounce(const struct stanza *s)
{
	switch (s->kind) {
	case STANZA_MESSAGE:
		return !unescape_equals(s->type, "error");
	case STANZA_PRESENCE:
		return unescape_equals(s->type, "subscribe") || unescape_equals(s->type, "probe");
	case STANZA_IQ:
		return unescape_equals(s->type, "get") || unescape_equals(s->type, "set");
	case STANZA_OTHER:
		break;
	}
	return false;
}
