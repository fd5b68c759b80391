/* SPDX-License-Identifier: BSD-3-Clause */
/* unescape.c - references and white space in attribute values. */
#include <string.h>

#include "dataplane/xmpp/unescape.h"
#include "dataplane/xmpp/utf8.h"

static const struct {
	char name[5];
	uint8_t len;
	char means;
} entities[] = {
    {"lt;", 3, '<'}, {"gt;", 3, '>'}, {"amp;", 4, '&'}, {"quot;", 5, '"'}, {"apos;", 5, '\''},
};

static void skip(struct span *s, size_t n)
{
	s->at += n;
	s->len -= n;
}

static uint32_t digit(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - (uint32_t)'0';
	if ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f')
		return (byte | 0x20u) - 'a' + 10;
	return UINT32_MAX;
}

/* "&#" stands before @s. Returns how much of it is the rest of the reference, 0 when it is none. */
static size_t read_number(struct span s, uint32_t *code)
{
	const bool hex = s.len > 0 && s.at[0] == 'x';
	const uint32_t base = hex ? 16 : 10;
	const size_t first = hex ? 1 : 0;
	size_t i = first;

	*code = 0;
	while (i < s.len && digit(s.at[i]) < base && *code <= 0x10ffff)
		*code = *code * base + digit(s.at[i++]);
	if (i == first || i == s.len || s.at[i] != ';' || *code > 0x10ffff)
		return 0;
	return i + 1;
}

/* '&' stands before @rest. */
static unsigned int read_reference(struct span *rest, uint8_t out[4])
{
	if (rest->len > 0 && rest->at[0] == '#') {
		const struct span number = {rest->at + 1, rest->len - 1};
		uint32_t code;
		const size_t n = read_number(number, &code);

		if (n > 0) {
			skip(rest, n + 1);
			return utf8_encode(code, out);
		}
	}
	out[0] = '&';
	for (size_t i = 0; i < ARRAY_LEN(entities); i++) {
		if (rest->len < entities[i].len ||
		    memcmp(rest->at, entities[i].name, entities[i].len) != 0)
			continue;
		skip(rest, entities[i].len);
		out[0] = (uint8_t)entities[i].means;
		break;
	}
	return 1;
}

unsigned int unescape_next(struct span *raw, uint8_t out[4])
{
	if (raw->len == 0)
		return 0;
	out[0] = raw->at[0];
	skip(raw, 1);
	if (out[0] == '&')
		return read_reference(raw, out);
	if (out[0] == '\r' && raw->len > 0 && raw->at[0] == '\n')
		skip(raw, 1);
	if (out[0] == '\t' || out[0] == '\n' || out[0] == '\r')
		out[0] = ' ';
	return 1;
}

bool unescape_equals(struct span raw, const char *text)
{
	size_t left = strlen(text);
	uint8_t bytes[4];
	unsigned int n;

	/* What is written as it is meant, as nearly always. */
	if (left > 0 && raw.len == left && memcmp(raw.at, text, left) == 0)
		return true;
	while ((n = unescape_next(&raw, bytes)) > 0) {
		if (n > left || memcmp(bytes, text, n) != 0)
			return false;
		text += n;
		left -= n;
	}
	return left == 0;
}
