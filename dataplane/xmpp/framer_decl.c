/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * framer_decl.c - the XML declaration before a stream header (XML 1.0 2.8, 2.9, 4.3.3). The word
 * being read lies at the bottom of names[], which is empty so early.
 */
#include <strings.h>

#include "dataplane/xmpp/framer_parts.h"

enum decl_step {
	EXPECT_TARGET,
	EXPECT_NAME,
	IN_NAME,
	EXPECT_EQUALS,
	EXPECT_QUOTE,
	IN_VALUE,
	EXPECT_END
};

/* Long enough for "standalone" and for each value that is let through. */
#define WORD_MAX 16

static bool word_is(const struct framer *f, const char *text)
{
	const size_t len = strlen(text);

	return f->names_len == len && memcmp(f->names, text, len) == 0;
}

static enum framer_result name_end(struct framer *f)
{
	if (word_is(f, "version") && f->field == FRAMER_FIELD_NONE)
		f->field = FRAMER_FIELD_VERSION;
	else if (word_is(f, "encoding") && f->field == FRAMER_FIELD_VERSION)
		f->field = FRAMER_FIELD_ENCODING;
	else if (word_is(f, "standalone") &&
		 (f->field == FRAMER_FIELD_VERSION || f->field == FRAMER_FIELD_ENCODING))
		f->field = FRAMER_FIELD_STANDALONE;
	else
		return FRAMER_ERR_NOT_WELL_FORMED;
	f->names_len = 0;
	return FRAMER_MORE;
}

static bool is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

static enum framer_result version_end(const struct framer *f)
{
	if (f->names_len < 3 || f->names[0] != '1' || f->names[1] != '.')
		return FRAMER_ERR_NOT_WELL_FORMED;
	for (unsigned int i = 2; i < f->names_len; i++)
		if (!is_digit(f->names[i]))
			return FRAMER_ERR_NOT_WELL_FORMED;
	return FRAMER_MORE;
}

static enum framer_result value_end(struct framer *f)
{
	enum framer_result r = FRAMER_ERR_NOT_WELL_FORMED;

	if (f->field == FRAMER_FIELD_VERSION)
		r = version_end(f);
	else if (f->field == FRAMER_FIELD_ENCODING)
		r = f->names_len == 5 && strncasecmp((const char *)f->names, "UTF-8", 5) == 0
			? FRAMER_MORE
			: FRAMER_ERR_ENCODING;
	else if (word_is(f, "yes"))
		r = FRAMER_MORE;
	else if (word_is(f, "no"))
		r = FRAMER_ERR_RESTRICTED;
	f->names_len = 0;
	f->step = EXPECT_NAME;
	f->spaced = false;
	return r;
}

/* One more byte of a name or value. */
static enum framer_result put(struct framer *f, uint8_t byte)
{
	if (f->names_len == WORD_MAX)
		return f->step == IN_VALUE && f->field == FRAMER_FIELD_ENCODING
			   ? FRAMER_ERR_ENCODING
			   : FRAMER_ERR_NOT_WELL_FORMED;
	f->names[f->names_len++] = byte;
	return FRAMER_MORE;
}

/* Any other target is a processing instruction. */
static enum framer_result target(struct framer *f, uint8_t byte)
{
	static const uint8_t xml[3] = "xml";

	if (f->names_len < sizeof(xml)) {
		if (byte != xml[f->names_len])
			return FRAMER_ERR_RESTRICTED;
		return put(f, byte);
	}
	if (byte == '?')
		return FRAMER_ERR_NOT_WELL_FORMED;
	if ((framer_char_class[byte] & FRAMER_CHAR_SPACE) == 0)
		return FRAMER_ERR_RESTRICTED;
	f->names_len = 0;
	f->field = FRAMER_FIELD_NONE;
	f->step = EXPECT_NAME;
	f->spaced = true;
	return FRAMER_MORE;
}

static enum framer_result expect_name(struct framer *f, uint8_t byte)
{
	if (byte == '?' && f->field != FRAMER_FIELD_NONE) {
		f->step = EXPECT_END;
		return FRAMER_MORE;
	}
	if ((framer_char_class[byte] & FRAMER_CHAR_SPACE) != 0) {
		f->spaced = true;
		return FRAMER_MORE;
	}
	if (!f->spaced || (framer_char_class[byte] & FRAMER_CHAR_NAME_START) == 0)
		return FRAMER_ERR_NOT_WELL_FORMED;
	f->step = IN_NAME;
	return put(f, byte);
}

static enum framer_result in_name(struct framer *f, uint8_t byte)
{
	const bool space = (framer_char_class[byte] & FRAMER_CHAR_SPACE) != 0;

	if (byte != '=' && !space)
		return (framer_char_class[byte] & FRAMER_CHAR_NAME) != 0
			   ? put(f, byte)
			   : FRAMER_ERR_NOT_WELL_FORMED;
	f->step = space ? EXPECT_EQUALS : EXPECT_QUOTE;
	return name_end(f);
}

static enum framer_result expect_sign(struct framer *f, uint8_t byte)
{
	if ((framer_char_class[byte] & FRAMER_CHAR_SPACE) != 0)
		return FRAMER_MORE;
	if (f->step == EXPECT_EQUALS && byte == '=') {
		f->step = EXPECT_QUOTE;
		return FRAMER_MORE;
	}
	if (f->step == EXPECT_QUOTE && (byte == '"' || byte == '\'')) {
		f->quote = byte;
		f->step = IN_VALUE;
		return FRAMER_MORE;
	}
	return FRAMER_ERR_NOT_WELL_FORMED;
}

static enum framer_result end(struct framer *f, uint8_t byte)
{
	if (byte != '>')
		return FRAMER_ERR_NOT_WELL_FORMED;
	f->names_len = 0;
	f->phase = FRAMER_PHASE_PROLOG;
	f->state = FRAMER_IN_BETWEEN;
	return FRAMER_MORE;
}

enum framer_result framer_decl_step(struct framer *f, struct framer_cursor *c)
{
	const uint8_t byte = *c->at++;

	switch ((enum decl_step)f->step) {
	case EXPECT_TARGET:
		return target(f, byte);
	case EXPECT_NAME:
		return expect_name(f, byte);
	case IN_NAME:
		return in_name(f, byte);
	case EXPECT_EQUALS:
	case EXPECT_QUOTE:
		return expect_sign(f, byte);
	case IN_VALUE:
		if (byte == f->quote)
			return value_end(f);
		/* Letters, digits, '.', '-', '_': no value that is let through has another. */
		return (framer_char_class[byte] & FRAMER_CHAR_NAME) != 0
			   ? put(f, byte)
			   : FRAMER_ERR_NOT_WELL_FORMED;
	case EXPECT_END:
		break;
	}
	return end(f, byte);
}
