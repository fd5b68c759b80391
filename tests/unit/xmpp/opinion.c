/* SPDX-License-Identifier: BSD-3-Clause */
/* opinion.c - both parsers as listeners that write down a digest of each first-level element. */
#include <expat.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#include <string.h>

#include "dataplane/xmpp/framer_parts.h"
#include "tests/unit/xmpp/opinion.h"

#define XML_URI "http://www.w3.org/XML/1998/namespace"

/* Between expanded name parts, and so in no document. */
#define SEPARATOR '\1'

enum mark { MARK_START = 2, MARK_END, MARK_NAME, MARK_VALUE, MARK_LANG };

struct listener {
	struct opinion *out;
	XML_Parser expat;
	unsigned int depth;
	uint64_t digest, root_lang;
	bool has_root_lang;
	bool after_cr; /* in a CDATA section of libxml2's */
};

static void mix(uint64_t *digest, const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		*digest = (*digest ^ ((const uint8_t *)bytes)[i]) * UINT64_C(1099511628211);
}

static void mix_mark(uint64_t *digest, enum mark mark)
{
	const uint8_t byte = (uint8_t)mark;

	mix(digest, &byte, 1);
}

static void mix_name(uint64_t *digest, const char *uri, const char *local)
{
	mix_mark(digest, MARK_NAME);
	if (uri != NULL) {
		mix(digest, uri, strlen(uri));
		mix(digest, &(char){SEPARATOR}, 1);
	}
	mix(digest, local, strlen(local));
}

static void begin_element(struct listener *l, const char *uri, const char *local)
{
	l->depth++;
	if (l->depth == 2)
		l->digest = UINT64_C(14695981039346656037);
	mix_mark(&l->digest, MARK_START);
	mix_name(&l->digest, uri, local);
}

/*
 * The language of a first-level element counts, not where it is written. Returns true for an
 * attribute that says it.
 */
static bool take_lang(struct listener *l, const char *uri, const char *local, const char *value,
		      size_t len)
{
	if (l->depth > 2 || uri == NULL || strcmp(uri, XML_URI) != 0 || strcmp(local, "lang") != 0)
		return false;
	if (l->depth == 1) {
		l->has_root_lang = len > 0;
		l->root_lang = 1;
		mix(&l->root_lang, value, len);
	}
	return true;
}

static void take_attribute(struct listener *l, const char *uri, const char *local,
			   const char *value, size_t len, bool *has_lang)
{
	uint64_t lang = 1;

	if (take_lang(l, uri, local, value, len)) {
		mix(&lang, value, len);
		mix_mark(&l->digest, MARK_LANG);
		if (l->depth == 2)
			mix(&l->digest, &lang, sizeof(lang));
		*has_lang = true;
		return;
	}
	mix_name(&l->digest, uri, local);
	mix_mark(&l->digest, MARK_VALUE);
	mix(&l->digest, value, len);
}

/* A first-level element's own language may stand anywhere in its tag, the root's is put in first;
 * so the digest takes the language before all other attributes. */
static bool is_lang(const char *uri, const char *local)
{
	return uri != NULL && strcmp(uri, XML_URI) == 0 && strcmp(local, "lang") == 0;
}

static void inherit_lang(struct listener *l, bool has_lang)
{
	if (l->depth != 2 || has_lang || !l->has_root_lang)
		return;
	mix_mark(&l->digest, MARK_LANG);
	mix(&l->digest, &l->root_lang, sizeof(l->root_lang));
}

static void end_element(struct listener *l, size_t offset)
{
	struct opinion *o = l->out;

	mix_mark(&l->digest, MARK_END);
	if (l->depth == 2) {
		if (o->count < OPINION_ELEMENTS) {
			o->element[o->count].end = offset;
			o->element[o->count].digest = l->digest;
		}
		o->count++;
	}
	l->depth--;
}

static bool is_odd_uri(const char *uri)
{
	for (; *uri != '\0'; uri++)
		if ((uint8_t)*uri < 0x80 &&
		    (framer_char_class[(uint8_t)*uri] & FRAMER_CHAR_URI) == 0)
			return true;
	return false;
}

static bool is_odd_name(const char *name)
{
	struct utf8 u = {0};

	for (; *name != '\0'; name++) {
		if (u.left > 0) {
			if (!utf8_next(&u, (uint8_t)*name) ||
			    (u.left == 0 && !framer_char_is_name(u.code)))
				return true;
		} else if ((uint8_t)*name >= 0x80 && !utf8_begin(&u, (uint8_t)*name)) {
			return true;
		}
	}
	return false;
}

/* libxml2 */

static void on_start_ns(void *state, const xmlChar *local, const xmlChar *prefix,
			const xmlChar *uri, int ns_count, const xmlChar **ns, int count,
			int defaulted, const xmlChar **attributes)
{
	struct listener *l = state;
	bool has_lang = false;

	(void)prefix;
	(void)defaulted;
	begin_element(l, (const char *)uri, (const char *)local);
	l->out->odd_name |= is_odd_name((const char *)local);
	for (int i = 0; i < 2 * ns_count; i++) {
		if (ns[i] != NULL && i % 2 == 0)
			l->out->odd_name |= is_odd_name((const char *)ns[i]);
		if (ns[i] != NULL && i % 2 == 1)
			l->out->odd_uri |= is_odd_uri((const char *)ns[i]);
	}
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < count; i++) {
			const char *const *a = (const char *const *)attributes + 5 * (ptrdiff_t)i;

			l->out->odd_name |= is_odd_name(a[0]);
			if ((l->depth == 2 && is_lang(a[2], a[0])) == (round == 0))
				take_attribute(l, a[2], a[0], a[3], (size_t)(a[4] - a[3]),
					       &has_lang);
		}
		if (round == 0)
			inherit_lang(l, has_lang);
	}
}

