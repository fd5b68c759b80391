/* SPDX-License-Identifier: BSD-3-Clause */
/* grammar_test.c - the operator's command lines: read, checked, completed. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/operator/grammar.h"
#include "tests/check.h"

static char error[GRAMMAR_ERROR_MAX];

static size_t split(char *line, const char **words)
{
	char *rest = NULL;
	size_t n = 0;

	for (char *w = strtok_r(line, " ", &rest); w != NULL && n < GRAMMAR_WORDS_MAX;
	     w = strtok_r(NULL, " ", &rest))
		words[n++] = w;
	return n;
}

static int read_line(const char *text, json_t **args)
{
	const char *words[GRAMMAR_WORDS_MAX];
	char line[512];

	(void)snprintf(line, sizeof(line), "%s", text);
	error[0] = '\0';
	return grammar_read(words, split(line, words), args, error);
}

/* The arguments of @line as JSON with sorted keys. */
static void reads(const char *line, enum command_id id, const char *wanted)
{
	json_t *args;
	char *text;

	CHECK_EQ(read_line(line, &args), (int)id);
	text = json_dumps(args, JSON_COMPACT | JSON_SORT_KEYS);
	CHECK_STR(text != NULL ? text : "", wanted);
	free(text);
	json_decref(args);
}

static void refuses(const char *line, const char *wanted)
{
	json_t *args;

	CHECK_EQ(read_line(line, &args), -1);
	CHECK(args == NULL);
	CHECK_STR(error, wanted);
}

static void reads_command_lines(void)
{
	reads("show status", COMMAND_SHOW_STATUS, "{}");
	reads("show ports --nft", COMMAND_SHOW_PORTS, "{\"nft\":true}");
	reads("show partners", COMMAND_SHOW_PARTNERS, "{}");
	reads("show partners B\xc3\xbc"
	      "cher.example",
	      COMMAND_SHOW_PARTNERS,
	      "{\"domain\":\"B\xc3\xbc"
	      "cher.example\"}");
	reads("show streams partner a.example", COMMAND_SHOW_STREAMS,
	      "{\"partner\":\"a.example\"}");
	reads("show denied last 20", COMMAND_SHOW_DENIED, "{\"last\":20}");
	reads("partner add a.example TlsNegotiation Required ProxyFqdn x.example --expires 2h",
	      COMMAND_PARTNER_ADD,
	      "{\"domain\":\"a.example\",\"expires\":7200,\"key\":{\"ProxyFqdn\":\"x.example\","
	      "\"TlsNegotiation\":\"Required\"}}");
	reads("partner add a.example --save", COMMAND_PARTNER_ADD,
	      "{\"domain\":\"a.example\",\"save\":true}");
	reads("partner block 192.0.2.0/24 --for 10m --reason spam", COMMAND_PARTNER_BLOCK,
	      "{\"for\":600,\"reason\":\"spam\",\"target\":\"192.0.2.0/24\"}");
}

static void refuses_with_what_is_expected(void)
{
	refuses("", "unknown command \"\": help lists all");
	refuses("show", "unknown command \"show\": help lists all");
	refuses("show me everything", "unknown command \"show me\": help lists all");
	refuses("show status now", "\"now\" is not expected: show status");
	refuses("show streams partner", "DOMAIN is missing: show streams [partner DOMAIN] [stream "
					"ID] [ip ADDRESS] [state STATE]");
	refuses("show partners a.example b.example",
		"\"b.example\" is not expected: show partners [DOMAIN]");
	refuses("show ports --nft --nft", "\"--nft\" is there twice");
	refuses("show denied last 0", "\"0\" is not a number from 1 on");
	refuses("show denied last 1000000001", "\"1000000001\" is not a number from 1 on");
	refuses("show denied last 99999999999999999999999",
		"\"99999999999999999999999\" is not a number from 1 on");
	refuses("show denied last 5m", "\"5m\" is not a number from 1 on");
	refuses("partner set a.example",
		"KEY is missing: partner set DOMAIN KEY VALUE ... [--expires "
		"DURATION] [--save]");
	refuses("partner set a.example TlsNegotiation",
		"VALUE is missing behind \"TlsNegotiation\": partner set DOMAIN KEY VALUE ... "
		"[--expires DURATION] [--save]");
	refuses("partner set a.example a-b c", "\"a-b\" is not a key of the configuration, such as "
					       "TlsNegotiation, and its value");
	refuses("partner set a.example A b A c",
		"\"A\" is there twice, or too long, or one too many");
	refuses("show partners bob@a.example",
		"\"bob@a.example\" is not a domain, such as example.org");
}

static int check(const char *command, const char *text)
{
	json_t *args = text != NULL ? json_loads(text, 0, NULL) : NULL;
	int id;

	error[0] = '\0';
	id = grammar_check(command, args, error);
	json_decref(args);
	return id;
}

