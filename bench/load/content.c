/* SPDX-License-Identifier: BSD-3-Clause */
/* content.c - cuts stanzas into templates, and puts them together again. */
#include "bench/load/content.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load/tag.h"
#include "bench/report.h"
#include "control/memory.h"
#include "dataplane/xmpp/stanza.h"

enum { CORPUS_BYTES = 512 * 1024, CORPUS_BYTES_BIG = 1024 * 1024 };

static uint8_t *copy(const void *bytes, size_t len)
{
	uint8_t *to = memory_get(len + 1);

	memcpy(to, bytes, len);
	return to;
}

static void add(struct content *c, const uint8_t *first, size_t first_len, const uint8_t *rest,
		size_t rest_len)
{
	struct content_template *t = &c->templates[c->count++];
	const size_t bytes = first_len + TAG_TEXT + rest_len;

	t->first = copy(first, first_len);
	t->rest = copy(rest, rest_len);
	t->first_len = (uint32_t)first_len;
	t->rest_len = (uint32_t)rest_len;
	c->mean_bytes += ((double)bytes - c->mean_bytes) / (double)c->count;
	if (bytes > c->max_bytes)
		c->max_bytes = bytes;
}

void content_make_body(struct content *c, size_t body_bytes)
{
	static const char words[] = "we shall meet at noon by the bridge, and go on from there; ";
	static const char before[] = "' type='chat'><body>", after[] = "</body></message>";
	uint8_t *rest = memory_get(body_bytes + sizeof(before) + sizeof(after));
	size_t len = sizeof(before) - 1;

	*c = (struct content){.templates = memory_get(sizeof(*c->templates))};
	memcpy(rest, before, len);
	for (size_t i = 0; i < body_bytes; i++)
		rest[len++] = (uint8_t)words[i % (sizeof(words) - 1)];
	memcpy(rest + len, after, sizeof(after) - 1);
	add(c, (const uint8_t *)"<message", sizeof("<message") - 1, rest, len + sizeof(after) - 1);
	free(rest);
}

static bool is_ours(const uint8_t *name, size_t len)
{
	return (len == 4 && memcmp(name, "from", 4) == 0) ||
	       (len == 2 && (memcmp(name, "to", 2) == 0 || memcmp(name, "id", 2) == 0));
}

/* The stanza from behind its name on, without the attributes that are the flow's. The framer has
 * passed it, so every attribute has its quotes. Returns the length in @out. */
static size_t without_ours(const uint8_t *at, const uint8_t *end, uint8_t *out)
{
	size_t len = 0;

	out[len++] = '\''; /* closes the id */
	while (at < end && *at != '>' && *at != '/') {
		const uint8_t *from = at, *name, *name_end;
		uint8_t quote;

		while (*at == ' ' || *at == '\n' || *at == '\t')
			at++;
		if (*at == '>' || *at == '/')
			break;
		for (name = at; *at != '='; at++)
			continue;
		name_end = at++;
		quote = *at++;
		at = (const uint8_t *)memchr(at, quote, (size_t)(end - at)) + 1;
		if (is_ours(name, (size_t)(name_end - name)))
			continue;
		memcpy(out + len, from, (size_t)(at - from));
		len += (size_t)(at - from);
	}
	memcpy(out + len, at, (size_t)(end - at));
	return len + (size_t)(end - at);
}

static void add_stanza(struct content *c, struct span stanza, const struct framer_root *root)
{
	uint8_t *rest = memory_get(stanza.len + 1);
	struct stanza head;

	if (!stanza_parse(stanza, root, &head) || head.kind == STANZA_OTHER)
		bench_die("the corpus holds what is no stanza");
	add(c, stanza.at, head.name_end, rest,
	    without_ours(stanza.at + head.name_end, stanza.at + stanza.len, rest));
	free(rest);
}

void content_make_corpus(struct content *c, enum corpus_kind kind)
{
	struct corpus corpus =
	    corpus_make(kind, kind == CORPUS_BIG ? CORPUS_BYTES_BIG : CORPUS_BYTES);
	struct framer *framer = memory_get(sizeof(*framer));
	size_t at = 0, used;

	*c = (struct content){.templates =
				  memory_get(CONTENT_TEMPLATES_MAX * sizeof(*c->templates))};
	framer_init(framer, STANZA_BYTES_MAX);
	while (at < corpus.len && c->count < CONTENT_TEMPLATES_MAX) {
		const enum framer_result found =
		    framer_feed(framer, corpus.bytes + at, corpus.len - at, &used);

		at += used;
		if (found == FRAMER_ELEMENT)
			add_stanza(c,
				   (struct span){corpus.bytes + at - framer_held(framer),
						 framer_held(framer)},
				   framer_root(framer));
		else if (found != FRAMER_HEADER)
			bench_die("the corpus is no stream");
	}
	free(framer);
	corpus_free(&corpus);
}

void content_free(struct content *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->templates[i].first);
		free(c->templates[i].rest);
	}
	free(c->templates);
	*c = (struct content){0};
}

size_t content_write(const struct content *c, struct flow *f, uint16_t run, uint64_t due_ns,
		     uint8_t *out, size_t room)
{
	const struct content_template *t =
	    &c->templates[((uint64_t)f->number * 7 + f->sent) % c->count];
	const struct tag tag = {run, f->number, f->sent, due_ns};
	const size_t len = t->first_len + f->address_len + TAG_TEXT + t->rest_len;

	if (len > room)
		return 0;
	memcpy(out, t->first, t->first_len);
	out += t->first_len;
	memcpy(out, f->address, f->address_len);
	out += f->address_len;
	tag_write(&tag, out);
	memcpy(out + TAG_TEXT, t->rest, t->rest_len);
	f->sent++;
	return len;
}