static void on_end_ns(void *state, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
	(void)local;
	(void)prefix;
	(void)uri;
	end_element(state, 0);
}

static void on_text(void *state, const xmlChar *text, int len)
{
	mix(&((struct listener *)state)->digest, text, (size_t)len);
}

/* libxml2's push mode does not turn a CR in a CDATA section into LF, as XML 1.0 2.11 demands. */
static void on_cdata(void *state, const xmlChar *text, int len)
{
	struct listener *l = state;

	for (int i = 0; i < len; i++) {
		const bool second = l->after_cr && text[i] == '\n';

		l->after_cr = text[i] == '\r';
		if (!second)
			mix(&l->digest, l->after_cr ? (const xmlChar *)"\n" : text + i, 1);
	}
}

static void ignore_message(void *state, const char *format, ...)
{
	(void)state;
	(void)format;
}

/*
 * libxml2 goes on after a namespace error, but says it is one. That a namespace name is no URI, or
 * a relative one, is no violation of Namespaces 1.0; libxml2 alone complains.
 */
static void on_error(void *state, xmlErrorPtr error)
{
	struct listener *l = state;

	if (error->level < XML_ERR_ERROR || error->code == XML_WAR_NS_URI ||
	    error->code == XML_WAR_NS_URI_RELATIVE)
		return;
	l->out->fine = false;
}

void opinion_of_libxml2(const uint8_t *bytes, size_t len, struct opinion *out)
{
	struct listener l = {.out = out};
	xmlSAXHandler sax = {.initialized = XML_SAX2_MAGIC,
			     .startElementNs = on_start_ns,
			     .endElementNs = on_end_ns,
			     .characters = on_text,
			     .cdataBlock = on_cdata,
			     .serror = on_error};
	xmlParserCtxtPtr ctxt;

	memset(out, 0, sizeof(*out));
	out->fine = true;
	xmlSetGenericErrorFunc(NULL, ignore_message); /* some errors of encoding go nowhere else */
	ctxt = xmlCreatePushParserCtxt(&sax, &l, NULL, 0, NULL);
	/* Without NOENT, "&amp;" in a value comes out as "&#38;", in namespace names too. */
	xmlCtxtUseOptions(ctxt, XML_PARSE_NONET | XML_PARSE_NOENT);
	/* Push mode takes the first four bytes for a guess at the encoding when they come at once.
	 */
	xmlSwitchEncoding(ctxt, XML_CHAR_ENCODING_UTF8);
	if (len > 0 && xmlParseChunk(ctxt, (const char *)bytes, (int)len, 0) != XML_ERR_OK &&
	    ctxt->wellFormed == 0)
		out->fine = false;
	if (out->fine) {
		(void)xmlParseChunk(ctxt, "", 0, 1);
		out->complete = out->fine && ctxt->wellFormed != 0;
		out->fine = true;
	}
	xmlFreeDoc(ctxt->myDoc);
	xmlFreeParserCtxt(ctxt);
}

/* expat */

/* Splits "uri\1local" in place of @name: *@uri is NULL where there is none. */
static const char *split_name(const char *name, char *copy, size_t room, const char **uri)
{
	const char *at = strchr(name, SEPARATOR);

	*uri = NULL;
	if (at == NULL || (size_t)(at - name) >= room)
		return name;
	memcpy(copy, name, (size_t)(at - name));
	copy[at - name] = '\0';
	*uri = copy;
	return at + 1;
}

static void XMLCALL on_start(void *state, const XML_Char *name, const XML_Char **attributes)
{
	static char copy[1 << 16];
	struct listener *l = state;
	bool has_lang = false;
	const char *uri, *local = split_name(name, copy, sizeof(copy), &uri);

	begin_element(l, uri, local);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; attributes[i] != NULL; i += 2) {
			local = split_name(attributes[i], copy, sizeof(copy), &uri);
			if ((l->depth == 2 && is_lang(uri, local)) == (round == 0))
				take_attribute(l, uri, local, attributes[i + 1],
					       strlen(attributes[i + 1]), &has_lang);
		}
		if (round == 0)
			inherit_lang(l, has_lang);
	}
}

static void XMLCALL on_end(void *state, const XML_Char *name)
{
	struct listener *l = state;

	(void)name;
	end_element(l, (size_t)XML_GetCurrentByteIndex(l->expat) +
			   (size_t)XML_GetCurrentByteCount(l->expat));
}

static void XMLCALL on_characters(void *state, const XML_Char *text, int len)
{
	mix(&((struct listener *)state)->digest, text, (size_t)len);
}

void opinion_of_expat(const uint8_t *bytes, size_t len, struct opinion *out)
{
	struct listener l = {.out = out, .expat = XML_ParserCreateNS("UTF-8", SEPARATOR)};

	memset(out, 0, sizeof(*out));
	XML_SetUserData(l.expat, &l);
	XML_SetElementHandler(l.expat, on_start, on_end);
	XML_SetCharacterDataHandler(l.expat, on_characters);
	out->fine = XML_Parse(l.expat, (const char *)bytes, (int)len, 0) == XML_STATUS_OK;
	if (out->fine)
		out->complete = XML_Parse(l.expat, "", 0, 1) == XML_STATUS_OK;
	XML_ParserFree(l.expat);
}
