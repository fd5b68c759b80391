/* SPDX-License-Identifier: BSD-3-Clause */
/* sluicectl.c - the operator's command: asks a running relay and prints what it answers. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/operator/exit_code.h"
#include "control/operator/grammar.h"
#include "control/sluicectl/client.h"
#include "control/sluicectl/print.h"

static const char usage[] = "usage: sluicectl [-s PATH] [-j] [-q] COMMAND\n\n";

static const char options_text[] =
    "\n"
    "  -s, --socket PATH  default: $SLUICE_SOCKET, else /run/sluice/control.sock\n"
    "  -j, --json         one JSON document instead of tables\n"
    "  -q, --quiet        print errors only\n"
    "  -h, --help         this text\n"
    "      --complete     the words that may follow those given, for a shell\n"
    "      --commands     every command, its level and what it does, parted by tabs\n"
    "      --version\n"
    "\n"
    "exit status: 0 done, 1 failed, 2 usage, 3 no relay, 4 not permitted,\n"
    "5 not found, 6 timeout, 7 configuration has errors\n";

struct options {
	const char *socket;
	bool json, quiet;
	const char *words[GRAMMAR_WORDS_MAX];
	size_t count;
};

enum { OPTION_VERSION = 256, OPTION_COMPLETE, OPTION_COMMANDS, OPTION_WORD = 1 };

static const struct option long_options[] = {
    {"socket", required_argument, NULL, 's'},
    {"json", no_argument, NULL, 'j'},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"complete", no_argument, NULL, OPTION_COMPLETE},
    {"commands", no_argument, NULL, OPTION_COMMANDS},
    {NULL, 0, NULL, 0},
};

static int help(void)
{
	fputs(usage, stdout);
	for (int i = 0; i < COMMAND_COUNT; i++) {
		const struct command *c = grammar_command((enum command_id)i);

		if (strlen(c->syntax) < 31)
			printf("  %-31s%s\n", c->syntax, c->text);
		else
			printf("  %s\n%33s%s\n", c->syntax, "", c->text);
	}
	fputs(options_text, stdout);
	return EXIT_OK;
}

static int commands(void)
{
	for (int i = 0; i < COMMAND_COUNT; i++) {
		const struct command *c = grammar_command((enum command_id)i);

		printf("%s\t%s\t%s\n", c->syntax, grammar_level_name(c->level), c->text);
	}
	return EXIT_OK;
}

static int misuse(const char *what)
{
	fprintf(stderr, "sluicectl: %s\nsluicectl --help lists commands and options\n", what);
	return EXIT_USAGE;
}

/* -1 to go on, or the exit code. */
static int take(struct options *o, int c, char **argv)
{
	switch (c) {
	case 's':
		o->socket = optarg;
		return -1;
	case 'j':
		o->json = true;
		return -1;
	case 'q':
		o->quiet = true;
		return -1;
	case 'h':
		return help();
	case OPTION_VERSION:
		puts("sluicectl " SLUICE_VERSION);
		return EXIT_OK;
	case OPTION_COMMANDS:
		return commands();
	case OPTION_WORD:
		break;
	default: /* a command's own begin with dashes, too */
		optarg = argv[optind - 1];
		if (o->count == 0 || strncmp(optarg, "--", 2) != 0)
			return misuse("an option that is not known, or without its value");
	}
	if (o->count == ARRAY_LEN(o->words))
		return misuse("too many words");
	o->words[o->count++] = optarg;
	return -1;
}

/* Words and options in any order. Returns -1 to go on, or the exit code. */
static int parse(struct options *o, int argc, char **argv)
{
	const char *from_env = getenv("SLUICE_SOCKET");
	int c, code = -1;

	*o = (struct options){.socket = from_env != NULL && from_env[0] != '\0'
					    ? from_env
					    : "/run/sluice/control.sock"};
	opterr = 0;
	while (code < 0 && (c = getopt_long(argc, argv, "-s:jqh", long_options, NULL)) != -1) {
		if (c ==
		    OPTION_COMPLETE) { /* what is behind it are words, whatever they look like */
			grammar_complete((const char *const *)argv + optind,
					 (size_t)(argc - optind), stdout);
			return EXIT_OK;
		}
		code = take(o, c, argv);
	}
	return code < 0 && o->count == 0 ? misuse("expected a command") : code;
}

static void print_answer(const struct options *o, const char *command, const json_t *answer)
{
	const char *error = json_string_value(json_object_get(answer, "error"));
	const json_t *data = json_object_get(answer, "data");

	if (o->json) {
		json_dumpf(answer, stdout, JSON_INDENT(2));
		fputc('\n', stdout);
		return;
	}
	/* A refused reload lists the file's errors: those are not to be quiet about. */
	if (error == NULL ? !o->quiet : json_object_size(data) > 0)
		sluicectl_print(error != NULL ? stderr : stdout, command, data);
	if (error != NULL)
		fprintf(stderr, "sluicectl: %s\n", error);
}

struct printed_lines {
	struct sluicectl_lines lines;
	const struct options *options;
};

/* At once, whoever reads it: a command that takes time is watched. */
static void print_line(struct sluicectl_lines *l, const json_t *data, long long lost)
{
	const struct options *o = CONTAINER_OF(l, struct printed_lines, lines)->options;

	if (lost > 0)
		fprintf(stderr, "sluicectl: %lld lines were lost: too many for this reader\n",
			lost);
	if (o->json) {
		json_dumpf(data, stdout, JSON_COMPACT);
		fputc('\n', stdout);
	} else if (!o->quiet) {
		sluicectl_print_line(stdout, data);
	}
	(void)fflush(stdout);
}

/* The exit code. */
static int ask(const struct options *o, const char *command, json_t *args)
{
	struct printed_lines printed = {{print_line}, o};
	struct sluicectl_client *client;
	char error[512] = "";
	json_t *answer = NULL;
	int code;

	client = sluicectl_client_open(o->socket, &code, error);
	if (client != NULL)
		answer = sluicectl_client_ask(client, command, args, &printed.lines, &code, error);
	sluicectl_client_close(client);
	if (answer == NULL) {
		fprintf(stderr, "sluicectl: %s\n", error);
		return code;
	}
	print_answer(o, command, answer);
	json_decref(answer);
	return code;
}

int main(int argc, char **argv)
{
	char error[GRAMMAR_ERROR_MAX], command[64];
	json_t *args = NULL;
	struct options o;
	int code = parse(&o, argc, argv), id;

	if (code >= 0)
		return code;
	id = grammar_read(o.words, o.count, &args, error);
	if (id < 0) {
		fprintf(stderr, "sluicectl: %s\n", error);
		return EXIT_USAGE;
	}
	code = ask(&o, grammar_words(grammar_command((enum command_id)id), command), args);
	json_decref(args);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("sluicectl: standard output");
		return EXIT_FAILED;
	}
	return code;
}
