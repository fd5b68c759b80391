/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stream_script.c - runs .xs dialogues against the stream machine, in process, in exact virtual
 * time. README.md here says how one is written.
 *
 * What each script is checked for without asking: after each header and element the core is told
 * exactly once to go on, to start TLS or to close; a refusal comes before each close that has a
 * reason; nothing is said that the script does not expect.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "control/dialback.h"
#include "control/memory.h"
#include "dataplane/core/msg.h"
#include "tests/stream/script.h"

enum { ITEMS_MAX = 256, VARIABLES_MAX = 16 };

/* One thing the machine has said: a piece of XML, or news. */
struct item {
	char *xml; /* NULL: news */
	struct stream_news news;
};

struct script {
	const char *path;
	unsigned int line;
	bool failed;

	struct policy *policy;
	struct stream *stream;
	enum stream_role role;
	uint64_t now_us;
	char *peer_header, *our_header;

	struct item items[ITEMS_MAX];
	size_t count, next;
	struct {
		char name[32], value[256];
	} variables[VARIABLES_MAX];
	size_t variable_count;
};

static void fail(struct script *t, const char *what, const char *detail)
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
static void expand(struct script *t, const char *in, char *out, bool calls)
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

/* ---- what the machine says ---- */

static struct item *add_item(struct script *t)
{
	if (t->count == ITEMS_MAX) {
		fail(t, "too much is said at once", "");
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
			fail(t, "no XML", bytes);
			return;
		}
		item->xml = strndup(bytes, piece);
		bytes += piece;
		len -= piece;
	}
}

/* Takes all news. @steps counts the orders by which a paused core goes on. */
static void drain(struct script *t, unsigned int *steps)
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
			fail(t, "closed without a refusal", drop_name(news.drop));
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

static void must_be_empty(struct script *t)
{
	char text[LINE_MAX_BYTES];

	for (; t->next < t->count; t->next++) {
		describe(&t->items[t->next], text, sizeof(text));
		fail(t, "not expected", text);
	}
	clear_items(t);
}

static struct item *next_item(struct script *t, const char *want)
{
	if (t->next == t->count) {
		fail(t, "nothing more is said, expected", want);
		return NULL;
	}
	return &t->items[t->next++];
}

