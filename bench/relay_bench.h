/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * relay_bench.h - what the parts of relay_bench share: one core of the relay with rings for ports,
 * partners on its edge and a gateway inside, all in one thread.
 *
 * Runs on  one thread. Times are its CPU time within core_turn(); the clock of the core and of the
 * far hosts is virtual.
 */
#ifndef BENCH_RELAY_BENCH_H
#define BENCH_RELAY_BENCH_H

#include "bench/report.h"
#include "dataplane/core/core.h"
#include "dataplane/tls/record.h"

enum {
	RELAY_STREAMS_MAX = 256,      /* that talk */
	RELAY_IDLE_MAX = 50000,       /* beside them */
	RELAY_STANZA = 512,           /* bytes of each */
	RELAY_FRAMES = 4 * BURST_MAX, /* that wait for the core when it turns again */
	RELAY_TURN_US = 20,
};

#define RELAY_HEADER                                                                               \
	"<?xml version='1.0'?><stream:stream xmlns='jabber:server' "                               \
	"xmlns:stream='http://etherx.jabber.org/streams' id='1' version='1.0'>"

/* Writes the stanza of stream @n, RELAY_STANZA bytes and no more. */
void relay_stanza(uint8_t *out, unsigned int n);
/* Both directions' keys of a connection, as the core or as the far host has them. */
struct tls_handover relay_keys(bool is_core);

/* --- relay_bench_far.c: the hosts around the relay, with TCPs of their own --- */

/* Once. */
void far_start(void);
/* The rings between its port of @side and the far host. */
void far_port(enum iface side, struct port *port);
struct net_iface_setup far_iface(enum iface side, bool is_core);
void far_open(uint64_t now_us);
void far_close(void);
/* A new connection of @side; returns its number there. */
unsigned int far_dial(enum iface side, uint64_t now_us);
/* Plain bytes, or a record where it is secure. */
void far_say(enum iface side, unsigned int n, const void *bytes, size_t len);
void far_secure(enum iface side, unsigned int n);
/* It will neither say anything more nor open what it hears: its keys go. */
void far_rest(enum iface side, unsigned int n);
/* Frames between the hosts and the rings, until there are none. */
void far_turn(uint64_t now_us);
/*
 * Gives TCP one record of each stream in turn, @bytes of its stanzas each, until about
 * RELAY_FRAMES wait. Stanzas are cut where a record ends.
 */
void far_load(unsigned int streams, size_t bytes);
/* Plaintext bytes a segment of a stream has room for. */
size_t far_room(void);
/* Streams are open: what is heard from here on is stanzas. */
void far_forget(void);
/* Bytes of stanzas given on the edge, and heard inside. */
uint64_t far_said(void);
uint64_t far_heard(void);

/* --- relay_bench_world.c: the relay between them --- */

struct relay_world {
	struct core *core;
	struct inbox *inbox;
	struct route *routes;
	uint64_t now_us;
	unsigned int streams, idle;
	struct conn_id gateway, first; /* the first partner's stream */
	struct conn_id *asleep;        /* [idle] */
};

void relay_world_start(void);
/*
 * @streams partners, each with a stream to the relay, and one stream of a gateway; and @idle more,
 * each granted as the others are, that have fallen asleep.
 */
void relay_world_open(struct relay_world *w, unsigned int streams, unsigned int idle);
/* The idle streams end. */
void relay_world_end_idle(struct relay_world *w);
/* The first partner's stream is watched from now on, or no longer; what the core has copied of it
 * since the last call is taken out. Returns how many stanzas that was. */
uint64_t relay_world_watch(struct relay_world *w, bool is_watched);
/* Everything that was said has been heard and is settled, or the program ends. */
void relay_world_close(struct relay_world *w);
/* CPU nanoseconds of the core for a stanza, over at least @stanzas of them. */
double relay_world_ns(const struct bench *b, struct relay_world *w, size_t bytes, uint64_t stanzas);

/* --- relay_bench_roof.c: one stream in and one out, and nothing around them --- */

/* While a world is open. */
void relay_roof_open(void);
void relay_roof_close(void);
/* CPU nanoseconds for a stanza, over at least @stanzas in records of @bytes. */
double relay_roof_ns(const struct bench *b, size_t bytes, uint64_t stanzas);

/* --- relay_bench_idle.c --- */

/* Its lines, of @stanzas a measurement. */
void relay_idle(struct bench *b, uint64_t stanzas);

/* --- relay_bench_watch.c --- */

void relay_watch(struct bench *b, uint64_t stanzas);

#endif
