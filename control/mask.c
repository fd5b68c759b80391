/* SPDX-License-Identifier: BSD-3-Clause */
/* mask.c - markup read piece by piece, and what is shown of each. */
#include <stdio.h>
#include <string.h>

#include "control/mask.h"
#include "dataplane/base/bounds.h"

enum piece_kind { PIECE_END, PIECE_TEXT, PIECE_OPEN, PIECE_EMPTY, PIECE_CLOSE, PIECE_OTHER };

/* A run of text (CDATA as its content), a tag, or a declaration. */
struct piece {
	enum piece_kind kind;
	struct span raw;
	struct span name;    /* of a tag, with its prefix */
	struct span content; /* of text */
	bool is_whole;
};

static bool starts(struct span s, const char *with)
{
	const size_t n = strlen(with);

	return s.len >= n && memcmp(s.at, with, n) == 0;
}

/* Up to and with @end, or all there is. */
static size_t upto(struct span s, const char *end, bool *is_whole)
{
	const size_t n = strlen(end);
	const uint8_t *found = memmem(s.at, s.len, end, n);

	*is_whole = found != NULL;
	return found != NULL ? (size_t)(found - s.at) + n : s.len;
}

/* A tag's end: '>' stands in quotes, too. */
static size_t tag_len(struct span s, bool *is_whole)
{
	uint8_t quote = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (quote != 0)
			quote = s.at[i] == quote ? 0 : quote;
		else if (s.at[i] == '"' || s.at[i] == '\'')
			quote = s.at[i];
		else if (s.at[i] == '>') {
			*is_whole = true;
			return i + 1;
		}
	}
	*is_whole = false;
	return s.len;
}

static bool is_space(uint8_t b)
{
	return b == ' ' || b == '\t' || b == '\r' || b == '\n';
}

static struct span name_of(struct span tag, size_t at)
{
	size_t end = at;

	while (end < tag.len && !is_space(tag.at[end]) && tag.at[end] != '>' && tag.at[end] != '/')
		end++;
	return (struct span){tag.at + at, end - at};
}

static struct piece read_tag(struct span rest)
{
	struct piece p = {.kind = PIECE_OPEN, .raw = rest};

	p.raw.len = tag_len(rest, &p.is_whole);
	if (starts(rest, "</")) {
		p.kind = PIECE_CLOSE;
		p.name = name_of(p.raw, 2);
		return p;
	}
	p.name = name_of(p.raw, 1);
	if (p.is_whole && p.raw.len > 2 && p.raw.at[p.raw.len - 2] == '/')
		p.kind = PIECE_EMPTY;
	return p;
}

static struct piece read_piece(struct span rest)
{
	static const char cdata[] = "<![CDATA[", cdata_end[] = "]]>";
	struct piece p = {.kind = PIECE_TEXT, .raw = rest, .is_whole = true};
	const uint8_t *tag;

	if (rest.len == 0)
		return (struct piece){.kind = PIECE_END, .is_whole = true};
	if (starts(rest, cdata)) {
		p.raw.len = upto(rest, cdata_end, &p.is_whole);
		p.content =
		    (struct span){rest.at + sizeof(cdata) - 1, p.raw.len - (sizeof(cdata) - 1)};
		if (p.is_whole)
			p.content.len -= sizeof(cdata_end) - 1;
		return p;
	}
	if (starts(rest, "<?") || starts(rest, "<!")) {
		p.kind = PIECE_OTHER;
		p.raw.len = upto(rest, ">", &p.is_whole);
		return p;
	}
	if (rest.at[0] == '<')
		return read_tag(rest);
	tag = memchr(rest.at, '<', rest.len);
	p.raw.len = tag != NULL ? (size_t)(tag - rest.at) : rest.len;
	p.content = p.raw;
	return p;
}

static struct span behind(struct span s, size_t n)
{
	return (struct span){s.at + n, s.len - n};
}

static struct span local_name(struct span name)
{
	const uint8_t *colon = name.len > 0 ? memchr(name.at, ':', name.len) : NULL;

	return colon != NULL ? behind(name, (size_t)(colon - name.at) + 1) : name;
}

static bool is_one_of(struct span name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (name.len == strlen(*names) && memcmp(name.at, *names, name.len) == 0)
			return true;
	return false;
}