static void expect_news(struct script *t, const char *want)
{
	struct item *item = next_item(t, want);
	char got[LINE_MAX_BYTES];

	if (item == NULL)
		return;
	describe(item, got, sizeof(got));
	if (strcmp(got, want) != 0) {
		fail(t, "expected", want);
		fail(t, "     got", got);
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
	fail(t, what, text);
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
		fail(t, why, xml);
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
		fail(t, "xmlns:db is declared, or not, otherwise than said", item->xml);
	id = got != NULL ? xml_attr(got, "id") : NULL;
	if (id != NULL && variable(t, "id", 2) != NULL && strcmp(id, variable(t, "id", 2)) == 0)
		fail(t, "the same stream id again", id);
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
		fail(t, "not features", item->xml);
	} else {
		script_feature_words(e, got, sizeof(got));
		if (strcmp(want, got) != 0)
			fail(t, "features are", got);
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
static void expect_error(struct script *t, const char *line_text, const struct words *w)
{
	const char *headed = strstr(line_text, " headed");
	char line[256], condition[256];
	const struct xml_element *say;
	struct xml_element *e = NULL;
	struct item *item;
	bool pair_failed;

	if (strcmp(w->word[2], "ordinary") != 0 && !script_has(w, "counted")) {
		snprintf(line, sizeof(line), "news refused %s", w->word[2]);
		expect_news(t, line);
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
			fail(t, "not that stream error", item != NULL ? item->xml : "");
		else if (say == NULL || strstr(say->text, "[trace-1]") == NULL)
			fail(t, "no trace id in the text", item->xml);
		xml_free(e);
	}
	snprintf(line, sizeof(line), "news close %s", w->word[2]);
	expect_news(t, line);
}

/* ---- inputs ---- */

/* A paused core waits for one order, no more. */
static void went_on(struct script *t, bool was_closing)
{
	unsigned int steps = 0;
	char text[32];

	drain(t, &steps);
	snprintf(text, sizeof(text), "%u", steps);
	if (!was_closing && steps != 1)
		fail(t, "orders to go on, instead of 1", text);
}

static void drain_any(struct script *t)
{
	unsigned int steps = 0;

	drain(t, &steps);
}

static void in_header(struct script *t, const char *xml)
{
	const bool was_closing = stream_state(t->stream) == STREAM_CLOSING;
	struct xml_element *e = xml_header((const uint8_t *)xml, strlen(xml));

	free(t->peer_header);
	t->peer_header = memory_text(xml);
	if (e == NULL)
		fail(t, "no header", xml);
	else
		stream_on_header(t->stream, e, t->now_us);
	xml_free(e);
	went_on(t, was_closing);
}

static void in_element(struct script *t, const char *xml)
{
	const bool was_closing = stream_state(t->stream) == STREAM_CLOSING;
	struct xml_element *e;

	if (t->peer_header == NULL) {
		fail(t, "no header yet", xml);
		return;
	}
	e = xml_element((const uint8_t *)t->peer_header, strlen(t->peer_header),
			(const uint8_t *)xml, strlen(xml));
	if (e == NULL)
		fail(t, "no element", xml);
	else
		stream_on_element(t->stream, e, t->now_us);
	xml_free(e);
	went_on(t, was_closing);
}

static void input(struct script *t, const char *line, const struct words *w)
{
	static char xml[LINE_MAX_BYTES], attributes[LINE_MAX_BYTES];
	const char *at = line + strspn(line + 1, " ") + 1;

	must_be_empty(t);
	if (strcmp(w->word[1], "header") == 0) {
		snprintf(attributes, sizeof(attributes), " version='1.0'%.3500s", at + 6);
		script_header(attributes, !script_has(w, "nodb"), xml, sizeof(xml));
		in_header(t, xml);
	} else if (strcmp(w->word[1], "oldheader") == 0) {
		snprintf(attributes, sizeof(attributes), "%.3500s", at + 9);
		script_header(attributes, true, xml, sizeof(xml));
		in_header(t, xml);
	} else if (strcmp(w->word[1], "features") == 0) {
		if (!script_features(w, xml, sizeof(xml)))
			fail(t, "unknown feature", line);
		in_element(t, xml);
	} else if (strcmp(w->word[1], "footer") == 0) {
		stream_on_footer(t->stream, t->now_us);
		drain_any(t);
	} else if (strncmp(at, "<?xml", 5) == 0 || strncmp(at, "<stream:stream", 14) == 0) {
		in_header(t, at);
	} else {
		in_element(t, at);
	}
}

static void in_tls(struct script *t, const struct words *w)
{
	struct identity *id = memory_get(sizeof(*id));

	id->present = strcmp(w->word[1], "none") != 0;
	id->chain_good = strcmp(w->word[1], "good") == 0;
	snprintf(id->reason, sizeof(id->reason), "certificate has expired");
	for (size_t i = 2; i < w->count && id->count < IDENTITY_NAMES_MAX; i++) {
		const bool is_cn = strncmp(w->word[i], "CN=", 3) == 0;

		id->names[id->count].kind = is_cn ? IDENTITY_CN : IDENTITY_DNS;
		snprintf(id->names[id->count].name, sizeof(id->names[0].name), "%s",
			 w->word[i] + (is_cn ? 3 : 0));
		id->count++;
	}
	stream_on_tls(t->stream, id, t->now_us);
	free(id);
	went_on(t, false);
}

static void make_stream(struct script *t, const struct words *w)
{
	const char *gateway = script_value(w, "gateway");
	struct stream_setup setup = {
	    .leg = script_has(w, "internal") ? IFACE_INTERNAL : IFACE_EDGE,
	    .purpose = script_has(w, "verify") ? STREAM_FOR_VERIFY : STREAM_FOR_STANZAS,
	    .direct_tls = script_has(w, "direct-tls"),
	    .entropy = "0123456789abcde",
	    .trace_id = "trace-1",
	};

	stream_free(t->stream);
	free(t->peer_header);
	free(t->our_header);
	t->peer_header = t->our_header = NULL;
	t->role = script_has(w, "initiating") ? STREAM_INITIATING : STREAM_RECEIVING;
	setup.role = t->role;
	if (t->role == STREAM_INITIATING) {
		setup.ours = w->word[3];
		setup.theirs = w->word[4];
	}
	for (size_t i = 0; gateway != NULL && i < t->policy->gateway_count; i++)
		if (strcmp(t->policy->gateways[i].name, gateway) == 0)
			setup.gateway = &t->policy->gateways[i];
	t->variable_count = 0;
	t->stream = stream_make(&setup, t->policy, t->now_us);
}

static enum drop drop_by_name(struct script *t, const char *name)
{
	for (int d = 0; d < DROP_COUNT; d++)
		if (strcmp(drop_name((enum drop)d), name) == 0)
			return (enum drop)d;
	fail(t, "no such drop", name);
	return DROP_COUNT;
}

static enum verify_result result_by_name(const char *name)
{
	return strcmp(name, "valid") == 0     ? VERIFY_VALID
	       : strcmp(name, "invalid") == 0 ? VERIFY_INVALID
					      : VERIFY_ERROR;
}

static enum stream_condition condition_by_name(struct script *t, const char *name)
{
	static const char *const names[] = {
#define X(id, element) element,
	    STREAM_CONDITIONS(X)
#undef X
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i], name) == 0)
			return (enum stream_condition)i;
	fail(t, "no such condition", name);
	return STREAM_UNDEFINED_CONDITION;
}

