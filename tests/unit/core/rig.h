/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rig.h - one core, or several, between two far hosts, in one thread and virtual time: net_ring
 * ports, a small TCP host with a record layer on each side, and the test itself as control.
 *
 * After each turn the law of conservation is checked, in total and per partner; rig_close() checks
 * that every mbuf, chunk, grant, link and handover is back where it came from.
 */
#ifndef TESTS_UNIT_CORE_RIG_H
#define TESTS_UNIT_CORE_RIG_H

#include "dataplane/core/core_state.h"
#include "tests/check.h"

enum { RIG_CORES = 4 };
enum { RIG_PEERS = 8, RIG_PEERS_MAX = 68, RIG_HEARD = 4 * 1024 * 1024, RIG_TURN_US = 200 };

/* Domains of the snapshot: ids and names. Besides them RIG_DOMAINS of "l0.example" and
 * "r0.example", with ids from MANY_LOCAL and MANY_REMOTE on. */
enum { CONTOSO = 1, FABRIKAM = 2, PARTNER = 11, OTHER = 12 };
enum { RIG_DOMAINS = 32, MANY_LOCAL = 100, MANY_REMOTE = 200 };

/* What lies between the cores and the far hosts: wire.h. */
enum wire_kind { WIRE_RINGS, WIRE_VIRTIO };

/* The far end of one connection. */
struct peer {
	struct tcp_conn *tcp; /* NULL while not connected, and when it is over */
	enum iface side;
	struct record_state *record; /* NULL: plain */
	bool is_deaf;                /* does not read: its window closes */
	bool is_ended, is_reset;     /* the core's FIN; RST or timeout */
	bool has_closed;             /* has answered that FIN by its own (rig_stop) */
	bool heard_close_notify;
	uint8_t alert; /* received */
	char *heard;   /* NUL-terminated plaintext so far */
	size_t heard_len;
	const char *say; /* what is still to be sent */
	size_t say_len;
	struct conn_id id; /* as control knows it */
};

struct rig {
	struct core *core;   /* the first */
	struct inbox *inbox; /* its */
	struct core *cores[RIG_CORES];
	struct inbox *inboxes[RIG_CORES];
	struct crossings *crossings;
	struct steer steer;
	struct route *routes;
	uint64_t now_us;
	struct event event;  /* of the last rig_expect() */
	uint16_t event_core; /* who told it */
	char text[65536];    /* its bytes */
	struct peer peer[RIG_PEERS_MAX];
	unsigned int law_broken;
	uint32_t skip;         /* kinds of events, as bits, that rig_expect() passes over */
	void (*skipped)(void); /* not NULL: told of each, in rig.event */
	bool is_live;          /* the cores run on threads of their own */
};
extern struct rig rig;

/* Defaults, changed before rig_open(). */
extern uint32_t rig_link_queue_bytes, rig_link_queue_stanzas;
extern enum tls_version rig_tls_version;
/* Everything speaks IPv6; the core has its IPv4 addresses besides. */
extern bool rig_ipv6;
extern uint64_t rig_start_us; /* when time begins */
/* Before rig_start(): how many connections the far hosts may have, twice as many a core. */
extern unsigned int rig_peers;
extern enum wire_kind rig_wire;
/* How many cores, queues of each port, and how the far hosts choose a queue: as a device does that
 * rig.steer describes, or by nothing that the cores know of. */
extern uint16_t rig_cores, rig_queues;
extern enum steer_way rig_way;

void rig_start(void);
/* With as much memory and these lcores, as --lcores takes them. */
void rig_start_on(const char *megabytes, const char *lcores);
void rig_open(void);
/* Closes what is open and checks that nothing is missing. */
void rig_finish(void);
/* Checks that have failed in rig.c and far.c since the last call: check.h counts by file. */
unsigned int rig_bad_checks(void);
static inline void rig_close(void)
{
	rig_finish();
	CHECK_EQ(rig_bad_checks(), 0);
}

void rig_turn(void);
void rig_run(unsigned int turns);
/* Time passes in turns of a millisecond. */
void rig_wait(uint64_t us);

/* --- threads: rig_threads.c --- */

enum { RIG_PATIENCE_US = 30000000 };

/* The clock of the cores' loops. */
uint64_t rig_clock_us(void);
/* Each core gets its thread. From here on a turn is the far hosts' alone, in real time. */
void rig_launch(void);
/* Another turn of up to @turns for something to happen? With threads: of RIG_PATIENCE_US since the
 * turn 0. */
bool rig_waits(unsigned int turn, unsigned int turns);
/* MSG_STOP to one core after the other, the far hosts close too: the threads end. */
void rig_stop(void);

/* Turns until the next event of another kind than those skipped; checks that it is @kind. */
bool rig_expect(enum event_kind kind);
/* Passes over all events that wait. */
void rig_skip_all(void);
/* No event waits. */
bool rig_is_quiet(void);
/* To the core of its connection; without one to the first, or to @core. */
void rig_order(const struct msg *m);
void rig_order_to(uint16_t core, const struct msg *m);
void rig_order_text(enum msg_kind kind, struct conn_id conn, const char *text);

/* A connection from @side, accepted: its first event is consumed. */
struct peer *rig_connect(enum iface side);
/* The core dials the far host of @side. */
struct peer *rig_dial(enum iface side);
struct peer *rig_dial_from(uint16_t core, enum iface side);
/* Far side: direct TLS from here on; both sides get made-up TLS 1.3 keys. @behind: sealed by the
 * peer before control has installed the keys. */
void rig_secure(struct peer *p, const char *behind);
/* Stream headers both ways, then @bits for (local, remote). */
void rig_stream(struct peer *p, bool tls, unsigned int local, unsigned int remote, uint8_t bits);
/* The same without a grant, and without looking at what the peer hears. */
void rig_stream_quiet(struct peer *p, bool tls);
void rig_grant(struct peer *p, unsigned int local, unsigned int remote, uint8_t bits);

/* Borrowed until it is sent. */
void peer_say(struct peer *p, const char *text);
void peer_say_bytes(struct peer *p, const void *bytes, size_t len);
/* Has the peer heard exactly @text since the last peer_forget()? Runs until it has, 2,000 turns at
 * most. */
bool peer_hears(struct peer *p, const char *text);
void peer_forget(struct peer *p);
void peer_reset(struct peer *p);
void peer_fin(struct peer *p);
/* The peer's KeyUpdate; @ask for one of the core's. */
void far_update_key(struct peer *p, bool ask);

/* The wire of @side loses every frame, or no longer. */
void rig_cut(enum iface side, bool is_cut);
/* The far host of @side refuses connections. */
void rig_refuse(enum iface side);

#define LAW(field) stat_read(&rig.core->stats.law.field)
/* Of all cores together. */
#define LAW_SUM(field)  rig_sum(offsetof(struct stats, law.field))
#define STAT_SUM(field) rig_sum(offsetof(struct stats, field))
uint64_t rig_sum(size_t offset);
static inline uint32_t rig_drops(enum drop d)
{
	return stat_read_drop(&rig.core->stats, d);
}

#endif
