/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * framer_walk.c - the common run of a stream by AVX2: text, start tags and end tags from mask to
 * mask.
 *
 * A tag is taken as a whole or not at all: what is odd, wrong, or cut off by the end of input is
 * left to the scalar steps, with nothing changed that they read. So they remain the one set of
 * rules, and where a walk stops has no influence on what is found. Each tag is tried once: the cost
 * stays linear.
 */
#include "dataplane/xmpp/framer_block.h"

#define WALK_INLINE static inline __attribute__((always_inline))

enum walk_run { WALK_TEXT, WALK_VALUE, WALK_NAME };

bool framer_walk_is_possible(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
}

/*
 * The first byte from @at on that ends the run, at most c->stop: what lies behind that is masked as
 * ending every run.
 */
FRAMER_AVX2 WALK_INLINE const uint8_t *run(struct framer_cursor *c, const uint8_t *at,
					   enum walk_run kind)
{
	struct framer_block *b = &c->block;

	for (;; at = b->at + 64) {
		uint64_t mask;

		/* A tag that was not taken has been read ahead of: the block may lie behind. */
		if ((uintptr_t)at - (uintptr_t)b->at >= 64) {
			if (at >= c->stop)
				return c->stop;
			framer_block_read(b, at, c->stop);
		}
		mask = kind == WALK_TEXT ? b->text : kind == WALK_VALUE ? b->value : b->name;
		mask >>= at - b->at;
		if (mask != 0)
			return at + __builtin_ctzll(mask);
	}
}

/* A name as it stands in the input; colon: the length of its prefix, 0 where it has none. */
struct walk_name {
	const uint8_t *at;
	uint16_t len;
	uint8_t colon;
};

/* A start tag as it stands in the input. */
struct walk_tag {
	struct walk_name element, attribute[XML_ATTRIBUTES_MAX];
	const uint8_t *end; /* behind '>' */
	uint16_t names_len; /* of all names in it */
	uint8_t attributes, prefixed;
	bool is_empty;
};

static inline bool is_name_start(uint8_t byte)
{
	return (framer_char_class[byte] & FRAMER_CHAR_NAME_START) != 0;
}

/* Whether the same @len bytes stand at @a and @b. Behind both there must be something to read up to
 * 32 bytes, else memcmp() looks. */
FRAMER_AVX2 WALK_INLINE bool equal(const uint8_t *a, const uint8_t *a_end, const uint8_t *b,
				   const uint8_t *b_end, size_t len)
{
	__m256i same;

	if (len > 32 || a_end - a < 32 || b_end - b < 32)
		return memcmp(a, b, len) == 0;
	same = _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(const void *)a),
				 _mm256_loadu_si256((const __m256i *)(const void *)b));
	return (~(uint64_t)framer_signs(same) & (((uint64_t)1 << len) - 1)) == 0;
}

/* NULL: no whole plain name is there; else what follows it. */
FRAMER_AVX2 WALK_INLINE const uint8_t *walk_name(struct framer_cursor *c, const uint8_t *at,
						 struct walk_tag *tag, struct walk_name *name)
{
	const uint8_t *end;

	if (at >= c->stop || !is_name_start(*at))
		return NULL;
	end = run(c, at, WALK_NAME);
	name->at = at;
	name->colon = 0;
	if (end - at > XML_NAME_BYTES_MAX || end == c->stop)
		return NULL;
	if (*end == ':') {
		name->colon = (uint8_t)(end - at);
		tag->prefixed++;
		if (c->stop - end < 2 || !is_name_start(end[1]))
			return NULL;
		end = run(c, end + 1, WALK_NAME);
		if (end - at > XML_NAME_BYTES_MAX || end == c->stop || *end == ':')
			return NULL;
	}
	name->len = (uint16_t)(end - at);
	tag->names_len = (uint16_t)(tag->names_len + name->len);
	return end;
}

/* A namespace that nothing but xmlns= declares, and none that is reserved. */
FRAMER_AVX2 WALK_INLINE bool is_plain_uri(const struct framer *f, const uint8_t *at,
					  const uint8_t *end, const uint8_t *input_end)
{
	const size_t len = (size_t)(end - at);

	if (len > XML_NAMESPACE_BYTES_MAX || len > framer_scope_room(f).len)
		return false;
	for (const uint8_t *v = at; v < end; v += 32) {
		uint32_t stops;
		__m256i bytes;

		if (input_end - v < 32)
			return false;
		bytes = _mm256_loadu_si256((const __m256i *)(const void *)v);
		stops = ~framer_none_of(framer_uri_groups(bytes), 0xff) | framer_signs(bytes);
		if (stops != 0 && v + __builtin_ctz(stops) < end)
			return false;
	}
	return !framer_scope_is_reserved((struct span){at, len});
}

