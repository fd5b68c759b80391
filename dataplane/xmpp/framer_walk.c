/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * framer_walk.c - the common run of a stream by AVX2: text, start tags and end tags from mask to
 * mask.
 *
 * What is odd, wrong, or cut off by the end of input is left to the scalar steps: a start tag
 * behind the last attribute that was plain, anything else from its beginning, with nothing changed
 * that they read. So they remain the one set of rules, and where a walk stops has no influence on
 * what is found. Each tag is tried once: the cost stays linear.
 *
 * The way through a plain tag asks as little as it can. A block ends FRAMER_RUN_MARGIN bytes before
 * the input does, so where a run ends some bytes more can be read without a question. Whether it
 * was the block alone that ended it is asked only where the byte there is none that could: by the
 * functions beside the way, which are never inlined.
 */
#include "dataplane/xmpp/framer_block.h"

#define BESIDE FRAMER_AVX2 static __attribute__((noinline))

/* Names as numbers: up to eight bytes, the first lowest. */
#define NAME_XML   UINT64_C(0x6c6d78)
#define NAME_XMLNS UINT64_C(0x736e6c6d78)

/* A start tag being read. */
struct walk_tag {
	struct framer_name *next; /* attribute */
	uint64_t seen;            /* a bit for each attribute name, maybe shared */
	unsigned int prefixed;    /* attributes with a prefix other than xml */
	struct framer_name element;
	uint8_t quote; /* of the value of *next, which is odd or cut off; else 0 */
	bool declares; /* the default namespace does so */
};

bool framer_walk_is_possible(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
	       __builtin_cpu_supports("bmi2");
}

/* The closing quote of a value, NULL: something odd or the end of input comes first, at c->stuck.
 */
BESIDE const uint8_t *long_value(struct framer_cursor *c, const uint8_t *at, uint8_t quote)
{
	c->stuck = framer_run_to(c, at, FRAMER_CHAR_VALUE, quote);
	return c->stop - c->stuck > 1 && *c->stuck == quote ? c->stuck : NULL;
}

BESIDE bool is_repeated(const struct framer_name *first, const struct framer_name *next,
			const uint8_t *name, size_t len)
{
	for (const struct framer_name *a = first; a < next; a++)
		if (a->len == len && memcmp(a->at, name, len) == 0)
			return true;
	return false;
}

/* Is the name at @name with all that must stand behind it within a block, maybe a new one? */
FRAMER_INLINE bool has_room(struct framer_cursor *c, const uint8_t *name)
{
	return name + FRAMER_RUN_MARGIN <= c->block.end ||
	       (framer_run_refill(c, name) && name + FRAMER_RUN_MARGIN <= c->block.end);
}

/* Of the bytes that a name goes on with, those below 'A' begin none; nor is what ends it above. */
FRAMER_INLINE bool is_below_letters(uint8_t byte)
{
	return byte < 'A';
}

FRAMER_INLINE bool begins_value(const uint8_t *at)
{
	return at[0] == '=' && (at[1] == '\'' || at[1] == '"');
}

/* An attribute: its name, behind which `="` stand, or NULL; the closing quote of its value, NULL
 * where that is not known yet. */
struct walk_ends {
	struct framer_run_name name;
	const uint8_t *value;
};

/*
 * Both ends of the attribute at @name from one look at the masks. In that of values the quote
 * behind the name is the first to end a run, and so in that of namespace names; the second is the
 * closing one.
 */
FRAMER_INLINE struct walk_ends walk_ends(struct framer_cursor *c, const uint8_t *name)
{
	const uint64_t ends = framer_block_ends(&c->block, c->block.name, name);
	const uint64_t value = framer_block_ends(&c->block, c->block.value, name);
	const uint64_t closing = _blsr_u64(value);
	struct walk_ends e = {{name + _tzcnt_u64(ends), 0}, name + _tzcnt_u64(closing)};

	if (ends == 0 || e.name.end >= c->block.end || is_below_letters(*name) ||
	    !begins_value(e.name.end)) {
		e.value = NULL;
		e.name = framer_run_name(c, name);
		if (e.name.end != NULL &&
		    (c->stop - e.name.end <= FRAMER_RUN_MARGIN || !begins_value(e.name.end)))
			e.name.end = NULL;
	} else if (closing == 0 || *e.value != e.name.end[1]) {
		e.value = NULL;
	}
	return e;
}

