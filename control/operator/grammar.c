/* SPDX-License-Identifier: BSD-3-Clause */
/* grammar.c - the table of commands, read. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/operator/grammar_pairs.h"

enum { WORDS_BYTES = 64, NUMBER_MAX = 1000 * 1000 * 1000, DURATION_MAX_S = 366 * 86400 };

static const struct command commands[COMMAND_COUNT] = {
#define COMMAND(id, by, syntax, level, text) {syntax, text, LEVEL_##level},
#include "control/operator/grammar.def"
#undef COMMAND
};

static const struct grammar relays = {commands, COMMAND_COUNT};

static const struct {
	const char *name;
	enum grammar_type type;
} types[] = {
    {"DOMAIN", GRAMMAR_DOMAIN}, {"DURATION", GRAMMAR_DURATION}, {"KEY", GRAMMAR_PAIRS},
    {"NUMBER", GRAMMAR_NUMBER}, {"TEXT", GRAMMAR_TEXT},
};

const struct command *grammar_command(enum command_id id)
{
	return &commands[id];
}

const char *grammar_level_name(enum grammar_level level)
{
	static const char *const names[] = {"monitor", "operator", "admin"};

	return names[level];
}

__attribute__((format(printf, 2, 3))) static int refuse(char *error, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	(void)vsnprintf(error, GRAMMAR_ERROR_MAX, format, values);
	va_end(values);
	return -1;
}

/* --- the syntax --- */

static bool is_value(const char *token)
{
	return isupper((unsigned char)token[0]);
}

/* Where the arguments begin. */
static const char *arguments_of(const struct command *c)
{
	const char *at = c->syntax;

	while (*at != '\0' && *at != '[' && !isupper((unsigned char)*at))
		at++;
	return at;
}

const char *grammar_words(const struct command *c, char *out)
{
	size_t len = (size_t)(arguments_of(c) - c->syntax);

	while (len > 0 && c->syntax[len - 1] == ' ')
		len--;
	(void)snprintf(out, WORDS_BYTES, "%.*s", (int)len, c->syntax);
	return out;
}

/* The next token of a syntax: a bracket, or a word. False at the end. */
static bool next_token(const char **at, char out[GRAMMAR_NAME_MAX])
{
	size_t len = 0;

	while (**at == ' ')
		++*at;
	if (**at == '[' || **at == ']')
		out[len++] = *(*at)++;
	else
		while (**at != '\0' && strchr(" []", **at) == NULL && len < GRAMMAR_NAME_MAX - 1)
			out[len++] = *(*at)++;
	out[len] = '\0';
	return len > 0;
}

static enum grammar_type type_of(const char *value)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (strcmp(types[i].name, value) == 0)
			return types[i].type;
	return GRAMMAR_TEXT;
}

static void finish_arg(struct grammar_arg *a)
{
	const char *from = a->name[0] != '\0' ? a->name : a->value;
	size_t len = 0;

	from += strspn(from, "-");
	for (; *from != '\0'; from++)
		a->key[len++] = *from == '-' ? '_' : (char)tolower((unsigned char)*from);
	a->key[len] = '\0';
	a->type = a->value[0] != '\0' ? type_of(a->value) : GRAMMAR_FLAG;
}

size_t grammar_list(const struct command *c, struct grammar_arg args[GRAMMAR_ARGS_MAX])
{
	const char *at = arguments_of(c);
	char token[GRAMMAR_NAME_MAX];
	bool in_brackets = false;
	size_t n = 0;

	memset(args, 0, GRAMMAR_ARGS_MAX * sizeof(*args));
	while (n < GRAMMAR_ARGS_MAX && next_token(&at, token)) {
		struct grammar_arg *a = &args[n];

		if (token[0] == '[') {
			in_brackets = true;
			continue;
		}
		/* the rest of KEY VALUE ... */
		if (n > 0 && args[n - 1].type == GRAMMAR_PAIRS &&
		    (strcmp(token, "VALUE") == 0 || strcmp(token, "...") == 0))
			continue;
		a->is_optional = in_brackets;
		if (token[0] != ']' && !is_value(token)) {
			memcpy(a->name, token, sizeof(token));
			continue;
		}
		if (token[0] == ']')
			in_brackets = false;
		else
			memcpy(a->value, token, sizeof(token));
		if (a->name[0] != '\0' || a->value[0] != '\0') {
			finish_arg(a);
			n++;
		}
	}
	return n;
}

