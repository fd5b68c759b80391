/* SPDX-License-Identifier: BSD-3-Clause */
/* framer_text.c - character data within elements, CDATA sections, and references in text and
 * values. */
#include "dataplane/xmpp/framer_parts.h"

/* Entity names as numbers: no name that is let through has more than four letters. */
#define PACK(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

void framer_text_skip(struct framer_cursor *c, uint8_t plain)
{
	const uint8_t *at = c->at;

	/* Four at a time while all are plain: the common case costs one branch for them. */
	while (c->stop - at >= 4 &&
	       (framer_char_class[at[0]] & framer_char_class[at[1]] & framer_char_class[at[2]] &
		framer_char_class[at[3]] & plain) != 0)
		at += 4;
	while (at < c->stop && (framer_char_class[*at] & plain) != 0)
		at++;
	c->at = at;
}

static bool continues(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

size_t framer_utf8_char(const uint8_t *at, const uint8_t *stop)
{
	const size_t room = (size_t)(stop - at);
	uint32_t code;

	if (at[0] >= 0xc2 && at[0] < 0xe0)
		return room >= 2 && continues(at[1]) ? 2 : 0;
	if (at[0] >= 0xe0 && at[0] < 0xf0) {
		if (room < 3 || !continues(at[1]) || !continues(at[2]))
			return 0;
		code = (at[0] & 0xfu) << 12 | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu);
		return code >= 0x800 && framer_char_is_legal(code) ? 3 : 0;
	}
	if (at[0] < 0xf0 || at[0] > 0xf4 || room < 4 || !continues(at[1]) || !continues(at[2]) ||
	    !continues(at[3]))
		return 0;
	code =
	    (at[0] & 0x07u) << 18 | (at[1] & 0x3fu) << 12 | (at[2] & 0x3fu) << 6 | (at[3] & 0x3fu);
	return code >= 0x10000 && code <= 0x10ffff ? 4 : 0;
}

size_t framer_utf8_text(const uint8_t *at, const uint8_t *stop)
{
	const uint8_t *from = at;

	while (at < stop && *at >= 0x80) {
		const size_t len = framer_utf8_char(at, stop);

		if (len == 0)
			break;
		at += len;
	}
	return (size_t)(at - from);
}

/* f->brackets: how many ']' stand directly before, counted up to two. */
enum framer_result framer_text_step(struct framer *f, struct framer_cursor *c)
{
	while (c->at < c->stop) {
		const uint8_t byte = *c->at++;

		if ((framer_char_class[byte] & FRAMER_CHAR_TEXT) != 0) {
			if (byte == '>' && f->brackets == 2)
				return FRAMER_ERR_NOT_WELL_FORMED;
			f->brackets = 0;
			framer_text_skip(c, FRAMER_CHAR_TEXT);
		} else if (byte == ']') {
			f->brackets = f->brackets > 0 ? 2 : 1;
		} else if (byte == '<') {
			f->state = FRAMER_IN_MARKUP;
			return FRAMER_MORE;
		} else if (byte == '&') {
			f->brackets = 0;
			f->after_reference = FRAMER_IN_TEXT;
			return framer_text_begin_reference(f);
		} else if (byte >= 0x80) {
			f->brackets = 0;
			return utf8_begin(&f->utf8, byte) ? FRAMER_MORE : FRAMER_ERR_ENCODING;
		} else {
			return FRAMER_ERR_NOT_WELL_FORMED;
		}
	}
	return FRAMER_MORE;
}

enum framer_result framer_text_cdata_step(struct framer *f, struct framer_cursor *c)
{
	while (c->at < c->stop) {
		const uint8_t byte = *c->at++;

		if ((framer_char_class[byte] & FRAMER_CHAR_CDATA) != 0) {
			const bool ends = byte == '>' && f->brackets == 2;

			f->brackets = 0;
			if (ends) {
				f->state = FRAMER_IN_TEXT;
				return FRAMER_MORE;
			}
			framer_text_skip(c, FRAMER_CHAR_CDATA);
		} else if (byte == ']') {
			f->brackets = f->brackets > 0 ? 2 : 1;
		} else if (byte >= 0x80) {
			f->brackets = 0;
			return utf8_begin(&f->utf8, byte) ? FRAMER_MORE : FRAMER_ERR_ENCODING;
		} else {
			return FRAMER_ERR_NOT_WELL_FORMED;
		}
	}
	return FRAMER_MORE;
}

