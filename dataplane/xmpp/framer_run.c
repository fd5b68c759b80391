/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * framer_run.c - runs of text, values and names that one look at a block does not settle: long
 * ones, those that the block cuts off, and those with a reference, a character beyond ASCII or a
 * colon in them.
 */
#include "dataplane/xmpp/framer_block.h"

FRAMER_AVX2 bool framer_run_refill(struct framer_cursor *c, const uint8_t *at)
{
	if (c->stop - at <= FRAMER_RUN_MARGIN)
		return false;
	framer_block_read(&c->block, at,
			  min_size((size_t)(c->stop - at) - FRAMER_RUN_MARGIN, FRAMER_BLOCK_BYTES),
			  c->end);
	return true;
}

FRAMER_INLINE const uint8_t *run(struct framer_cursor *c, const uint32_t *mask, const uint8_t *at,
				 uint8_t plain)
{
	for (;;) {
		if (at >= c->block.end && !framer_run_refill(c, at))
			break;
		at = framer_block_run(&c->block, mask, at);
		if (at < c->block.end)
			return at;
	}
	while (at < c->stop && (framer_char_class[*at] & plain) == plain)
		at++;
	return at;
}

FRAMER_AVX2 const uint8_t *framer_run(struct framer_cursor *c, const uint32_t *mask,
				      const uint8_t *at, uint8_t plain)
{
	return run(c, mask, at, plain);
}

struct framer_run_name framer_run_name(struct framer_cursor *c, const uint8_t *name)
{
	const struct framer_run_name none = {NULL, 0};
	struct framer_run_name n = {framer_run(c, c->block.name, name, FRAMER_CHAR_NAME), 0};

	if (!framer_char_begins_name(*name) || n.end - name > XML_NAME_BYTES_MAX)
		return none;
	if (c->stop - n.end > 1 && *n.end == ':') {
		n.colon = (size_t)(n.end - name);
		if (!framer_char_begins_name(n.end[1]))
			return none;
		n.end = framer_run(c, c->block.name, n.end + 1, FRAMER_CHAR_NAME);
	}
	return n.end == c->stop || n.end - name > XML_NAME_BYTES_MAX ? none : n;
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

/* The length of what begins at @at with a character beyond ASCII: that one, where ASCII follows,
 * else as much as is right. */
static size_t beyond_ascii_len(const uint8_t *at, const uint8_t *stop, uint8_t plain)
{
	const size_t first = framer_utf8_char(at, stop);
	size_t len;

	if (first == 0 || (size_t)(stop - at) == first || at[first] < 0x80)
		return first;
	len = first + framer_utf8_run(at + first, stop, plain);
	return len + framer_utf8_text(at + len, stop);
}

/* How many bytes from @at on text or a value goes on with, though a run has ended there. */
static inline size_t odd_len(const struct framer_cursor *c, const uint8_t *at, uint8_t plain)
{
	if ((framer_char_class[*at] & plain) != 0) /* a tab, a line end */
		return 1;
	if (*at == '&')
		return entity_len(at, c->stop);
	if (*at >= 0x80)
		return beyond_ascii_len(at, c->stop, plain);
	if (plain == FRAMER_CHAR_TEXT)
		return *at == ']' && c->stop - at > 1 && at[1] != ']';
	return *at == '\'' || *at == '"';
}

FRAMER_AVX2 const uint8_t *framer_run_to(struct framer_cursor *c, const uint8_t *at, uint8_t plain,
					 uint8_t sign)
{
	const uint32_t *mask = plain == FRAMER_CHAR_TEXT ? c->block.text : c->block.value;

	for (;;) {
		size_t len;

		at = run(c, mask, at, plain);
		if (at == c->stop || *at == sign)
			return at;
		len = odd_len(c, at, plain);
		if (len == 0)
			return at;
		at += len;
	}
}
