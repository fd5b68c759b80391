/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * daemon.h - the running relay: everything main() starts in order and stops in reverse, and what
 * the operator's socket may ask of it.
 *
 * Runs on  control.
 */
#ifndef CONTROL_DAEMON_H
#define CONTROL_DAEMON_H

#include "control/config.h"
#include "control/session.h"

struct daemon;

/* Borrowed, for reading. */
const struct config *daemon_config(const struct daemon *d);
struct sessions *daemon_sessions(struct daemon *d);
struct loop *daemon_loop(struct daemon *d);
size_t daemon_cores(const struct daemon *d);
const struct core *daemon_core(const struct daemon *d, size_t index);
/* Devices of an interface, at least one: all of them have its address. */
size_t daemon_ports(const struct daemon *d, enum iface iface);
const struct port *daemon_port(const struct daemon *d, enum iface iface, size_t index);
/* How its flows find their core. */
enum steer_way daemon_steering(const struct daemon *d, enum iface iface);
uint64_t daemon_uptime_s(const struct daemon *d);
uint64_t daemon_loaded_unix_s(const struct daemon *d);

/*
 * Reads the configuration file again and swaps snapshots in place. Complaints, and what needs a
 * restart, go to @report. Returns false when the file has an error: then nothing has changed.
 * @closed: streams closed because their entry became stricter.
 */
MUST_USE bool daemon_reload(struct daemon *d, FILE *report, unsigned int *closed);
/* Ends the relay: streams get <system-shutdown/>, what is held bounces, then main() returns. */
void daemon_stop(struct daemon *d);

#endif