size_t mask_first(struct span bytes)
{
	static const char *const root[] = {"stream:stream", NULL};
	struct span rest = bytes;
	unsigned int depth = 0;
	struct piece p;

	while ((p = read_piece(rest)).kind != PIECE_END) {
		rest = behind(rest, p.raw.len);
		if (p.kind == PIECE_OPEN && depth == 0 && is_one_of(p.name, root))
			break;
		depth += p.kind == PIECE_OPEN;
		if (p.kind == PIECE_CLOSE && depth > 0)
			depth--;
		if (depth == 0 &&
		    (p.kind == PIECE_CLOSE || p.kind == PIECE_EMPTY || p.kind == PIECE_OPEN))
			break;
	}
	return bytes.len - rest.len;
}

struct span mask_child(struct span bytes, const char *name)
{
	const char *const names[] = {name, NULL};
	struct span rest = bytes;
	unsigned int depth = 0;
	const uint8_t *from = NULL;
	struct piece p;

	while ((p = read_piece(rest)).kind != PIECE_END) {
		if (p.kind == PIECE_CLOSE && --depth == 1 && from != NULL)
			return (struct span){from, (size_t)(rest.at - from)};
		rest = behind(rest, p.raw.len);
		if (p.kind == PIECE_OPEN && depth++ == 1 && from == NULL &&
		    is_one_of(p.name, names))
			from = rest.at;
		if (depth == 0)
			break;
	}
	return (struct span){from, from != NULL ? (size_t)(rest.at - from) : 0};
}

/* --- the line --- */

struct line {
	char *out;
	size_t len, room; /* room: what is left for the note is taken off */
	bool is_cut;
};

static void put(struct line *l, const char *text, size_t len)
{
	if (l->is_cut || l->len + len > l->room) {
		l->is_cut = true;
		return;
	}
	memcpy(l->out + l->len, text, len);
	l->len += len;
}

/* Bytes of the character of UTF-8 that @s begins with; 0 when it is none or cut. */
static size_t utf8_len(struct span s)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const uint8_t first = s.at[0];
	const size_t n = first < 0x80         ? 1
			 : first >> 5 == 0x06 ? 2
			 : first >> 4 == 0x0e ? 3
			 : first >> 3 == 0x1e ? 4
					      : 0;
	uint32_t code = n < 2 ? first : first & (0x7fu >> n);

	if (n == 0 || n > s.len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s.at[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s.at[i] & 0x3fu);
	}
	return code < least[n] || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff ? 0 : n;
}

/* Beyond C0 and DEL: C1 steers terminals; what changes the direction of writing, or has no width,
 * makes a line look like another. */
static bool is_hidden(const uint8_t *c, size_t n)
{
	if (n == 2)
		return c[0] == 0xc2 && c[1] < 0xa0;
	if (n != 3)
		return false;
	if (c[0] == 0xe2 && c[1] == 0x80)
		return (c[2] >= 0x8b && c[2] <= 0x8f) || (c[2] >= 0xa8 && c[2] <= 0xae);
	return (c[0] == 0xe2 && c[1] == 0x81 && c[2] >= 0xa0 && c[2] <= 0xaf) ||
	       (c[0] == 0xef && c[1] == 0xbb && c[2] == 0xbf);
}

static void put_escaped(struct line *l, const uint8_t *c, size_t n)
{
	char text[5];

	for (size_t i = 0; i < n; i++)
		put(l, text, (size_t)snprintf(text, sizeof(text), "\\x%02x", c[i]));
}

static void put_safe(struct line *l, struct span s)
{
	while (s.len > 0 && !l->is_cut) {
		const size_t n = utf8_len(s);

		if (s.at[0] == '\\')
			put(l, "\\\\", 2);
		else if (s.at[0] == '\n' || s.at[0] == '\t' || s.at[0] == '\r')
			put(l, s.at[0] == '\n' ? "\\n" : s.at[0] == '\t' ? "\\t" : "\\r", 2);
		else if (n == 0 || s.at[0] < ' ' || s.at[0] == 0x7f || is_hidden(s.at, n))
			put_escaped(l, s.at, n == 0 ? 1 : n);
		else
			put(l, (const char *)s.at, n);
		s = behind(s, n == 0 ? 1 : n);
	}
}

static bool is_blank(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_space(s.at[i]))
			return false;
	return true;
}

/* @more: perhaps there was more of it. */
static void put_length(struct line *l, size_t bytes, bool more)
{
	char text[48];

	put(l, text,
	    (size_t)snprintf(text, sizeof(text), "…[%zu%s bytes]", bytes, more ? " or more" : ""));
}

static size_t skip_space(struct span s, size_t at)
{
	while (at < s.len && is_space(s.at[at]))
		at++;
	return at;
}

