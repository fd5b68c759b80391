/* SPDX-License-Identifier: BSD-3-Clause */
/* ask.c - words to the relay, its answer to people or programs. */
#include <stdio.h>
#include <string.h>

#include "control/operator/exit_code.h"
#include "control/sluicectl/ask.h"
#include "control/sluicectl/own.h"
#include "control/sluicectl/print.h"
#include "control/sluicectl/top.h"

void sluicectl_ask_complain(const struct asker *a, const char *sentence)
{
	(void)fflush(stdout); /* so that both are in order where they go to one place */
	if (a->file != NULL)
		fprintf(stderr, "sluicectl: %s:%u: %s\n", a->file, a->line, sentence);
	else
		fprintf(stderr, "sluicectl: %s\n", sentence);
}

void sluicectl_ask_end(struct asker *a)
{
	sluicectl_client_close(a->client);
	a->client = NULL;
}

struct sluicectl_client *sluicectl_ask_client(struct asker *a, int *code, char *error)
{
	const bool is_lost = a->client != NULL && !sluicectl_client_is_alive(a->client);

	if (is_lost)
		sluicectl_ask_end(a);
	if (a->client == NULL)
		a->client =
		    sluicectl_client_open(a->options->socket, CLIENT_PATIENCE_MS, code, error);
	if (is_lost && a->client != NULL && !a->options->quiet)
		sluicectl_ask_complain(a, "the relay had closed the connection: connected again");
	return a->client;
}

static void print_answer(const struct asker *a, const char *command, const json_t *answer)
{
	const char *error = json_string_value(json_object_get(answer, "error"));
	const json_t *data = json_object_get(answer, "data");

	if (a->options->json) {
		json_dumpf(answer, stdout, JSON_INDENT(2));
		fputc('\n', stdout);
		return;
	}
	/* A refused reload lists the file's errors: those are not to be quiet about. */
	if (error == NULL ? !a->options->quiet : json_object_size(data) > 0)
		sluicectl_print(error != NULL ? stderr : stdout, command, data);
	if (error != NULL)
		sluicectl_ask_complain(a, error);
}

struct printed_lines {
	struct sluicectl_lines lines;
	const struct asker *asker;
};

/* At once, whoever reads it: a command that takes time is watched. */
static void print_line(struct sluicectl_lines *l, const json_t *data, long long lost)
{
	const struct asker *a = CONTAINER_OF(l, struct printed_lines, lines)->asker;

	if (lost > 0)
		fprintf(stderr, "sluicectl: %lld lines were lost: too many for this reader\n",
			lost);
	if (a->options->json) {
		json_dumpf(data, stdout, JSON_COMPACT);
		fputc('\n', stdout);
	} else if (!a->options->quiet) {
		sluicectl_print_line(stdout, data);
	}
	(void)fflush(stdout);
}

static int ask_relay(struct asker *a, const char *command, json_t *args)
{
	struct printed_lines printed = {{print_line}, a};
	char error[512] = "";
	json_t *answer = NULL;
	int code;

	if (sluicectl_ask_client(a, &code, error) != NULL)
		answer =
		    sluicectl_client_ask(a->client, command, args, &printed.lines, &code, error);
	if (answer == NULL) {
		sluicectl_ask_end(a);
		sluicectl_ask_complain(a, error);
		return code;
	}
	print_answer(a, command, answer);
	json_decref(answer);
	return code;
}

/* Those of own.h. */
static int do_own(struct asker *a, const char *const *words, size_t count)
{
	char error[GRAMMAR_ERROR_MAX];
	json_t *args = NULL;
	const int id = grammar_read_from(sluicectl_own_grammar(), words, count, &args, error);
	int code = EXIT_OK;

	if (id < 0) {
		sluicectl_ask_complain(a, error);
		return EXIT_USAGE;
	}
	if (id == OWN_TOP)
		code = sluicectl_top(a, args);
	a->has_ended |= id == OWN_EXIT;
	json_decref(args);
	return code;
}

/* As sh -x has it: beside the answers, not among them. */
static void echo(const char *const *words, size_t count)
{
	(void)fflush(stdout);
	fputc('+', stderr);
	for (size_t i = 0; i < count; i++) {
		const bool is_plain = words[i][0] != '\0' && strpbrk(words[i], " \t\"'\\#") == NULL;

		fprintf(stderr, is_plain ? " %s" : " '%s'", words[i]);
	}
	fputc('\n', stderr);
}

int sluicectl_ask(struct asker *a, const char *const *words, size_t count)
{
	char error[GRAMMAR_ERROR_MAX], command[64];
	json_t *args = NULL;
	int id, code;

	if (a->options->echo)
		echo(words, count);
	if (sluicectl_own_has(words, count))
		return do_own(a, words, count);
	id = grammar_read(words, count, &args, error);
	if (id < 0) {
		sluicectl_ask_complain(a, error);
		return EXIT_USAGE;
	}
	code = ask_relay(a, grammar_words(grammar_command((enum command_id)id), command), args);
	json_decref(args);
	return code;
}