enum framer_result framer_text_begin_reference(struct framer *f)
{
	f->code = 0;
	f->state = FRAMER_IN_REFERENCE;
	return FRAMER_MORE;
}

/* The reference stands for @code. */
static enum framer_result resolve(struct framer *f, uint32_t code)
{
	enum framer_result r = FRAMER_MORE;
	uint8_t bytes[4];
	unsigned int n;

	f->state = f->after_reference;
	if (!framer_char_is_legal(code))
		return FRAMER_ERR_NOT_WELL_FORMED;
	if (f->state != FRAMER_IN_DECLARED)
		return FRAMER_MORE;
	n = utf8_encode(code, bytes);
	for (unsigned int i = 0; r == FRAMER_MORE && i < n; i++)
		r = framer_scope_uri(f, bytes[i]);
	return r;
}

static enum framer_result end_entity(struct framer *f)
{
	switch (f->code) {
	case PACK(0, 0, 'l', 't'):
		return resolve(f, '<');
	case PACK(0, 0, 'g', 't'):
		return resolve(f, '>');
	case PACK(0, 'a', 'm', 'p'):
		return resolve(f, '&');
	case PACK('a', 'p', 'o', 's'):
		return resolve(f, '\'');
	case PACK('q', 'u', 'o', 't'):
		return resolve(f, '"');
	default:
		return FRAMER_ERR_RESTRICTED;
	}
}

static enum framer_result entity(struct framer *f, uint8_t byte)
{
	if (byte == ';')
		return end_entity(f);
	if ((framer_char_class[byte] & FRAMER_CHAR_NAME) == 0)
		return byte == ':' || byte >= 0x80 ? FRAMER_ERR_RESTRICTED
						   : FRAMER_ERR_NOT_WELL_FORMED;
	if (f->code > 0xffffff)
		return FRAMER_ERR_RESTRICTED;
	f->code = f->code << 8 | byte;
	return FRAMER_MORE;
}

static enum framer_result reference(struct framer *f, uint8_t byte)
{
	if (byte == '#') {
		f->state = FRAMER_IN_NUMBER;
		return FRAMER_MORE;
	}
	if ((framer_char_class[byte] & FRAMER_CHAR_NAME_START) == 0)
		return byte == ':' || byte >= 0x80 ? FRAMER_ERR_RESTRICTED
						   : FRAMER_ERR_NOT_WELL_FORMED;
	f->state = FRAMER_IN_ENTITY;
	return entity(f, byte);
}

/* The value of a digit, @base when it is none. */
static uint32_t digit(uint8_t byte, uint32_t base)
{
	uint32_t value = base;

	if (byte >= '0' && byte <= '9')
		value = byte - (uint32_t)'0';
	else if ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f')
		value = (byte | 0x20u) - 'a' + 10;
	return min_u32(value, base);
}

static enum framer_result number(struct framer *f, uint8_t byte)
{
	const bool hex = f->state == FRAMER_IN_HEX || f->state == FRAMER_IN_HEX_FIRST;
	const bool first = f->state == FRAMER_IN_NUMBER || f->state == FRAMER_IN_HEX_FIRST;
	const uint32_t base = hex ? 16 : 10, value = digit(byte, base);

	if (f->state == FRAMER_IN_NUMBER && byte == 'x') {
		f->state = FRAMER_IN_HEX_FIRST;
		return FRAMER_MORE;
	}
	if (byte == ';' && !first)
		return resolve(f, f->code);
	if (value == base)
		return FRAMER_ERR_NOT_WELL_FORMED;
	f->code = f->code * base + value;
	if (f->code > 0x10ffff)
		return FRAMER_ERR_NOT_WELL_FORMED;
	f->state = hex ? FRAMER_IN_HEX : FRAMER_IN_DECIMAL;
	return FRAMER_MORE;
}

enum framer_result framer_text_reference_step(struct framer *f, struct framer_cursor *c)
{
	const uint8_t byte = *c->at++;

	if (f->after_reference == FRAMER_IN_DECLARED) {
		const enum framer_result r = framer_scope_raw(f, byte);

		if (r != FRAMER_MORE)
			return r;
	}
	if (f->state == FRAMER_IN_REFERENCE)
		return reference(f, byte);
	if (f->state == FRAMER_IN_ENTITY)
		return entity(f, byte);
	return number(f, byte);
}
