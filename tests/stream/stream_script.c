/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stream_script.c - runs .xs dialogues against the stream machine, in process, in exact virtual
 * time. README.md here says how one is written.
 *
 * What each script is checked for without asking: after each header and element the core is told
 * exactly once to go on, to start TLS or to close; a refusal comes before each close that has a
 * reason; nothing is said that the script does not expect.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "control/memory.h"
#include "tests/stream/script.h"

/* A paused core waits for one order, no more. */
static void went_on(struct script *t, bool was_closing)
{
	unsigned int steps = 0;
	char text[32];

	script_drain(t, &steps);
	snprintf(text, sizeof(text), "%u", steps);
	if (!was_closing && steps != 1)
		script_fail(t, "orders to go on, instead of 1", text);
}

static void drain_any(struct script *t)
{
	unsigned int steps = 0;

	script_drain(t, &steps);
}

static void in_header(struct script *t, const char *xml)
{
	const bool was_closing = stream_state(t->stream) == STREAM_CLOSING;
	struct xml_element *e = xml_header((const uint8_t *)xml, strlen(xml));

	free(t->peer_header);
	t->peer_header = memory_text(xml);
	if (e == NULL)
		script_fail(t, "no header", xml);
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
		script_fail(t, "no header yet", xml);
		return;
	}
	e = xml_element((const uint8_t *)t->peer_header, strlen(t->peer_header),
			(const uint8_t *)xml, strlen(xml));
	if (e == NULL)
		script_fail(t, "no element", xml);
	else
		stream_on_element(t->stream, e, t->now_us);
	xml_free(e);
	went_on(t, was_closing);
}

static void input(struct script *t, const char *line, const struct words *w)
{
	static char xml[LINE_MAX_BYTES], attributes[LINE_MAX_BYTES];
	const char *at = line + strspn(line + 1, " ") + 1;

	script_must_be_empty(t);
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
			script_fail(t, "unknown feature", line);
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
	    .purpose = script_has(w, "verify") ? STREAM_FOR_VERIFY
		       : script_has(w, "test") ? STREAM_FOR_TEST
					       : STREAM_FOR_STANZAS,
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
	script_fail(t, "no such drop", name);
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
	script_fail(t, "no such condition", name);
	return STREAM_UNDEFINED_CONDITION;
}

/* A command's answer is checked where the script ends its line in "no". */
static void answered(struct script *t, const struct words *w, bool said)
{
	if (said == (strcmp(w->word[w->count - 1], "no") == 0))
		script_fail(t, "the command answers", said ? "true" : "false");
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
	} else if (strcmp(verb, "still-allowed") == 0) {
		answered(t, w, stream_is_still_allowed(s));
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
		script_fail(t, "state is", name);
	if (script_has(w, "secure") != stream_is_secure(t->stream))
		script_fail(t, "secure, or not", name);
	if (script_has(w, "bidi") != stream_is_bidi(t->stream))
		script_fail(t, "bidi, or not", name);
	if (gateway != NULL && (g == NULL || strcmp(g->name, gateway) != 0))
		script_fail(t, "gateway is", g != NULL ? g->name : "none");
	if (max != NULL && stream_peer_max_bytes(t->stream) != (uint32_t)atoi(max))
		script_fail(t, "max-bytes is another", max);
	if (script_has(w, "more-targets") != stream_takes_more_targets(t->stream))
		script_fail(t, "takes more targets, or not", name);
}

static void run_line(struct script *t, const char *line, const struct words *w)
{
	const char *verb = w->word[0];

	if (strcmp(verb, "stream") == 0 && w->count >= 3) {
		script_must_be_empty(t);
		make_stream(t, w);
	} else if (t->stream == NULL) {
		if (!script_policy_line(t->policy, w))
			script_fail(t, "not understood", line);
	} else if (strcmp(verb, "<") == 0 && w->count >= 2) {
		input(t, line, w);
	} else if (strcmp(verb, ">") == 0 && w->count >= 2) {
		script_expect_xml(t, line, w);
	} else if (strcmp(verb, "news") == 0 && w->count >= 2) {
		script_expect_news(t, line);
	} else if (strcmp(verb, "error") == 0 && w->count >= 3) {
		script_expect_error(t, line, w);
	} else if (strcmp(verb, "state") == 0 && w->count >= 2) {
		check_state(t, w);
	} else {
		script_must_be_empty(t);
		if (!command(t, w) && !script_policy_line(t->policy, w))
			script_fail(t, "not understood", line);
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
	static char raw[LINE_MAX_BYTES], line[LINE_MAX_BYTES], cut[LINE_MAX_BYTES];
	struct script *t = memory_get(sizeof(*t));
	FILE *file = fopen(path, "r");
	struct words w;
	bool good;

	t->path = path;
	t->policy = script_policy_make();
	t->now_us = 1000000;
	if (file == NULL)
		script_fail(t, "cannot be read", path);
	while (file != NULL && fgets(raw, sizeof(raw), file) != NULL) {
		t->line++;
		raw[strcspn(raw, "\n")] = '\0';
		if (raw[0] == '\0' || raw[0] == '#')
			continue;
		script_expand(t, raw, line);
		memcpy(cut, line, sizeof(cut));
		split(cut, &w);
		run_line(t, line, &w);
	}
	if (t->stream == NULL)
		script_fail(t, "no dialogue in it", path);
	script_must_be_empty(t);
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

static int is_script(const struct dirent *entry)
{
	const size_t len = strlen(entry->d_name);

	return len > 3 && strcmp(entry->d_name + len - 3, ".xs") == 0;
}

static void run_one(const char *path, unsigned int *passed, unsigned int *failed)
{
	if (run_file(path)) {
		++*passed;
		return;
	}
	++*failed;
	fprintf(stderr, "FAILED: %s\n", path);
}

/* Arguments are scripts, or folders of them: a new script needs no list to be in. */
int main(int argc, char **argv)
{
	unsigned int passed = 0, failed = 0;

	for (int i = 1; i < argc; i++) {
		struct dirent **names;
		const int n = scandir(argv[i], &names, is_script, alphasort);
		char path[4096];

		if (n < 0)
			run_one(argv[i], &passed, &failed);
		for (int k = 0; k < n; k++) {
			snprintf(path, sizeof(path), "%s/%s", argv[i], names[k]->d_name);
			run_one(path, &passed, &failed);
			free(names[k]);
		}
		if (n >= 0)
			free(names);
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed > 0 || passed == 0;
}
