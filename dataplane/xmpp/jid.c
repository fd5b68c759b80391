/* SPDX-License-Identifier: BSD-3-Clause */
/* jid.c - JID parts: split by RFC 7622 3.1, the domain unescaped, checked and folded. */
#include <string.h>

#include "dataplane/base/addr.h"
#include "dataplane/xmpp/jid.h"
#include "dataplane/xmpp/unescape.h"
#include "dataplane/xmpp/utf8.h"

#define LABEL_MAX 63 /* bytes, RFC 1035 2.3.4 */

/* An attribute's value, and whether it stands for itself: printable ASCII without a reference. As
 * nearly all do, and then a part is told by its length, without a look at each character. */
struct value {
	struct span raw;
	bool is_plain;
};

/*
 * Are all eight bytes of @word printable ASCII and none '&'? Each line sets the high bit of a byte
 * that is not: below 0x20, '&', above 0x7e. A borrow can mark bytes above such a one, never alone.
 */
static bool is_plain_word(uint64_t word)
{
	const uint64_t ones = UINT64_MAX / 255, reference = word ^ (ones * '&');
	uint64_t odd = (word - ones * 0x20) & ~word;

	odd |= (reference - ones) & ~reference;
	odd |= (word + ones) | word;
	return (odd & (ones * 0x80)) == 0;
}

static bool is_plain(struct span raw)
{
	uint64_t word = UINT64_MAX / 255 * ' ';

	for (; raw.len >= sizeof(word); raw.at += sizeof(word), raw.len -= sizeof(word)) {
		memcpy(&word, raw.at, sizeof(word));
		if (!is_plain_word(word))
			return false;
	}
	word = UINT64_MAX / 255 * ' ';
	for (size_t i = 0; i < raw.len; i++)
		word = word << 8 | raw.at[i];
	return is_plain_word(word);
}

static struct value part_of(struct value whole, const uint8_t *at, size_t len)
{
	return (struct value){{at, len}, whole.is_plain};
}

/*
 * Splits @value at the first character that is @at, however it is written. Returns false when there
 * is none.
 */
static bool split(struct value value, uint8_t at, struct value *before, struct value *behind)
{
	const struct span raw = value.raw;
	struct span rest = raw;
	uint8_t bytes[4];
	unsigned int n;
	size_t len = 0;

	if (value.is_plain) {
		const uint8_t *found = raw.len > 0 ? memchr(raw.at, at, raw.len) : NULL;

		if (found == NULL)
			return false;
		len = (size_t)(found - raw.at);
		*before = part_of(value, raw.at, len);
		*behind = part_of(value, found + 1, raw.len - len - 1);
		return true;
	}
	while ((n = unescape_next(&rest, bytes)) > 0) {
		if (n == 1 && bytes[0] == at) {
			*before = part_of(value, raw.at, len);
			*behind = part_of(value, rest.at, rest.len);
			return true;
		}
		len = raw.len - rest.len;
	}
	return false;
}

/* C0, DEL and C1: RFC 7622 lets them into no part. */
static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/* Copies what @value means to @out. Returns its length, or -1 when it is not 1..@room bytes of
 * UTF-8 without control characters. */
static int decode(struct value value, uint8_t *out, size_t room)
{
	struct span raw = value.raw;
	struct utf8 u = {0};
	size_t len = 0;
	uint8_t bytes[4];
	unsigned int n;

	if (value.is_plain) {
		if (raw.len == 0 || raw.len > room)
			return -1;
		memcpy(out, raw.at, raw.len);
		return (int)raw.len;
	}
	while ((n = unescape_next(&raw, bytes)) > 0) {
		if (n > room - len)
			return -1;
		for (unsigned int i = 0; i < n; i++) {
			bool good = true;

			if (u.left > 0)
				good = utf8_next(&u, bytes[i]);
			else if (bytes[i] < 0x80)
				u.code = bytes[i];
			else
				good = utf8_begin(&u, bytes[i]);
			if (!good || (u.left == 0 && is_control(u.code)))
				return -1;
			out[len++] = bytes[i];
		}
	}
	return len > 0 && u.left == 0 ? (int)len : -1;
}

static bool is_part(struct value value)
{
	uint8_t text[JID_PART_MAX];

	if (value.is_plain)
		return value.raw.len > 0 && value.raw.len <= JID_PART_MAX;
	return decode(value, text, sizeof(text)) > 0;
}

/* Of a label, folded. */
static const bool is_name_byte[256] = {
    ['-'] = true,
    ['0' ... '9'] = true,
    ['a' ... 'z'] = true,
    [0x80 ... 0xff] = true,
};

/* "[...]" with an IPv6 address. */
static bool is_literal(const char *text, size_t len)
{
	char address[ADDR_TEXT_MAX];
	struct ip_addr parsed;

	if (len < 4 || len - 2 >= sizeof(address) || text[len - 1] != ']')
		return false;
	memcpy(address, text + 1, len - 2);
	address[len - 2] = '\0';
	return strchr(address, ':') != NULL && addr_parse(address, &parsed);
}

static bool is_name(const char *text, size_t len)
{
	size_t label = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '.') {
			if (label == 0)
				return false;
			label = 0;
		} else if (!is_name_byte[(uint8_t)text[i]] || ++label > LABEL_MAX) {
			return false;
		}
	}
	return label > 0;
}

static bool read_domain(struct value value, struct jid *out)
{
	/* One more than fits, for the dot that goes. */
	uint8_t text[DOMAIN_TEXT_MAX + 1];
	int len = decode(value, text, sizeof(text));

	if (len > 1 && text[len - 1] == '.')
		len--;
	if (len < 1 || len > DOMAIN_TEXT_MAX)
		return false;
	for (int i = 0; i < len; i++)
		out->domain[i] = (char)(text[i] | (text[i] - (unsigned int)'A' < 26) << 5);
	out->domain[len] = '\0';
	out->domain_len = (uint8_t)len;
	if (out->domain[0] == '[')
		return is_literal(out->domain, (size_t)len);
	return is_name(out->domain, (size_t)len);
}

bool jid_parse(struct span raw, struct jid *out)
{
	struct value bare = {raw, is_plain(raw)}, local = {{NULL, 0}, false}, resource = local,
		     domain;

	if (split(bare, '/', &bare, &resource) && !is_part(resource))
		return false;
	domain = bare;
	if (split(bare, '@', &local, &domain) && !is_part(local))
		return false;
	out->local = local.raw;
	out->resource = resource.raw;
	return read_domain(domain, out);
}
