/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * framer.c - feeding a framer: what is held and bounded, the white space between elements, what
 * may follow a '<', and end tags.
 */
#include "dataplane/xmpp/framer_parts.h"

void framer_init(struct framer *f, uint32_t stanza_bytes_max)
{
	memset(f, 0, sizeof(*f));
	f->limit = f->next_limit = stanza_bytes_max;
	f->state = FRAMER_IN_BETWEEN;
	f->phase = FRAMER_PHASE_START;
	f->walks = framer_walk_is_possible();
}

void framer_init_scalar(struct framer *f, uint32_t stanza_bytes_max)
{
	framer_init(f, stanza_bytes_max);
	f->walks = false;
}

void framer_set_limit(struct framer *f, uint32_t stanza_bytes_max)
{
	f->next_limit = stanza_bytes_max;
}

uint32_t framer_held(const struct framer *f)
{
	return f->held;
}

const struct framer_root *framer_root(const struct framer *f)
{
	return &f->root;
}

uint32_t framer_used_prefixes(const struct framer *f)
{
	return f->used_prefixes;
}

enum drop framer_drop(enum framer_result error)
{
	switch (error) {
	case FRAMER_ERR_RESTRICTED:
		return DROP_XML_RESTRICTED;
	case FRAMER_ERR_ENCODING:
		return DROP_XML_ENCODING;
	case FRAMER_ERR_BAD_FORMAT:
		return DROP_XML_BAD_FORMAT;
	case FRAMER_ERR_TOO_BIG:
		return DROP_XML_TOO_BIG;
	case FRAMER_ERR_TOO_DEEP:
		return DROP_XML_TOO_DEEP;
	case FRAMER_ERR_NOT_WELL_FORMED:
	case FRAMER_FOOTER:
	case FRAMER_ELEMENT:
	case FRAMER_HEADER:
	case FRAMER_MORE:
		break;
	}
	return DROP_XML_NOT_WELL_FORMED;
}

/* '<' where nothing is open, or only a declaration: from here on bytes are held. */
static void open_thing(struct framer *f, struct framer_cursor *c)
{
	if (f->open)
		return;
	f->open = true;
	f->held = 0;
	c->from = c->at - 1;
	f->limit = f->phase == FRAMER_PHASE_STREAM ? f->next_limit : STREAM_HEADER_BYTES_MAX;
	f->tag_limit = f->limit;
	framer_cursor_bound(f, c);
}

static enum framer_result between_step(struct framer *f, struct framer_cursor *c)
{
	while (c->at < c->stop) {
		const uint8_t byte = *c->at++;

		if (byte == '<' && f->phase != FRAMER_PHASE_OVER) {
			open_thing(f, c);
			f->state = FRAMER_IN_MARKUP;
			return FRAMER_MORE;
		}
		if (byte >= 0x80)
			return utf8_begin(&f->utf8, byte) ? FRAMER_MORE : FRAMER_ERR_ENCODING;
		if ((framer_char_class[byte] & FRAMER_CHAR_SPACE) == 0)
			return framer_char_is_legal(byte) ? FRAMER_ERR_BAD_FORMAT
							  : FRAMER_ERR_NOT_WELL_FORMED;
		if (f->phase == FRAMER_PHASE_START)
			f->phase = FRAMER_PHASE_PROLOG;
	}
	return FRAMER_MORE;
}

static enum framer_result markup_step(struct framer *f, struct framer_cursor *c)
{
	const uint8_t byte = *c->at;

	if (byte == '?' && f->phase == FRAMER_PHASE_START) {
		c->at++;
		f->step = 0;
		f->state = FRAMER_IN_DECLARATION;
		return FRAMER_MORE;
	}
	if (f->phase == FRAMER_PHASE_START)
		f->phase = FRAMER_PHASE_PROLOG;
	if (byte == '/' && f->depth > 0) {
		c->at++;
		f->match = 0;
		f->state = FRAMER_IN_END_NAME;
		return FRAMER_MORE;
	}
	if (byte == '!' || byte == '?') {
		c->at++;
		f->step = 0;
		f->state = FRAMER_IN_BANG;
		return byte == '!' ? FRAMER_MORE : FRAMER_ERR_RESTRICTED;
	}
	return framer_tag_begin(f, c);
}

