/* SPDX-License-Identifier: BSD-3-Clause */
/* framer_tag.c - start tags: qualified names, attributes and their values, opening and closing. */
#include "dataplane/xmpp/framer_parts.h"

static void begin_name(struct framer *f)
{
	f->name_at = f->names_len;
	f->name_colon = 0;
	f->name_first = true;
}

enum framer_result framer_tag_begin(struct framer *f, struct framer_cursor *c)
{
	struct framer_open *e = &f->open_elements[f->depth];

	if (f->depth == ARRAY_LEN(f->open_elements)) {
		c->at++;
		return FRAMER_ERR_TOO_DEEP;
	}
	e->name_at = f->names_len;
	e->bindings = f->binding_count;
	if (++f->depth == 2)
		f->used_prefixes = 0;
	f->attribute_count = 0;
	f->tag_limit = min_u32(f->limit, framer_cursor_held(f, c) - 1 + XML_TAG_BYTES_MAX);
	framer_cursor_bound(f, c);
	begin_name(f);
	f->state = FRAMER_IN_ELEMENT_NAME;
	return FRAMER_MORE;
}

static void put_plain_name(struct framer *f, const struct framer_name *name)
{
	memcpy(f->names + f->names_len, name->at, name->len);
	f->names_len = (uint16_t)(f->names_len + name->len);
}

enum framer_result framer_tag_take_rest(struct framer *f, struct framer_cursor *c,
					const struct framer_plain_tag *tag)
{
	for (unsigned int i = f->attribute_count; i < tag->attributes; i++) {
		f->name_at = f->names_len;
		f->attributes[i] = (struct framer_attribute){f->names_len, tag->attribute[i].colon};
		put_plain_name(f, &tag->attribute[i]);
	}
	f->attribute_count = (uint8_t)tag->attributes;
	c->at = tag->at;
	f->state = FRAMER_IN_TAG_TIGHT;
	if (tag->quote == 0)
		return FRAMER_MORE;
	f->quote = tag->quote;
	f->state = FRAMER_IN_VALUE;
	f->after_reference = FRAMER_IN_VALUE;
	if (!tag->declares)
		return FRAMER_MORE;
	f->state = FRAMER_IN_DECLARED;
	return framer_scope_begin(
	    f, (struct span){f->names + f->name_at, (size_t)(f->names_len - f->name_at)});
}

enum framer_result framer_tag_take(struct framer *f, struct framer_cursor *c,
				   const struct framer_plain_tag *tag)
{
	const enum framer_result r = framer_tag_begin(f, c);

	if (r != FRAMER_MORE)
		return r;
	put_plain_name(f, &tag->element);
	f->element_colon = tag->element.colon;
	return framer_tag_take_rest(f, c, tag);
}

enum framer_result framer_tag_put(struct framer *f, uint8_t byte)
{
	if (f->names_len - f->name_at == XML_NAME_BYTES_MAX)
		return FRAMER_ERR_TOO_BIG;
	if (f->names_len == sizeof(f->names))
		return FRAMER_ERR_TOO_DEEP;
	f->names[f->names_len++] = byte;
	return FRAMER_MORE;
}

/* One byte of a name that is not a plain name character. */
static enum framer_result odd_name_byte(struct framer *f, uint8_t byte)
{
	if (byte == ':') {
		if (f->name_first || f->name_colon > 0)
			return FRAMER_ERR_NOT_WELL_FORMED;
		f->name_colon = (uint8_t)(f->names_len - f->name_at);
		f->name_first = true;
	} else if (!utf8_begin(&f->utf8, byte)) {
		return FRAMER_ERR_ENCODING;
	}
	return framer_tag_put(f, byte);
}

/* Takes the run of plain name bytes that the cursor stands at, as far as the bounds let it. */
static void take_name_run(struct framer *f, struct framer_cursor *c)
{
	const size_t room = min_size((size_t)XML_NAME_BYTES_MAX - (f->names_len - f->name_at),
				     sizeof(f->names) - f->names_len);
	const uint8_t *stop = c->at + min_size((size_t)(c->stop - c->at), room);
	const uint8_t *at = c->at;
	uint8_t *to = f->names + f->names_len;

	while (at < stop && (framer_char_class[*at] & FRAMER_CHAR_NAME) != 0)
		*to++ = *at++;
	f->names_len = (uint16_t)(f->names_len + (at - c->at));
	c->at = at;
}

/* A byte that read_name() has not taken in a run. *@ended: it ends the name, and is not taken. */
static enum framer_result take_name_byte(struct framer *f, uint8_t byte, bool *ended)
{
	const uint8_t class = framer_char_class[byte];