/* A command's answer is checked where the script ends its line in "no". */
static void answered(struct script *t, const struct words *w, bool said)
{
	if (said == (strcmp(w->word[w->count - 1], "no") == 0))
		fail(t, "the command answers", said ? "true" : "false");
}

static bool command(struct script *t, const struct words *w)
{
	const char *verb = w->word[0];
	struct stream *s = t->stream;

	if (strcmp(verb, "open") == 0) {
		stream_on_open(s, t->now_us);
		went_on(t, false);
	} else if (strcmp(verb, "tls") == 0 && w->count >= 2) {
		in_tls(t, w);
	} else if (strcmp(verb, "at") == 0 && w->count == 2) {
		t->now_us += (uint64_t)(atof(w->word[1] + 1) * 1e6);
		if (stream_due_us(s) <= t->now_us)
			stream_on_time(s, t->now_us);
	} else if (strcmp(verb, "add-pair") == 0 && w->count >= 3) {
		answered(t, w, stream_add_pair(s, w->word[1], w->word[2], t->now_us));
	} else if (strcmp(verb, "verify") == 0 && w->count >= 5) {
		answered(
		    t, w,
		    stream_verify(s, w->word[1], w->word[2], w->word[3], w->word[4], t->now_us));
	} else if (strcmp(verb, "verified") == 0 && w->count >= 5) {
		stream_verified(s, w->word[1], w->word[2], w->word[3], result_by_name(w->word[4]),
				w->count > 5 ? w->word[5] : NULL, t->now_us);
	} else if (strcmp(verb, "core") == 0 && w->count == 2) {
		stream_on_refused(s, drop_by_name(t, w->word[1]), t->now_us);
	} else if (strcmp(verb, "end") == 0 && w->count == 2) {
		stream_close(s, condition_by_name(t, w->word[1]), "as ordered", t->now_us);
	} else {
		return false;
	}
	drain_any(t);
	return true;
}