/* Comment and document type are forbidden (RFC 6120 11.1); CDATA is character data. */
static enum framer_result bang_step(struct framer *f, struct framer_cursor *c)
{
	static const uint8_t cdata[7] = "[CDATA[";

	while (c->at < c->stop) {
		const uint8_t byte = *c->at++;

		if (byte != cdata[f->step])
			return f->step == 0 && (byte == '-' || byte == 'D')
				   ? FRAMER_ERR_RESTRICTED
				   : FRAMER_ERR_NOT_WELL_FORMED;
		if (f->depth == 0)
			return FRAMER_ERR_NOT_WELL_FORMED;
		if (++f->step < sizeof(cdata))
			continue;
		if (f->depth == 1)
			return FRAMER_ERR_BAD_FORMAT;
		f->brackets = 0;
		f->state = FRAMER_IN_CDATA;
		return FRAMER_MORE;
	}
	return FRAMER_MORE;
}

/* The name must be that of the innermost open element, byte for byte; so it is a good name. */
static enum framer_result end_name_step(struct framer *f, struct framer_cursor *c)
{
	const uint16_t name_at = f->open_elements[f->depth - 1].name_at;
	const uint16_t len = (uint16_t)(f->names_len - name_at);

	while (c->at < c->stop) {
		const uint8_t byte = *c->at++;

		if (f->match < len) {
			if (byte != f->names[name_at + f->match++])
				return FRAMER_ERR_NOT_WELL_FORMED;
			continue;
		}
		if (byte == '>')
			return framer_tag_close(f);
		if ((framer_char_class[byte] & FRAMER_CHAR_SPACE) == 0)
			return FRAMER_ERR_NOT_WELL_FORMED;
		f->state = FRAMER_IN_END_SPACE;
		return FRAMER_MORE;
	}
	return FRAMER_MORE;
}

static enum framer_result end_space_step(struct framer *f, struct framer_cursor *c)
{
	while (c->at < c->stop) {
		const uint8_t byte = *c->at++;

		if (byte == '>')
			return framer_tag_close(f);
		if ((framer_char_class[byte] & FRAMER_CHAR_SPACE) == 0)
			return FRAMER_ERR_NOT_WELL_FORMED;
	}
	return FRAMER_MORE;
}

/* A character beyond ASCII is complete. */
static enum framer_result take_char(struct framer *f)
{
	if (f->state == FRAMER_IN_ELEMENT_NAME || f->state == FRAMER_IN_ATTRIBUTE_NAME) {
		const bool good = f->name_first ? framer_char_is_name_start(f->utf8.code)
						: framer_char_is_name(f->utf8.code);

		f->name_first = false;
		return good ? FRAMER_MORE : FRAMER_ERR_NOT_WELL_FORMED;
	}
	if (!framer_char_is_legal(f->utf8.code))
		return FRAMER_ERR_NOT_WELL_FORMED;
	return f->state == FRAMER_IN_BETWEEN ? FRAMER_ERR_BAD_FORMAT : FRAMER_MORE;
}

static enum framer_result char_step(struct framer *f, struct framer_cursor *c)
{
	while (c->at < c->stop) {
		const uint8_t byte = *c->at++;
		enum framer_result r = FRAMER_MORE;

		if (!utf8_next(&f->utf8, byte))
			return FRAMER_ERR_ENCODING;
		if (f->state == FRAMER_IN_ELEMENT_NAME || f->state == FRAMER_IN_ATTRIBUTE_NAME)
			r = framer_tag_put(f, byte);
		else if (f->state == FRAMER_IN_DECLARED)
			r = framer_scope_literal(f, byte);
		if (r == FRAMER_MORE && f->utf8.left == 0)
			return take_char(f);
		if (r != FRAMER_MORE)
			return r;
	}
	return FRAMER_MORE;
}

