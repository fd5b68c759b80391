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