static void check_state(struct script *t, const struct words *w)
{
	const struct gateway *g = stream_gateway(t->stream);
	const char *gateway = script_value(w, "gateway"), *max = script_value(w, "max-bytes");
	const char *name = stream_state_name(stream_state(t->stream));

	if (strcmp(name, w->word[1]) != 0)
		fail(t, "state is", name);
	if (script_has(w, "secure") != stream_is_secure(t->stream))
		fail(t, "secure, or not", name);
	if (script_has(w, "bidi") != stream_is_bidi(t->stream))
		fail(t, "bidi, or not", name);
	if (gateway != NULL && (g == NULL || strcmp(g->name, gateway) != 0))
		fail(t, "gateway is", g != NULL ? g->name : "none");
	if (max != NULL && stream_peer_max_bytes(t->stream) != (uint32_t)atoi(max))
		fail(t, "max-bytes is another", max);
	if (script_has(w, "more-targets") != stream_takes_more_targets(t->stream))
		fail(t, "takes more targets, or not", name);
}

static void expectation(struct script *t, const char *line, const struct words *w)
{
	const char *at = line + strspn(line + 1, " ") + 1;

	if (strcmp(w->word[1], "header") == 0)
		expect_header_line(t, at + 6, w);
	else if (strcmp(w->word[1], "features") == 0)
		expect_features(t, w);
	else
		expect_xml(t, at);
}

static void run_line(struct script *t, const char *line, const struct words *w)
{
	const char *verb = w->word[0];

	if (strcmp(verb, "stream") == 0 && w->count >= 3) {
		must_be_empty(t);
		make_stream(t, w);
	} else if (t->stream == NULL) {
		if (!script_policy_line(t->policy, w))
			fail(t, "not understood", line);
	} else if (strcmp(verb, "<") == 0 && w->count >= 2) {
		input(t, line, w);
	} else if (strcmp(verb, ">") == 0 && w->count >= 2) {
		expectation(t, line, w);
	} else if (strcmp(verb, "news") == 0 && w->count >= 2) {
		expect_news(t, line);
	} else if (strcmp(verb, "error") == 0 && w->count >= 3) {
		expect_error(t, line, w);
	} else if (strcmp(verb, "state") == 0 && w->count >= 2) {
		check_state(t, w);
	} else {
		must_be_empty(t);
		if (!command(t, w) && !script_policy_line(t->policy, w))
			fail(t, "not understood", line);
	}
}

static void split(char *text, struct words *w)
{
	char *rest = text, *word;

	w->count = 0;
	while ((word = strsep(&rest, " \t")) != NULL && w->count < WORDS_MAX)
		if (word[0] != '\0')
			w->word[w->count++] = word;
}

static bool run_file(const char *path)
{
	static char raw[LINE_MAX_BYTES], once[LINE_MAX_BYTES], line[LINE_MAX_BYTES],
	    cut[LINE_MAX_BYTES];
	struct script *t = memory_get(sizeof(*t));
	FILE *file = fopen(path, "r");
	struct words w;
	bool good;

	t->path = path;
	t->policy = script_policy_make();
	t->now_us = 1000000;
	if (file == NULL)
		fail(t, "cannot be read", path);
	while (file != NULL && fgets(raw, sizeof(raw), file) != NULL) {
		t->line++;
		raw[strcspn(raw, "\n")] = '\0';
		if (raw[0] == '\0' || raw[0] == '#')
			continue;
		expand(t, raw, once, false);
		expand(t, once, line, true);
		memcpy(cut, line, sizeof(cut));
		split(cut, &w);
		run_line(t, line, &w);
	}
	if (t->stream == NULL)
		fail(t, "no dialogue in it", path);
	must_be_empty(t);
	good = !t->failed;
	if (file != NULL)
		fclose(file);
	stream_free(t->stream);
	script_policy_free(t->policy);
	free(t->peer_header);
	free(t->our_header);
	free(t);
	return good;
}

int main(int argc, char **argv)
{
	unsigned int passed = 0, failed = 0;

	for (int i = 1; i < argc; i++) {
		if (run_file(argv[i])) {
			passed++;
		} else {
			failed++;
			fprintf(stderr, "FAILED: %s\n", argv[i]);
		}
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed > 0 || passed == 0;
}
