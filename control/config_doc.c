/* SPDX-License-Identifier: BSD-3-Clause */
/* config_doc.c - the configuration as one libxml2 document: bounded, local files only. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/uri.h>
#include <libxml/xinclude.h>

#include "control/config_parts.h"

#define PARSE_OPTIONS (XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_BIG_LINES)

/* libxml2's loader is one per process and knows no user; control is one thread. */
static struct config_doc *loading;

static void hash_bytes(uint64_t *hash, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		*hash ^= (uint8_t)bytes[i];
		*hash *= UINT64_C(0x100000001b3); /* FNV-1a, 64 bits */
	}
}

char *config_doc_slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rbe");
	char *bytes;
	int why;

	if (f == NULL)
		return NULL;
	bytes = malloc(CONFIG_BYTES_MAX + 1);
	if (bytes != NULL) {
		*len = fread(bytes, 1, CONFIG_BYTES_MAX + 1, f);
		why = ferror(f) ? errno : *len > CONFIG_BYTES_MAX ? EFBIG : 0;
		if (why != 0) {
			free(bytes);
			bytes = NULL;
			errno = why;
		} else {
			char *exact = realloc(bytes, *len + 1);

			bytes = exact != NULL ? exact : bytes;
			bytes[*len] = '\0';
		}
	}
	why = errno;
	fclose(f);
	errno = why;
	return bytes;
}

static void complain(void *user, xmlError *e)
{
	struct config_doc *d = user;
	const struct config_place at = {e->file != NULL ? e->file : d->path,
					e->line > 0 ? (unsigned int)e->line : 0};
	const char *text = e->message != NULL ? e->message : "no XML";

	/* load_local() knows why, XInclude knows the line. */
	if (e->domain == XML_FROM_XINCLUDE && d->why[0] != '\0')
		text = d->why;
	config_error(d->report, at, "%.*s", (int)strcspn(text, "\n"), text);
	d->why[0] = '\0';
}

/* Why @url may not be read, or NULL and its path. */
static const char *local_path(const struct config_doc *d, const char *url, char **path)
{
	if (!d->includes)
		return "no other file may be included here";
	if (strncmp(url, "file://", 7) == 0)
		url += strncmp(url, "file:///", 8) == 0 ? 7 : 0;
	if (strstr(url, "://") != NULL)
		return "only local files may be included";
	if (d->loaded >= CONFIG_FILES_MAX)
		return "too many files are included";
	*path = xmlURIUnescapeString(url, 0, NULL);
	return *path != NULL ? NULL : "no memory";
}

/* A copy of the file's text, NULL with errno. */
static char *get_text(const struct config_doc *d, const char *path, size_t *len)
{
	const struct config_text *t;
	char *bytes;

	if (!d->is_again) {
		bytes = config_doc_slurp(path, len);
		if (bytes != NULL && d->source != NULL)
			config_source_put(d->source, path, bytes, *len);
		return bytes;
	}
	t = config_source_find(d->source, path);
	errno = ENOENT;
	bytes = t != NULL ? malloc(t->len + 1) : NULL;
	if (bytes == NULL)
		return NULL;
	memcpy(bytes, t->bytes, t->len + 1);
	*len = t->len;
	return bytes;
}

static xmlParserInput *load_local(const char *url, const char *id, xmlParserCtxt *ctxt)
{
	struct config_doc *d = loading;
	xmlParserInputBuffer *buffer = NULL;
	xmlParserInput *input = NULL;
	char *path = NULL, *bytes = NULL;
	size_t len = 0;
	const char *why = local_path(d, url != NULL ? url : "", &path);

	(void)id;
	if (why == NULL) {
		bytes = get_text(d, path, &len);
		if (bytes == NULL)
			why = strerror(errno);
	}
	if (why != NULL) {
		(void)snprintf(d->why, sizeof(d->why), "cannot include \"%s\": %s",
			       url != NULL ? url : "", why);
	} else {
		d->loaded++;
		hash_bytes(&d->hash, bytes, len);
		buffer = xmlParserInputBufferCreateMem(bytes, (int)len, XML_CHAR_ENCODING_NONE);
	}
	if (buffer != NULL)
		input = xmlNewIOInputStream(ctxt, buffer, XML_CHAR_ENCODING_NONE);
	if (input != NULL)
		input->filename = (char *)xmlStrdup((const xmlChar *)path);
	else
		xmlFreeParserInputBuffer(buffer);
	xmlFree(path);
	if (bytes != NULL)
		explicit_bzero(bytes, len);
	free(bytes);
	return input;
}

/* A document type brings entities and defaults: nothing a configuration needs. */
static void refuse_doctype(void *user, const xmlChar *name, const xmlChar *id, const xmlChar *uri)
{
	xmlParserCtxt *ctxt = user;
	struct config_doc *d = ctxt->_private;

	(void)name;
	(void)id;
	(void)uri;
	config_error(d->report, (struct config_place){d->path, (unsigned int)ctxt->input->line},
		     "a document type (<!DOCTYPE ...>) is not allowed here");
	xmlStopParser(ctxt);
}

