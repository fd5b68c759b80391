/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * core.h - one poll core: its connections, streams, links, timers and counters; started and stopped
 * by control.
 *
 * Runs on  core_make/core_launch/core_join/core_free: control (the EAL main lcore). core_turn():
 * the core. Owns     everything a core has is allocated by core_make(); after that nothing is.
 */
#ifndef DATAPLANE_CORE_CORE_H
#define DATAPLANE_CORE_CORE_H

#include "dataplane/core/crossing.h"
#include "dataplane/core/inbox.h"
#include "dataplane/core/stats.h"
#include "dataplane/net/net.h"
#include "dataplane/net/port.h"

enum core_idle {
	CORE_SPIN,
	CORE_YIELD,
	CORE_SLEEP
}; /* after 64 empty turns: pause, sched_yield, or sleep 50 us after 1 ms */

struct core_setup {
	uint16_t index; /* 0.. */
	unsigned int lcore;
	/* The queue that this core polls and sends by. No port: others poll for it, and core
	 * @sender sends for it. */
	struct port *port[IFACE_COUNT];
	uint16_t queue[IFACE_COUNT], sender[IFACE_COUNT];
	struct crossings *crossings; /* borrowed, as is steer; both NULL: this core is alone */
	const struct steer *steer;
	struct net_iface_setup iface[IFACE_COUNT];
	uint32_t conns;
	uint32_t busy; /* of them at a time: what bytes under way need is sized by it (pools.h); 0 =
			  all */
	uint32_t rx_mbufs[IFACE_COUNT]; /* this core's share of those that may wait to be read; 0 =
					   without bound */
	uint32_t link_queue_bytes, link_queue_stanzas; /* parked stanzas of one pair */
	uint64_t keepalive_idle_us, user_timeout_us, time_wait_us;
	enum core_idle idle;
	enum tcp_congestion congestion;
	bool ecn;
	struct inbox *inbox;        /* borrowed */
	const struct route *routes; /* the first snapshot, borrowed */
};

struct core;

/* NULL, with a sentence in @error (256 bytes), when memory or a pool is missing. */
MUST_USE struct core *core_make(const struct core_setup *setup, char *error);
/*
 * Connections end where they are and give back their buffers. Of several cores all are closed, and
 * the crossings drained, before the first is freed: each may hold buffers of every other's pool.
 */
void core_close(struct core *c);
/* Closes it, where that is still to be done. Before the inbox and the pools of the receive queues
 * are freed. */
void core_free(struct core *c);

/* Starts the loop on its lcore. It ends after MSG_STOP. */
MUST_USE bool core_launch(struct core *c);
/* False: after @patience_us it still runs, and nothing of it may be freed. */
MUST_USE bool core_join(struct core *c, uint64_t patience_us);

/* One turn of the loop; tests call it without a thread. Returns how much was done, 0 when idle. */
unsigned int core_turn(struct core *c, uint64_t now_us);

const struct stats *core_stats(const struct core *c);
/* Where it runs. */
unsigned int core_lcore(const struct core *c);
/* Moves once a turn: a watchdog's proof of life. */
uint64_t core_heartbeat(const struct core *c);

/* The clock of its last turn: that of struct tapped. */
uint64_t core_clock_us(const struct core *c);

/* A live connection as an operator sees it. Control asks for it by id; answers may be a turn old.
 */
struct conn_view {
	struct conn_id id;
	uint64_t stanzas_in, stanzas_out, bytes_in, bytes_out, queued_bytes;
	uint32_t srtt_us;
	uint64_t idle_us; /* since the peer was heard last */
};
/* Any thread, relaxed reads. False when the connection is gone. */
MUST_USE bool core_view(const struct core *c, struct conn_id id, struct conn_view *out);

#endif
