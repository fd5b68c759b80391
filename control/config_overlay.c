/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_overlay.c - run-time changes, made in the document itself: behind the includes, before the
 * schema, so that whatever judges a file judges them, by the same words.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "control/config_edit.h"
#include "control/domains.h"
#include "control/memory.h"

#define SEPARATORS ", \t\r\n"

/* What complaints name in place of a file. */
static char run_time[] = "run-time change";

static bool is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

/* @text as a file has it, @domain folded. */
static bool is_domain(const char *text, const char *domain)
{
	char folded[DOMAIN_TEXT_MAX + 1];
	size_t len;

	text += strspn(text, " \t\r\n");
	len = strcspn(text, " \t\r\n");
	if (is_ascii(text)) {
		len -= len > 1 && text[len - 1] == '.';
		return strlen(domain) == len && strncasecmp(text, domain, len) == 0;
	}
	return domains_fold(text, folded) && strcmp(folded, domain) == 0;
}

static xmlNode *child(const xmlNode *e, const char *name)
{
	xmlNode *n = e != NULL ? e->children : NULL;

	while (n != NULL &&
	       (n->type != XML_ELEMENT_NODE || strcmp((const char *)n->name, name) != 0))
		n = n->next;
	return n;
}

static xmlNode *next(const xmlNode *e, const char *name)
{
	xmlNode *n = e->next;

	while (n != NULL &&
	       (n->type != XML_ELEMENT_NODE || strcmp((const char *)n->name, name) != 0))
		n = n->next;
	return n;
}

static xmlNode *find_record(const xmlNode *partners, const char *domain)
{
	for (xmlNode *n = child(partners, "AllowedPartner"); n != NULL;
	     n = next(n, "AllowedPartner")) {
		xmlChar *text = xmlGetNoNsProp(n, (const xmlChar *)"Domain");
		const bool is_it = text != NULL && is_domain((const char *)text, domain);

		xmlFree(text);
		if (is_it)
			return n;
	}
	return NULL;
}

/* --- what the file says --- */

static void append(char **text, const char *more)
{
	const size_t used = *text != NULL ? strlen(*text) : 0, len = strlen(more);

	*text = memory_grow(*text, used + len + 1);
	memcpy(*text + used, more, len + 1);
}

/* The words of @list with a comma between, behind @out. */
static void append_list(char **out, const char *list)
{
	char *copy = memory_text(list), *rest = NULL;

	for (char *w = strtok_r(copy, SEPARATORS, &rest); w != NULL;
	     w = strtok_r(NULL, SEPARATORS, &rest)) {
		if ((*out)[strlen(*out) - 1] != '=')
			append(out, ",");
		append(out, w);
	}
	free(copy);
}

static char *additional_of(const xmlNode *record)
{
	char *all = memory_text("=");

	for (const xmlNode *n = child(record, "AdditionalDomain"); n != NULL;
	     n = next(n, "AdditionalDomain")) {
		xmlChar *text = xmlNodeGetContent(n);

		append_list(&all, text != NULL ? (const char *)text : "");
		xmlFree(text);
	}
	return all;
}

static char *attribute_of(const xmlNode *e, const char *key)
{
	xmlChar *text = e != NULL ? xmlGetNoNsProp(e, (const xmlChar *)key) : NULL;
	char *said = memory_text(text != NULL ? "=" : "");

	if (text != NULL)
		append(&said, (const char *)text);
	else if (strcmp(key, "Enabled") == 0)
		append(&said, "=true");
	xmlFree(text);
	return said;
}

static char *said_by(const xmlNode *root, const struct overlay_change *c)
{
	const xmlNode *partners = child(root, "AllowedPartners");
	const xmlNode *record = c->kind != OVERLAY_LIMIT ? find_record(partners, c->domain) : NULL;

	if (c->kind == OVERLAY_LIMIT)
		return attribute_of(child(root, "GatewayConfiguration"), c->key);
	if (c->kind != OVERLAY_SET || record == NULL)
		return memory_text(record != NULL ? "there" : "not there");
	return strcmp(c->key, "AdditionalDomain") == 0 ? additional_of(record)
						       : attribute_of(record, c->key);
}

static bool says_the_same(const char *said, const struct overlay_change *c)
{
	char *wanted;
	bool is_same;

	if (c->kind == OVERLAY_ADD || c->kind == OVERLAY_DELETE)
		return strcmp(said, c->kind == OVERLAY_ADD ? "there" : "not there") == 0;
	wanted = memory_text(c->value[0] != '\0' ? "=" : "");
	if (strcmp(c->key, "AdditionalDomain") == 0)
		append_list(&wanted, c->value);
	else
		append(&wanted, c->value);
	is_same = strcmp(said, wanted) == 0;
	free(wanted);
	return is_same;
}

/* Does one before the @n-th speak of the same record or value? */
static bool has_earlier(const struct overlay *o, size_t n)
{
	const struct overlay_change *c = &o->list[n];

	for (size_t i = 0; i < n; i++)
		if (o->list[i].fate == OVERLAY_KEPT &&
		    (o->list[i].kind == OVERLAY_LIMIT) == (c->kind == OVERLAY_LIMIT) &&
		    strcmp(o->list[i].domain, c->domain) == 0 &&
		    (o->list[i].kind == OVERLAY_ADD || o->list[i].kind == OVERLAY_DELETE ||
		     c->kind == OVERLAY_ADD || c->kind == OVERLAY_DELETE ||
		     strcmp(o->list[i].key, c->key) == 0))
			return true;
	return false;
}

