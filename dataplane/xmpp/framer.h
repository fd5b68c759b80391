/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * framer.h - cuts one XMPP byte stream into stream header, first-level elements and stream footer,
 * and lets nothing through that a conforming XML 1.0 + Namespaces parser would refuse or read
 * otherwise.
 *
 * Checks well-formedness completely (names, quotes, duplicate attributes also by expanded name,
 * references, "]]>", CDATA, UTF-8, control characters, matching tags, bound prefixes, the reserved
 * xml and xmlns), what RFC 6120 11.1 forbids (comment, PI, DTD, foreign entities), and the bounds
 * of bounds.h. An XML declaration is allowed once, before the stream header. It does not check
 * which namespace or version the root has: control does.
 *
 * Where parsers differ it takes the narrower side, since one stream carries many partners' stanzas
 * and its reader must not choke on one of them: names beyond ASCII are those of XML 1.0's fourth
 * edition, and namespace names hold no ASCII character that RFC 3986 has no place for.
 *
 * Runs on  any core; a framer belongs to one core, which reads its connections in turn.
 * Owns     only its own struct. Never allocates, never blocks, has no clock. Reads each byte once
 * and keeps none but names, prefixes and attribute names: the caller holds on to an open element's
 * bytes.
 */
#ifndef DATAPLANE_XMPP_FRAMER_H
#define DATAPLANE_XMPP_FRAMER_H

#include "dataplane/base/base.h"
#include "dataplane/base/bounds.h"
#include "dataplane/base/drop.h"
#include "dataplane/xmpp/utf8.h"

enum framer_result { /* above 0: something was found; below 0: the stream is over */
		     FRAMER_FOOTER = 3,  /* </stream:stream> */
		     FRAMER_ELEMENT = 2, /* one first-level element, complete */
		     FRAMER_HEADER = 1,  /* the start tag of the stream root, with the XML
					    declaration where one was sent */
		     FRAMER_MORE = 0,    /* all input taken, nothing complete yet */
		     FRAMER_ERR_NOT_WELL_FORMED = -1,
		     FRAMER_ERR_RESTRICTED = -2,
		     FRAMER_ERR_ENCODING = -3,
		     FRAMER_ERR_BAD_FORMAT =
			 -4, /* text between first-level elements; an empty root element */
		     FRAMER_ERR_TOO_BIG = -5,
		     FRAMER_ERR_TOO_DEEP = -6, /* depth, attributes, prefixes */
};

/*
 * The namespace declarations and xml:lang of the stream root, as a stanza needs them elsewhere
 * (RFC 6120 4.7.4, 4.8.5, 8.1.5). Prefix and URI are raw attribute text, URI still escaped.
 */
struct framer_root {
	char text[ROOT_DECL_BYTES_MAX];
	struct {
		uint16_t prefix_at, uri_at; /* in text */
		uint8_t prefix_len;
		uint16_t uri_len;
		bool apostrophe; /* the URI was written between '...' */
	} decl[ROOT_PREFIXES_MAX];
	uint8_t decl_count;               /* without the default namespace */
	uint16_t default_at, default_len; /* the default namespace, raw */
	uint16_t lang_at, lang_len;       /* xml:lang, raw; 0 when absent */
	bool lang_apostrophe;
	uint16_t text_len;
};

struct framer;

enum { FRAMER_BLOCK_BYTES = 512 };

/*
 * The bytes from @at to @end: bit i of a mask tells whether byte i ends a run of that kind. Behind
 * @end every bit is set, 65 of them at least.
 */
struct framer_block {
	const uint8_t *at, *end; /* NULL: none is read yet */
	uint32_t text[FRAMER_BLOCK_BYTES / 32 + 4], value[FRAMER_BLOCK_BYTES / 32 + 4];
	uint32_t name[FRAMER_BLOCK_BYTES / 32 + 4], uri[FRAMER_BLOCK_BYTES / 32 + 4];
};

/*
 * Input being read: from @at to @end. Bytes from @from on belong to what is open; @stop is where
 * its bound or the input ends.
 */
struct framer_cursor {
	const uint8_t *at, *stop, *end, *from;
	const uint8_t *stuck; /* where a walk could not go on in a value */
	struct framer_block block;
};

/*
 * framer_init - a fresh stream: after TCP, TLS or SASL (RFC 6120 4.3.3).
 * @stanza_bytes_max  of one first-level element.
 */
void framer_init(struct framer *f, uint32_t stanza_bytes_max);

/* The same by scalar steps alone, whatever the machine can: what the quick ways are compared with.
 */
void framer_init_scalar(struct framer *f, uint32_t stanza_bytes_max);

/* From the next element on. */
void framer_set_limit(struct framer *f, uint32_t stanza_bytes_max);

/*
 * framer_feed - read up to @len bytes, stopping right behind the first thing found.
 *
 * @used    out: bytes read, 0..@len; feed the rest again.
 * Borrows  @bytes, until it returns.
 * Returns  as the enum says; after an error nothing but framer_init() may follow.
 * Cost     O(*used), and the same result however the stream is cut into calls.
 */
