/* SPDX-License-Identifier: BSD-3-Clause */
/* script_said.c - what the machine says, held against what the script expects. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "control/dialback.h"
#include "control/memory.h"
#include "tests/stream/script.h"

void script_fail(struct script *t, const char *what, const char *detail)
{
	fprintf(stderr, "%s:%u: %s: %s\n", t->path, t->line, what, detail);
	t->failed = true;
}

/* ---- variables: $name, and $(key RECEIVING ORIGINATING ID) ---- */

static const char *variable(const struct script *t, const char *name, size_t len)
{
	for (size_t i = t->variable_count; i-- > 0;)
		if (strlen(t->variables[i].name) == len &&
		    strncmp(t->variables[i].name, name, len) == 0)
			return t->variables[i].value;
	return NULL;
}

static void set_variable(struct script *t, const char *name, const char *value)
{
	size_t i = 0;

	while (i < t->variable_count && strcmp(t->variables[i].name, name) != 0)
		i++;
	if (i == VARIABLES_MAX)
		return;
	if (i == t->variable_count)
		t->variable_count++;
	snprintf(t->variables[i].name, sizeof(t->variables[i].name), "%s", name);
	snprintf(t->variables[i].value, sizeof(t->variables[i].value), "%s", value);
}

static void expand_key(const struct script *t, const char *call, size_t len, char *out)
{
	char text[1024], receiving[256] = "", originating[256] = "", id[256] = "";

	snprintf(text, sizeof(text), "%.*s", (int)len, call);
	if (sscanf(text, "key %255s %255s %255s", receiving, originating, id) == 3)
		dialback_key(t->policy->dialback_passphrase, receiving, originating, id, out);
	else
		out[0] = '\0';
}

/* One pass: variables first, then calls, which may name them. */
static void expand_once(struct script *t, const char *in, char *out, bool calls)
{
	size_t n = 0;

	while (*in != '\0' && n + 1 < LINE_MAX_BYTES) {
		char key[DIALBACK_KEY_TEXT] = "";
		const char *value = NULL, *end = in + 1;

		if (*in == '$' && calls && in[1] == '(') {
			end = strchr(in, ')');
			end = end != NULL ? end + 1 : in + strlen(in);
			expand_key(t, in + 2, (size_t)(end - in - 3), key);
			value = key;
		} else if (*in == '$' && !calls && isalnum((unsigned char)in[1])) {
			while (isalnum((unsigned char)*end))
				end++;
			value = variable(t, in + 1, (size_t)(end - in - 1));
		}
		if (value == NULL) {
			out[n++] = *in++;
			continue;
		}
		n += (size_t)snprintf(out + n, LINE_MAX_BYTES - n, "%s", value);
		in = end;
	}
	out[n < LINE_MAX_BYTES ? n : LINE_MAX_BYTES - 1] = '\0';
}

void script_expand(struct script *t, const char *in, char *out)
{
	static char once[LINE_MAX_BYTES];

	expand_once(t, in, once, false);
	expand_once(t, once, out, true);
}

/* ---- what the machine says ---- */

static struct item *add_item(struct script *t)
{
	if (t->count == ITEMS_MAX) {
		script_fail(t, "too much is said at once", "");
		return NULL;
	}
	t->items[t->count] = (struct item){0};
	return &t->items[t->count++];
}

static void add_bytes(struct script *t, const char *bytes, size_t len)
{
	while (len > 0) {
		const size_t piece = script_piece(bytes, len);
		struct item *item = add_item(t);

		if (item == NULL)
			return;
		if (piece == 0) {
			script_fail(t, "no XML", bytes);
			return;
		}
		item->xml = strndup(bytes, piece);
		bytes += piece;
		len -= piece;
	}
}

void script_drain(struct script *t, unsigned int *steps)
{
	struct stream_news news;
	enum drop refused = DROP_COUNT;

	while (stream_take(t->stream, &news)) {
		struct item *item;

		add_bytes(t, news.bytes, news.len);
		if (news.kind == STREAM_NEWS_REFUSED)
			refused = news.drop;
		if (news.kind == STREAM_NEWS_CLOSE && news.drop != DROP_COUNT &&
		    refused != news.drop && strcmp(news.text, drop_text(news.drop)) != 0)
			script_fail(t, "closed without a refusal", drop_name(news.drop));
		*steps += news.kind == STREAM_NEWS_RESUME || news.kind == STREAM_NEWS_START_TLS ||
			  news.kind == STREAM_NEWS_CLOSE;
		if (news.kind == STREAM_NEWS_SEND ||
		    (news.kind == STREAM_NEWS_RESUME && !news.restart))
			continue;
		item = add_item(t);
		if (item == NULL)
			return;
		item->news = news;
		item->news.bytes = NULL;
	}
}

