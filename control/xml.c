/* SPDX-License-Identifier: BSD-3-Clause */
/* xml.c - headers and elements read by libxml2, and copied into small trees of our own. */
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdio.h>
#include <string.h>

#include "control/memory.h"
#include "control/xml.h"
#include "dataplane/base/bounds.h"

enum {
	/* No network, no word on stderr, CDATA as text. Entities stay unread: a document type is
	 * refused below, whatever the framer may have let pass. */
	PARSE_OPTIONS =
	    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA,
	/* The root's closing tag: its name, and </ >. */
	CLOSING_TAG_MAX = XML_NAME_BYTES_MAX + 3,
};

/* The root's qualified name as it stands in its start tag, behind an XML declaration and white
 * space. */
static struct span root_name(const uint8_t *header, size_t len)
{
	static const char declaration[] = "<?xml";
	size_t at = 0, end;

	while (at < len && strchr(" \t\r\n", header[at]) != NULL)
		at++;
	if (len - at >= sizeof(declaration) &&
	    memcmp(header + at, declaration, sizeof(declaration) - 1) == 0) {
		while (at + 1 < len && !(header[at] == '?' && header[at + 1] == '>'))
			at++;
		at += 2;
		while (at < len && strchr(" \t\r\n", header[at]) != NULL)
			at++;
	}
	if (at >= len || header[at] != '<')
		return (struct span){NULL, 0};
	end = ++at;
	while (end < len && strchr(" \t\r\n/>", header[end]) == NULL)
		end++;
	return (struct span){header + at, end - at};
}

/* Header, then @inside, then the closing tag, read as one document. */
static xmlDoc *read_document(const uint8_t *header, size_t header_len, const uint8_t *inside,
			     size_t len)
{
	const struct span name = root_name(header, header_len);
	xmlDoc *doc;
	char *text;

	if (name.len == 0 || name.len > XML_NAME_BYTES_MAX ||
	    header_len + len > (size_t)STANZA_BYTES_MAX + STREAM_HEADER_BYTES_MAX)
		return NULL;
	text = memory_get(header_len + len + CLOSING_TAG_MAX);
	memcpy(text, header, header_len);
	if (len > 0)
		memcpy(text + header_len, inside, len);
	text[header_len + len] = '<';
	text[header_len + len + 1] = '/';
	memcpy(text + header_len + len + 2, name.at, name.len);
	text[header_len + len + 2 + name.len] = '>';
	doc = xmlReadMemory(text, (int)(header_len + len + 2 + name.len + 1), NULL, "UTF-8",
			    PARSE_OPTIONS);
	free(text);
	if (doc != NULL && doc->intSubset != NULL) {
		xmlFreeDoc(doc);
		return NULL;
	}
	return doc;
}

static char *copy(const xmlChar *text)
{
	return memory_text(text != NULL ? (const char *)text : "");
}

static void copy_attributes(struct xml_element *e, const xmlNode *node)
{
	size_t n = 0;

	for (const xmlAttr *a = node->properties; a != NULL; a = a->next)
		n++;
	if (n == 0)
		return;
	e->attributes = memory_get(n * sizeof(*e->attributes));
	for (const xmlAttr *a = node->properties; a != NULL; a = a->next) {
		struct xml_attribute *to = &e->attributes[e->attribute_count++];
		xmlChar *value = xmlNodeListGetString(node->doc, a->children, 1);

		to->ns = a->ns != NULL ? copy(a->ns->href) : NULL;
		to->name = copy(a->name);
		to->value = copy(value);
		xmlFree(value);
	}
}

static bool is_text(const xmlNode *node)
{
	return node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE;
}

static void copy_text(struct xml_element *e, const xmlNode *node)
{
	size_t len = 0;

	for (const xmlNode *n = node->children; n != NULL; n = n->next)
		if (is_text(n) && n->content != NULL)
			len += strlen((const char *)n->content);
	e->text = memory_get(len + 1);
	len = 0;
	for (const xmlNode *n = node->children; n != NULL; n = n->next) {
		if (!is_text(n) || n->content == NULL)
			continue;
		memcpy(e->text + len, n->content, strlen((const char *)n->content));
		len += strlen((const char *)n->content);
	}
}

