/* SPDX-License-Identifier: BSD-3-Clause */
/* config_attr.c - typed values out of a document that the schema has passed. */
#include <stdlib.h>
#include <string.h>

#include "control/config_parts.h"
#include "control/domains.h"

static const xmlNode *from(const xmlNode *n, const char *name)
{
	for (; n != NULL; n = n->next)
		if (n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, name) == 0)
			return n;
	return NULL;
}

const xmlNode *config_child(const xmlNode *e, const char *name)
{
	return e != NULL ? from(e->children, name) : NULL;
}

const xmlNode *config_next(const xmlNode *e, const char *name)
{
	return from(e->next, name);
}

size_t config_count(const xmlNode *e, const char *name)
{
	size_t n = 0;

	for (const xmlNode *c = config_child(e, name); c != NULL; c = config_next(c, name))
		n++;
	return n;
}

struct config_place config_at(const struct config_draft *d, const xmlNode *e)
{
	return config_doc_place(d->doc, e);
}

/* A copy without the white space around it; takes @value. */
static char *trimmed(struct config_draft *d, xmlChar *value)
{
	const char *text = (const char *)value;
	size_t len;
	char *copy;

	if (text == NULL)
		return NULL;
	text += strspn(text, " \t\r\n");
	len = strlen(text);
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		len--;
	copy = strndup(text, len);
	if (copy == NULL)
		d->no_memory = true;
	xmlFree(value);
	return copy;
}

char *config_attr(struct config_draft *d, const xmlNode *e, const char *name)
{
	return e != NULL ? trimmed(d, xmlGetNoNsProp(e, (const xmlChar *)name)) : NULL;
}

char *config_text(struct config_draft *d, const xmlNode *e)
{
	return trimmed(d, xmlNodeGetContent(e));
}

uint32_t config_u32(struct config_draft *d, const xmlNode *e, const char *name, uint32_t fallback,
		    uint32_t min, uint32_t max)
{
	char *text = config_attr(d, e, name);
	unsigned long long value;

	if (text == NULL)
		return fallback;
	value = strtoull(text, NULL, 10); /* ten digits at most: the schema */
	if (value < min || value > max) {
		config_error(d->report, config_at(d, e), "%s is %s: expected %u to %u", name, text,
			     min, max);
		value = fallback;
	}
	free(text);
	return (uint32_t)value;
}

bool config_bool(struct config_draft *d, const xmlNode *e, const char *name, bool fallback)
{
	char *text = config_attr(d, e, name);
	const bool value = text != NULL ? text[0] == 't' || text[0] == 'T' : fallback;

	free(text);
	return value;
}

unsigned int config_choice(struct config_draft *d, const xmlNode *e, const char *name,
			   const char *const *names, unsigned int fallback)
{
	char *text = config_attr(d, e, name);
	unsigned int value = fallback;

	for (unsigned int i = 0; text != NULL && names[i] != NULL; i++)
		if (strcmp(text, names[i]) == 0)
			value = i;
	free(text);
	return value;
}

char *config_path(struct config_draft *d, const xmlNode *e, const char *name)
{
	const struct config_place at = config_at(d, e);
	const char *slash = strrchr(at.file, '/');
	char *path = config_attr(d, e, name), *whole = NULL;

	if (path == NULL || path[0] == '/' || slash == NULL)
		return path;
	if (asprintf(&whole, "%.*s%s", (int)(slash - at.file + 1), at.file, path) < 0) {
		d->no_memory = true;
		whole = NULL;
	}
	free(path);
	return whole;
}

char *config_fold(struct config_draft *d, const xmlNode *e, char *text)
{
	char folded[DOMAIN_TEXT_MAX + 1];
	char *copy = NULL;

	if (text == NULL)
		return NULL;
	if (!domains_fold(text, folded)) {
		config_error(d->report, config_at(d, e), "\"%.100s\" in <%s> is no domain name",
			     text, (const char *)e->name);
	} else {
		copy = strdup(folded);
		if (copy == NULL)
			d->no_memory = true;
	}
	free(text);
	return copy;
}
