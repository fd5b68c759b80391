/* SPDX-License-Identifier: BSD-3-Clause */
/* options.c - the command line, and what it says about itself. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/operator/exit_code.h"
#include "control/sluicectl/options.h"
#include "control/sluicectl/own.h"

static const char usage[] =
    "usage: sluicectl [-s PATH] [-j] [-q] [-e] [-x] [COMMAND | -f FILE]\n"
    "\n"
    "Without a command: a shell with history and completion on a terminal, else\n"
    "commands from standard input, one a line.\n\n";

static const char options_text[] =
    "\n"
    "  -s, --socket PATH  default: $SLUICE_SOCKET, else /run/sluice/control.sock\n"
    "  -j, --json         one JSON document a command instead of tables\n"
    "  -q, --quiet        print errors only\n"
    "  -f, --file FILE    a command a line from FILE, - is standard input\n"
    "  -e, --errexit      of several commands: stop at the first that fails\n"
    "  -x, --xtrace       print each command to standard error before its answer\n"
    "  -h, --help         this text\n"
    "      --complete     the words that may follow those given, for a shell\n"
    "      --values       with --complete: partners, streams instead of DOMAIN, ID\n"
    "      --commands     every command, its level and what it does, parted by tabs\n"
    "      --version\n"
    "\n"
    "exit status: 0 done, 1 failed, 2 usage, 3 no relay, 4 not permitted,\n"
    "5 not found, 6 timeout, 7 configuration has errors; of several commands, that\n"
    "of the first that failed\n";

enum { OPTION_VERSION = 256, OPTION_COMPLETE, OPTION_COMMANDS, OPTION_VALUES, OPTION_WORD = 1 };

static const struct option long_options[] = {
    {"socket", required_argument, NULL, 's'},
    {"json", no_argument, NULL, 'j'},
    {"quiet", no_argument, NULL, 'q'},
    {"file", required_argument, NULL, 'f'},
    {"errexit", no_argument, NULL, 'e'},
    {"xtrace", no_argument, NULL, 'x'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"complete", no_argument, NULL, OPTION_COMPLETE},
    {"values", no_argument, NULL, OPTION_VALUES},
    {"commands", no_argument, NULL, OPTION_COMMANDS},
    {NULL, 0, NULL, 0},
};

/* Calls @print for each command: the relay's, then sluicectl's. */
static void each_command(void (*print)(const struct command *c))
{
	const struct grammar *own = sluicectl_own_grammar();

	for (int i = 0; i < COMMAND_COUNT; i++)
		print(grammar_command((enum command_id)i));
	for (int i = 0; i < own->count; i++)
		print(&own->commands[i]);
}

static void print_help(const struct command *c)
{
	if (strlen(c->syntax) < 31)
		printf("  %-31s%s\n", c->syntax, c->text);
	else
		printf("  %s\n%33s%s\n", c->syntax, "", c->text);
}

static void print_row(const struct command *c)
{
	printf("%s\t%s\t%s\n", c->syntax, grammar_level_name(c->level), c->text);
}

static int misuse(const char *what)
{
	fprintf(stderr, "sluicectl: %s\nsluicectl --help lists commands and options\n", what);
	return EXIT_USAGE;
}

/* -1 to go on, or the exit code. */
static int take_word(struct options *o, const char *word)
{
	if (o->count == ARRAY_LEN(o->words))
		return misuse("too many words");
	o->words[o->count++] = word;
	return -1;
}

static int print(int c)
{
	switch (c) {
	case 'h':
		fputs(usage, stdout);
		each_command(print_help);
		fputs(options_text, stdout);
		break;
	case OPTION_COMMANDS:
		each_command(print_row);
		break;
	default:
		puts("sluicectl " SLUICE_VERSION);
	}
	return EXIT_OK;
}

/* -1 to go on, or the exit code. */
static int take(struct options *o, int c, char **argv)
{
	switch (c) {
	case 's':
		o->socket = optarg;
		return -1;
	case 'f':
		o->file = optarg;
		return -1;
	case 'j':
		o->json = true;
		return -1;
	case 'q':
		o->quiet = true;
		return -1;
	case 'e':
		o->stop_at_error = true;
		return -1;
	case 'x':
		o->echo = true;
		return -1;
	case OPTION_VALUES:
		o->values = true;
		return -1;
	case 'h':
	case OPTION_COMMANDS:
	case OPTION_VERSION:
		return print(c);
	case OPTION_WORD:
		return take_word(o, optarg);
	default: /* a command's own begin with dashes, too */
		if (o->count == 0 || strncmp(argv[optind - 1], "--", 2) != 0)
			return misuse("an option that is not known, or without its value");
		return take_word(o, argv[optind - 1]);
	}
}

static int take_rest(struct options *o, int argc, char **argv)
{
	int code = -1;

	o->is_completing = true;
	while (code < 0 && optind < argc)
		code = take_word(o, argv[optind++]);
	return code;
}

int sluicectl_options_read(struct options *o, int argc, char **argv)
{
	const char *from_env = getenv("SLUICE_SOCKET");
	int c, code = -1;

	*o = (struct options){.socket = from_env != NULL && from_env[0] != '\0'
					    ? from_env
					    : "/run/sluice/control.sock"};
	opterr = 0;
	while (code < 0 && !o->is_completing &&
	       (c = getopt_long(argc, argv, "-s:f:jqexh", long_options, NULL)) != -1)
		code = c == OPTION_COMPLETE ? take_rest(o, argc, argv) : take(o, c, argv);
	if (code < 0 && o->file != NULL && o->count > 0)
		return misuse("either a command or a file of commands");
	return code;
}
