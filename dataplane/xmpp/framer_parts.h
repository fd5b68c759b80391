/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * framer_parts.h - what the files of the framer share: its states, its cursor over the input, and
 * the functions one file has for another.
 *
 * framer.c       feeding, what is held, white space between elements, what '<' begins, end tags
 * framer_decl.c  the XML declaration
 * framer_tag.c   start tags: names, attributes, values
 * framer_scope.c namespace declarations, bound prefixes, duplicates, what the root declares
 * framer_text.c  character data, CDATA, references
 * framer_lend.c  one framer for many streams
 * framer_char.c  classes of bytes and characters
 * framer_walk.c  what is plain of tags and text, by vectors; framer_block.h, its masks;
 *                framer_run.c, runs that are long or odd; framer_utf8.c, those beyond ASCII
 *
 * Every step function reads at least one byte of the cursor, or leaves its state, and on an error
 * leaves the cursor behind the offending byte, so that the outcome is the same for any cut.
 */
#ifndef DATAPLANE_XMPP_FRAMER_PARTS_H
#define DATAPLANE_XMPP_FRAMER_PARTS_H

#include <string.h>

#include "dataplane/xmpp/framer.h"

enum framer_state {
	FRAMER_IN_BETWEEN,     /* white space around first-level elements */
	FRAMER_IN_MARKUP,      /* behind '<' */
	FRAMER_IN_BANG,        /* behind "<!" */
	FRAMER_IN_DECLARATION, /* behind "<?" at the very start */
	FRAMER_IN_ELEMENT_NAME,
	FRAMER_IN_TAG,       /* behind white space: an attribute may begin */
	FRAMER_IN_TAG_TIGHT, /* behind a closing quote: white space or the end */
	FRAMER_IN_TAG_SLASH, /* behind '/' */
	FRAMER_IN_ATTRIBUTE_NAME,
	FRAMER_IN_EQUALS,
	FRAMER_IN_QUOTE,
	FRAMER_IN_VALUE,
	FRAMER_IN_DECLARED, /* the value of a namespace declaration, or of the root's xml:lang */
	FRAMER_IN_END_NAME,
	FRAMER_IN_END_SPACE,
	FRAMER_IN_TEXT,
	FRAMER_IN_CDATA,
	FRAMER_IN_REFERENCE, /* behind '&' */
	FRAMER_IN_ENTITY,
	FRAMER_IN_NUMBER, /* behind "&#" */
	FRAMER_IN_DECIMAL,
	FRAMER_IN_HEX_FIRST, /* behind "&#x" */
	FRAMER_IN_HEX,
	FRAMER_IN_ERROR,
};

enum framer_phase {
	FRAMER_PHASE_START,
	FRAMER_PHASE_PROLOG,
	FRAMER_PHASE_STREAM,
	FRAMER_PHASE_OVER
};

/* Fields of the XML declaration, in the only order allowed. */
enum framer_field {
	FRAMER_FIELD_NONE,
	FRAMER_FIELD_VERSION,
	FRAMER_FIELD_ENCODING,
	FRAMER_FIELD_STANDALONE
};

enum framer_declares {
	FRAMER_DECLARES_DEFAULT, /* xmlns= */
	FRAMER_DECLARES_PREFIX,  /* xmlns:p= */
	FRAMER_DECLARES_XML,     /* xmlns:xml=, which changes nothing */
	FRAMER_DECLARES_LANG,    /* xml:lang= on the root */
};

enum framer_char_bits {
	FRAMER_CHAR_SPACE = 1 << 0,
	FRAMER_CHAR_NAME_START = 1 << 1, /* without the colon */
	FRAMER_CHAR_NAME = 1 << 2,
	FRAMER_CHAR_TEXT = 1 << 3,  /* needs no look in text */
	FRAMER_CHAR_VALUE = 1 << 4, /* nor in an attribute value */
	FRAMER_CHAR_CDATA = 1 << 5, /* nor in a CDATA section */
	FRAMER_CHAR_URI = 1 << 6,   /* RFC 3986 has a place for it */
};

extern const uint8_t framer_char_class[256];

/* Of a byte; without the colon, and none from 0x80 on. */
static inline bool framer_char_begins_name(uint8_t byte)
{
	return (framer_char_class[byte] & FRAMER_CHAR_NAME_START) != 0;
}

bool framer_char_is_name_start(uint32_t code);
bool framer_char_is_name(uint32_t code);
/* XML 1.0 2.2 */
bool framer_char_is_legal(uint32_t code);

/* '<' and a byte that may begin a name have been seen: the latter is not read yet. */
MUST_USE enum framer_result framer_tag_begin(struct framer *f, struct framer_cursor *c);
MUST_USE enum framer_result framer_tag_step(struct framer *f, struct framer_cursor *c);
/* One more byte of the name being read. */
MUST_USE enum framer_result framer_tag_put(struct framer *f, uint8_t byte);
/* '>' of a start tag was read, behind a '/' where it is @empty. */
MUST_USE enum framer_result framer_tag_end(struct framer *f, struct framer_cursor *c, bool empty);
/* The innermost element has ended. */
MUST_USE enum framer_result framer_tag_close(struct framer *f);