static struct xml_element *copy_element(const xmlNode *node)
{
	struct xml_element *e = memory_get(sizeof(*e));

	e->ns = copy(node->ns != NULL ? node->ns->href : NULL);
	e->name = copy(node->name);
	copy_attributes(e, node);
	copy_text(e, node);
	return e;
}

static const xmlNode *next_element(const xmlNode *node)
{
	while (node != NULL && node->type != XML_ELEMENT_NODE)
		node = node->next;
	return node;
}

/* libxml2 lets an unbound prefix pass as part of the name. */
static bool is_bound(const xmlNode *node)
{
	if (strchr((const char *)node->name, ':') != NULL)
		return false;
	for (const xmlAttr *a = node->properties; a != NULL; a = a->next)
		if (strchr((const char *)a->name, ':') != NULL)
			return false;
	return true;
}

/* The node after @node in document order below @top, NULL when there is none; @below: the first
 * inside it. By libxml2's parent pointers: no recursion. */
static xmlNode *next_in_tree(const xmlNode *top, xmlNode *node, bool *below)
{
	const xmlNode *next = next_element(node->children);

	*below = next != NULL;
	while (next == NULL && node != top) {
		next = next_element(node->next);
		node = node->parent;
	}
	return (xmlNode *)(uintptr_t)next;
}

/* The copy made of each node is noted in its `_private`: where its children and its next go. */
static struct xml_element *copy_tree(xmlNode *top)
{
	struct xml_element *root = copy_element(top);
	bool below, good = is_bound(top);
	xmlNode *node = top, *next;

	top->_private = root;
	while (good && (next = next_in_tree(top, node, &below)) != NULL) {
		struct xml_element *e = copy_element(next), *before;

		if (below) {
			before = node->_private;
			before->child = e;
		} else {
			xmlNode *sibling = next->prev;

			while (sibling->type != XML_ELEMENT_NODE)
				sibling = sibling->prev;
			before = sibling->_private;
			before->next = e;
		}
		next->_private = e;
		good = is_bound(next);
		node = next;
	}
	if (good)
		return root;
	xml_free(root);
	return NULL;
}

/* A namespace name as libxml2 has it, escaped. Not told to replace entities it writes an ampersand
 * in one as "&#38;". Returns the length. */
static size_t write_uri(const xmlChar *href, char *out, size_t room)
{
	static const char ampersand[] = "&#38;";
	const char *from = href != NULL ? (const char *)href : "";
	char *copy = memory_text(from), *to = copy;
	int len;

	while (*from != '\0') {
		*to++ = *from;
		from += strncmp(from, ampersand, sizeof(ampersand) - 1) == 0 ? sizeof(ampersand) - 1
									     : 1;
	}
	*to = '\0';
	len = xml_escape(copy, out, room);
	free(copy);
	return len > 0 ? (size_t)len : 0;
}

/* "<prefix:name xmlns='...' ...>", from at most @len bytes. */
static char *write_root(const xmlNode *root, size_t len)
{
	const size_t room = 6 * len + 1; /* "&quot;" is the longest */
	char *text = memory_get(room);
	size_t at = 0;

	if (root->ns != NULL && root->ns->prefix != NULL)
		at += (size_t)snprintf(text, room, "<%s:%s", (const char *)root->ns->prefix,
				       (const char *)root->name);
	else
		at += (size_t)snprintf(text, room, "<%s", (const char *)root->name);
	for (const xmlNs *ns = root->nsDef; ns != NULL; ns = ns->next) {
		at += (size_t)snprintf(text + at, room - at, " xmlns%s%s='",
				       ns->prefix != NULL ? ":" : "",
				       ns->prefix != NULL ? (const char *)ns->prefix : "");
		at += write_uri(ns->href, text + at, room - at);
		at += (size_t)snprintf(text + at, room - at, "'");
	}
	snprintf(text + at, room - at, ">");
	return text;
}

