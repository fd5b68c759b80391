/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_schema.c - is the document of the shape that sluice.rng describes, and if not, what was
 * expected where?
 *
 * libxml2 decides. Its RELAX NG messages, though, seldom say what it would have taken ("failed to
 * validate content"), so a document that it refuses is held against the schema once more, here,
 * element by element, to find words for each difference. That works because sluice.rng nests as its
 * documents do; see there.
 */
#include <string.h>

#include <libxml/relaxng.h>
#include <libxml/xmlregexp.h>

#include "control/config_parts.h"

#define NESTING_MAX 16 /* of sluice.rng: element in interleave in optional in ... */

struct explain {
	const struct config_doc *d;
	const xmlNode *grammar;
};

static bool is(const xmlNode *n, const char *name)
{
	return n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, name) == 0;
}

static bool has_value(const xmlNode *n, const char *attribute, const char *want)
{
	xmlChar *value = xmlGetNoNsProp(n, (const xmlChar *)attribute);
	const bool same = value != NULL && strcmp((const char *)value, want) == 0;

	xmlFree(value);
	return same;
}

/*
 * The next element or attribute pattern of @top after @at (NULL: the first), looking through
 * interleave, optional and kin but not into another element. @many and @optional say what was
 * looked through.
 */
static const xmlNode *next_pattern(const xmlNode *top, const xmlNode *at)
{
	const xmlNode *n = at != NULL ? at : top;

	for (;;) {
		const bool enter = n == top || !(is(n, "element") || is(n, "attribute"));

		if (enter && n->children != NULL) {
			n = n->children;
		} else {
			while (n != top && n->next == NULL)
				n = n->parent;
			if (n == top)
				return NULL;
			n = n->next;
		}
		if (is(n, "element") || is(n, "attribute"))
			return n;
	}
}

static bool is_under(const xmlNode *pattern, const xmlNode *top, const char *a, const char *b)
{
	for (const xmlNode *n = pattern->parent; n != NULL && n != top; n = n->parent)
		if (is(n, a) || is(n, b))
			return true;
	return false;
}

static const xmlNode *find_pattern(const xmlNode *top, const char *kind, const char *name)
{
	const xmlNode *p = NULL;

	while ((p = next_pattern(top, p)) != NULL)
		if (is(p, kind) && has_value(p, "name", name))
			return p;
	return NULL;
}

/* The first child of @n called one of the two. */
static const xmlNode *child(const xmlNode *n, const char *a, const char *b)
{
	for (n = n->children; n != NULL; n = n->next)
		if (is(n, a) || is(n, b))
			return n;
	return NULL;
}

/* The text pattern inside an element or attribute: a <choice> of values or a <data>; through one
 * <ref>. @words: the define's documentation, where there is one. */
static const xmlNode *text_pattern(const struct explain *x, const xmlNode *p, xmlChar **words)
{
	const xmlNode *ref = child(p, "ref", "ref"), *define = NULL, *documentation;

	*words = NULL;
	if (ref == NULL)
		return child(p, "choice", "data");
	for (const xmlNode *n = x->grammar->children; n != NULL && define == NULL; n = n->next) {
		xmlChar *name = xmlGetNoNsProp(ref, (const xmlChar *)"name");

		if (is(n, "define") && name != NULL && has_value(n, "name", (const char *)name))
			define = n;
		xmlFree(name);
	}
	if (define == NULL)
		return NULL;
	documentation = child(define, "documentation", "documentation");
	if (documentation != NULL)
		*words = xmlNodeGetContent(documentation);
	return child(define, "choice", "data");
}

/* Is @text what <choice> or <data> takes? */
static bool takes(const xmlNode *pattern, const char *text)
{
	const xmlNode *param;
	xmlRegexp *regexp;
	xmlChar *source;
	bool good = false;

	if (is(pattern, "choice")) {
		const char *start = text + strspn(text, " \t\r\n");
		const size_t len = strcspn(start, " \t\r\n");

		for (const xmlNode *v = pattern->children; v != NULL && !good; v = v->next) {
			xmlChar *value = is(v, "value") ? xmlNodeGetContent(v) : NULL;

			good = value != NULL && strlen((const char *)value) == len &&
			       strncmp((const char *)value, start, len) == 0 &&
			       start[len + strspn(start + len, " \t\r\n")] == '\0';
			xmlFree(value);
		}
		return good;
	}
	param = child(pattern, "param", "param");
	if (param == NULL)
		return true;
	source = xmlNodeGetContent(param);
	regexp = source != NULL ? xmlRegexpCompile(source) : NULL;
	good = regexp == NULL || xmlRegexpExec(regexp, (const xmlChar *)text) == 1;
	xmlRegFreeRegexp(regexp);
	xmlFree(source);
	return good;
}