static enum framer_result step(struct framer *f, struct framer_cursor *c)
{
	if (f->utf8.left > 0)
		return char_step(f, c);
	switch ((enum framer_state)f->state) {
	case FRAMER_IN_BETWEEN:
		return between_step(f, c);
	case FRAMER_IN_MARKUP:
		return markup_step(f, c);
	case FRAMER_IN_BANG:
		return bang_step(f, c);
	case FRAMER_IN_DECLARATION:
		return framer_decl_step(f, c);
	case FRAMER_IN_END_NAME:
		return end_name_step(f, c);
	case FRAMER_IN_END_SPACE:
		return end_space_step(f, c);
	case FRAMER_IN_TEXT:
		return framer_text_step(f, c);
	case FRAMER_IN_CDATA:
		return framer_text_cdata_step(f, c);
	case FRAMER_IN_REFERENCE:
	case FRAMER_IN_ENTITY:
	case FRAMER_IN_NUMBER:
	case FRAMER_IN_DECIMAL:
	case FRAMER_IN_HEX_FIRST:
	case FRAMER_IN_HEX:
		return framer_text_reference_step(f, c);
	case FRAMER_IN_ELEMENT_NAME:
	case FRAMER_IN_TAG:
	case FRAMER_IN_TAG_TIGHT:
	case FRAMER_IN_TAG_SLASH:
	case FRAMER_IN_ATTRIBUTE_NAME:
	case FRAMER_IN_EQUALS:
	case FRAMER_IN_QUOTE:
	case FRAMER_IN_VALUE:
	case FRAMER_IN_DECLARED:
		return framer_tag_step(f, c);
	case FRAMER_IN_ERROR:
		break;
	}
	return f->error;
}

/* Is there a quick way? In text and tags, for the stream root has been read. */
static bool may_walk(const struct framer *f)
{
	const uint32_t states = BIT(FRAMER_IN_TEXT) | BIT(FRAMER_IN_MARKUP) | BIT(FRAMER_IN_VALUE) |
				BIT(FRAMER_IN_TAG_TIGHT);

	return f->walks && (states >> f->state & 1) != 0 && f->utf8.left == 0 &&
	       f->phase == FRAMER_PHASE_STREAM;
}

static enum framer_result advance(struct framer *f, struct framer_cursor *c)
{
	if (may_walk(f)) {
		const enum framer_result r = framer_walk(f, c);

		if (r != FRAMER_MORE || c->at == c->stop)
			return r;
	}
	return step(f, c);
}

void framer_begin(struct framer_cursor *c, const uint8_t *bytes, size_t len)
{
	c->at = bytes;
	c->end = bytes + len;
	c->block.at = c->block.end = NULL;
}

/* As between_step(), for an element right behind what was read before. */
static bool begin_element(struct framer *f, struct framer_cursor *c)
{
	if (f->state != FRAMER_IN_BETWEEN || f->phase != FRAMER_PHASE_STREAM || c->at == c->end ||
	    *c->at != '<' || f->utf8.left > 0)
		return false;
	c->at++;
	open_thing(f, c);
	f->state = FRAMER_IN_MARKUP;
	return true;
}

enum framer_result framer_read(struct framer *f, struct framer_cursor *c)
{
	enum framer_result r = FRAMER_MORE;

	if (f->state == FRAMER_IN_ERROR)
		return f->error;
	if (f->found) {
		f->found = f->open = false;
		f->held = 0;
	}
	c->from = c->at;
	if (!begin_element(f, c))
		framer_cursor_bound(f, c);
	while (r == FRAMER_MORE && c->at < c->stop)
		r = advance(f, c);
	if (r == FRAMER_MORE && c->at < c->end) {
		c->at++;
		r = FRAMER_ERR_TOO_BIG;
	}
	f->held = framer_cursor_held(f, c);
	f->found = r > FRAMER_MORE;
	if (r < FRAMER_MORE) {
		f->state = FRAMER_IN_ERROR;
		f->error = (int8_t)r;
	}
	return r;
}

enum framer_result framer_feed(struct framer *f, const uint8_t *bytes, size_t len, size_t *used)
{
	struct framer_cursor c;
	enum framer_result r;

	framer_begin(&c, bytes, len);
	r = framer_read(f, &c);
	*used = (size_t)(c.at - bytes);
	return r;
}
