/* SPDX-License-Identifier: BSD-3-Clause */
/* grammar_pairs.c - the one argument that may be said several times. */
#include <stdio.h>
#include <string.h>

#include "control/operator/grammar_pairs.h"

/* Returns false, so that a caller can. */
static bool refuse(char *error, const char *word, const char *why)
{
	(void)snprintf(error, GRAMMAR_ERROR_MAX, "\"%.64s\" %s", word, why);
	return false;
}

/* A name as the configuration has them. */
static bool is_key(const char *text)
{
	return strlen(text) < GRAMMAR_NAME_MAX &&
	       text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")] == '\0' &&
	       text[0] != '\0';
}

bool grammar_pairs_are_good(const json_t *value)
{
	const char *key;
	json_t *one;

	if (!json_is_object(value) || json_object_size(value) == 0 ||
	    json_object_size(value) > GRAMMAR_PAIRS_MAX)
		return false;
	json_object_foreach((json_t *)(uintptr_t)value, key, one)
	{
		if (!is_key(key) || !json_is_string(one) ||
		    json_string_length(one) >= GRAMMAR_VALUE_MAX ||
		    strlen(json_string_value(one)) != json_string_length(one))
			return false;
	}
	return true;
}

bool grammar_pairs_read(const struct grammar_arg *a, const char *key, const char *text,
			json_t *have, char *error)
{
	json_t *pairs = json_object_get(have, a->key);

	if (!is_key(key))
		return refuse(error, key, "is not " GRAMMAR_PAIRS_WORDS);
	if (strlen(text) >= GRAMMAR_VALUE_MAX || json_object_get(pairs, key) != NULL ||
	    json_object_size(pairs) == GRAMMAR_PAIRS_MAX)
		return refuse(error, key, "is there twice, or too long, or one too many");
	if (pairs == NULL) {
		pairs = json_object();
		json_object_set_new(have, a->key, pairs);
	}
	json_object_set_new(pairs, key, json_string(text));
	return json_object_get(pairs, key) != NULL ||
	       refuse(error, key, "has a value that is not UTF-8");
}