static void checks_requests(void)
{
	CHECK_EQ(check("show status", NULL), COMMAND_SHOW_STATUS);
	CHECK_EQ(check("show denied", "{\"last\":5}"), COMMAND_SHOW_DENIED);
	CHECK_EQ(check("show denied", "{\"last\":\"5\"}"), -1);
	CHECK_STR(error, "\"last\" is not a number from 1 on");
	CHECK_EQ(check("show denied", "{\"last\":-5}"), -1);
	CHECK_EQ(check("show ports", "{\"nft\":false}"), -1);
	CHECK_EQ(check("show partners", "{\"domain\":[\"a.example\"]}"), -1);
	CHECK_EQ(check("show partners", "{\"domain\":\"a b\"}"), -1);
	CHECK_EQ(check("show partners", "{\"first\":1}"), -1);
	CHECK_STR(error, "no argument \"first\": show partners [DOMAIN]");
	CHECK_EQ(check("set limit", "{\"key\":{\"ConnectionLimit\":\"7\"}}"), COMMAND_SET_LIMIT);
	CHECK_EQ(check("set limit", "{\"key\":{\"ConnectionLimit\":7}}"), -1);
	CHECK_EQ(check("set limit", "{\"key\":{\"Connection Limit\":\"7\"}}"), -1);
	CHECK_EQ(check("set limit", "{\"key\":{}}"), -1);
	CHECK_EQ(check("set limit", "{\"key\":\"ConnectionLimit\"}"), -1);
	CHECK_EQ(check("show  status", NULL), -1);
	CHECK_STR(error, "unknown command \"show  status\": help lists all");
}

/* What grammar_read() makes of any row's own syntax passes grammar_check(). */
static void agrees_with_itself(void)
{
	for (int i = 0; i < COMMAND_COUNT; i++) {
		const struct command *c = grammar_command((enum command_id)i);
		const char *words[GRAMMAR_WORDS_MAX];
		char line[256], own[64];
		size_t n = 0;
		json_t *args;

		for (const char *at = c->syntax; *at != '\0'; at++)
			if (*at != '[' && *at != ']')
				line[n++] = *at;
		line[n] = '\0';
		n = split(line, words);
		for (size_t k = 0; k < n; k++)
			if (isupper((unsigned char)words[k][0]))
				words[k] = strcmp(words[k], "DOMAIN") == 0 ? "a.example"
					   : strcmp(words[k], "KEY") == 0  ? "Key"
									   : "7";
		for (size_t k = 0; k < n; k++)
			if (strcmp(words[k], "...") == 0) {
				memmove(&words[k], &words[k + 1], (--n - k) * sizeof(*words));
				break;
			}
		CHECK_EQ(grammar_read(words, n, &args, error), i);
		CHECK_EQ(grammar_check(grammar_words(c, own), args, error), i);
		CHECK(c->text[0] != '\0' && strlen(c->text) <= GRAMMAR_TEXT_MAX);
		json_decref(args);
	}
}

static void complete(const char *text, const char *wanted)
{
	const char *words[GRAMMAR_WORDS_MAX];
	char line[256], *said = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&said, &len);

	(void)snprintf(line, sizeof(line), "%s", text);
	grammar_complete(words, split(line, words), f);
	fclose(f);
	CHECK_STR(said, wanted);
	free(said);
}

/* Behind @text every command that begins so goes on, and each word is said once. */
static void goes_on(const char *text)
{
	const char *words[GRAMMAR_WORDS_MAX];
	char line[256], own[64], *said = NULL, *rest = NULL;
	size_t len = 0, count, lines = 0, wanted = 0;
	FILE *f = open_memstream(&said, &len);

	(void)snprintf(line, sizeof(line), "%s", text);
	count = split(line, words);
	grammar_complete(words, count, f);
	fclose(f);
	for (int i = 0; i < COMMAND_COUNT; i++) {
		const char *next = grammar_words(grammar_command((enum command_id)i), own);
		char first[64], *at;

		if (strncmp(next, text, strlen(text)) != 0)
			continue;
		next += strlen(text) + (count > 0);
		(void)snprintf(first, sizeof(first), "%.*s\n", (int)strcspn(next, " "), next);
		at = strstr(said, first);
		CHECK(at != NULL && (at == said || at[-1] == '\n'));
		wanted++;
	}
	for (char *w = strtok_r(said, "\n", &rest); w != NULL; w = strtok_r(NULL, "\n", &rest))
		lines++;
	CHECK(lines > 0 && lines <= wanted);
	free(said);
}

static void completes(void)
{
	goes_on("");
	goes_on("show");
	complete("show partners", "DOMAIN\n");
	complete("show streams", "partner\nstream\nip\nstate\n");
	complete("show streams partner", "DOMAIN\n");
	complete("show streams partner a.example", "stream\nip\nstate\n");
	complete("show ports --nft", "");
	complete("nothing", "");
	complete("wait partner-up", "DOMAIN\n--timeout\n");
	complete("wait partner-up a.example", "--timeout\n");
	complete("wait partner-up --timeout", "DURATION\n");
	complete("wait partner-up --timeout 5s", "DOMAIN\n");
	complete("wait partner-up --timeout 5s a.example", "");
}

/* A table of somebody else's is read and completed as the relay's is. */
static void reads_other_tables(void)
{
	static const struct command own[] = {{"look [--once]", "", LEVEL_MONITOR},
					     {"look up NUMBER", "", LEVEL_MONITOR}};
	static const struct grammar grammar = {own, 2};
	const char *words[] = {"look", "up", "7"};
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	json_t *args;

	CHECK_EQ(grammar_read_from(&grammar, words, 3, &args, error), 1);
	CHECK_EQ(json_integer_value(json_object_get(args, "number")), 7);
	json_decref(args);
	words[0] = "show";
	CHECK_EQ(grammar_read_from(&grammar, words, 1, &args, error), -1);
	words[0] = "look";
	grammar_complete_from(&grammar, words, 1, f);
	fclose(f);
	CHECK_STR(text, "up\n--once\n");
	free(text);
}

int main(void)
{
	RUN(reads_command_lines);
	RUN(refuses_with_what_is_expected);
	RUN(checks_requests);
	RUN(agrees_with_itself);
	RUN(completes);
	RUN(reads_other_tables);
	return check_summary();
}