static void clear_items(struct script *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->items[i].xml);
	t->count = t->next = 0;
}

static const char *const news_names[] = {
    [STREAM_NEWS_NONE] = "none",
    [STREAM_NEWS_SEND] = "send",
    [STREAM_NEWS_RESUME] = "restart",
    [STREAM_NEWS_START_TLS] = "start-tls",
    [STREAM_NEWS_AUTHORISED] = "authorised",
    [STREAM_NEWS_PAIR_FAILED] = "pair-failed",
    [STREAM_NEWS_VERIFY] = "verify",
    [STREAM_NEWS_VERIFIED] = "verified",
    [STREAM_NEWS_ESTABLISHED] = "established",
    [STREAM_NEWS_REFUSED] = "refused",
    [STREAM_NEWS_CLOSE] = "close",
};

static const char *const results[] = {
    [VERIFY_VALID] = "valid", [VERIFY_INVALID] = "invalid", [VERIFY_ERROR] = "error"};

static const char *bits_name(unsigned int bits)
{
	static const char *const names[] = {"none", "from", "to", "from,to"};

	return names[bits & 3];
}

/* News as the line of a script that expects it. */
static void describe(const struct item *item, char *out, size_t room)
{
	const struct stream_news *n = &item->news;
	const char *drop = n->drop < DROP_COUNT ? drop_name(n->drop) : "ordinary";

	if (item->xml != NULL)
		snprintf(out, room, "> %s", item->xml);
	else if (n->kind == STREAM_NEWS_AUTHORISED)
		snprintf(out, room, "news authorised %s %s %s %s", n->local, n->remote,
			 method_name(n->method), bits_name(n->bits));
	else if (n->kind == STREAM_NEWS_PAIR_FAILED)
		snprintf(out, room, "news pair-failed %s %s %s", n->local, n->remote, drop);
	else if (n->kind == STREAM_NEWS_VERIFY)
		snprintf(out, room, "news verify %s %s %s %s", n->ours, n->theirs, n->id, n->key);
	else if (n->kind == STREAM_NEWS_VERIFIED)
		snprintf(out, room, "news verified %s %s %s %s", n->ours, n->theirs, n->id,
			 results[n->result]);
	else if (n->kind == STREAM_NEWS_REFUSED || n->kind == STREAM_NEWS_CLOSE)
		snprintf(out, room, "news %s %s", news_names[n->kind], drop);
	else
		snprintf(out, room, "news %s", news_names[n->kind]);
}

void script_must_be_empty(struct script *t)
{
	char text[LINE_MAX_BYTES];

	for (; t->next < t->count; t->next++) {
		describe(&t->items[t->next], text, sizeof(text));
		script_fail(t, "not expected", text);
	}
	clear_items(t);
}

static struct item *next_item(struct script *t, const char *want)
{
	if (t->next == t->count) {
		script_fail(t, "nothing more is said, expected", want);
		return NULL;
	}
	return &t->items[t->next++];
}

void script_expect_news(struct script *t, const char *want)
{
	struct item *item = next_item(t, want);
	char got[LINE_MAX_BYTES];

	if (item == NULL)
		return;
	describe(item, got, sizeof(got));
	if (strcmp(got, want) != 0) {
		script_fail(t, "expected", want);
		script_fail(t, "     got", got);
	}
}

/* ---- expectations ---- */

static struct item *expect_piece(struct script *t, const char *what)
{
	struct item *item = next_item(t, what);
	char text[LINE_MAX_BYTES];

	if (item == NULL || item->xml != NULL)
		return item;
	describe(item, text, sizeof(text));
	script_fail(t, what, text);
	return NULL;
}

static struct xml_element *under(const char *header, const char *xml)
{
	return xml_element((const uint8_t *)header, strlen(header), (const uint8_t *)xml,
			   strlen(xml));
}

/* As it stands under the header we sent: what that does not declare does not count. */
static struct xml_element *element_of_ours(const struct script *t, const char *xml)
{
	return under(t->our_header != NULL ? t->our_header : "<x>", xml);
}

static void compare(struct script *t, const struct xml_element *want, const struct xml_element *got,
		    const char *xml)
{
	static char why[LINE_MAX_BYTES];

	snprintf(why, sizeof(why), "one of the two is no XML");
	if (want == NULL || got == NULL || !script_same(want, got, why, sizeof(why)))
		script_fail(t, why, xml);
}

