/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * options.h - what the command line asks for: one run, and the parties that take part in it.
 *
 * Runs on  one thread, once.
 * Owns     what it points to, for the life of the process.
 */
#ifndef BENCH_LOAD_OPTIONS_H
#define BENCH_LOAD_OPTIONS_H

#include "bench/corpus.h"
#include "bench/load/transport.h"
#include "bench/load/watch.h"

enum options_bounds { PARTIES_MAX = 8, NAMES_MAX = 4096 };

enum party_role { PARTY_PARTNER, PARTY_GATEWAY, PARTY_COMPONENT, PARTY_TLS };
enum party_auth { AUTH_EXTERNAL, AUTH_DIALBACK, AUTH_DIALBACK_PLAIN };

struct names {
	char **list;
	size_t count;
};

struct party_options {
	enum party_role role;
	bool dials, listens, sends, direct_tls, plain;
	struct transport_place dial, listen;
	struct names ours, theirs;
	enum party_auth auth;
	uint32_t streams, churn;
	const char *certificate, *key, *trust, *certificate_dir, *secret, *user, *netns;
};

struct options {
	struct party_options parties[PARTIES_MAX];
	size_t party_count;
	double seconds, warm_up, rate; /* rate 0: closed loop */
	uint32_t count, window, body_bytes, parallel, drain_s, timeout_s;
	bool has_corpus, one_a_record, json, spins, quiet;
	enum corpus_kind corpus;
	uint16_t run;
	int pids[WATCH_MAX];
	size_t pid_count;
};

/* Ends the program with a sentence on stderr where the command line is wrong, or asks for help. */
void options_read(struct options *o, int argc, char **argv);
const char *party_role_name(enum party_role role);

#endif