/* A name with @colon, whose first bytes are @key: may the walk go on with it? */
FRAMER_INLINE bool takes_prefix(struct walk_tag *tag, size_t colon, uint64_t key)
{
	if (colon == 5 && _bzhi_u64(key, 40) == NAME_XMLNS)
		return false;
	tag->prefixed += colon != 3 || _bzhi_u64(key, 24) != NAME_XML;
	return true;
}

static inline uint64_t bit_of(uint64_t key)
{
	return (uint64_t)1 << (key * UINT64_C(0x9e3779b97f4a7c15) >> 58);
}

/* The same of a namespace that nothing but xmlns= declares, and none that is reserved. */
BESIDE const uint8_t *long_uri(struct framer_cursor *c, const uint8_t *at, uint8_t quote)
{
	const uint8_t *end = framer_run(c, c->block.uri, at, FRAMER_CHAR_URI | FRAMER_CHAR_VALUE);

	return c->stop - end > 1 && *end == quote ? end : NULL;
}

/* Does the run of a namespace name from @at on go to @end? */
FRAMER_INLINE bool is_uri(const struct framer_cursor *c, const uint8_t *at, const uint8_t *end)
{
	const uint64_t ends = framer_block_ends(&c->block, c->block.uri, at);

	return (uint64_t)(end - at) == _tzcnt_u64(ends);
}

/* The closing quote of the value behind the name; NULL: it is not plain, or cut off. */
FRAMER_INLINE const uint8_t *walk_value(struct framer_cursor *c, const struct walk_ends *ends,
					bool is_namespace, size_t uri_max)
{
	const uint8_t *at = ends->name.end + 2, *end = ends->value;

	if (!is_namespace)
		return end != NULL ? end : long_value(c, at, at[-1]);
	if (end == NULL || !is_uri(c, at, end))
		end = long_uri(c, at, at[-1]);
	return end == NULL || (size_t)(end - at) > uri_max ||
		       framer_scope_is_reserved(at, (size_t)(end - at))
		   ? NULL
		   : end;
}

/* ' name="value"' at @at; what follows, or NULL: not plain, or cut off, or a prefix is declared. */
FRAMER_INLINE const uint8_t *walk_attribute(struct framer_cursor *c, const uint8_t *at,
					    struct walk_tag *tag, struct framer_plain_tag *plain,
					    size_t uri_max)
{
	const uint8_t *name = at + 1, *end;
	struct walk_ends ends;
	uint64_t key, bit;
	size_t len;

	if (!has_room(c, name) || tag->next == plain->attribute + XML_ATTRIBUTES_MAX)
		return NULL;
	ends = walk_ends(c, name);
	if (ends.name.end == NULL)
		return NULL;
	len = (size_t)(ends.name.end - name);
	memcpy(&key, name, sizeof(key));
	if (len < sizeof(key))
		key = _bzhi_u64(key, (unsigned int)len * 8);
	bit = bit_of(key);
	if ((tag->seen & bit) != 0 && is_repeated(plain->attribute, tag->next, name, len))
		return NULL;
	if (ends.name.colon > 0 && !takes_prefix(tag, ends.name.colon, key))
		return NULL;
	*tag->next = (struct framer_name){name, (uint16_t)len, (uint8_t)ends.name.colon};
	end = walk_value(c, &ends, key == NAME_XMLNS, uri_max);
	if (end == NULL) {
		tag->quote = ends.name.end[1];
		tag->declares = key == NAME_XMLNS;
		if (tag->declares)
			c->stuck = ends.name.end + 2;
		return NULL;
	}
	tag->seen |= bit;
	tag->next++;
	return end + 1;
}

