/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * daemon_state.h - what daemon*.c and main.c share.
 *
 * Runs on  control.
 * Owns     everything in struct daemon: started in the order of daemon_start.c's table, stopped in
 * reverse.
 */
#ifndef CONTROL_DAEMON_STATE_H
#define CONTROL_DAEMON_STATE_H

#include "control/daemon.h"
#include "control/domains.h"
#include "control/eal.h"
#include "control/heartbeat.h"
#include "control/links.h"
#include "control/loop.h"
#include "control/operator/opsock.h"
#include "control/orders.h"
#include "control/resolver.h"
#include "control/tls_ctx.h"
#include "dataplane/xmpp/route.h"

struct core_watch {
	struct loop_watch watch;
	struct daemon *daemon;
	uint16_t core;
};

/* A snapshot that some core may still read. */
struct retired_route {
	struct retired_route *next;
	struct route *route;
	unsigned int cores_left;
};

/* What a rollback goes back to. */
struct daemon_undo {
	struct config *config; /* NULL: nothing */
	struct tls_ctx *tls[IFACE_COUNT];
	struct overlay *dropped; /* run-time changes that the reload has dropped */
	struct loop_timer timer; /* is_waiting: to be confirmed before */
	uint64_t until_us;
	bool is_waiting;
};

struct daemon {
	struct config *config, *started; /* which may be the same */
	struct daemon_undo undo;
	struct overlay *overlay;
	struct loop_timer overlay_due;
	struct blocks blocks;
	const char *drivers_dir;
	uint64_t started_us, loaded_unix_s;

	struct loop *loop;
	struct loop_watch signals;
	struct eal_ports ports[IFACE_COUNT];
	struct steer steer;
	struct crossings *crossings; /* NULL with one core */
	uint16_t cores, launched;
	bool is_hung;          /* a core does not end: what it may still use is not freed */
	bool is_misconfigured; /* why daemon_start() failed is the operator's to correct */
	struct inbox *inbox[CORES_MAX];
	struct core *core[CORES_MAX];
	struct core_watch core_watch[CORES_MAX];
	struct tls_ctx *tls[IFACE_COUNT];
	struct tls_ctx *tls_loaded[IFACE_COUNT]; /* by cert load, not committed; NULL for none */
	struct domains *domains;
	struct route *route;
	struct retired_route *retired;
	struct orders *orders;
	struct resolver *resolver;
	struct gateways *gateways;
	struct links *links;
	struct sessions *sessions;
	struct drain *drain;
	struct heartbeat *heartbeat;
	struct opsock *opsock, *monitor; /* monitor: NULL where none is configured */
	struct service *service;         /* daemon_service.c's */
	struct metrics *metrics;
	struct baseline *baseline;
	bool reload_failed; /* the last one */

	bool shutting_down; /* drains, and stops then */
	bool stopping;
	unsigned int stopped; /* cores that have left their loop */
	uint64_t stop_by_us;
};

/* daemon_start.c. Starts everything; on failure undoes what it has started and writes a sentence to
 * @error (512 bytes). */
MUST_USE bool daemon_start(struct daemon *d, char *error);
/* Undoes everything daemon_start() did. False when a core does not end, which is logged: then what
 * it may still use is left to the end of the process, which the caller must bring about by
 * _exit(). */
MUST_USE bool daemon_close(struct daemon *d);
struct tls_ctx *daemon_make_tls(const struct config *config, enum iface leg, char *error);
/* Level, format and file. False with a sentence in @error (256 bytes): the log goes where it went
 * before. */
MUST_USE bool daemon_apply_log(const struct config *config, char *error);

/* daemon.c */

/* Until daemon_stop() has been called and every core has stopped. */
void daemon_run(struct daemon *d);
void daemon_events_ready(struct loop_watch *w, uint32_t events);

/* daemon_reload.c */
#define DAEMON_WAITS                                                                               \
	"the last reload waits to be confirmed: config confirm or config rollback first"

/*
 * daemon_take - the swap. Takes @next and @o; @tls stays the caller's.
 *
 * Returns  false without memory for the routes: then nothing has changed, and both are freed.
 */
MUST_USE bool daemon_take(struct daemon *d, struct config *next, struct overlay *o,
			  struct tls_ctx *const tls[IFACE_COUNT], struct daemon_change *c);
bool daemon_changes_start(struct daemon *d, char *error);
void daemon_changes_stop(struct daemon *d);
void daemon_reload_by_signal(struct daemon *d);
void daemon_route_unused(struct daemon *d, const struct route *route);

/* daemon_change.c */

/* Empties @c; complaints go where this returns, which the caller closes. NULL without memory. */
FILE *daemon_change_open(struct daemon_change *c);
/* Returns false, so that a caller can. */
bool daemon_change_refuse(struct daemon_change *c, enum exit_code code, const char *text);
/* @o are the run-time changes from now on, but for those that were not kept. Takes it. */
void daemon_use_overlay(struct daemon *d, struct overlay *o, struct daemon_change *c);

/* daemon_signals.c */
MUST_USE bool daemon_start_signals(struct daemon *d, char *error);
void daemon_stop_signals(struct daemon *d);

/* daemon_service.c: the service manager, and what is to be done now and then. Last of all. */
MUST_USE bool daemon_start_service(struct daemon *d, char *error);
void daemon_stop_service(struct daemon *d);

/* daemon_rights.c: with everything open, the rights and system calls that are not needed any more
 * go. */
MUST_USE bool daemon_drop_rights(struct daemon *d, char *error);

#endif
