/* SPDX-License-Identifier: BSD-3-Clause */
/* complete.c - words of two tables, and values from the relay. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/sluicectl/client.h"
#include "control/sluicectl/complete.h"
#include "control/sluicectl/own.h"

/* Who presses TAB waits for it. */
enum { PATIENCE_MS = 300, DEADLINE_MS = 1000, PAGES_MAX = 5 };

/* Where values are found, by their name or, for any text, by the word before them; a command that
 * the relay of this day does not know is not asked. */
static const struct source {
	const char *value, *before, *command, *list, *key;
} sources[] = {
    {"DOMAIN", NULL, "show partners", "partners", "domain"},
    {"FROM", NULL, "show partners", "partners", "domain"},
    {"TO", NULL, "show partners", "partners", "domain"},
    {"ID", NULL, "show streams", "streams", "id"},
    {"TEXT", "stream", "show streams", "streams", "id"},
    {"NAME", NULL, "show gateways", "gateways", "name"},
    {"TEXT", "gateway", "show gateways", "gateways", "name"},
};

static bool is_known(const char *command)
{
	char error[GRAMMAR_ERROR_MAX];

	return grammar_check(command, NULL, error) >= 0;
}

static const struct source *source_of(const char *value, const char *before)
{
	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		const struct source *s = &sources[i];

		if (strcmp(s->value, value) == 0 &&
		    (s->before == NULL || strcmp(s->before, before) == 0) && is_known(s->command))
			return s;
	}
	return NULL;
}

static long long now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* A word that a shell would take for something else is not offered. */
static bool is_plain(const char *text)
{
	for (const char *at = text; *at != '\0'; at++)
		if (iscntrl((unsigned char)*at) || strchr(" '\"\\$`;&|<>()#*?[]", *at) != NULL)
			return false;
	return text[0] != '\0';
}

static size_t say_rows(const json_t *rows, const char *key, FILE *out)
{
	const json_t *row;
	size_t i, said = 0;

	json_array_foreach(rows, i, row)
	{
		const char *text = json_string_value(json_object_get(row, key));

		if (text == NULL || !is_plain(text))
			continue;
		fprintf(out, "%s\n", text);
		said++;
	}
	return said;
}

/* How many there were: 0 also without a relay. */
static size_t say_values(const struct options *o, const struct source *s, FILE *out)
{
	const long long until_ms = now_ms() + DEADLINE_MS;
	long long cursor = 0;
	char error[512];
	int code;
	size_t said = 0;
	struct sluicectl_client *c = sluicectl_client_open(o->socket, PATIENCE_MS, &code, error);

	for (unsigned int i = 0; c != NULL && i < PAGES_MAX && now_ms() < until_ms; i++) {
		json_t *page =
		    sluicectl_client_page(c, s->command, NULL, &cursor, NULL, &code, error);

		said +=
		    say_rows(json_object_get(json_object_get(page, "data"), s->list), s->key, out);
		if (page == NULL || cursor == 0)
			i = PAGES_MAX;
		json_decref(page);
	}
	sluicectl_client_close(c);
	return said;
}

void sluicectl_complete(const struct options *o, const char *const *words, size_t count,
			bool values, FILE *out)
{
	const char *before = count > 0 ? words[count - 1] : "";
	char *text = NULL, *rest = NULL;
	size_t len = 0;
	FILE *all = open_memstream(&text, &len);

	if (all == NULL)
		return;
	grammar_complete(words, count, all);
	grammar_complete_from(sluicectl_own_grammar(), words, count, all);
	fclose(all);
	for (char *w = strtok_r(text, "\n", &rest); w != NULL; w = strtok_r(NULL, "\n", &rest)) {
		const struct source *s = values ? source_of(w, before) : NULL;

		if (s == NULL || say_values(o, s, out) == 0)
			fprintf(out, "%s\n", w);
	}
	free(text);
}
