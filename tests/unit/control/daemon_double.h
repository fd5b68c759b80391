/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * daemon_double.h - stands in for the relay behind the operator's socket: a configuration, two
 * cores' counters, as many streams and refusals as a test wants. Everything that opsock.c and
 * show*.c ask of daemon.h, session.h, core.h and port.h is answered from here.
 */
#ifndef TESTS_DAEMON_DOUBLE_H
#define TESTS_DAEMON_DOUBLE_H

#include "control/daemon_ask.h"
#include "control/loop.h"
#include "control/metrics/metrics.h"
#include "control/operator/baseline.h"
#include "control/tally.h"
#include "control/taps.h"

struct core {
	struct stats stats;
};

struct daemon {
	struct config *config;
	struct loop *loop;
	struct core core[2];
	struct port port;
	unsigned int streams, refusals; /* how many there are */
	struct taps_reader *reader;     /* the last that was added; NULL: none, or it has gone */
	unsigned int readers;
	unsigned int ticks; /* of streams' traffic: each carries its number of stanzas a tick */
	unsigned int reloads, saves;
	uint64_t confirm_within_s;
	struct overlay *overlay;
	struct blocks blocks;
	enum drop closed_for; /* the last streams that were closed */
	char closed_text[160];
	bool reload_fails, stopped, shut_down;
	/* gw1 and gw2 of its configuration */
	enum gateway_order order[2];
	uint32_t gateway_streams[2], failovers[2];
	enum drop gateway_error[2];
	unsigned int heeded; /* calls of sessions_heed_gateway() */
	/* the drain */
	struct drain_plan plan;
	struct drain_times times;
	struct drain_count count;
	/* health */
	uint64_t still_us[2], certificate_left_s;
	bool link_is_down;

	/* daemon_double_ask.c */
	struct dns_record *dns;
	struct domains *domains;
	struct route *route;
	struct trial_line trial_line[4];
	unsigned int trial_lines, verifications, certs_loaded;
	const char *trial_failed;
	char tried[600];
	struct links_backoff backoff;
	enum links_outlook outlook;
	bool serves[IFACE_COUNT];
	const struct identity *certificate;
	const struct tls_ctx *tls[IFACE_COUNT];
	struct history_partner history;
	const char *card;
	struct tally *tally;
	struct metrics *metrics;
	struct baseline *baseline;
	uint32_t slots; /* of each core; each has a connection of partner slot % 3 */
};

/* As the relay does at its start: the metrics that d->config asks for. False: it cannot. */
bool daemon_double_start_metrics(struct daemon *d, char *error);
void daemon_double_end_metrics(struct daemon *d);
/* @partners records: partner.example, p1.example, ... NULL when the configuration is refused. */
struct daemon *daemon_double_make(unsigned int partners);
void daemon_double_free(struct daemon *d);

#endif
