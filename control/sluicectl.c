/* SPDX-License-Identifier: BSD-3-Clause */
/* sluicectl.c - the operator's command: asks a running relay and prints what it answers. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/opsock.h"
#include "control/sluicectl_client.h"
#include "control/sluicectl_print.h"

static const char usage[] =
    "usage: sluicectl [-s PATH] [-j] [-q] COMMAND\n"
    "\n"
    "  show status             version, uptime, configuration, cores, interfaces\n"
    "  show cores              cycles a stanza, frames, records of each core\n"
    "  show ports [--nft]      the packet policy; --nft: as a ruleset for nftables\n"
    "  show partners           allowed partners: policy, streams, stanzas\n"
    "  show streams            live streams\n"
    "  show counters           the conservation law, and drops by reason\n"
    "  show denied             the last refusals, newest first\n"
    "  reload                  read the configuration file again\n"
    "  stop                    end the relay\n"
    "  help                    the commands the running relay knows\n"
    "\n"
    "  -s, --socket PATH  default: $SLUICE_SOCKET, else /run/sluice/control.sock\n"
    "  -j, --json         one JSON document instead of tables\n"
    "  -q, --quiet        print errors only\n"
    "  -h, --help         this text\n"
    "      --version\n"
    "\n"
    "exit status: 0 done, 1 failed, 2 usage, 3 no relay, 4 not permitted,\n"
    "5 not found, 6 timeout, 7 configuration has errors\n";

struct options {
	const char *socket;
	bool json, quiet, nft;
	char command[128];
};

enum { OPTION_NFT = 256, OPTION_VERSION };

static const struct option long_options[] = {
    {"socket", required_argument, NULL, 's'},
    {"json", no_argument, NULL, 'j'},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"nft", no_argument, NULL, OPTION_NFT},
    {NULL, 0, NULL, 0},
};

/* The words of the command with single blanks. False when there are none, or too many. */
static bool join(char **words, char *out, size_t room)
{
	size_t used = 0;

	for (; *words != NULL; words++) {
		const int n =
		    snprintf(out + used, room - used, "%s%s", used > 0 ? " " : "", *words);

		if (n < 0 || (size_t)n >= room - used)
			return false;
		used += (size_t)n;
	}
	return used > 0;
}

/* Returns -1 to go on, or the exit code. */
static int parse(struct options *o, int argc, char **argv)
{
	const char *from_env = getenv("SLUICE_SOCKET");
	int c;

	*o = (struct options){.socket = from_env != NULL && from_env[0] != '\0'
					    ? from_env
					    : "/run/sluice/control.sock"};
	while ((c = getopt_long(argc, argv, "s:jqh", long_options, NULL)) != -1) {
		switch (c) {
		case 's':
			o->socket = optarg;
			break;
		case 'j':
			o->json = true;
			break;
		case 'q':
			o->quiet = true;
			break;
		case OPTION_NFT:
			o->nft = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_OK;
		case OPTION_VERSION:
			puts("sluicectl " SLUICE_VERSION);
			return EXIT_OK;
		default:
			fputs("sluicectl --help lists commands and options\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (join(argv + optind, o->command, sizeof(o->command)) &&
	    (!o->nft || strcmp(o->command, "show ports") == 0))
		return -1;
	fputs(o->nft ? "sluicectl: --nft goes with \"show ports\"\n"
		     : "sluicectl: expected a command; sluicectl --help lists them\n",
	      stderr);
	return EXIT_USAGE;
}

static void print_answer(const struct options *o, const json_t *answer)
{
	const char *error = json_string_value(json_object_get(answer, "error"));

	if (o->json) {
		json_dumpf(answer, stdout, JSON_INDENT(2));
		fputc('\n', stdout);
		return;
	}
	/* A refused reload lists the file's errors: those are not to be quiet about. */
	if (!o->quiet || error != NULL)
		sluicectl_print(error != NULL ? stderr : stdout, o->command,
				json_object_get(answer, "data"));
	if (error != NULL)
		fprintf(stderr, "sluicectl: %s\n", error);
}

int main(int argc, char **argv)
{
	struct options o;
	char error[512] = "";
	json_t *answer = NULL;
	int code = parse(&o, argc, argv), fd;

	if (code >= 0)
		return code;
	fd = sluicectl_client_connect(o.socket, &code, error);
	if (fd >= 0) {
		answer = sluicectl_client_ask(fd, o.command, o.nft, &code, error);
		close(fd);
	}
	if (answer == NULL) {
		fprintf(stderr, "sluicectl: %s\n", error);
		return code;
	}
	print_answer(&o, answer);
	json_decref(answer);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("sluicectl: standard output");
		return EXIT_FAILED;
	}
	return code;
}