static inline bool ends_name(uint8_t byte)
{
	return byte == '>' || byte == ' ' || byte == '/';
}

/* Where the tag whose name is at @at ends or is not plain, behind its name; NULL: before. */
FRAMER_INLINE const uint8_t *walk_to_tag_end(struct framer_cursor *c, const uint8_t *at,
					     struct walk_tag *tag, struct framer_plain_tag *plain,
					     size_t uri_max)
{
	const uint64_t ends = framer_block_ends(&c->block, c->block.name, at);
	struct framer_run_name n = {at + _tzcnt_u64(ends), 0};
	const uint8_t *end;

	if (ends == 0 || is_below_letters(*at) || !ends_name(*n.end)) {
		n = framer_run_name(c, at);
		if (n.end == NULL || !ends_name(*n.end))
			return NULL;
	}
	tag->element = (struct framer_name){at, (uint16_t)(n.end - at), (uint8_t)n.colon};
	for (end = n.end; *end == ' ';) {
		const uint8_t *next = walk_attribute(c, end, tag, plain, uri_max);

		if (next == NULL)
			break;
		end = next;
	}
	return end;
}

/* Where they are not, the steps find the same uses again, and what is wrong. */
BESIDE bool are_prefixes_bound(struct framer *f, struct walk_tag tag,
			       const struct framer_name *first)
{
	/* Two with prefixes may be one by expanded name. */
	if (tag.prefixed > 1 ||
	    (tag.element.colon > 0 && !framer_scope_use(f, tag.element.at, tag.element.colon)))
		return false;
	if (tag.prefixed > 0)
		for (const struct framer_name *a = first; a < tag.next; a++)
			if (a->colon > 0 && !framer_scope_use(f, a->at, a->colon))
				return false;
	return true;
}

/* Names as short as nearly all are copied and compared in one go, where there is room for that. */
enum { NAME_ROOM = 32 };

/* An element is open: its name goes onto the stack. */
FRAMER_INLINE void open_element(struct framer *f, const struct framer_cursor *c,
				const uint8_t *name, size_t len)
{
	struct framer_open *e = &f->open_elements[f->depth++];
	uint8_t *to = f->names + f->names_len;

	e->name_at = f->names_len;
	e->bindings = f->binding_count;
	if (len > NAME_ROOM || f->names_len > sizeof(f->names) - NAME_ROOM ||
	    name + NAME_ROOM > c->end)
		memcpy(to, name, len);
	else
		_mm256_storeu_si256((__m256i *)(void *)to, framer_load(name));
	f->names_len = (uint16_t)(f->names_len + len);
}

/* On the stack, for the names of a tag up to that of the attribute before @end. */
BESIDE bool have_names_room(const struct framer *f, struct walk_tag tag,
			    const struct framer_name *first, const struct framer_name *end)
{
	size_t len = tag.element.len;

	for (const struct framer_name *a = first; a < end; a++)
		len += a->len;
	return len <= sizeof(f->names) - f->names_len;
}

/* What was read of @plain, up to @end. False: not within the bounds. */
static bool finish(const struct framer *f, const struct framer_cursor *c,
		   struct framer_plain_tag *plain, struct walk_tag tag, const uint8_t *end)
{
	plain->element = tag.element;
	plain->quote = tag.quote;
	plain->declares = tag.declares;
	plain->at = tag.quote != 0 ? c->stuck : end;
	plain->attributes = (unsigned int)(tag.next - plain->attribute) + (tag.quote != 0);
	return plain->at - c->at < XML_TAG_BYTES_MAX - 1 &&
	       have_names_room(f, tag, plain->attribute, plain->attribute + plain->attributes);
}