MUST_USE enum framer_result framer_feed(struct framer *f, const uint8_t *bytes, size_t len,
					size_t *used);

/*
 * The same in two steps: what was learnt about the bytes behind the thing found is kept in @c for
 * the next call. framer_begin() takes the bytes, framer_read() is called until c->at is c->end.
 * Borrows  @bytes, from framer_begin() to the last framer_read(); they may not change meanwhile.
 */
void framer_begin(struct framer_cursor *c, const uint8_t *bytes, size_t len);
MUST_USE enum framer_result framer_read(struct framer *f, struct framer_cursor *c);

/*
 * How many of the bytes read last belong to the thing found, or to the one still open: what the
 * caller has to hold. 0 when nothing is open, so white space between elements is never held.
 */
uint32_t framer_held(const struct framer *f);

/* Valid after FRAMER_HEADER, until framer_init(). */
const struct framer_root *framer_root(const struct framer *f);

/*
 * Valid after FRAMER_ELEMENT: which of the root's declarations the element leans on, as a bit per
 * decl[] index: prefixes used in it that it does not declare itself.
 */
uint32_t framer_used_prefixes(const struct framer *f);

/* The row of drop.def for an error. */
enum drop framer_drop(enum framer_result error);

/*
 * One framer for many streams, read in turn: what is left of a stream while it is another's turn.
 * Between two first-level elements that is the root alone, and streams with equal roots can share
 * one copy of it.
 */
enum framer_lend_bounds {
	FRAMER_ROOT_PACKED_MAX = 2560,
	FRAMER_PAUSED_MAX = 6144, /* some 200 bytes within an ordinary stanza */
};

struct framer_place {
	struct span root;   /* of framer_pack_root(); empty before the header is complete */
	struct span paused; /* of framer_pause() */
	uint8_t phase;      /* framer_phase(); 0 before the first byte */
};

/* After FRAMER_HEADER. Equal roots give equal bytes. Returns their number. */
size_t framer_pack_root(const struct framer *f, uint8_t out[FRAMER_ROOT_PACKED_MAX]);
/* Returns how many bytes of @out framer_go_on() needs: 0 where nothing is open. */
MUST_USE size_t framer_pause(const struct framer *f, uint8_t out[FRAMER_PAUSED_MAX]);
uint8_t framer_phase(const struct framer *f);
/*
 * framer_go_on - @f, whatever it has read before, reads on at @p as if it had never left.
 *
 * @has_root  since a stream with these very bytes for p->root was gone on with or paused, @f has
 *            read no stream with another root or none: the root is not copied again.
 */
void framer_go_on(struct framer *f, const struct framer_place *p, bool has_root,
		  uint32_t stanza_bytes_max);

/* One namespace declaration in force: prefix, then unescaped URI, at binding_bytes[at]. */
struct framer_binding {
	uint16_t at, uri_len;
	uint8_t prefix_len;
};

/* One open element: where its name begins, and how many bindings were in force around it. */
struct framer_open {
	uint16_t name_at;
	uint8_t bindings;
};

/* One attribute of the tag being read: where its name begins, and its colon (0 for none). */
struct framer_attribute {
	uint16_t at;
	uint8_t colon;
};

/*
 * What a framer remembers between two calls: framer*.c's own, here so that a core can contain it.
 * names[] is a stack: the names of the open elements, outermost first, and above them the attribute
 * names of the tag being read.
 */
struct framer {
	uint32_t held, limit, next_limit; /* bytes of the thing open or found; its bound */
	uint32_t tag_limit;               /* held may not pass this: limit, or less within a tag */
	uint32_t used_prefixes;
	uint32_t code;              /* of the reference being read */
	struct utf8 utf8;           /* character being read */
	uint8_t state, phase, step; /* step: within the XML declaration or "<![CDATA[" */
	uint8_t after_reference;
	uint8_t quote, brackets, declares;
	uint8_t depth, attribute_count, binding_count;
	uint8_t element_colon, name_colon;
	uint8_t field;   /* of the XML declaration, read last */
	bool spaced;     /* in it: white space stands before */
	bool name_first; /* the next character must be able to begin a name */
	bool open, found, walks;
	int8_t error;
	uint16_t names_len, name_at, uri_len;
	uint16_t match;  /* bytes of an end tag's name that agree */
	uint16_t raw_at; /* in root.text: where the value being read begins */

	struct framer_open open_elements[XML_DEPTH_MAX + 1];
	struct framer_attribute attributes[XML_ATTRIBUTES_MAX];
	struct framer_binding bindings[XML_PREFIXES_MAX];
	struct framer_root root;
	uint8_t names[XML_NAME_STACK_BYTES];
	uint8_t binding_bytes[XML_PREFIX_BYTES];
};

_Static_assert(sizeof(struct framer) <= FRAMER_PAUSED_MAX, "it must be kept whole at worst");

#endif
