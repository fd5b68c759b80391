/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stanza_fuzz.c - any bytes as one element: stanza_parse() never reads past them; and where the
 * framer lets them through, a bounce says to libxml2 what the stanza said, addresses swapped.
 */
#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/xmpp/stanza.h"

#define ROOT                                                                                       \
	"<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "    \
	"xmlns:db='jabber:server:dialback' xml:lang='en'>"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct framer framer;

static void demand(bool good)
{
	if (!good)
		abort();
}

/* @element as the only child of a bare stream, for xmlFreeDoc(). */
static xmlDocPtr read_alone(const uint8_t *element, size_t len)
{
	static const char before[] = ROOT, behind[] = "</stream:stream>";
	uint8_t *text = malloc(sizeof(before) + len + sizeof(behind));
	size_t at = sizeof(before) - 1;
	xmlDocPtr doc;

	memcpy(text, before, at);
	memcpy(text + at, element, len);
	memcpy(text + at + len, behind, sizeof(behind));
	doc = xmlReadMemory((const char *)text, (int)(at + len + sizeof(behind) - 1), NULL, NULL,
			    XML_PARSE_NOENT | XML_PARSE_NONET | XML_PARSE_NOERROR |
				XML_PARSE_NOWARNING);
	free(text);
	demand(doc != NULL);
	return doc;
}

static xmlNodePtr only_child(xmlDocPtr doc)
{
	return xmlFirstElementChild(xmlDocGetRootElement(doc));
}

static void demand_same(xmlNodePtr a, const char *name_a, xmlNodePtr b, const char *name_b)
{
	xmlChar *value_a = xmlGetNoNsProp(a, (const xmlChar *)name_a);
	xmlChar *value_b = xmlGetNoNsProp(b, (const xmlChar *)name_b);

	demand(xmlStrEqual(value_a, value_b) == 1);
	xmlFree(value_a);
	xmlFree(value_b);
}

/* What stanza_parse() has read is what libxml2 reads. */
static void check_kind(const struct stanza *s, xmlNodePtr e)
{
	static const char *const names[] = {
	    [STANZA_MESSAGE] = "message", [STANZA_PRESENCE] = "presence", [STANZA_IQ] = "iq"};
	const bool server = e->ns != NULL && e->ns->prefix == NULL &&
			    xmlStrEqual(e->ns->href, (const xmlChar *)"jabber:server") == 1;
	enum stanza_kind want = STANZA_OTHER;

	for (enum stanza_kind k = STANZA_MESSAGE; server && k <= STANZA_IQ; k++)
		if (xmlStrEqual(e->name, (const xmlChar *)names[k]) == 1)
			want = k;
	demand(s->kind == want);
	demand((s->from.at != NULL) == (xmlHasNsProp(e, (const xmlChar *)"from", NULL) != NULL));
	demand((s->to.at != NULL) == (xmlHasNsProp(e, (const xmlChar *)"to", NULL) != NULL));
	demand(s->has_lang ==
	       (xmlHasNsProp(e, (const xmlChar *)"lang", XML_XML_NAMESPACE) != NULL));
}

static void check_bounce(const struct stanza *s, xmlNodePtr e)
{
	static uint8_t out[1 << 17];
	const int len = stanza_bounce(s, STANZA_REMOTE_SERVER_TIMEOUT, out, sizeof(out));
	xmlChar *type = xmlGetNoNsProp(e, (const xmlChar *)"type");
	xmlDocPtr doc;
	size_t used;

	demand(len < 0 || xmlStrEqual(type, (const xmlChar *)"error") == 0);
	xmlFree(type);
	if (len < 0)
		return;
	demand(framer_feed(&framer, out, (size_t)len, &used) == FRAMER_ELEMENT &&
	       used == (size_t)len);
	doc = read_alone(out, (size_t)len);
	demand(xmlStrEqual(only_child(doc)->name, e->name) == 1);
	demand_same(only_child(doc), "from", e, "to");
	demand_same(only_child(doc), "to", e, "from");
	demand_same(only_child(doc), "id", e, "id");
	xmlFreeDoc(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct framer_root nothing;
	struct stanza s;
	xmlDocPtr doc;
	size_t used;

	if (size > 65536)
		return 0;
	(void)!stanza_parse((struct span){data, size}, &nothing, &s);
	framer_init(&framer, 1 << 20);
	demand(framer_feed(&framer, (const uint8_t *)ROOT, strlen(ROOT), &used) == FRAMER_HEADER);
	if (size == 0 || data[0] != '<' ||
	    framer_feed(&framer, data, size, &used) != FRAMER_ELEMENT)
		return 0;
	demand(stanza_parse((struct span){data, used}, framer_root(&framer), &s));
	doc = read_alone(data, used);
	check_kind(&s, only_child(doc));
	check_bounce(&s, only_child(doc));
	xmlFreeDoc(doc);
	return 0;
}