MUST_USE enum framer_result framer_decl_step(struct framer *f, struct framer_cursor *c);

/* The attribute whose name was read last declares something; its value follows. */
MUST_USE enum framer_result framer_scope_begin(struct framer *f, struct span name);
/* One byte of that value as written, for what others get to see of the root; one as meant, for
 * comparisons; one that is both. */
MUST_USE enum framer_result framer_scope_raw(struct framer *f, uint8_t byte);
MUST_USE enum framer_result framer_scope_uri(struct framer *f, uint8_t byte);
MUST_USE enum framer_result framer_scope_literal(struct framer *f, uint8_t byte);
/* How long a default namespace may be below the root. */
size_t framer_scope_uri_max(const struct framer *f);
/* XML's own namespaces, which only their own prefixes may have. */
#define FRAMER_XML_URI   "http://www.w3.org/XML/1998/namespace"
#define FRAMER_XMLNS_URI "http://www.w3.org/2000/xmlns/"
static inline bool framer_scope_is_reserved(const uint8_t *uri, size_t len)
{
	return (len == sizeof(FRAMER_XML_URI) - 1 && memcmp(uri, FRAMER_XML_URI, len) == 0) ||
	       (len == sizeof(FRAMER_XMLNS_URI) - 1 && memcmp(uri, FRAMER_XMLNS_URI, len) == 0);
}
/* A tag below the root uses @prefix. Returns false where that is not bound. */
bool framer_scope_use(struct framer *f, const uint8_t *prefix, size_t len);
/* Takes the run of plain bytes of a namespace name that the cursor stands at, as far as the bounds
 * let it; below the root only, where nothing is kept raw. May take none. */
void framer_scope_run(struct framer *f, struct framer_cursor *c);
MUST_USE enum framer_result framer_scope_end(struct framer *f);
/* All of a tag is read: are its prefixes bound, its attributes different by expanded name? */
MUST_USE enum framer_result framer_scope_resolve(struct framer *f);
/* Undo the declarations of the innermost element. */
void framer_scope_leave(struct framer *f);

/* Reads on to the first byte that is not of the class @plain. */
void framer_text_skip(struct framer_cursor *c, uint8_t plain);
MUST_USE enum framer_result framer_text_step(struct framer *f, struct framer_cursor *c);
MUST_USE enum framer_result framer_text_cdata_step(struct framer *f, struct framer_cursor *c);
/* '&' was read in the present state. */
MUST_USE enum framer_result framer_text_begin_reference(struct framer *f);
MUST_USE enum framer_result framer_text_reference_step(struct framer *f, struct framer_cursor *c);

bool framer_walk_is_possible(void);
/* Takes what is plain from the cursor on, maybe nothing; where input is left and nothing found, a
 * scalar step must follow. Only where framer_walk_is_possible(). */
MUST_USE enum framer_result framer_walk(struct framer *f, struct framer_cursor *c);

/* A name as it stands in the input; colon: the length of its prefix, 0 where it has none. */
struct framer_name {
	const uint8_t *at;
	uint16_t len;
	uint8_t colon;
};

/*
 * A start tag as it stands in the input, as far as a walk has read it: up to @at, which is behind
 * the last attribute or, where there is a @quote, in the value of one more that ends by it.
 */
struct framer_plain_tag {
	struct framer_name element, attribute[XML_ATTRIBUTES_MAX];
	unsigned int attributes; /* with that one */
	const uint8_t *at;
	uint8_t quote;
	bool declares; /* it is xmlns=, and @at the beginning of its value */
};

/* '<' has been read, and the cursor stands at the name: as if the steps had read @tag. */
MUST_USE enum framer_result framer_tag_take(struct framer *f, struct framer_cursor *c,
					    const struct framer_plain_tag *tag);
/* The same where they have read the beginning of it; the element does not matter. */
MUST_USE enum framer_result framer_tag_take_rest(struct framer *f, struct framer_cursor *c,
						 const struct framer_plain_tag *tag);
/* The length of the character beyond ASCII at @at, 0 where there is none whole, valid and legal in
 * XML; of a run of such ones, maybe empty. */
size_t framer_utf8_char(const uint8_t *at, const uint8_t *stop);
size_t framer_utf8_text(const uint8_t *at, const uint8_t *stop);

/* Held bytes when the cursor stands where it stands. */
static inline uint32_t framer_cursor_held(const struct framer *f, const struct framer_cursor *c)
{
	return f->open ? f->held + (uint32_t)(c->at - c->from) : 0;
}

/* The bound of what is open has changed: find where it stops the input. */
static inline void framer_cursor_bound(const struct framer *f, struct framer_cursor *c)
{
	c->stop = c->end;
	if (f->open) {
		const uint32_t held = framer_cursor_held(f, c);
		const uint32_t room = f->tag_limit > held ? f->tag_limit - held : 0;

		c->stop = c->at + min_size((size_t)(c->end - c->at), room);
	}
}

#endif