static void judge(const xmlNode *root, struct overlay *o, size_t n, bool is_reload)
{
	struct overlay_change *c = &o->list[n];
	char *said = said_by(root, c);
	const bool is_same = says_the_same(said, c);

	c->fate = OVERLAY_KEPT;
	if (is_reload && c->kind == OVERLAY_LIMIT)
		c->fate = OVERLAY_LIMIT_OVER;
	else if (is_reload && c->file_said != NULL && strcmp(said, c->file_said) != 0)
		c->fate = is_same ? OVERLAY_IN_FILE : OVERLAY_CONTRADICTED;
	else if (is_same && !has_earlier(o, n))
		c->fate = OVERLAY_IN_FILE;
	if (c->file_said == NULL)
		c->file_said = said;
	else
		free(said);
}

/* --- making the change --- */

static void set_additional(xmlNode *record, const char *list)
{
	char *copy = memory_text(list), *rest = NULL;

	for (xmlNode *n = child(record, "AdditionalDomain"), *after; n != NULL; n = after) {
		after = next(n, "AdditionalDomain");
		xmlUnlinkNode(n);
		xmlFreeNode(n);
	}
	for (char *w = strtok_r(copy, SEPARATORS, &rest); w != NULL;
	     w = strtok_r(NULL, SEPARATORS, &rest))
		(void)xmlNewTextChild(record, record->ns, (const xmlChar *)"AdditionalDomain",
				      (const xmlChar *)w);
	free(copy);
}

static void set_attribute(xmlNode *e, const char *key, const char *value)
{
	if (value[0] == '\0')
		(void)xmlUnsetProp(e, (const xmlChar *)key);
	else
		(void)xmlSetProp(e, (const xmlChar *)key, (const xmlChar *)value);
}

/* A line for itself, indented as the first record is. */
static void add_record(xmlNode *partners, const char *domain)
{
	const xmlNode *first = child(partners, "AllowedPartner");
	const xmlNode *space = first != NULL ? first->prev : NULL;
	xmlNode *record = xmlNewNode(partners->ns, (const xmlChar *)"AllowedPartner"), *last;

	if (record == NULL)
		return;
	record->_private = run_time;
	(void)xmlNewProp(record, (const xmlChar *)"Domain", (const xmlChar *)domain);
	last = partners->last;
	if (last != NULL && xmlIsBlankNode(last) != 0) {
		(void)xmlAddPrevSibling(last, record);
		if (space != NULL && xmlIsBlankNode(space) != 0)
			(void)xmlAddPrevSibling(record, xmlNewText(space->content));
	} else {
		(void)xmlAddChild(partners, record);
	}
}

/* With the white space before it, and what an include put around it stays. */
static void remove_record(xmlNode *record)
{
	xmlNode *space = record->prev;

	if (space != NULL && xmlIsBlankNode(space) != 0) {
		xmlUnlinkNode(space);
		xmlFreeNode(space);
	}
	xmlUnlinkNode(record);
	xmlFreeNode(record);
}

enum overlay_fate config_edit_partners(xmlNode *partners, const struct overlay_change *c)
{
	xmlNode *record = find_record(partners, c->domain);

	if (c->kind == OVERLAY_ADD && record != NULL)
		return OVERLAY_CONTRADICTED;
	if (c->kind != OVERLAY_ADD && record == NULL)
		return OVERLAY_ORPHAN;
	if (c->kind == OVERLAY_ADD)
		add_record(partners, c->domain);
	else if (c->kind == OVERLAY_DELETE)
		remove_record(record);
	else if (strcmp(c->key, "AdditionalDomain") == 0)
		set_additional(record, c->value);
	else
		set_attribute(record, c->key, c->value);
	return OVERLAY_KEPT;
}

void config_edit_limits(xmlNode *limits, const struct overlay_change *c)
{
	set_attribute(limits, c->key, c->value);
}

/* The child of the root called @name, made where there is none. */
static xmlNode *get_part(xmlNode *root, const char *name)
{
	xmlNode *part = child(root, name);

	if (part == NULL)
		part = xmlNewChild(root, root->ns, (const xmlChar *)name, NULL);
	if (part != NULL && part->line == 0)
		part->_private = run_time;
	return part;
}

void config_overlay_apply(struct config_doc *d, struct overlay *o, bool is_reload)
{
	xmlNode *root = xmlDocGetRootElement(d->doc);

	for (size_t i = 0; i < o->count; i++)
		judge(root, o, i, is_reload);
	for (size_t i = 0; i < o->count; i++) {
		struct overlay_change *c = &o->list[i];
		xmlNode *part;

		if (c->fate != OVERLAY_KEPT)
			continue;
		part = get_part(root, c->kind == OVERLAY_LIMIT ? "GatewayConfiguration"
							       : "AllowedPartners");
		if (part == NULL)
			continue;
		if (c->kind == OVERLAY_LIMIT)
			config_edit_limits(part, c);
		else
			c->fate = config_edit_partners(part, c);
	}
}
