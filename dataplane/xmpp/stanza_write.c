/* SPDX-License-Identifier: BSD-3-Clause */
/* stanza_write.c - what the relay writes itself: declarations put into a tag, and error stanzas. */
#include <string.h>

#include "dataplane/xmpp/stanza.h"

#define NS_STANZAS "urn:ietf:params:xml:ns:xmpp-stanzas"

struct writer {
	uint8_t *to;
	size_t len, room;
	bool full;
};

static const struct {
	const char *element, *type;
} conditions[STANZA_CONDITION_COUNT] = {
#define X(name, element, type) {element, type},
    STANZA_CONDITIONS(X)
#undef X
};

static void put(struct writer *w, const void *bytes, size_t len)
{
	if (len > w->room - w->len) {
		w->full = true;
		return;
	}
	if (len > 0)
		memcpy(w->to + w->len, bytes, len);
	w->len += len;
}

static void put_text(struct writer *w, const char *text)
{
	put(w, text, strlen(text));
}

/* A raw value never holds the quote it was written between; so one of the two is always free, and
 * nothing needs escaping. */
static void put_value(struct writer *w, const char *name, struct span value)
{
	const bool apostrophes = value.len == 0 || memchr(value.at, '\'', value.len) == NULL;
	const char *quote = apostrophes ? "'" : "\"";

	put_text(w, " ");
	put_text(w, name);
	put_text(w, "=");
	put_text(w, quote);
	put(w, value.at, value.len);
	put_text(w, quote);
}

static int finish(const struct writer *w)
{
	return w->full ? -1 : (int)w->len;
}

int stanza_context(const struct stanza *s, const struct framer_root *root, uint32_t used_prefixes,
		   uint8_t *out, size_t room)
{
	const uint8_t *text = (const uint8_t *)root->text;
	struct writer w = {out, 0, room, false};

	for (unsigned int i = 0; i < root->decl_count; i++) {
		const char *quote = root->decl[i].apostrophe ? "'" : "\"";

		if ((used_prefixes & BIT(i)) == 0)
			continue;
		put_text(&w, " xmlns:");
		put(&w, text + root->decl[i].prefix_at, root->decl[i].prefix_len);
		put_text(&w, "=");
		put_text(&w, quote);
		put(&w, text + root->decl[i].uri_at, root->decl[i].uri_len);
		put_text(&w, quote);
	}
	if (root->lang_len > 0 && !s->has_lang)
		put_value(&w, "xml:lang", (struct span){text + root->lang_at, root->lang_len});
	return finish(&w);
}

static const char *kind_name(enum stanza_kind kind)
{
	if (kind == STANZA_IQ)
		return "iq";
	return kind == STANZA_MESSAGE ? "message" : "presence";
}

int stanza_bounce(const struct stanza *s, enum stanza_condition condition, uint8_t *out,
		  size_t room)
{
	struct writer w = {out, 0, room, false};

	if (!stanza_may_bounce(s) || s->from.at == NULL || s->to.at == NULL)
		return -1;
	put_text(&w, "<");
	put_text(&w, kind_name(s->kind));
	put_text(&w, " type='error'");
	put_value(&w, "from", s->to);
	put_value(&w, "to", s->from);
	if (s->id.at != NULL)
		put_value(&w, "id", s->id);
	put_text(&w, "><error type='");
	put_text(&w, conditions[condition].type);
	put_text(&w, "'><");
	put_text(&w, conditions[condition].element);
	put_text(&w, " xmlns='" NS_STANZAS "'/></error></");
	put_text(&w, kind_name(s->kind));
	put_text(&w, ">");
	return finish(&w);
}

const char *stanza_condition_name(enum stanza_condition c)
{
	return conditions[c].element;
}
