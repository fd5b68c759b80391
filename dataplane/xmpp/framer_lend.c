/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * framer_lend.c - one framer for many streams: what it has to be told of a stream that it goes on
 * with, in as few bytes as there are.
 *
 * Of the stacks only what is in use is kept, from the bottom; the root's part of them is the same
 * for all streams with that root, so where it is there already nothing is copied.
 */
#include "dataplane/xmpp/framer_parts.h"

/* A root as it is kept: this, its declarations, the text as written, then unescaped prefixes and
 * namespace names, then the root's qualified name. No padding: equal roots are equal bytes. */
struct packed_root {
	uint16_t text_len, default_at, default_len, lang_at, lang_len;
	uint16_t bytes_len, name_len;
	uint8_t lang_apostrophe, decl_count;
};

struct packed_decl {
	uint16_t prefix_at, uri_at, uri_len, bound_len;
	uint8_t prefix_len, apostrophe;
};

_Static_assert(sizeof(struct packed_root) == 16 && sizeof(struct packed_decl) == 10, "padded");
_Static_assert(sizeof(struct packed_root) + ROOT_PREFIXES_MAX * sizeof(struct packed_decl) +
		       2 * ROOT_DECL_BYTES_MAX + XML_NAME_BYTES_MAX <=
		   FRAMER_ROOT_PACKED_MAX,
	       "a packed root may be longer");

/* The fields before the stacks. */
#define HEAD offsetof(struct framer, open_elements)

static uint8_t *put(uint8_t *to, const void *from, size_t len)
{
	memcpy(to, from, len);
	return to + len;
}

static const uint8_t *get(void *to, const uint8_t *from, size_t len)
{
	memcpy(to, from, len);
	return from + len;
}

/* Bytes of the first @count bindings. */
static size_t bound_bytes(const struct framer *f, unsigned int count)
{
	const struct framer_binding *top;

	if (count == 0)
		return 0;
	top = &f->bindings[count - 1];
	return (size_t)top->at + top->prefix_len + top->uri_len;
}

size_t framer_pack_root(const struct framer *f, uint8_t out[FRAMER_ROOT_PACKED_MAX])
{
	const struct framer_root *root = &f->root;
	const struct packed_root head = {
	    .text_len = root->text_len,
	    .default_at = root->default_at,
	    .default_len = root->default_len,
	    .lang_at = root->lang_at,
	    .lang_len = root->lang_len,
	    .bytes_len = (uint16_t)bound_bytes(f, root->decl_count),
	    .name_len = f->names_len,
	    .lang_apostrophe = root->lang_apostrophe,
	    .decl_count = root->decl_count,
	};
	uint8_t *at = put(out, &head, sizeof(head));

	for (unsigned int i = 0; i < root->decl_count; i++) {
		const struct packed_decl d = {
		    .prefix_at = root->decl[i].prefix_at,
		    .uri_at = root->decl[i].uri_at,
		    .uri_len = root->decl[i].uri_len,
		    .bound_len = f->bindings[i].uri_len,
		    .prefix_len = root->decl[i].prefix_len,
		    .apostrophe = root->decl[i].apostrophe,
		};

		at = put(at, &d, sizeof(d));
	}
	at = put(at, root->text, root->text_len);
	at = put(at, f->binding_bytes, head.bytes_len);
	at = put(at, f->names, head.name_len);
	return (size_t)(at - out);
}

static void unpack_root(struct framer *f, const uint8_t *at, const struct packed_root *head)
{
	struct framer_root *root = &f->root;
	uint16_t bound_at = 0;

	memset(root, 0, sizeof(*root));
	root->text_len = head->text_len;
	root->default_at = head->default_at;
	root->default_len = head->default_len;
	root->lang_at = head->lang_at;
	root->lang_len = head->lang_len;
	root->lang_apostrophe = head->lang_apostrophe != 0;
	root->decl_count = head->decl_count;
	for (unsigned int i = 0; i < head->decl_count; i++) {
		struct packed_decl d;

		at = get(&d, at, sizeof(d));
		root->decl[i].prefix_at = d.prefix_at;
		root->decl[i].uri_at = d.uri_at;
		root->decl[i].uri_len = d.uri_len;
		root->decl[i].prefix_len = d.prefix_len;
		root->decl[i].apostrophe = d.apostrophe != 0;
		f->bindings[i] = (struct framer_binding){bound_at, d.bound_len, d.prefix_len};
		bound_at = (uint16_t)(bound_at + d.prefix_len + d.bound_len);
	}
	at = get(root->text, at, head->text_len);
	at = get(f->binding_bytes, at, head->bytes_len);
	(void)get(f->names, at, head->name_len);
}