	if ((class & FRAMER_CHAR_NAME) != 0) {
		if (f->name_first && (class & FRAMER_CHAR_NAME_START) == 0)
			return FRAMER_ERR_NOT_WELL_FORMED;
		f->name_first = false;
		return framer_tag_put(f, byte);
	}
	if (byte == ':' || byte >= 0x80)
		return odd_name_byte(f, byte);
	*ended = !f->name_first;
	return *ended ? FRAMER_MORE : FRAMER_ERR_NOT_WELL_FORMED;
}

/*
 * Reads name characters up to the first byte that is none. *@ended tells whether that was reached
 * and a name stands before it.
 */
static enum framer_result read_name(struct framer *f, struct framer_cursor *c, bool *ended)
{
	enum framer_result r = FRAMER_MORE;

	*ended = false;
	while (r == FRAMER_MORE && c->at < c->stop && f->utf8.left == 0) {
		if (!f->name_first) {
			take_name_run(f, c);
			if (c->at == c->stop)
				break;
		}
		r = take_name_byte(f, *c->at, ended);
		if (*ended)
			break;
		c->at++;
	}
	return r;
}

enum framer_result framer_tag_close(struct framer *f)
{
	framer_scope_leave(f);
	f->names_len = f->open_elements[--f->depth].name_at;
	if (f->depth > 1) {
		f->brackets = 0;
		f->state = FRAMER_IN_TEXT;
		return FRAMER_MORE;
	}
	f->state = FRAMER_IN_BETWEEN;
	if (f->depth == 1)
		return FRAMER_ELEMENT;
	f->phase = FRAMER_PHASE_OVER;
	return FRAMER_FOOTER;
}

enum framer_result framer_tag_end(struct framer *f, struct framer_cursor *c, bool empty)
{
	const enum framer_result r = framer_scope_resolve(f);

	if (r != FRAMER_MORE)
		return r;
	if (f->attribute_count > 0)
		f->names_len = f->attributes[0].at;
	f->tag_limit = f->limit;
	framer_cursor_bound(f, c);
	if (f->depth == 1) {
		if (empty)
			return FRAMER_ERR_BAD_FORMAT;
		f->phase = FRAMER_PHASE_STREAM;
		f->state = FRAMER_IN_BETWEEN;
		return FRAMER_HEADER;
	}
	if (empty)
		return framer_tag_close(f);
	f->brackets = 0;
	f->state = FRAMER_IN_TEXT;
	return FRAMER_MORE;
}

/* A byte behind a name or a value in a tag, where '>', '/' and white space may stand. */
static enum framer_result tag_byte(struct framer *f, struct framer_cursor *c, uint8_t byte)
{
	if (byte == '>')
		return framer_tag_end(f, c, false);
	if (byte == '/')
		f->state = FRAMER_IN_TAG_SLASH;
	else if ((framer_char_class[byte] & FRAMER_CHAR_SPACE) != 0)
		f->state = FRAMER_IN_TAG;
	else
		return FRAMER_ERR_NOT_WELL_FORMED;
	return FRAMER_MORE;
}

static enum framer_result element_name_step(struct framer *f, struct framer_cursor *c)
{
	bool ended;
	const enum framer_result r = read_name(f, c, &ended);

	if (!ended)
		return r;
	f->element_colon = f->name_colon;
	return tag_byte(f, c, *c->at++);
}

static enum framer_result tag_step(struct framer *f, struct framer_cursor *c)
{
	while (c->at < c->stop) {
		const uint8_t byte = *c->at;

		if ((framer_char_class[byte] & FRAMER_CHAR_SPACE) != 0) {
			c->at++;
			continue;
		}
		if (byte == '>' || byte == '/')
			return tag_byte(f, c, *c->at++);
		if (f->attribute_count == XML_ATTRIBUTES_MAX) {
			c->at++;
			return FRAMER_ERR_TOO_DEEP;
		}
		begin_name(f);
		f->state = FRAMER_IN_ATTRIBUTE_NAME;
		return FRAMER_MORE;
	}
	return FRAMER_MORE;
}

/* The same qualified name twice in a tag? */
static bool is_repeated(const struct framer *f, struct span name)
{
	for (unsigned int i = 0; i < f->attribute_count; i++) {
		const uint16_t at = f->attributes[i].at;
		const uint16_t end =
		    i + 1u < f->attribute_count ? f->attributes[i + 1].at : f->name_at;

		if (end - at == (int)name.len && memcmp(f->names + at, name.at, name.len) == 0)
			return true;
	}
	return false;
}

/* Decides in which way the value will be read. */
static enum framer_result end_attribute_name(struct framer *f)
{
	const struct span name = {f->names + f->name_at, (size_t)(f->names_len - f->name_at)};