/* A tag whose beginning is plain, but not all of it: the steps go on at @end. */
BESIDE enum framer_result leave_tag(struct framer *f, struct framer_cursor *c,
				    struct framer_plain_tag *plain, struct walk_tag tag,
				    const uint8_t *end)
{
	f->state = FRAMER_IN_MARKUP;
	if (end == NULL || f->depth == ARRAY_LEN(f->open_elements) ||
	    !finish(f, c, plain, tag, end))
		return FRAMER_MORE;
	return framer_tag_take(f, c, plain);
}

/* The attributes that the steps have read of a tag. */
FRAMER_INLINE void recall(const struct framer *f, struct walk_tag *tag,
			  struct framer_plain_tag *plain)
{
	*tag = (struct walk_tag){.next = plain->attribute};
	for (unsigned int i = 0; i < f->attribute_count; i++) {
		const uint16_t at = f->attributes[i].at;
		const uint16_t end =
		    i + 1u < f->attribute_count ? f->attributes[i + 1].at : f->names_len;
		uint64_t key = 0;

		memcpy(&key, f->names + at, min_size((size_t)end - at, sizeof(key)));
		tag->seen |= bit_of(key);
		*tag->next++ = (struct framer_name){f->names + at, (uint16_t)(end - at),
						    f->attributes[i].colon};
	}
}

/* Does a tag end at @end, with '>' or "/>"? */
FRAMER_INLINE bool is_tag_end(const struct framer_cursor *c, const uint8_t *end)
{
	return *end == '>' || (*end == '/' && c->stop - end > 1 && end[1] == '>');
}

/* From a value or behind one, where the steps have read what stands before. */
BESIDE enum framer_result walk_rest(struct framer *f, struct framer_cursor *c,
				    struct framer_plain_tag *plain, size_t uri_max)
{
	enum framer_result r = FRAMER_MORE;
	const uint8_t *end = c->at;
	struct walk_tag tag;
	bool is_empty;

	if (f->state == FRAMER_IN_VALUE) {
		c->at = framer_run_to(c, c->at, FRAMER_CHAR_VALUE, f->quote);
		if (c->stop - c->at <= 1 || *c->at != f->quote)
			return FRAMER_MORE;
		f->state = FRAMER_IN_TAG_TIGHT;
		end = ++c->at;
	}
	if (*end == ' ') {
		recall(f, &tag, plain);
		while (*end == ' ') {
			const uint8_t *next = walk_attribute(c, end, &tag, plain, uri_max);

			if (next == NULL)
				break;
			end = next;
		}
		if (!finish(f, c, plain, tag, end))
			return FRAMER_MORE;
		r = framer_tag_take_rest(f, c, plain);
	}
	if (r != FRAMER_MORE || f->state != FRAMER_IN_TAG_TIGHT || !is_tag_end(c, c->at))
		return r;
	is_empty = *c->at == '/';
	c->at += is_empty ? 2 : 1;
	return framer_tag_end(f, c, is_empty);
}

/* From the byte behind '<'; what follows the tag, NULL: it is not read, and the cursor is where the
 * steps must go on. */
FRAMER_INLINE const uint8_t *walk_start_tag(struct framer *f, struct framer_cursor *c,
					    const uint8_t *at, struct framer_plain_tag *plain,
					    size_t uri_max, enum framer_result *r)
{
	struct walk_tag tag = {.next = plain->attribute};
	const uint8_t *end = walk_to_tag_end(c, at, &tag, plain, uri_max);
	const bool is_whole = end != NULL && is_tag_end(c, end) &&
			      end - at < XML_TAG_BYTES_MAX - 2 &&
			      f->depth < ARRAY_LEN(f->open_elements) &&
			      ((size_t)(end - at) <= sizeof(f->names) - f->names_len ||
			       have_names_room(f, tag, plain->attribute, tag.next));

	if (is_whole && f->depth == 1)
		f->used_prefixes = 0;
	if (!is_whole || (tag.prefixed + tag.element.colon > 0 &&
			  !are_prefixes_bound(f, tag, plain->attribute))) {
		c->at = at;
		*r = leave_tag(f, c, plain, tag, end);
		return NULL;
	}
	if (*end == '/')
		return end + 2;
	open_element(f, c, at, tag.element.len);
	return end + 1;
}