static void append(char *out, size_t room, const char *separator, const char *text)
{
	const size_t used = strlen(out);

	(void)snprintf(out + used, room - used, "%s%s", used > 0 ? separator : "", text);
}

/* What a text pattern takes, in words. */
static void say_expected(const xmlNode *pattern, const xmlChar *words, char *out, size_t room)
{
	out[0] = '\0';
	if (words != NULL) {
		append(out, room, "", (const char *)words);
		return;
	}
	for (const xmlNode *v = pattern->children; v != NULL; v = v->next)
		if (is(v, "value")) {
			xmlChar *value = xmlNodeGetContent(v);

			append(out, room, " or ", value != NULL ? (const char *)value : "");
			xmlFree(value);
		}
}

/* The names of all patterns of @kind, for "it takes ...". */
static void say_names(const xmlNode *top, const char *kind, char *out, size_t room)
{
	const xmlNode *p = NULL;

	out[0] = '\0';
	while ((p = next_pattern(top, p)) != NULL)
		if (is(p, kind)) {
			xmlChar *name = xmlGetNoNsProp(p, (const xmlChar *)"name");

			append(out, room, ", ", name != NULL ? (const char *)name : "");
			xmlFree(name);
		}
	if (out[0] == '\0')
		append(out, room, "", "none");
}

static void explain_text(const struct explain *x, const xmlNode *e, const char *what,
			 const xmlNode *holder, xmlChar *text)
{
	xmlChar *words = NULL;
	const xmlNode *pattern = text_pattern(x, holder, &words);
	const char *value = text != NULL ? (const char *)text : "";
	char expected[512];

	if (pattern != NULL && !takes(pattern, value)) {
		say_expected(pattern, words, expected, sizeof(expected));
		config_error(x->d->report, config_doc_place(x->d, e),
			     "%s of <%s> is \"%.100s\": expected %s", what, (const char *)e->name,
			     value, expected);
	}
	xmlFree(words);
	xmlFree(text);
}

static void explain_attributes(const struct explain *x, const xmlNode *e, const xmlNode *top)
{
	const struct config_place at = config_doc_place(x->d, e);
	const xmlNode *p = NULL;
	char names[1024];

	for (const xmlAttr *a = e->properties; a != NULL; a = a->next) {
		const xmlNode *known =
		    a->ns == NULL ? find_pattern(top, "attribute", (const char *)a->name) : NULL;

		if (known != NULL) {
			explain_text(x, e, (const char *)a->name, known,
				     xmlGetNoNsProp(e, a->name));
			continue;
		}
		say_names(top, "attribute", names, sizeof(names));
		config_error(x->d->report, at, "<%s> has no attribute \"%s\": expected one of: %s",
			     (const char *)e->name, (const char *)a->name, names);
	}
	while ((p = next_pattern(top, p)) != NULL) {
		xmlChar *name = xmlGetNoNsProp(p, (const xmlChar *)"name");

		if (is(p, "attribute") && name != NULL && xmlHasNsProp(e, name, NULL) == NULL &&
		    !is_under(p, top, "optional", "optional"))
			config_error(x->d->report, at, "<%s> lacks the attribute \"%s\"",
				     (const char *)e->name, (const char *)name);
		xmlFree(name);
	}
}

static bool in_namespace(const xmlNode *e)
{
	return e->ns != NULL && strcmp((const char *)e->ns->href, CONFIG_NS) == 0;
}

static void explain_child(const struct explain *x, const xmlNode *c, const xmlNode *top)
{
	const struct config_place at = config_doc_place(x->d, c);
	const char *inside = (const char *)c->parent->name;
	char names[1024];

	if (c->type == XML_TEXT_NODE && xmlIsBlankNode(c) == 0 &&
	    child(top, "ref", "data") == NULL) {
		config_error(x->d->report, config_doc_place(x->d, c->parent),
			     "<%s> holds text that does not belong there", inside);
	} else if (c->type == XML_ELEMENT_NODE && !in_namespace(c)) {
		config_error(x->d->report, at, "<%s> is not in the namespace " CONFIG_NS,
			     (const char *)c->name);
	} else if (c->type == XML_ELEMENT_NODE &&
		   find_pattern(top, "element", (const char *)c->name) == NULL) {
		say_names(top, "element", names, sizeof(names));
		config_error(x->d->report, at, "<%s> does not belong in <%s>: expected one of: %s",
			     (const char *)c->name, inside, names);
	}
}