static void expect_header(struct script *t, const char *attributes, const struct words *w)
{
	struct item *item = expect_piece(t, "a header");
	struct xml_element *want, *got;
	static char all[LINE_MAX_BYTES], header[LINE_MAX_BYTES + 512];
	const char *id;

	if (item == NULL)
		return;
	free(t->our_header);
	t->our_header = memory_text(item->xml);
	snprintf(all, sizeof(all), " xmlns:partner='%s' version='1.0'%.3500s", NS_PARTNER,
		 attributes);
	script_header(all, false, header, sizeof(header));
	want = xml_header((const uint8_t *)header, strlen(header));
	got = xml_header((const uint8_t *)item->xml, strlen(item->xml));
	compare(t, want, got, item->xml);
	if (got != NULL && got->declares_dialback != script_has(w, "db"))
		script_fail(t, "xmlns:db is declared, or not, otherwise than said", item->xml);
	id = got != NULL ? xml_attr(got, "id") : NULL;
	if (id != NULL && variable(t, "id", 2) != NULL && strcmp(id, variable(t, "id", 2)) == 0)
		script_fail(t, "the same stream id again", id);
	if (id != NULL)
		set_variable(t, "id", id);
	xml_free(want);
	xml_free(got);
}

static void expect_features(struct script *t, const struct words *w)
{
	struct item *item = expect_piece(t, "features");
	char want[1024] = "", got[1024] = "";
	struct xml_element *e;

	if (item == NULL)
		return;
	for (size_t i = 2; i < w->count; i++) {
		const size_t len = strlen(want);

		snprintf(want + len, sizeof(want) - len, "%s%s", len > 0 ? " " : "", w->word[i]);
	}
	e = element_of_ours(t, item->xml);
	if (e == NULL || !xml_is(e, NS_STREAM, "features")) {
		script_fail(t, "not features", item->xml);
	} else {
		script_feature_words(e, got, sizeof(got));
		if (strcmp(want, got) != 0)
			script_fail(t, "features are", got);
	}
	xml_free(e);
}

static void expect_xml(struct script *t, const char *xml)
{
	struct item *item = expect_piece(t, xml);
	struct xml_element *want, *got;
	char header[512];

	if (item == NULL)
		return;
	script_header("", true, header, sizeof(header));
	want = under(header, xml);
	got = element_of_ours(t, item->xml);
	compare(t, want, got, item->xml);
	xml_free(want);
	xml_free(got);
}

/* A header as it is expected: its attributes, and " db" where dialback is declared. */
static void expect_header_line(struct script *t, const char *line, const struct words *w)
{
	static char attributes[LINE_MAX_BYTES];
	char *db;

	snprintf(attributes, sizeof(attributes), "%.3500s", line);
	db = strstr(attributes, " db");
	if (db != NULL)
		*db = '\0';
	expect_header(t, attributes, w);
}

/* error CONDITION DROP: the refusal, the stream error with our trace id in its text, the end. */
void script_expect_error(struct script *t, const char *line_text, const struct words *w)
{
	const char *headed = strstr(line_text, " headed");
	char line[256], condition[256];
	const struct xml_element *say;
	struct xml_element *e = NULL;
	struct item *item;
	bool pair_failed;

	if (strcmp(w->word[2], "ordinary") != 0 && !script_has(w, "counted")) {
		snprintf(line, sizeof(line), "news refused %s", w->word[2]);
		script_expect_news(t, line);
	}
	pair_failed = t->next < t->count && t->items[t->next].xml == NULL &&
		      t->items[t->next].news.kind == STREAM_NEWS_PAIR_FAILED;
	if (pair_failed)
		t->next++;
	if (headed != NULL)
		expect_header_line(t, headed + 7, w);
	if (!script_has(w, "mute")) {
		item = expect_piece(t, "a stream error");
		if (item != NULL)
			e = element_of_ours(t, item->xml);
		say = e != NULL ? xml_child(e, NS_STREAMS_ERROR, "text") : NULL;
		snprintf(condition, sizeof(condition), "%s", w->word[1]);
		if (e == NULL || !xml_is(e, NS_STREAM, "error") ||
		    xml_child(e, NS_STREAMS_ERROR, condition) == NULL)
			script_fail(t, "not that stream error", item != NULL ? item->xml : "");
		else if (say == NULL || strstr(say->text, "[trace-1]") == NULL)
			script_fail(t, "no trace id in the text", item->xml);
		xml_free(e);
	}
	snprintf(line, sizeof(line), "news close %s", w->word[2]);
	script_expect_news(t, line);
}

void script_expect_xml(struct script *t, const char *line, const struct words *w)
{
	const char *at = line + strspn(line + 1, " ") + 1;

	if (strcmp(w->word[1], "header") == 0)
		expect_header_line(t, at + 6, w);
	else if (strcmp(w->word[1], "features") == 0)
		expect_features(t, w);
	else
		expect_xml(t, at);
}