/* From '/'; what follows the tag, NULL: it is not read. */
FRAMER_INLINE const uint8_t *walk_end_tag(struct framer *f, struct framer_cursor *c,
					  const uint8_t *at)
{
	const struct framer_open *e = &f->open_elements[f->depth - 1];
	const size_t len = (size_t)f->names_len - e->name_at;
	const uint8_t *name = at + 1, *open = f->names + e->name_at;

	if ((size_t)(c->stop - name) <= len || name[len] != '>')
		return NULL;
	if (len > NAME_ROOM || e->name_at > sizeof(f->names) - NAME_ROOM ||
	    name + NAME_ROOM > c->end) {
		if (memcmp(name, open, len) != 0)
			return NULL;
	} else if (_bzhi_u64(~framer_signs(_mm256_cmpeq_epi8(framer_load(name), framer_load(open))),
			     (unsigned int)len) != 0) {
		return NULL;
	}
	f->binding_count = e->bindings;
	f->names_len = e->name_at;
	f->depth--;
	return name + len + 1;
}

/* The '<' that ends the text at @at, or what cannot be read here; at most c->stop. */
FRAMER_INLINE const uint8_t *walk_text(struct framer_cursor *c, const uint8_t *at)
{
	if (at <= c->block.end) {
		uint64_t ends;

		if (*at == '<') /* as between most tags */
			return at;
		ends = framer_block_ends(&c->block, c->block.text, at);
		if (ends != 0) {
			at += _tzcnt_u64(ends);
			if (*at == '<')
				return at;
		}
	}
	return framer_run_to(c, at, FRAMER_CHAR_TEXT, '<');
}

static enum framer_result stop_at(struct framer *f, struct framer_cursor *c, const uint8_t *at,
				  enum framer_state state)
{
	c->at = at;
	f->state = (uint8_t)state;
	f->brackets = 0;
	return state == FRAMER_IN_BETWEEN ? FRAMER_ELEMENT : FRAMER_MORE;
}

FRAMER_AVX2 enum framer_result framer_walk(struct framer *f, struct framer_cursor *c)
{
	const size_t uri_max = framer_scope_uri_max(f);
	enum framer_result r = FRAMER_MORE;
	struct framer_plain_tag plain; /* set where it is read: it is large */
	const uint8_t *at;

	if (c->at < c->block.at || (uintptr_t)c->stop - (uintptr_t)c->block.end < FRAMER_RUN_MARGIN)
		c->block.at = c->block.end = NULL;
	if (f->state != FRAMER_IN_TEXT && f->state != FRAMER_IN_MARKUP)
		r = walk_rest(f, c, &plain, uri_max);
	if (r != FRAMER_MORE || c->at == c->stop)
		return r;
	at = c->at;
	if (f->state == FRAMER_IN_MARKUP && (f->depth > 1 || *at != '/'))
		goto markup;
	if (f->state != FRAMER_IN_TEXT || f->brackets > 0)
		return FRAMER_MORE;
	do {
		at = walk_text(c, at);
		if (at == c->stop || *at != '<')
			return stop_at(f, c, at, FRAMER_IN_TEXT);
		at++;
	markup:
		if (at > c->block.end &&
		    (at == c->stop || (*at != '/' && !framer_run_refill(c, at))))
			return stop_at(f, c, at, FRAMER_IN_MARKUP);
		if (*at != '/') {
			at = walk_start_tag(f, c, at, &plain, uri_max, &r);
			if (at == NULL)
				return r;
		} else {
			const uint8_t *behind = walk_end_tag(f, c, at);

			if (behind == NULL)
				return stop_at(f, c, at, FRAMER_IN_MARKUP);
			at = behind;
		}
	} while (f->depth > 1);
	return stop_at(f, c, at, FRAMER_IN_BETWEEN);
}