struct xml_element *xml_header(const uint8_t *bytes, size_t len)
{
	xmlDoc *doc = read_document(bytes, len, NULL, 0);
	struct xml_element *e;
	const xmlNode *root;

	if (doc == NULL)
		return NULL;
	root = xmlDocGetRootElement(doc);
	if (!is_bound(root)) {
		xmlFreeDoc(doc);
		return NULL;
	}
	e = copy_element(root);
	for (const xmlNs *ns = root->nsDef; ns != NULL; ns = ns->next) {
		if (ns->prefix == NULL)
			e->content_ns = copy(ns->href);
		else if (strcmp((const char *)ns->href, NS_DIALBACK) == 0)
			e->declares_dialback = true;
	}
	if (e->content_ns == NULL)
		e->content_ns = copy(NULL);
	e->root = write_root(root, len);
	xmlFreeDoc(doc);
	return e;
}

struct xml_element *xml_element(const uint8_t *header, size_t header_len, const uint8_t *bytes,
				size_t len)
{
	xmlDoc *doc = read_document(header, header_len, bytes, len);
	struct xml_element *e = NULL;
	const xmlNode *first;

	if (doc == NULL)
		return NULL;
	first = next_element(xmlDocGetRootElement(doc)->children);
	if (first != NULL && next_element(first->next) == NULL)
		e = copy_tree((xmlNode *)(uintptr_t)first);
	xmlFreeDoc(doc);
	return e;
}

static void free_one(struct xml_element *e)
{
	for (size_t i = 0; i < e->attribute_count; i++) {
		free(e->attributes[i].ns);
		free(e->attributes[i].name);
		free(e->attributes[i].value);
	}
	free(e->attributes);
	free(e->ns);
	free(e->name);
	free(e->text);
	free(e->content_ns);
	free(e->root);
	free(e);
}

void xml_free(struct xml_element *e)
{
	while (e != NULL) {
		struct xml_element *next = e->next, *last = e->child;

		/* Children go before what follows: the tree becomes a list as it is eaten. */
		if (last != NULL) {
			while (last->next != NULL)
				last = last->next;
			last->next = next;
			next = e->child;
		}
		free_one(e);
		e = next;
	}
}

const char *xml_attr(const struct xml_element *e, const char *name)
{
	for (size_t i = 0; i < e->attribute_count; i++)
		if (e->attributes[i].ns == NULL && strcmp(e->attributes[i].name, name) == 0)
			return e->attributes[i].value;
	return NULL;
}

bool xml_is(const struct xml_element *e, const char *ns, const char *name)
{
	return strcmp(e->name, name) == 0 && strcmp(e->ns, ns) == 0;
}

const struct xml_element *xml_child(const struct xml_element *e, const char *ns, const char *name)
{
	for (const struct xml_element *c = e->child; c != NULL; c = c->next)
		if (xml_is(c, ns, name))
			return c;
	return NULL;
}

static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '\'':
		return "&apos;";
	case '"':
		return "&quot;";
	/* As they are they would come back as spaces from an attribute (XML 1.0 3.3.3). */
	case '\t':
		return "&#9;";
	case '\n':
		return "&#10;";
	case '\r':
		return "&#13;";
	default:
		return NULL;
	}
}

int xml_escape(const char *text, char *out, size_t room)
{
	size_t len = 0;

	for (; *text != '\0'; text++) {
		const char *escaped = entity(*text);
		const size_t n = escaped != NULL ? strlen(escaped) : 1;

		if (len + n >= room)
			return -1;
		memcpy(out + len, escaped != NULL ? escaped : text, n);
		len += n;
	}
	if (len >= room)
		return -1;
	out[len] = '\0';
	return (int)len;
}