/* The next node in document order, without recursion. */
static xmlNode *next_node(xmlNode *n)
{
	if (n->type == XML_ELEMENT_NODE && n->children != NULL)
		return n->children;
	while (n != NULL && n->next == NULL)
		n = n->parent != NULL && n->parent->type == XML_ELEMENT_NODE ? n->parent : NULL;
	return n != NULL ? n->next : NULL;
}

static const char *file_of(const struct config_doc *d, const xmlNode *node)
{
	for (const xmlNode *n = node; n != NULL && n->type != XML_DOCUMENT_NODE; n = n->parent)
		if (n->_private != NULL)
			return n->_private;
	return d->path;
}

/* xmlGetProp() asks for an element, and this one is none any more. */
static xmlChar *href_of(const xmlNode *start)
{
	for (const xmlAttr *a = start->properties; a != NULL; a = a->next)
		if (strcmp((const char *)a->name, "href") == 0)
			return xmlNodeListGetString(start->doc, a->children, 1);
	return NULL;
}

/* What an xi:include brought lies between its start and its end node, as siblings. */
static void note_file(struct config_doc *d, xmlNode *start)
{
	xmlChar *href = href_of(start);
	xmlChar *file = href != NULL ? xmlBuildURI(href, (const xmlChar *)file_of(d, start)) : NULL;
	unsigned int depth = 1;

	if (file != NULL && d->file_count < ARRAY_LEN(d->files)) {
		char *name = strdup((const char *)file);

		d->files[d->file_count++] = name;
		for (xmlNode *n = start->next; n != NULL && depth > 0; n = n->next) {
			depth += n->type == XML_XINCLUDE_START;
			depth -= n->type == XML_XINCLUDE_END;
			n->_private = name;
		}
	}
	xmlFree(file);
	xmlFree(href);
}

/* Notes the file of each included node, and takes XInclude's xml:base away again, which the schema
 * does not know. */
static void note_files(struct config_doc *d)
{
	for (xmlNode *n = xmlDocGetRootElement(d->doc); n != NULL; n = next_node(n)) {
		xmlAttr *base = NULL;

		if (n->type == XML_XINCLUDE_START)
			note_file(d, n);
		else if (n->type == XML_ELEMENT_NODE)
			base = xmlHasNsProp(n, (const xmlChar *)"base", XML_XML_NAMESPACE);
		if (base != NULL)
			(void)xmlRemoveProp(base);
	}
}

static bool resolve_includes(struct config_doc *d)
{
	const xmlExternalEntityLoader before = xmlGetExternalEntityLoader();
	int included;

	loading = d;
	xmlSetExternalEntityLoader(load_local);
	included = xmlXIncludeProcessFlags(d->doc, PARSE_OPTIONS);
	xmlSetExternalEntityLoader(before);
	loading = NULL;
	note_files(d);
	return included >= 0;
}

bool config_doc_read(struct config_doc *d, const char *path, const char *bytes, size_t len,
		     bool includes, struct config_report *report)
{
	const unsigned int errors = report->errors;
	xmlParserCtxt *ctxt;
	bool good;

	*d = (struct config_doc){.path = path,
				 .includes = includes,
				 .source = d->source,
				 .is_again = d->is_again,
				 .loaded = 1,
				 .hash = UINT64_C(0xcbf29ce484222325),
				 .report = report};
	hash_bytes(&d->hash, bytes, len);
	ctxt = xmlNewParserCtxt();
	if (ctxt == NULL || len > CONFIG_BYTES_MAX) {
		config_error(report, (struct config_place){path, 0}, "too large to be read");
		xmlFreeParserCtxt(ctxt);
		return false;
	}
	ctxt->_private = d;
	ctxt->sax->internalSubset = refuse_doctype;
	xmlSetStructuredErrorFunc(d, (xmlStructuredErrorFunc)complain);
	d->doc = xmlCtxtReadMemory(ctxt, bytes, (int)len, path, NULL, PARSE_OPTIONS);
	xmlFreeParserCtxt(ctxt);
	good = d->doc != NULL && report->errors == errors && resolve_includes(d);
	xmlSetStructuredErrorFunc(NULL, NULL);
	if (!good && report->errors == errors)
		config_error(report, (struct config_place){path, 0}, "not well-formed XML");
	return good && report->errors == errors;
}

void config_doc_close(struct config_doc *d)
{
	xmlFreeDoc(d->doc);
	d->doc = NULL;
	for (size_t i = 0; i < d->file_count; i++)
		free(d->files[i]);
	d->file_count = 0;
}

struct config_place config_doc_place(const struct config_doc *d, const xmlNode *node)
{
	const long line = xmlGetLineNo(node);

	return (struct config_place){file_of(d, node), line > 0 ? (unsigned int)line : 0};
}
