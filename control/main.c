/* SPDX-License-Identifier: BSD-3-Clause */
/* main.c - sluice, the daemon: reads its arguments and its configuration, then runs the relay. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/config.h"
#include "control/daemon_state.h"
#include "control/profile.h"

#define DEFAULT_CONFIG "/etc/sluice/sluice.xml"

struct arguments {
	const char *config, *drivers_dir;
	bool check;
};

static void usage(FILE *out)
{
	fputs(
	    "usage: sluice [-c FILE] [--drivers-dir DIR] [--check]\n"
	    "\n"
	    "The XMPP relay of an edge server: partners on TCP 5269, internal gateways on 23456.\n"
	    "\n"
	    "  -c, --config FILE   configuration, " DEFAULT_CONFIG " unless given\n"
	    "      --check [FILE]  check the configuration and exit; needs no root, NIC or huge "
	    "pages\n"
	    "      --drivers-dir DIR  where the driver profiles are, " SLUICE_DRIVERS_DIR
	    " unless given\n"
	    "      --version       print the version\n"
	    "  -h, --help          print this\n"
	    "\n"
	    "Exit: 0 stopped in order, 1 could not run or not stop, 2 wrong arguments, 7 the "
	    "configuration,\n"
	    "or a certificate, device, socket, user or file that it names.\n"
	    "Signals: HUP reloads the configuration and opens the log file anew, USR1 only the "
	    "latter, TERM and\n"
	    "INT stop the relay.\n",
	    out);
}

static int parse_arguments(int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"check", optional_argument, NULL, 'k'},
	    {"drivers-dir", required_argument, NULL, 'd'},
	    {"version", no_argument, NULL, 'v'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int o;

	while ((o = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (o) {
		case 'c':
			a->config = optarg;
			break;
		case 'k':
			a->check = true;
			if (optarg != NULL)
				a->config = optarg;
			break;
		case 'd':
			a->drivers_dir = optarg;
			break;
		case 'v':
			puts("sluice " SLUICE_VERSION);
			exit(EXIT_OK);
		case 'h':
			usage(stdout);
			exit(EXIT_OK);
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (a->check && optind + 1 == argc) /* --check FILE */
		a->config = argv[optind++];
	if (optind == argc)
		return EXIT_OK;
	fprintf(stderr, "sluice: unexpected argument: %s\n", argv[optind]);
	usage(stderr);
	return EXIT_USAGE;
}

/* Its thread may be anywhere: nothing of this process is undone, not even what exit() would. */
static _Noreturn void leave_hung(void)
{
	fputs("<3>sluice: a poll core did not end when it was stopped: see core_hung above\n",
	      stderr);
	_exit(EXIT_FAILED);
}

static int run(struct config *config, const char *drivers_dir)
{
	static struct daemon daemon;
	char error[512];

	daemon.config = config;
	daemon.drivers_dir = drivers_dir;
	if (!daemon_start(&daemon, error)) {
		fprintf(stderr, "<3>sluice: %s\n", error);
		if (daemon.is_hung)
			leave_hung();
		config_free(daemon.config);
		return daemon.is_misconfigured ? EXIT_BAD_CONFIG : EXIT_FAILED;
	}
	daemon_run(&daemon);
	if (!daemon_close(&daemon))
		leave_hung();
	config_free(daemon.config);
	return EXIT_OK;
}

/* What config_load() does not look into: certificates with their keys, and the drivers' profiles
 * where those are installed. */
static bool check_files(const struct config *config, const char *drivers_dir)
{
	bool good = true;

	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		const unsigned int line = config->iface[i].line;
		char error[PROFILE_ERROR];
		struct tls_ctx *tls = daemon_make_tls(config, (enum iface)i, error);
		struct profile p;

		if (tls == NULL)
			fprintf(stderr, "%s:%u: error: %s\n", config->path, line, error);
		good &= tls != NULL;
		tls_ctx_drop(tls);
		if (access(drivers_dir, R_OK) != 0 ||
		    profile_load(drivers_dir, config->iface[i].driver, &p, error))
			continue;
		fprintf(stderr, "%s:%u: error: %s\n", config->path, line, error);
		good = false;
	}
	return good;
}

int main(int argc, char **argv)
{
	struct arguments a = {DEFAULT_CONFIG, SLUICE_DRIVERS_DIR, false};
	const int rc = parse_arguments(argc, argv, &a);
	struct config *config;
	bool good;

	if (rc != EXIT_OK)
		return rc;
	config = config_load(a.config, stderr);
	if (config == NULL)
		return EXIT_BAD_CONFIG;
	if (!a.check)
		return run(config, a.drivers_dir);
	good = check_files(config, a.drivers_dir);
	if (good)
		printf("%s: good\n", a.config);
	config_free(config);
	return good ? EXIT_OK : EXIT_BAD_CONFIG;
}
