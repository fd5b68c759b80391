/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * framer_scope.c - Namespaces in XML 1.0: declarations and their scopes, bound prefixes, attributes
 * that are one by expanded name; and the record of what the stream root declares.
 *
 * The bindings in force are a stack, innermost last. The root's come first and in the order of
 * framer_root.decl[], so a binding's index below decl_count is its index there.
 */
#include "dataplane/xmpp/framer_parts.h"

#define XML_URI   FRAMER_XML_URI
#define XMLNS_URI FRAMER_XMLNS_URI

enum { NO_BINDING = -1, XML_BINDING = -2 };

static bool span_is(struct span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

static struct span uri_of(const struct framer *f, const struct framer_binding *b)
{
	return (struct span){f->binding_bytes + b->at + b->prefix_len, b->uri_len};
}

/* The binding under construction is the one above the stack, its URI so far f->uri_len long. */
static unsigned int bytes_top(const struct framer *f)
{
	const struct framer_binding *top;

	if (f->binding_count == 0)
		return 0;
	top = &f->bindings[f->binding_count - 1];
	return (unsigned int)top->at + top->prefix_len + top->uri_len;
}

static enum framer_result root_put(struct framer *f, const uint8_t *bytes, size_t len)
{
	if (f->root.text_len + len > sizeof(f->root.text))
		return FRAMER_ERR_TOO_BIG;
	memcpy(f->root.text + f->root.text_len, bytes, len);
	f->root.text_len = (uint16_t)(f->root.text_len + len);
	return FRAMER_MORE;
}

static enum framer_result begin_prefix(struct framer *f, struct span prefix)
{
	struct framer_binding *b = &f->bindings[f->binding_count];
	const unsigned int top = bytes_top(f);
	unsigned int n = f->root.decl_count;

	if (f->binding_count == XML_PREFIXES_MAX || top + prefix.len > sizeof(f->binding_bytes) ||
	    (f->depth == 1 && n == ROOT_PREFIXES_MAX))
		return FRAMER_ERR_TOO_DEEP;
	b->at = (uint16_t)top;
	b->prefix_len = (uint8_t)prefix.len;
	memcpy(f->binding_bytes + top, prefix.at, prefix.len);
	if (f->depth > 1)
		return FRAMER_MORE;
	f->root.decl[n].prefix_at = f->root.text_len;
	f->root.decl[n].prefix_len = (uint8_t)prefix.len;
	return root_put(f, prefix.at, prefix.len);
}

enum framer_result framer_scope_begin(struct framer *f, struct span name)
{
	const struct span prefix = {name.at + 6, name.len > 6 ? name.len - 6 : 0};
	enum framer_result r = FRAMER_MORE;

	f->uri_len = 0;
	f->after_reference = FRAMER_IN_DECLARED;
	if (span_is(name, "xmlns")) {
		f->declares = FRAMER_DECLARES_DEFAULT;
	} else if (span_is(name, "xml:lang")) {
		f->declares = FRAMER_DECLARES_LANG;
	} else if (span_is(prefix, "xmlns")) {
		return FRAMER_ERR_NOT_WELL_FORMED;
	} else if (span_is(prefix, "xml")) {
		f->declares = FRAMER_DECLARES_XML;
	} else {
		f->declares = FRAMER_DECLARES_PREFIX;
		r = begin_prefix(f, prefix);
	}
	f->raw_at = f->root.text_len;
	return r;
}

enum framer_result framer_scope_raw(struct framer *f, uint8_t byte)
{
	if (f->depth > 1 || f->declares == FRAMER_DECLARES_XML)
		return FRAMER_MORE;
	return root_put(f, &byte, 1);
}

/*
 * A namespace name is a URI reference. Parsers put it next to a local name with some separator
 * between, and some refuse it when it contains theirs; so nothing that no URI has passes here.
 */
enum framer_result framer_scope_uri(struct framer *f, uint8_t byte)
{
	unsigned int at = bytes_top(f) + f->uri_len;

	if (f->declares == FRAMER_DECLARES_LANG)
		return FRAMER_MORE;
	if (byte < 0x80 && (framer_char_class[byte] & FRAMER_CHAR_URI) == 0)
		return FRAMER_ERR_NOT_WELL_FORMED;
	if (f->declares == FRAMER_DECLARES_PREFIX)
		at += f->bindings[f->binding_count].prefix_len;
	if (f->uri_len == XML_NAMESPACE_BYTES_MAX)
		return FRAMER_ERR_TOO_BIG;
	if (at >= sizeof(f->binding_bytes))
		return FRAMER_ERR_TOO_DEEP;
	f->binding_bytes[at] = byte;
	f->uri_len++;
	return FRAMER_MORE;
}

enum framer_result framer_scope_literal(struct framer *f, uint8_t byte)
{
	const enum framer_result r = framer_scope_raw(f, byte);

	return r == FRAMER_MORE ? framer_scope_uri(f, byte) : r;
}

size_t framer_scope_uri_max(const struct framer *f)
{
	const size_t top = bytes_top(f);

	return min_size(XML_NAMESPACE_BYTES_MAX, sizeof(f->binding_bytes) - top);
}

/* Where in binding_bytes the next bytes of a URI go below the root, and how many the bounds let in.
 */
struct room {
	size_t at, len;
};

static struct room uri_room(const struct framer *f)
{
	unsigned int to = bytes_top(f) + f->uri_len;

	if (f->declares == FRAMER_DECLARES_PREFIX)
		to += f->bindings[f->binding_count].prefix_len;
	if (to >= sizeof(f->binding_bytes))
		return (struct room){0};
	return (struct room){to, min_size((size_t)XML_NAMESPACE_BYTES_MAX - f->uri_len,
					  sizeof(f->binding_bytes) - to)};
}

void framer_scope_run(struct framer *f, struct framer_cursor *c)
{
	const uint8_t plain = FRAMER_CHAR_URI | FRAMER_CHAR_VALUE, *at = c->at, *stop;
	struct room room;

	if (f->depth == 1)
		return;
	room = uri_room(f);
	stop = at + min_size((size_t)(c->stop - at), room.len);
	while (at < stop && (framer_char_class[*at] & plain) == plain)
		f->binding_bytes[room.at++] = *at++;
	f->uri_len = (uint16_t)(f->uri_len + (at - c->at));
	c->at = at;
}

/* What a declaration of the root leaves for others to see. */
static void record_root(struct framer *f)
{
	struct framer_root *root = &f->root;
	const uint16_t len = (uint16_t)(root->text_len - f->raw_at);

	if (f->declares == FRAMER_DECLARES_DEFAULT) {
		root->default_at = f->raw_at;
		root->default_len = len;
	} else if (f->declares == FRAMER_DECLARES_LANG) {
		root->lang_at = f->raw_at;
		root->lang_len = len;
		root->lang_apostrophe = f->quote == '\'';
	} else if (f->declares == FRAMER_DECLARES_PREFIX) {
		root->decl[root->decl_count].uri_at = f->raw_at;
		root->decl[root->decl_count].uri_len = len;
		root->decl[root->decl_count++].apostrophe = f->quote == '\'';
	}
}

enum framer_result framer_scope_end(struct framer *f)
{
	unsigned int at = bytes_top(f);
	bool is_xml, is_xmlns;
	struct span uri;

	if (f->declares == FRAMER_DECLARES_PREFIX)
		at += f->bindings[f->binding_count].prefix_len;
	uri = (struct span){f->binding_bytes + at, f->uri_len};
	is_xml = span_is(uri, XML_URI);
	is_xmlns = span_is(uri, XMLNS_URI);
	if (f->declares == FRAMER_DECLARES_XML)
		return is_xml ? FRAMER_MORE : FRAMER_ERR_NOT_WELL_FORMED;
	if (f->declares != FRAMER_DECLARES_LANG && (is_xml || is_xmlns))
		return FRAMER_ERR_NOT_WELL_FORMED;
	if (f->depth == 1)
		record_root(f);
	if (f->declares != FRAMER_DECLARES_PREFIX)
		return FRAMER_MORE;
	if (f->uri_len == 0) /* only the default namespace can be undone */
		return FRAMER_ERR_NOT_WELL_FORMED;
	f->bindings[f->binding_count++].uri_len = f->uri_len;
	return FRAMER_MORE;
}

static int find_binding(const struct framer *f, struct span prefix)
{
	for (int i = f->binding_count - 1; i >= 0; i--) {
		const struct framer_binding *b = &f->bindings[i];

		if (b->prefix_len == prefix.len &&
		    memcmp(f->binding_bytes + b->at, prefix.at, prefix.len) == 0)
			return i;
	}
	return span_is(prefix, "xml") ? XML_BINDING : NO_BINDING;
}

static void note_use(struct framer *f, int binding)
{
	if (f->depth > 1 && binding >= 0 && binding < f->root.decl_count)
		f->used_prefixes |= BIT(binding);
}

/* Name of attribute @i of the tag just read. */
static struct span name_of(const struct framer *f, unsigned int i)
{
	const uint16_t at = f->attributes[i].at;
	const uint16_t end = i + 1u < f->attribute_count ? f->attributes[i + 1].at : f->names_len;

	return (struct span){f->names + at, (size_t)(end - at)};
}

static struct span local_of(const struct framer *f, unsigned int i)
{
	const struct span name = name_of(f, i);
	const size_t skip = f->attributes[i].colon + 1u;

	return (struct span){name.at + skip, name.len - skip};
}

static bool spans_equal(struct span a, struct span b)
{
	return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

/* One attribute with two names: the same local part, two prefixes of one namespace. */
static bool is_twin(const struct framer *f, const int *binding_of, unsigned int i)
{
	const int mine = binding_of[i];

	for (unsigned int j = 0; j < i; j++) {
		const int other = binding_of[j];

		if (other >= 0 && other != mine && spans_equal(local_of(f, i), local_of(f, j)) &&
		    spans_equal(uri_of(f, &f->bindings[mine]), uri_of(f, &f->bindings[other])))
			return true;
	}
	return false;
}

bool framer_scope_use(struct framer *f, const uint8_t *prefix, size_t len)
{
	const int found = find_binding(f, (struct span){prefix, len});

	if (found >= 0 && found < f->root.decl_count)
		f->used_prefixes |= BIT(found);
	return found != NO_BINDING;
}

enum framer_result framer_scope_resolve(struct framer *f)
{
	int binding_of[XML_ATTRIBUTES_MAX]; /* NO_BINDING where there is no prefix */
	const uint8_t *name = f->names + f->open_elements[f->depth - 1].name_at;
	int found;

	if (f->element_colon > 0) {
		found = find_binding(f, (struct span){name, f->element_colon});
		if (found == NO_BINDING)
			return FRAMER_ERR_NOT_WELL_FORMED;
		note_use(f, found);
	}
	for (unsigned int i = 0; i < f->attribute_count; i++) {
		const struct span prefix = {f->names + f->attributes[i].at, f->attributes[i].colon};

		binding_of[i] = NO_BINDING;
		if (prefix.len == 0 || span_is(prefix, "xmlns"))
			continue;
		found = find_binding(f, prefix);
		if (found == NO_BINDING)
			return FRAMER_ERR_NOT_WELL_FORMED;
		note_use(f, found);
		binding_of[i] = found;
		if (found >= 0 && is_twin(f, binding_of, i))
			return FRAMER_ERR_NOT_WELL_FORMED;
	}
	return FRAMER_MORE;
}

void framer_scope_leave(struct framer *f)
{
	f->binding_count = f->open_elements[f->depth - 1].bindings;
}