/* The next attribute of a tag from @at on, which is moved behind it. False: there is none. */
static bool next_attribute(struct span tag, size_t *at, struct span *name, struct span *value)
{
	while (*at < tag.len) {
		const size_t from = *at = skip_space(tag, *at);
		const uint8_t *end;
		size_t open;

		while (*at < tag.len && !is_space(tag.at[*at]) && tag.at[*at] != '=')
			++*at;
		*name = (struct span){tag.at + from, *at - from};
		open = skip_space(tag, *at);
		if (open >= tag.len || tag.at[open] != '=') {
			*at = open; /* the tag's own name, or its end */
			continue;
		}
		*at = skip_space(tag, open + 1);
		if (*at >= tag.len || (tag.at[*at] != '\'' && tag.at[*at] != '"'))
			return false;
		open = *at + 1;
		end = memchr(tag.at + open, tag.at[*at], tag.len - open);
		*at = end != NULL ? (size_t)(end - tag.at) + 1 : tag.len;
		*value = (struct span){tag.at + open, (end != NULL ? *at - 1 : *at) - open};
		return true;
	}
	return false;
}

/* All but the values of attributes called password, in whatever namespace. */
static void put_tag(struct line *l, struct span tag)
{
	static const char *const secrets[] = {"password", NULL};
	struct span name, value;
	size_t at = 0, shown = 0;

	while (next_attribute(tag, &at, &name, &value)) {
		const size_t from = (size_t)(value.at - tag.at);

		if (!is_one_of(local_name(name), secrets))
			continue;
		put_safe(l, (struct span){tag.at + shown, from - shown});
		put_length(l, value.len, false);
		shown = from + value.len;
	}
	put_safe(l, behind(tag, shown));
}

/* What the text of a first-level element of this name is to anybody who may not see bodies. */
static bool is_plain_talk(struct span name)
{
	static const char *const talk[] = {"features", "error", "failure", "starttls",
					   "proceed",  "bidi",  "limits",  NULL};

	return is_one_of(local_name(name), talk);
}

static bool is_stanza(struct span name)
{
	static const char *const stanzas[] = {"message", "presence", "iq", NULL};

	return is_one_of(name, stanzas);
}

/* Names of the open elements. */
struct path {
	struct span name[XML_DEPTH_MAX + 1];
	size_t depth;
};

static void enter(struct path *p, struct span name)
{
	if (p->depth < ARRAY_LEN(p->name))
		p->name[p->depth] = name;
	p->depth++;
}

static bool is_secret(const struct path *p)
{
	static const char *const secrets[] = {"password", NULL};

	for (size_t i = 1; i < p->depth && i < ARRAY_LEN(p->name); i++)
		if (is_one_of(local_name(p->name[i]), secrets))
			return true;
	return false;
}

static bool shows_text(const struct path *p, enum mask_how how)
{
	if (is_stanza(p->name[0]))
		return how == MASK_SECRETS && !is_secret(p);
	/* SASL, dialback, and whatever else is no stanza and not known to be harmless. */
	return is_plain_talk(p->name[0]);
}

static void put_text(struct line *l, const struct path *p, const struct piece *text,
		     enum mask_how how, bool is_last)
{
	if (is_blank(text->content) && !is_last)
		return;
	if (shows_text(p, how))
		put_safe(l, text->raw);
	else
		put_length(l, text->content.len, is_last);
}

static void put_all(struct line *l, struct span rest, uint64_t left_out, enum mask_how how)
{
	struct path path = {.depth = 0};
	struct piece p;

	while (!l->is_cut && (p = read_piece(rest)).kind != PIECE_END) {
		rest = behind(rest, p.raw.len);
		if (p.kind == PIECE_TEXT && path.depth > 0)
			put_text(l, &path, &p, how, left_out > 0 && rest.len == 0);
		else if (p.kind == PIECE_OTHER || p.kind == PIECE_OPEN || p.kind == PIECE_EMPTY ||
			 p.kind == PIECE_CLOSE)
			put_tag(l, p.raw);
		if (p.kind == PIECE_OPEN)
			enter(&path, p.name);
		else if (p.kind == PIECE_CLOSE && path.depth > 0)
			path.depth--;
		if (how == MASK_HEAD && (p.kind == PIECE_OPEN || p.kind == PIECE_EMPTY))
			return;
	}
}

const char *mask_line(struct span bytes, uint64_t total, enum mask_how how, char *out, size_t room)
{
	enum { NOTE = 48 };
	struct line l = {.out = out, .room = room > NOTE ? room - NOTE : 0};

	put_all(&l, bytes, total - bytes.len, how);
	if (l.is_cut || (total > bytes.len && how != MASK_HEAD))
		l.len += (size_t)snprintf(out + l.len, room - l.len, " …[cut: %llu bytes in all]",
					  (unsigned long long)total);
	out[min_size(l.len, room - 1)] = '\0';
	return out;
}