/* --- values --- */

static json_t *read_number(const char *text, unsigned long long most, const char *units)
{
	static const struct {
		char unit;
		unsigned int seconds;
	} known[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	unsigned long long n = 0;

	if (!isdigit((unsigned char)text[0]))
		return NULL;
	for (; isdigit((unsigned char)*text); text++)
		if ((n = n * 10 + (unsigned long long)(*text - '0')) > most)
			return NULL;
	if (*text != '\0') {
		const char *unit = strchr(units, *text);

		if (unit == NULL || text[1] != '\0')
			return NULL;
		n *= known[unit - units].seconds;
	}
	return n > 0 && n <= most ? json_integer((json_int_t)n) : NULL;
}

static bool is_domain(const char *text)
{
	const size_t len = strlen(text);

	return len > 0 && len <= 253 && strpbrk(text, " @/<>\"'&") == NULL && text[0] != '-';
}

static json_t *read_value(const struct grammar_arg *a, const char *text)
{
	if (strlen(text) >= GRAMMAR_VALUE_MAX)
		return NULL;
	switch (a->type) {
	case GRAMMAR_NUMBER:
		return read_number(text, NUMBER_MAX, "");
	case GRAMMAR_DURATION:
		return read_number(text, DURATION_MAX_S, "smhd");
	case GRAMMAR_DOMAIN:
		return is_domain(text) ? json_string(text) : NULL;
	case GRAMMAR_TEXT:
	case GRAMMAR_FLAG:
	case GRAMMAR_PAIRS:
		break;
	}
	return json_string(text);
}

static bool is_good_value(const struct grammar_arg *a, const json_t *value)
{
	const char *text = json_string_value(value);

	switch (a->type) {
	case GRAMMAR_FLAG:
		return json_is_true(value);
	case GRAMMAR_NUMBER:
		return json_is_integer(value) && json_integer_value(value) > 0 &&
		       json_integer_value(value) <= NUMBER_MAX;
	case GRAMMAR_DURATION:
		return json_is_integer(value) && json_integer_value(value) > 0 &&
		       json_integer_value(value) <= DURATION_MAX_S;
	case GRAMMAR_DOMAIN:
		return text != NULL && json_string_length(value) == strlen(text) && is_domain(text);
	case GRAMMAR_PAIRS:
		return grammar_pairs_are_good(value);
	case GRAMMAR_TEXT:
		break;
	}
	return text != NULL && json_string_length(value) < GRAMMAR_VALUE_MAX;
}

static const char *expected(enum grammar_type type)
{
	switch (type) {
	case GRAMMAR_DOMAIN:
		return "a domain, such as example.org";
	case GRAMMAR_NUMBER:
		return "a number from 1 on";
	case GRAMMAR_DURATION:
		return "a duration, such as 30s, 5m, 2h or 1d";
	case GRAMMAR_PAIRS:
		return GRAMMAR_PAIRS_WORDS;
	case GRAMMAR_FLAG:
	case GRAMMAR_TEXT:
		break;
	}
	return "up to 255 bytes of text";
}

/* --- command lines --- */

/* How many of @words are the command's own; 0 where they are not its. */
static size_t match(const struct command *c, const char *const *words, size_t count)
{
	char own[WORDS_BYTES], *rest = NULL;
	size_t n = 0;

	(void)grammar_words(c, own);
	for (char *w = strtok_r(own, " ", &rest); w != NULL; w = strtok_r(NULL, " ", &rest), n++)
		if (n == count || strcmp(w, words[n]) != 0)
			return 0;
	return n;
}

/* The command with the most words: some begin as others do. */
static int find(const struct grammar *g, const char *const *words, size_t count, size_t *used)
{
	int best = -1;

	*used = 0;
	for (int i = 0; i < g->count; i++) {
		const size_t n = match(&g->commands[i], words, count);

		if (n > *used) {
			best = i;
			*used = n;
		}
	}
	return best;
}

/* The argument that @word begins, or that it is the value of. */
static const struct grammar_arg *choose(const struct grammar_arg *args, size_t count,
					const char *word, const json_t *have)
{
	for (size_t i = 0; i < count; i++)
		if (args[i].name[0] != '\0' && strcmp(args[i].name, word) == 0)
			return &args[i];
	for (size_t i = 0; i < count; i++)
		if (args[i].name[0] == '\0' &&
		    (args[i].type == GRAMMAR_PAIRS || json_object_get(have, args[i].key) == NULL))
			return &args[i];
	return NULL;
}

static bool is_complete(const struct command *c, const struct grammar_arg *args, size_t count,
			const json_t *have, char *error)
{
	for (size_t i = 0; i < count; i++)
		if (!args[i].is_optional && json_object_get(have, args[i].key) == NULL) {
			(void)refuse(error, "%s is missing: %s",
				     args[i].value[0] != '\0' ? args[i].value : args[i].name,
				     c->syntax);
			return false;
		}
	return true;
}

/* The arguments in @words. False with a sentence. */
static bool read_args(const struct command *c, const char *const *words, size_t count, json_t *have,
		      char *error)
{
	struct grammar_arg args[GRAMMAR_ARGS_MAX];
	const size_t n = grammar_list(c, args);

	for (size_t i = 0; i < count; i++) {
		const struct grammar_arg *a = choose(args, n, words[i], have);
		json_t *value;

		if (a == NULL) {
			(void)refuse(error, "\"%.64s\" is not expected: %s", words[i], c->syntax);
			return false;
		}
		if (a->type != GRAMMAR_FLAG && a->name[0] != '\0' && ++i == count) {
			(void)refuse(error, "%s is missing: %s", a->value, c->syntax);
			return false;
		}
		if (a->type == GRAMMAR_PAIRS) {
			if (i + 1 == count) {
				(void)refuse(error, "VALUE is missing behind \"%.32s\": %.180s",
					     words[i], c->syntax);
				return false;
			}
			if (!grammar_pairs_read(a, words[i], words[i + 1], have, error))
				return false;
			i++;
			continue;
		}
		value = a->type == GRAMMAR_FLAG ? json_true() : read_value(a, words[i]);
		if (value == NULL) {
			(void)refuse(error, "\"%.64s\" is not %s", words[i], expected(a->type));
			return false;
		}
		if (json_object_get(have, a->key) != NULL) {
			(void)refuse(error, "\"%.64s\" is there twice", a->name);
			json_decref(value);
			return false;
		}
		json_object_set_new(have, a->key, value);
	}
	return is_complete(c, args, n, have, error);
}

int grammar_read_from(const struct grammar *g, const char *const *words, size_t count,
		      json_t **args, char error[GRAMMAR_ERROR_MAX])
{
	size_t used;
	const int id = find(g, words, count, &used);

	*args = NULL;
	if (id < 0)
		return refuse(error, "unknown command \"%.32s%s%.32s\": help lists all",
			      count > 0 ? words[0] : "", count > 1 ? " " : "",
			      count > 1 ? words[1] : "");
	*args = json_object();
	if (*args == NULL)
		return refuse(error, "no memory");
	if (read_args(&g->commands[id], words + used, count - used, *args, error))
		return id;
	json_decref(*args);
	*args = NULL;
	return -1;
}

int grammar_read(const char *const *words, size_t count, json_t **args,
		 char error[GRAMMAR_ERROR_MAX])
{
	return grammar_read_from(&relays, words, count, args, error);
}

int grammar_check(const char *command, json_t *args, char error[GRAMMAR_ERROR_MAX])
{
	struct grammar_arg known[GRAMMAR_ARGS_MAX];
	char own[WORDS_BYTES];
	const char *key;
	json_t *value;
	size_t n;
	int id = 0;

	while (id < COMMAND_COUNT && strcmp(grammar_words(&commands[id], own), command) != 0)
		id++;
	if (id == COMMAND_COUNT)
		return refuse(error, "unknown command \"%.64s\": help lists all", command);
	n = grammar_list(&commands[id], known);
	json_object_foreach(args, key, value)
	{
		size_t i = 0;

		while (i < n && strcmp(known[i].key, key) != 0)
			i++;
		if (i == n)
			return refuse(error, "no argument \"%.64s\": %s", key, commands[id].syntax);
		if (!is_good_value(&known[i], value))
			return refuse(error, "\"%.64s\" is not %s", key, expected(known[i].type));
	}
	return is_complete(&commands[id], known, n, args, error) ? id : -1;
}

/* --- completion --- */

/* Once, though several commands go on with it. */
static void say(FILE *out, char said[][GRAMMAR_NAME_MAX], size_t *count, const char *word)
{
	for (size_t i = 0; i < *count; i++)
		if (strcmp(said[i], word) == 0)
			return;
	if (*count < GRAMMAR_WORDS_MAX)
		(void)snprintf(said[(*count)++], GRAMMAR_NAME_MAX, "%s", word);
	fprintf(out, "%s\n", word);
}

/* The word behind @words in a command's @own, if they begin it. */
static const char *word_behind(char *own, const char *const *words, size_t count)
{
	char *rest = NULL, *w = strtok_r(own, " ", &rest);

	for (size_t i = 0; i < count; i++, w = strtok_r(NULL, " ", &rest))
		if (w == NULL || strcmp(w, words[i]) != 0)
			return NULL;
	return w;
}

/* The argument that @word begins or fills; @n where it is none's. */
static size_t argument_of(const struct grammar_arg *args, size_t n, const char *word,
			  const bool *is_said)
{
	for (size_t i = 0; i < n; i++)
		if (args[i].name[0] != '\0' && strcmp(args[i].name, word) == 0)
			return i;
	for (size_t i = 0; i < n; i++)
		if (args[i].name[0] == '\0' && !is_said[i])
			return i;
	return n;
}

/* The arguments that are not there yet; behind the name of one, its value alone. */
static void say_args(const struct command *c, const char *const *words, size_t count, FILE *out)
{
	bool is_said[GRAMMAR_ARGS_MAX + 1] = {false};
	struct grammar_arg args[GRAMMAR_ARGS_MAX];
	const size_t n = grammar_list(c, args);

	for (size_t i = 0; i < count; i++) {
		const size_t at = argument_of(args, n, words[i], is_said);

		is_said[at] = true;
		if (at < n && args[at].name[0] != '\0' && args[at].value[0] != '\0' &&
		    ++i == count) {
			fprintf(out, "%s\n", args[at].value);
			return;
		}
	}
	for (size_t i = 0; i < n; i++)
		if (!is_said[i])
			fprintf(out, "%s\n",
				args[i].name[0] != '\0' ? args[i].name : args[i].value);
}

void grammar_complete_from(const struct grammar *g, const char *const *words, size_t count,
			   FILE *out)
{
	char said[GRAMMAR_WORDS_MAX][GRAMMAR_NAME_MAX], own[WORDS_BYTES];
	size_t said_count = 0, used;
	int id;

	for (int i = 0; i < g->count; i++) {
		const char *w;

		(void)grammar_words(&g->commands[i], own);
		w = word_behind(own, words, count);
		if (w != NULL)
			say(out, said, &said_count, w);
	}
	id = find(g, words, count, &used);
	if (id >= 0)
		say_args(&g->commands[id], words + used, count - used, out);
}

void grammar_complete(const char *const *words, size_t count, FILE *out)
{
	grammar_complete_from(&relays, words, count, out);
}
