/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * script.h - what the parts of the interpreter of .xs dialogues share (README.md here says how one
 * is written).
 */
#ifndef TESTS_STREAM_SCRIPT_H
#define TESTS_STREAM_SCRIPT_H

#include <stdio.h>

#include "control/stream.h"

enum { WORDS_MAX = 24, LINE_MAX_BYTES = 4096 };

struct words {
	char *word[WORDS_MAX];
	size_t count;
};

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

/* script_said.c */
void script_fail(struct script *t, const char *what, const char *detail);
/* @in with $name and $(key RECEIVING ORIGINATING ID) replaced. */
void script_expand(struct script *t, const char *in, char *out);
/* Takes all news of the machine. @steps counts the orders by which a paused core goes on. */
void script_drain(struct script *t, unsigned int *steps);
/* What has been said and not expected is a failure; all is forgotten. */
void script_must_be_empty(struct script *t);
/* "news ...", "> ..." and "error ..." lines. */
void script_expect_news(struct script *t, const char *line);
void script_expect_xml(struct script *t, const char *line, const struct words *w);
void script_expect_error(struct script *t, const char *line, const struct words *w);

/* script_policy.c */
struct policy *script_policy_make(void);
void script_policy_free(struct policy *p);
/* One of the words local, partner, gateway, passphrase, limit. False when it is none of them or
 * makes no sense. */
bool script_policy_line(struct policy *p, const struct words *w);
/* "key=value" among the words; NULL when there is none. */
const char *script_value(const struct words *w, const char *key);
bool script_has(const struct words *w, const char *word);

/* script_xml.c */
/* The length of the first piece of @bytes: a stream header, or one whole element. */
size_t script_piece(const char *bytes, size_t len);
/* Is @got what @want says: name, namespace, exactly the attributes (but for id, unless @want lists
 * it), text, children in order? "*" stands for any value. Says on @why what differs. */
bool script_same(const struct xml_element *want, const struct xml_element *got, char *why,
		 size_t room);
/* <stream:features/> as the words of a script: "starttls-required dialback-errors ...". */
void script_feature_words(const struct xml_element *features, char *out, size_t room);
/* And the other way; false at an unknown word. */
bool script_features(const struct words *w, char *out, size_t room);
/* A header with these attributes (as they stand) and the usual namespaces. */
void script_header(const char *attributes, bool db, char *out, size_t room);

#endif
