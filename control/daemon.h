/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * daemon.h - the running relay: everything main() starts in order and stops in reverse, and what
 * the operator's socket may ask of it.
 *
 * Runs on  control.
 */
#ifndef CONTROL_DAEMON_H
#define CONTROL_DAEMON_H

#include "control/blocks.h"
#include "control/config.h"
#include "control/config_diff.h"
#include "control/drain.h"
#include "control/gateways.h"
#include "control/operator/exit_code.h"
#include "control/overlay.h"
#include "control/session.h"

struct daemon;
struct metrics;
struct baseline;

/* Borrowed, for reading. */
const struct config *daemon_config(const struct daemon *d);
struct sessions *daemon_sessions(struct daemon *d);
struct loop *daemon_loop(struct daemon *d);
struct gateways *daemon_gateways(struct daemon *d);
struct drain *daemon_drain(struct daemon *d);
size_t daemon_cores(const struct daemon *d);
const struct core *daemon_core(const struct daemon *d, size_t index);
/* Devices of an interface, at least one: all of them have its address. */
size_t daemon_ports(const struct daemon *d, enum iface iface);
const struct port *daemon_port(const struct daemon *d, enum iface iface, size_t index);
/* How its flows find their core. */
enum steer_way daemon_steering(const struct daemon *d, enum iface iface);
/* For how long core @index has stood still; 0: it moves. */
uint64_t daemon_core_still_us(const struct daemon *d, size_t index);
/* When the certificate that @iface shows by default ends. */
uint64_t daemon_certificate_ends_unix_s(const struct daemon *d, enum iface iface);
uint64_t daemon_uptime_s(const struct daemon *d);
uint64_t daemon_loaded_unix_s(const struct daemon *d);

/* What is not let in for now. */
struct blocks *daemon_blocks(struct daemon *d);

/* What operators have changed and no file has; the configuration at the start, whose part that
 * needs a restart is in force still. Borrowed. */
const struct overlay *daemon_overlay(const struct daemon *d);
const struct config *daemon_started(const struct daemon *d);

/* What became of a new configuration. Free with daemon_change_free(), whatever was returned. */
struct daemon_change {
	enum exit_code code;
	char error[256];  /* "" where the complaints say all */
	char *complaints; /* lines, "FILE:LINE: error: ..."; NULL for none */
	size_t complaints_len;
	struct config_diff diff;
	struct overlay *changes; /* run-time ones with their fates; NULL where none was looked at */
	struct sessions_closed closed;
	unsigned int old_certificate; /* streams that have been shown one that is replaced */
	uint64_t confirm_within_s;    /* 0: needs none */
	char saved[512];              /* the file that was written, "" for none */
};
void daemon_change_free(struct daemon_change *c);

/*
 * daemon_reload - reads the configuration file again and swaps snapshots in place; the one before
 * is kept for daemon_rollback().
 *
 * @check_only  only says what would come of it
 * @within_s    rolls back by itself unless daemon_confirm() comes in time; 0: needs none
 * Returns      false when nothing has changed, as the file has an error, for example
 */
MUST_USE bool daemon_reload(struct daemon *d, bool check_only, uint64_t within_s,
			    struct daemon_change *c);
/* The same of another file, which is only looked at. */
MUST_USE bool daemon_check_file(struct daemon *d, const char *path, struct daemon_change *c);
/* False when none was waited for. */
MUST_USE bool daemon_confirm(struct daemon *d);
/* 0: none is waited for. */
uint64_t daemon_confirm_left_s(const struct daemon *d);
/* The configuration and certificates before the last reload; run-time changes made since stay. */
MUST_USE bool daemon_rollback(struct daemon *d, struct daemon_change *c);
/*
 * daemon_change - the running file's text with the run-time changes @o, which is taken.
 *
 * @domain  the partner they are about; "" for others
 * @save    the number of the command whose changes go into the file; 0: none
 */
MUST_USE bool daemon_change(struct daemon *d, struct overlay *o, const char *domain, uint64_t save,
			    struct daemon_change *c);
/* Drains by the configuration's values for a stop, which are short, then daemon_stop(). */
void daemon_shut_down(struct daemon *d);
/* Ends the relay at once: streams get <system-shutdown/>, what is held bounces, then main()
 * returns. */
void daemon_stop(struct daemon *d);
/* "running", "draining", "drained" or "stopping". */
const char *daemon_state(const struct daemon *d);

/* --- daemon_metrics.c: for metrics and counters --- */

/* The last reload; true before the first. */
bool daemon_reload_succeeded(const struct daemon *d);
struct metrics *daemon_metrics(struct daemon *d);
/* What "counters clear" has left (operator/baseline.h). */
struct baseline *daemon_baseline(struct daemon *d);

/* A memory pool of DPDK's. */
struct daemon_pool {
	char name[32];
	uint32_t size, available, element_bytes;
	bool is_packets; /* its elements are packet buffers */
};
/* The pool number @index; false behind the last. Cost: a look at all of them. */
MUST_USE bool daemon_pool(const struct daemon *d, size_t index, struct daemon_pool *out);

#endif
