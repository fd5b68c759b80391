/* SPDX-License-Identifier: BSD-3-Clause */
/* script_xml.c - the XML of a dialogue: cut, compared, abbreviated. */
#include <stdlib.h>
#include <string.h>

#include "tests/stream/script.h"

size_t script_piece(const char *bytes, size_t len)
{
	const char *at = bytes, *end = bytes + len;
	int depth = 0;

	/* Our own output: attributes and text are escaped, so each '<' and '>' is a tag's. */
	while (at < end) {
		const char *close = memchr(at, '>', (size_t)(end - at));

		if (close == NULL)
			return 0;
		at = memchr(at, '<', (size_t)(close - at));
		if (at == NULL)
			return 0;
		if (at[1] == '/')
			depth--;
		else if (at[1] != '?' && close[-1] != '/')
			depth++;
		if (strncmp(at, "<stream:stream ", 15) == 0)
			depth--;
		if (depth == 0 && at[1] != '?')
			return (size_t)(close + 1 - bytes);
		at = close + 1;
	}
	return 0;
}

static const char *attribute(const struct xml_element *e, const struct xml_attribute *like)
{
	for (size_t i = 0; i < e->attribute_count; i++) {
		const struct xml_attribute *a = &e->attributes[i];

		if (strcmp(a->name, like->name) == 0 &&
		    strcmp(a->ns != NULL ? a->ns : "", like->ns != NULL ? like->ns : "") == 0)
			return a->value;
	}
	return NULL;
}

static bool same_attributes(const struct xml_element *want, const struct xml_element *got,
			    char *why, size_t room)
{
	for (size_t i = 0; i < want->attribute_count; i++) {
		const struct xml_attribute *a = &want->attributes[i];
		const char *value = attribute(got, a);

		if (value == NULL || (strcmp(a->value, "*") != 0 && strcmp(value, a->value) != 0)) {
			snprintf(why, room, "<%s> has %s='%s', not '%s'", got->name, a->name,
				 value != NULL ? value : "(none)", a->value);
			return false;
		}
	}
	for (size_t i = 0; i < got->attribute_count; i++) {
		const struct xml_attribute *a = &got->attributes[i];

		if (strcmp(a->name, "id") != 0 && attribute(want, a) == NULL) {
			snprintf(why, room, "<%s> has a %s='%s' too many", got->name, a->name,
				 a->value);
			return false;
		}
	}
	return true;
}

bool script_same(const struct xml_element *want, const struct xml_element *got, char *why,
		 size_t room)
{
	const struct xml_element *w, *g;

	if (strcmp(want->name, got->name) != 0 || strcmp(want->ns, got->ns) != 0) {
		snprintf(why, room, "<%s xmlns='%s'>, not <%s xmlns='%s'>", got->name, got->ns,
			 want->name, want->ns);
		return false;
	}
	if (!same_attributes(want, got, why, room))
		return false;
	if (strcmp(want->text, "*") != 0 && strcmp(want->text, got->text) != 0) {
		snprintf(why, room, "<%s> says \"%s\", not \"%s\"", got->name, got->text,
			 want->text);
		return false;
	}
	for (w = want->child, g = got->child; w != NULL && g != NULL; w = w->next, g = g->next)
		if (!script_same(w, g, why, room))
			return false;
	if (w != NULL || g != NULL) {
		snprintf(why, room, "<%s> has %s child <%s>", got->name,
			 w != NULL ? "no" : "another", w != NULL ? w->name : g->name);
		return false;
	}
	return true;
}

static const struct {
	const char *word, *xml;
} known_features[] = {
    {"starttls", "<starttls xmlns='" NS_TLS "'/>"},
    {"starttls-required", "<starttls xmlns='" NS_TLS "'><required/></starttls>"},
    {"external", "<mechanisms xmlns='" NS_SASL "'><mechanism>EXTERNAL</mechanism></mechanisms>"},
    {"mechanisms-empty", "<mechanisms xmlns='" NS_SASL "'/>"},
    {"plain", "<mechanisms xmlns='" NS_SASL "'><mechanism>PLAIN</mechanism></mechanisms>"},
    {"bidi", "<bidi xmlns='" NS_BIDI_FEATURE "'/>"},
    {"dialback", "<dialback xmlns='" NS_DIALBACK_FEATURE "'/>"},
    {"dialback-errors", "<dialback xmlns='" NS_DIALBACK_FEATURE "'><errors/></dialback>"},
    {"sm", "<sm xmlns='urn:xmpp:sm:3'/>"},
};

static void add_word(char *out, size_t room, const char *word)
{
	const size_t len = strlen(out);

	snprintf(out + len, room - len, "%s%s", len > 0 ? " " : "", word);
}

static void limits_word(const struct xml_element *limits, char *out, size_t room)
{
	const struct xml_element *max = xml_child(limits, NS_LIMITS, "max-bytes");
	const struct xml_element *idle = xml_child(limits, NS_LIMITS, "idle-seconds");
	char word[64];

	snprintf(word, sizeof(word), "limits=%.20s/%.20s", max != NULL ? max->text : "",
		 idle != NULL ? idle->text : "");
	add_word(out, room, word);
}

void script_feature_words(const struct xml_element *features, char *out, size_t room)
{
	out[0] = '\0';
	for (const struct xml_element *e = features->child; e != NULL; e = e->next) {
		const char *word = e->name;

		if (xml_is(e, NS_LIMITS, "limits")) {
			limits_word(e, out, room);
			continue;
		}
		if (xml_is(e, NS_TLS, "starttls"))
			word = e->child != NULL ? "starttls-required" : "starttls";
		else if (xml_is(e, NS_SASL, "mechanisms"))
			word = e->child == NULL                          ? "mechanisms-empty"
			       : strcmp(e->child->text, "EXTERNAL") == 0 ? "external"
									 : "other-mechanism";
		else if (xml_is(e, NS_BIDI_FEATURE, "bidi"))
			word = "bidi";
		else if (xml_is(e, NS_DIALBACK_FEATURE, "dialback"))
			word = e->child != NULL ? "dialback-errors" : "dialback";
		add_word(out, room, word);
	}
}

bool script_features(const struct words *w, char *out, size_t room)
{
	size_t len = (size_t)snprintf(out, room, "<stream:features>");
	const char *bytes;

	for (size_t i = 2; i < w->count; i++) {
		const char *xml = NULL;

		for (size_t k = 0; k < ARRAY_LEN(known_features); k++)
			if (strcmp(w->word[i], known_features[k].word) == 0)
				xml = known_features[k].xml;
		if (xml != NULL) {
			len += (size_t)snprintf(out + len, room - len, "%s", xml);
			continue;
		}
		if (strncmp(w->word[i], "limits=", 7) != 0)
			return false;
		bytes = w->word[i] + 7;
		len += (size_t)snprintf(out + len, room - len,
					"<limits xmlns='%s'><max-bytes>%s</max-bytes></limits>",
					NS_LIMITS, bytes);
	}
	snprintf(out + len, room - len, "</stream:features>");
	return true;
}

void script_header(const char *attributes, bool db, char *out, size_t room)
{
	snprintf(out, room, "<?xml version='1.0'?><stream:stream xmlns='%s' xmlns:stream='%s'%s%s>",
		 NS_SERVER, NS_STREAM, db ? " xmlns:db='" NS_DIALBACK "'" : "", attributes);
}
