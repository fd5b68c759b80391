/* SPDX-License-Identifier: BSD-3-Clause */
/* options.c - the command line: options of the run, then each party's own behind its role. */
#include "bench/load/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/load/content.h"
#include "bench/load/options_help.h"
#include "control/memory.h"
#include "dataplane/base/bounds.h"

static const char *const roles[] = {"partner", "gateway", "component", "tls"};
static const char *const auths[] = {"external", "dialback", "plain-dialback"};
static const char *const records[] = {"packed", "single"};

const char *party_role_name(enum party_role role)
{
	return roles[role];
}

static _Noreturn void wrong(const char *option, const char *why)
{
	fprintf(stderr, "%s: %s: %s (--help shows all)\n", program_invocation_short_name, option,
		why);
	exit(2);
}

static double number(const char *option, const char *text, double least, double most)
{
	char *end, why[96];
	const double n = strtod(text, &end);

	if (*text != '\0' && *end == '\0' && n >= least && n <= most)
		return n;
	snprintf(why, sizeof(why), "\"%.20s\" is no number from %g to %g", text, least, most);
	wrong(option, why);
}

static uint32_t whole(const char *option, const char *text, double least, double most)
{
	return (uint32_t)number(option, text, least, most);
}

static unsigned int word(const char *option, const char *text, const char *const *words,
			 unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return i;
	wrong(option, "no such word: quote {A..B} for the shell, and see --help");
}

/* "192.0.2.1:5269", "[2001:db8::1]:5269", ":5269" */
static struct transport_place place(const char *option, const char *text)
{
	struct transport_place p = {0};
	const char *colon = strrchr(text, ':');
	char address[ADDR_TEXT_MAX];
	size_t len = colon != NULL ? (size_t)(colon - text) : 0;

	if (colon == NULL)
		wrong(option, "wants ADDRESS:PORT");
	if (len > 1 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	snprintf(address, sizeof(address), "%.*s", (int)min_size(len, sizeof(address) - 1), text);
	if (len == 0)
		p.address = addr_from_v4(0);
	else if (!addr_parse(address, &p.address))
		wrong(option, "no IP address before the port");
	p.port = (uint16_t)whole(option, colon + 1, 1, 65535);
	return p;
}

static void add_name(const char *option, struct names *n, const char *name)
{
	if (n->count == NAMES_MAX)
		wrong(option, "too many names");
	n->list = memory_grow(n->list, (n->count + 1) * sizeof(*n->list));
	n->list[n->count++] = memory_text(name);
}

/* One item of a list: a name, or a range "p{0..99}.example". */
static void add_item(const char *option, struct names *n, const char *item)
{
	unsigned int from, to;
	const char *brace = strchr(item, '{'), *end = brace != NULL ? strchr(brace, '}') : NULL;
	char name[DOMAIN_TEXT_MAX + 1];

	if (brace == NULL) {
		add_name(option, n, item);
		return;
	}
	if (end == NULL || sscanf(brace, "{%u..%u}", &from, &to) != 2 || from > to)
		wrong(option, "a range is {FROM..TO}");
	for (unsigned int i = from; i <= to; i++) {
		snprintf(name, sizeof(name), "%.*s%u%.100s",
			 (int)min_size((size_t)(brace - item), 100), item, i, end + 1);
		add_name(option, n, name);
	}
}

static struct names names(const char *option, const char *text)
{
	char *copy = memory_text(text), *rest = copy, *item;
	struct names n = {0};

