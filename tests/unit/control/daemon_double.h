/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * daemon_double.h - stands in for the relay behind the operator's socket: a configuration, two
 * cores' counters, as many streams and refusals as a test wants. Everything that opsock.c and
 * show*.c ask of daemon.h, session.h, core.h and port.h is answered from here.
 */
#ifndef TESTS_DAEMON_DOUBLE_H
#define TESTS_DAEMON_DOUBLE_H

#include "control/daemon.h"
#include "control/loop.h"
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
	bool reload_fails, stopped;
	struct taps_reader *reader; /* the last that was added; NULL: none, or it has gone */
	unsigned int readers;
	unsigned int ticks; /* of streams' traffic: each carries its number of stanzas a tick */
	unsigned int reloads, saves;
	uint64_t confirm_within_s;
	struct overlay *overlay;
	struct blocks blocks;
	enum drop closed_for; /* the last streams that were closed */
	char closed_text[160];
};

/* @partners records: partner.example, p1.example, ... NULL when the configuration is refused. */
struct daemon *daemon_double_make(unsigned int partners);
void daemon_double_free(struct daemon *d);

#endif