	if (is_repeated(f, name))
		return FRAMER_ERR_NOT_WELL_FORMED;
	f->attributes[f->attribute_count++] = (struct framer_attribute){f->name_at, f->name_colon};
	f->after_reference = FRAMER_IN_VALUE;
	if (name.len >= 5 && memcmp(name.at, "xmlns", 5) == 0 &&
	    (name.len == 5 || f->name_colon == 5))
		return framer_scope_begin(f, name);
	if (f->depth == 1 && name.len == 8 && memcmp(name.at, "xml:lang", 8) == 0)
		return framer_scope_begin(f, name);
	return FRAMER_MORE;
}

static enum framer_result attribute_name_step(struct framer *f, struct framer_cursor *c)
{
	bool ended;
	enum framer_result r = read_name(f, c, &ended);

	if (!ended)
		return r;
	r = end_attribute_name(f);
	if (r != FRAMER_MORE) {
		c->at++;
		return r;
	}
	f->state = FRAMER_IN_EQUALS;
	return FRAMER_MORE;
}

static enum framer_result equals_step(struct framer *f, struct framer_cursor *c)
{
	while (c->at < c->stop) {
		const uint8_t byte = *c->at++;

		if (byte == '=') {
			f->state = FRAMER_IN_QUOTE;
			return FRAMER_MORE;
		}
		if ((framer_char_class[byte] & FRAMER_CHAR_SPACE) == 0)
			return FRAMER_ERR_NOT_WELL_FORMED;
	}
	return FRAMER_MORE;
}

static enum framer_result quote_step(struct framer *f, struct framer_cursor *c)
{
	while (c->at < c->stop) {
		const uint8_t byte = *c->at++;

		if (byte == '\'' || byte == '"') {
			f->quote = byte;
			f->state = f->after_reference;
			return FRAMER_MORE;
		}
		if ((framer_char_class[byte] & FRAMER_CHAR_SPACE) == 0)
			return FRAMER_ERR_NOT_WELL_FORMED;
	}
	return FRAMER_MORE;
}

/* A byte of a value that is neither plain nor the closing quote. */
static enum framer_result odd_value_byte(struct framer *f, uint8_t byte)
{
	if (byte == '&')
		return framer_text_begin_reference(f);
	if (byte >= 0x80)
		return utf8_begin(&f->utf8, byte) ? FRAMER_MORE : FRAMER_ERR_ENCODING;
	return byte == '\'' || byte == '"' ? FRAMER_MORE : FRAMER_ERR_NOT_WELL_FORMED;
}

static enum framer_result value_step(struct framer *f, struct framer_cursor *c)
{
	uint8_t byte;

	framer_text_skip(c, FRAMER_CHAR_VALUE);
	if (c->at == c->stop)
		return FRAMER_MORE;
	byte = *c->at++;
	if (byte == f->quote) {
		f->state = FRAMER_IN_TAG_TIGHT;
		return FRAMER_MORE;
	}
	return odd_value_byte(f, byte);
}

/* As value_step(), but what is read is kept. */
static enum framer_result declared_step(struct framer *f, struct framer_cursor *c)
{
	enum framer_result r;
	uint8_t byte;

	framer_scope_run(f, c);
	if (c->at == c->stop)
		return FRAMER_MORE;
	byte = *c->at++;
	if (byte == f->quote) {
		f->state = FRAMER_IN_TAG_TIGHT;
		return framer_scope_end(f);
	}
	if ((framer_char_class[byte] & FRAMER_CHAR_VALUE) == 0) {
		r = odd_value_byte(f, byte);
		if (r != FRAMER_MORE)
			return r;
	}
	return byte == '&' ? framer_scope_raw(f, byte) : framer_scope_literal(f, byte);
}

enum framer_result framer_tag_step(struct framer *f, struct framer_cursor *c)
{
	switch (f->state) {
	case FRAMER_IN_ELEMENT_NAME:
		return element_name_step(f, c);
	case FRAMER_IN_TAG:
		return tag_step(f, c);
	case FRAMER_IN_TAG_TIGHT:
		return tag_byte(f, c, *c->at++);
	case FRAMER_IN_ATTRIBUTE_NAME:
		return attribute_name_step(f, c);
	case FRAMER_IN_EQUALS:
		return equals_step(f, c);
	case FRAMER_IN_QUOTE:
		return quote_step(f, c);
	case FRAMER_IN_VALUE:
		return value_step(f, c);
	case FRAMER_IN_DECLARED:
		return declared_step(f, c);
	default: /* FRAMER_IN_TAG_SLASH */
		return *c->at++ == '>' ? framer_tag_end(f, c, true) : FRAMER_ERR_NOT_WELL_FORMED;
	}
}