	while ((item = strsep(&rest, ",")) != NULL)
		if (*item != '\0')
			add_item(option, &n, item);
	free(copy);
	if (n.count == 0)
		wrong(option, "no name in it");
	return n;
}

static enum corpus_kind corpus(const char *option, const char *text)
{
	for (unsigned int i = 0; i < CORPUS_KINDS; i++)
		if (strcmp(text, corpus_name((enum corpus_kind)i)) == 0)
			return (enum corpus_kind)i;
	wrong(option, "no such corpus");
}

static bool run_flag(struct options *o, const char *name)
{
	if (strcmp(name, "--json") == 0)
		return o->json = true;
	if (strcmp(name, "--spin") == 0)
		return o->spins = true;
	if (strcmp(name, "--quiet") == 0)
		return o->quiet = true;
	return false;
}

static bool run_option(struct options *o, const char *name, const char *value)
{
	if (strcmp(name, "--seconds") == 0) {
		o->seconds = number(name, value, 0, 86400);
	} else if (strcmp(name, "--warm-up") == 0) {
		o->warm_up = number(name, value, 0, 3600);
	} else if (strcmp(name, "--rate") == 0) {
		o->rate = number(name, value, 1, 1e8);
	} else if (strcmp(name, "--count") == 0) {
		o->count = whole(name, value, 1, 4e9);
	} else if (strcmp(name, "--window") == 0) {
		o->window = whole(name, value, 0, 1e6);
	} else if (strcmp(name, "--size") == 0) {
		o->body_bytes = whole(name, value, 1, CONTENT_BODY_MAX);
	} else if (strcmp(name, "--mix") == 0) {
		o->corpus = corpus(name, value);
		o->has_corpus = true;
	} else if (strcmp(name, "--records") == 0) {
		o->one_a_record = word(name, value, records, ARRAY_LEN(records)) == 1;
	} else if (strcmp(name, "--parallel") == 0) {
		o->parallel = whole(name, value, 1, 4096);
	} else if (strcmp(name, "--drain") == 0) {
		o->drain_s = whole(name, value, 0, 600);
	} else if (strcmp(name, "--timeout") == 0) {
		o->timeout_s = whole(name, value, 1, 600);
	} else if (strcmp(name, "--watch-pid") == 0) {
		if (o->pid_count == WATCH_MAX)
			wrong(name, "too many");
		o->pids[o->pid_count++] = (int)whole(name, value, 1, 1 << 22);
	} else {
		return false;
	}
	return true;
}

static bool party_flag(struct party_options *p, const char *name)
{
	if (strcmp(name, "--send") == 0)
		return p->sends = true;
	if (strcmp(name, "--direct-tls") == 0)
		return p->direct_tls = true;
	if (strcmp(name, "--plain") == 0)
		return p->plain = true;
	if (strcmp(name, "--starttls") == 0) {
		p->direct_tls = false;
		return true;
	}
	return false;
}

static bool party_option(struct party_options *p, const char *name, const char *value)
{
	if (strcmp(name, "--dial") == 0) {
		p->dial = place(name, value);
		p->dials = true;
	} else if (strcmp(name, "--listen") == 0) {
		p->listen = place(name, value);
		p->listens = true;
	} else if (strcmp(name, "--source") == 0) {
		if (!addr_parse(value, &p->dial.source))
			wrong(name, "no IP address");
	} else if (strcmp(name, "--domains") == 0) {
		p->ours = names(name, value);
	} else if (strcmp(name, "--to") == 0) {
		p->theirs = names(name, value);
	} else if (strcmp(name, "--streams") == 0) {
		p->streams = whole(name, value, 1, 100000);
	} else if (strcmp(name, "--churn") == 0) {
		p->churn = whole(name, value, 1, 100000);
	} else if (strcmp(name, "--auth") == 0) {
		p->auth = (enum party_auth)word(name, value, auths, ARRAY_LEN(auths));
	} else if (strcmp(name, "--cert") == 0) {
		p->certificate = value;
	} else if (strcmp(name, "--key") == 0) {
		p->key = value;
	} else if (strcmp(name, "--ca") == 0) {
		p->trust = value;
	} else if (strcmp(name, "--cert-dir") == 0) {
		p->certificate_dir = value;
	} else if (strcmp(name, "--secret") == 0) {
		p->secret = value;
	} else if (strcmp(name, "--user") == 0) {
		p->user = value;
	} else if (strcmp(name, "--netns") == 0) {
		p->netns = value;
	} else {
		return false;
	}
	return true;
}

static struct party_options *new_party(struct options *o, const char *role)
{
	struct party_options *p;

	if (o->party_count == PARTIES_MAX)
		wrong(role, "too many parties");
	p = &o->parties[o->party_count++];
	*p = (struct party_options){.streams = 1, .user = "load", .secret = "load-secret"};
	p->role = (enum party_role)word(role, role, roles, ARRAY_LEN(roles));
	p->direct_tls = p->role == PARTY_GATEWAY || p->role == PARTY_TLS;
	return p;
}

static void check_party(struct party_options *p)
{
	const char *role = roles[p->role];
	const bool has_tls = p->role != PARTY_COMPONENT && !p->plain;

	p->dial.netns = p->listen.netns = p->netns;
	if (!p->dials && !p->listens)
		wrong(role, "needs --dial or --listen");
	if (p->role == PARTY_COMPONENT && p->listens)
		wrong(role, "is a client: it dials");
	if (p->ours.count == 0)
		wrong(role, "needs --domains, the names it speaks for");
	if (p->theirs.count == 0 && (p->role != PARTY_COMPONENT || p->sends))
		wrong(role, "needs --to, the names on the other side");
	if (has_tls && (p->certificate == NULL || p->key == NULL || p->trust == NULL))
		wrong(role, "needs --cert, --key and --ca");
	if (p->sends && !p->dials)
		wrong(role, "what is to --send has to --dial");
}

void options_read(struct options *o, int argc, char **argv)
{
	struct party_options *party = NULL;

	*o = (struct options){.seconds = 10,
			      .warm_up = 2,
			      .window = 100,
			      .body_bytes = 200,
			      .parallel = 64,
			      .drain_s = 5,
			      .timeout_s = 30};
	o->run = (uint16_t)getpid();
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			fputs(options_help, stdout);
			exit(0);
		}
		if (argv[i][0] != '-')
			party = new_party(o, argv[i]);
		else if (party == NULL ? run_flag(o, argv[i]) : party_flag(party, argv[i]))
			continue;
		else if (i + 1 < argc &&
			 (party == NULL ? run_option(o, argv[i], argv[i + 1])
					: party_option(party, argv[i], argv[i + 1])))
			i++;
		else
			wrong(argv[i], i + 1 < argc ? "no such option here"
						    : "no such option, or without its value");
	}
	if (o->party_count == 0)
		wrong("roles", "who takes part? partner, gateway, component or tls");
	for (size_t i = 0; i < o->party_count; i++)
		check_party(&o->parties[i]);
}