static bool is_between(const struct framer *f)
{
	return f->state == FRAMER_IN_BETWEEN && f->utf8.left == 0 && (f->found || !f->open);
}

/* Bytes of the bindings in force and of a declaration that is being read. */
static size_t bytes_in_use(const struct framer *f)
{
	size_t len = bound_bytes(f, f->binding_count);

	if (f->after_reference == FRAMER_IN_DECLARED)
		len += f->uri_len;
	/* One too many has been refused, and has no place. */
	if (f->after_reference == FRAMER_IN_DECLARED && f->declares == FRAMER_DECLARES_PREFIX &&
	    f->binding_count < ARRAY_LEN(f->bindings))
		len += f->bindings[f->binding_count].prefix_len;
	return min_size(len, sizeof(f->binding_bytes));
}

static size_t bindings_in_use(const struct framer *f)
{
	return min_size((size_t)f->binding_count + 1, ARRAY_LEN(f->bindings)) *
	       sizeof(f->bindings[0]);
}

size_t framer_pause(const struct framer *f, uint8_t out[FRAMER_PAUSED_MAX])
{
	uint8_t *at = out;

	if (is_between(f))
		return 0;
	at = put(at, f, HEAD);
	at = put(at, f->bindings, bindings_in_use(f));
	at = put(at, f->open_elements, f->depth * sizeof(f->open_elements[0]));
	at = put(at, f->attributes, f->attribute_count * sizeof(f->attributes[0]));
	at = put(at, f->names, f->names_len);
	at = put(at, f->binding_bytes, bytes_in_use(f));
	/* A header half read has a root half read. */
	if (f->phase < FRAMER_PHASE_STREAM)
		at = put(at, &f->root, sizeof(f->root));
	return (size_t)(at - out);
}

uint8_t framer_phase(const struct framer *f)
{
	return f->phase;
}

static void unpause(struct framer *f, const uint8_t *at)
{
	at = get(f, at, HEAD);
	at = get(f->bindings, at, bindings_in_use(f));
	at = get(f->open_elements, at, f->depth * sizeof(f->open_elements[0]));
	at = get(f->attributes, at, f->attribute_count * sizeof(f->attributes[0]));
	at = get(f->names, at, f->names_len);
	at = get(f->binding_bytes, at, bytes_in_use(f));
	if (f->phase < FRAMER_PHASE_STREAM)
		(void)get(&f->root, at, sizeof(f->root));
}

void framer_go_on(struct framer *f, const struct framer_place *p, bool has_root,
		  uint32_t stanza_bytes_max)
{
	struct packed_root head = {0};

	if (p->root.len > 0)
		(void)get(&head, p->root.at, sizeof(head));
	if (p->paused.len > 0) {
		unpause(f, p->paused.at);
		f->next_limit = stanza_bytes_max;
	} else if (p->root.len > 0) {
		memset(f, 0, HEAD);
		f->limit = f->next_limit = stanza_bytes_max;
		f->phase = p->phase;
		f->walks = framer_walk_is_possible();
		f->depth = 1;
		f->names_len = head.name_len;
		f->binding_count = head.decl_count;
		f->open_elements[0] = (struct framer_open){0};
	} else {
		framer_init(f, stanza_bytes_max);
		f->phase = p->phase;
	}
	if (p->root.len > 0 && !has_root)
		unpack_root(f, p->root.at + sizeof(head), &head);
}