/* Behind the closing quote of the value that follows, NULL where it is not plain. */
FRAMER_AVX2 WALK_INLINE const uint8_t *walk_value(struct framer_cursor *c, const uint8_t *at)
{
	const uint8_t quote = *at++;

	for (;;) {
		at = run(c, at, WALK_VALUE);
		if (at == c->stop)
			return NULL;
		if (*at == quote)
			return at + 1;
		if (*at != '\'' && *at != '"')
			return NULL;
		at++;
	}
}

FRAMER_AVX2 WALK_INLINE bool is_repeated(const struct framer_cursor *c, const struct walk_tag *tag)
{
	const struct walk_name *last = &tag->attribute[tag->attributes];

	for (unsigned int i = 0; i < tag->attributes; i++) {
		const struct walk_name *a = &tag->attribute[i];

		if (a->len == last->len && *a->at == *last->at &&
		    equal(a->at, c->end, last->at, c->end, a->len))
			return true;
	}
	return false;
}

/* ' name="value"' at @at; what follows, or NULL: not plain, or a prefix is declared. */
FRAMER_AVX2 WALK_INLINE const uint8_t *walk_attribute(struct framer *f, struct framer_cursor *c,
						      const uint8_t *at, struct walk_tag *tag)
{
	struct walk_name *name = &tag->attribute[tag->attributes];
	const uint8_t *value;

	if (tag->attributes == XML_ATTRIBUTES_MAX)
		return NULL;
	value = walk_name(c, at + 1, tag, name);
	if (value == NULL || c->stop - value < 2 || *value != '=' ||
	    (value[1] != '\'' && value[1] != '"') || is_repeated(c, tag))
		return NULL;
	at = walk_value(c, value + 1);
	if (at == NULL)
		return NULL;
	if (name->len >= 5 && memcmp(name->at, "xmlns", 5) == 0) {
		if (name->colon == 5)
			return NULL;
		if (name->len == 5) {
			f->declares = FRAMER_DECLARES_DEFAULT;
			f->uri_len = 0;
			if (!is_plain_uri(f, value + 2, at - 1, c->end))
				return NULL;
		}
	}
	tag->attributes++;
	return at;
}

/* False: the tag is not plain, or not all there. */
FRAMER_AVX2 WALK_INLINE bool walk_to_tag_end(struct framer *f, struct framer_cursor *c,
					     struct walk_tag *tag)
{
	const uint8_t *at;

	tag->names_len = tag->attributes = tag->prefixed = 0;
	tag->element = (struct walk_name){0};
	at = walk_name(c, c->at, tag, &tag->element);
	while (at != NULL && at < c->stop) {
		if (*at == '>') {
			tag->is_empty = false;
			tag->end = at + 1;
			return true;
		}
		if (*at == '/') {
			tag->is_empty = true;
			tag->end = at + 2;
			return c->stop - at >= 2 && at[1] == '>';
		}
		if (*at != ' ')
			return false;
		at = walk_attribute(f, c, at, tag);
	}
	return false;
}

static bool are_prefixes_bound(struct framer *f, const struct walk_tag *tag)
{
	if (tag->element.colon > 0 && !framer_scope_use(f, tag->element.at, tag->element.colon))
		return false;
	for (unsigned int i = 0; i < tag->attributes; i++) {
		const struct walk_name *a = &tag->attribute[i];

		if (a->colon == 0)
			continue;
		/* Two with prefixes may be one by expanded name. */
		if (tag->prefixed > 1u + (tag->element.colon > 0) ||
		    !framer_scope_use(f, a->at, a->colon))
			return false;
	}
	return true;
}

FRAMER_AVX2 WALK_INLINE void put_name(struct framer *f, const struct framer_cursor *c,
				      const struct walk_name *name)
{
	uint8_t *to = f->names + f->names_len;

	if (name->len > 32 || sizeof(f->names) - f->names_len < 32 || c->end - name->at < 32)
		memcpy(to, name->at, name->len);
	else
		_mm256_storeu_si256((__m256i *)(void *)to,
				    _mm256_loadu_si256((const __m256i *)(const void *)name->at));
	f->names_len = (uint16_t)(f->names_len + name->len);
}