/* Children that lack, or that stand there once too often. */
static void explain_counts(const struct explain *x, const xmlNode *e, const xmlNode *top)
{
	const xmlNode *p = NULL;

	while ((p = next_pattern(top, p)) != NULL) {
		xmlChar *name =
		    is(p, "element") ? xmlGetNoNsProp(p, (const xmlChar *)"name") : NULL;
		const size_t n = name != NULL ? config_count(e, (const char *)name) : 1;

		if (n == 0 && !is_under(p, top, "optional", "zeroOrMore"))
			config_error(x->d->report, config_doc_place(x->d, e),
				     "<%s> lacks the element <%s>", (const char *)e->name,
				     (const char *)name);
		if (n > 1 && !is_under(p, top, "oneOrMore", "zeroOrMore"))
			config_error(x->d->report, config_doc_place(x->d, e),
				     "<%s> holds <%s> %zu times: expected once",
				     (const char *)e->name, (const char *)name, n);
		xmlFree(name);
	}
}

static void explain_element(const struct explain *x, const xmlNode *e, const xmlNode *top)
{
	explain_attributes(x, e, top);
	for (const xmlNode *c = e->children; c != NULL; c = c->next)
		explain_child(x, c, top);
	explain_counts(x, e, top);
	if (child(top, "ref", "data") != NULL)
		explain_text(x, e, "the text", top, xmlNodeGetContent(e));
}

/* The element after @e in document order of those that the schema knows; @pattern follows. */
static const xmlNode *walk(const xmlNode *e, const xmlNode *stack[NESTING_MAX], size_t *depth)
{
	const xmlNode *n = e->children;

	for (;;) {
		for (; n != NULL; n = n->next) {
			const xmlNode *p = NULL;

			if (n->type == XML_ELEMENT_NODE && in_namespace(n) &&
			    *depth + 1 < NESTING_MAX)
				p = find_pattern(stack[*depth], "element", (const char *)n->name);
			if (p != NULL) {
				stack[++*depth] = p;
				return n;
			}
		}
		if (*depth == 0)
			return NULL;
		--*depth;
		n = e->next;
		e = e->parent;
	}
}

static void explain(const struct config_doc *d, xmlDoc *schema)
{
	struct explain x = {d, xmlDocGetRootElement(schema)};
	const xmlNode *stack[NESTING_MAX], *e = xmlDocGetRootElement(d->doc);
	size_t depth = 0;

	stack[0] = child(child(x.grammar, "start", "start"), "element", "element");
	if (!in_namespace(e) || strcmp((const char *)e->name, "sluice") != 0) {
		config_error(d->report, config_doc_place(d, e),
			     "the document is <%s>: expected <sluice xmlns=\"" CONFIG_NS "\">",
			     (const char *)e->name);
		return;
	}
	for (; e != NULL; e = walk(e, stack, &depth))
		explain_element(&x, e, stack[depth]);
}

/* libxml2's own words are kept back: the last resort, where explain() finds none. */
static void keep_first(void *user, xmlError *e)
{
	char *words = user;

	if (words[0] == '\0' && e->message != NULL)
		(void)snprintf(words, 256, "line %d: %.*s", e->line, (int)strcspn(e->message, "\n"),
			       e->message);
}

bool config_schema_check(const struct config_doc *d)
{
	const unsigned int errors = d->report->errors;
	xmlDoc *schema =
	    xmlReadMemory(config_rng, (int)config_rng_len, "sluice.rng", NULL, XML_PARSE_NONET);
	xmlRelaxNGParserCtxt *parser = schema != NULL ? xmlRelaxNGNewDocParserCtxt(schema) : NULL;
	xmlRelaxNG *compiled = parser != NULL ? xmlRelaxNGParse(parser) : NULL;
	xmlRelaxNGValidCtxt *valid = compiled != NULL ? xmlRelaxNGNewValidCtxt(compiled) : NULL;
	char words[256] = "";
	bool good = false;

	if (valid != NULL) {
		xmlRelaxNGSetValidStructuredErrors(valid, (xmlStructuredErrorFunc)keep_first,
						   words);
		good = xmlRelaxNGValidateDoc(valid, d->doc) == 0;
		if (!good)
			explain(d, schema);
	}
	if (!good && d->report->errors == errors)
		config_error(d->report, (struct config_place){d->path, 0},
			     "not of the shape of sluice.rng: %s",
			     valid != NULL ? words : "the schema cannot be read");
	xmlRelaxNGFreeValidCtxt(valid);
	xmlRelaxNGFree(compiled);
	xmlRelaxNGFreeParserCtxt(parser);
	xmlFreeDoc(schema);
	return good;
}