/* From the byte behind '<'. True: the tag is read. */
FRAMER_AVX2 WALK_INLINE bool walk_start_tag(struct framer *f, struct framer_cursor *c,
					    enum framer_result *r)
{
	struct framer_open *e = &f->open_elements[f->depth];
	const uint32_t used_before = f->used_prefixes;
	struct walk_tag tag;

	if (f->depth == ARRAY_LEN(f->open_elements) || !walk_to_tag_end(f, c, &tag) ||
	    tag.end - c->at >= XML_TAG_BYTES_MAX || tag.names_len > sizeof(f->names) - f->names_len)
		return false;
	if (++f->depth == 2)
		f->used_prefixes = 0;
	if (tag.prefixed > 0 && !are_prefixes_bound(f, &tag)) {
		f->used_prefixes = used_before;
		f->depth--;
		return false;
	}
	c->at = tag.end;
	f->brackets = 0;
	if (tag.is_empty) {
		f->state = --f->depth > 1 ? FRAMER_IN_TEXT : FRAMER_IN_BETWEEN;
		*r = f->depth > 1 ? FRAMER_MORE : FRAMER_ELEMENT;
		return true;
	}
	e->name_at = f->names_len;
	e->bindings = f->binding_count;
	put_name(f, c, &tag.element);
	f->state = FRAMER_IN_TEXT;
	return true;
}

/* From '/'. True: the tag is read. */
FRAMER_AVX2 WALK_INLINE bool walk_end_tag(struct framer *f, struct framer_cursor *c,
					  enum framer_result *r)
{
	const uint16_t name_at = f->open_elements[f->depth - 1].name_at;
	const size_t len = (size_t)(f->names_len - name_at);
	const uint8_t *name = c->at + 1;

	if ((size_t)(c->stop - name) <= len || name[len] != '>' ||
	    !equal(name, c->end, f->names + name_at, f->names + sizeof(f->names), len))
		return false;
	c->at = name + len + 1;
	*r = framer_tag_close(f);
	return true;
}

/* @rest stands at @at, whole. */
static bool stands(const uint8_t *at, const uint8_t *stop, const char *rest, size_t len)
{
	return (size_t)(stop - at) >= len && memcmp(at, rest, len) == 0;
}

/* The length of the reference to a predefined entity that the '&' at @at begins, 0: another, or not
 * all there. */
static inline size_t entity_len(const uint8_t *at, const uint8_t *stop)
{
	if (stop - at < 4)
		return 0;
	switch (at[1]) {
	case 'l':
	case 'g':
		return stands(at + 2, stop, "t;", 2) ? 4 : 0;
	case 'q':
		return stands(at + 2, stop, "uot;", 4) ? 6 : 0;
	case 'a':
		if (stands(at + 2, stop, "mp;", 3))
			return 5;
		return stands(at + 2, stop, "pos;", 4) ? 6 : 0;
	default:
		return 0;
	}
}

/* Text up to the next '<'. True: that is read. */
FRAMER_AVX2 WALK_INLINE bool walk_text(struct framer *f, struct framer_cursor *c)
{
	const uint8_t *at = c->at;

	while (f->brackets == 0) {
		size_t len = 0;

		at = run(c, at, WALK_TEXT);
		c->at = at;
		if (at == c->stop)
			return false;
		if (*at == '<') {
			c->at++;
			f->state = FRAMER_IN_MARKUP;
			return true;
		}
		if (*at == '&')
			len = entity_len(at, c->stop);
		else if (*at >= 0x80)
			len = framer_utf8_text(at, c->stop);
		else if (*at == ']' && c->stop - at > 1 && at[1] != ']')
			len = 1;
		if (len == 0)
			return false;
		at += len;
	}
	return false;
}

FRAMER_AVX2 enum framer_result framer_walk(struct framer *f, struct framer_cursor *c)
{
	enum framer_result r = FRAMER_MORE;
	bool goes_on = true;

	c->block.at = NULL; /* c->stop may be another than before */
	while (goes_on && r == FRAMER_MORE && c->at < c->stop) {
		if (f->state == FRAMER_IN_TEXT)
			goes_on = walk_text(f, c);
		else if (f->state != FRAMER_IN_MARKUP)
			goes_on = false;
		else if (*c->at == '/')
			goes_on = f->depth > 1 && walk_end_tag(f, c, &r);
		else
			goes_on = walk_start_tag(f, c, &r);
	}
	return r;
}
