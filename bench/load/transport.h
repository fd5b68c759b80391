/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * transport.h - what the load generator needs of a TCP: connections that carry bytes. One
 * implementation is linked into a program: transport_socket.c, the kernel's sockets and epoll.
 *
 * Everything happens inside transport_turn(), which calls back, and in the calls below. What is
 * sent is written by the caller straight into the connection's own buffer: ask for room, fill it,
 * commit; it goes out at the end of the turn, or when the peer's window allows.
 *
 * Runs on  one thread.
 * Owns     connections and their buffers. A connection ends with calls.closed(), or with
 *          transport_abort(); after either it is gone.
 */
#ifndef BENCH_LOAD_TRANSPORT_H
#define BENCH_LOAD_TRANSPORT_H

#include "dataplane/base/addr.h"

enum transport_bounds {
	TRANSPORT_ERROR = 160,
	TRANSPORT_BUFFER = 256 * 1024, /* bytes committed and not yet taken by the TCP */
	TRANSPORT_READ = 256 * 1024,   /* most bytes of one calls.received() */
};

struct transport;
struct transport_conn;

/* Where to dial, or to listen (an unspecified address: on all). */
struct transport_place {
	struct ip_addr address;
	uint16_t port;
	const char *netns;     /* kernel only: name of a network namespace, NULL for our own */
	struct ip_addr source; /* dial from here; unspecified: the TCP's choice */
};

struct transport_calls {
	/* Somebody has dialled; returns what the other calls get as @user, NULL to refuse. */
	void *(*accepted)(void *listener, struct transport_conn *conn);
	void (*opened)(void *user);
	/* The bytes are the callee's to overwrite, until it returns. */
	void (*received)(void *user, uint8_t *bytes, size_t len);
	/* There is room again, after transport_room() had too little. */
	void (*writable)(void *user);
	/* @why NULL: the other side is done (FIN). */
	void (*closed)(void *user, const char *why);
};

/* NULL, with a sentence in @error (TRANSPORT_ERROR bytes). */
MUST_USE struct transport *transport_make(const struct transport_calls *calls, char *error);
void transport_free(struct transport *t);

MUST_USE bool transport_listen(struct transport *t, const struct transport_place *place,
			       void *listener, char *error);
/* calls.opened() or calls.closed() follows. */
MUST_USE struct transport_conn *
transport_dial(struct transport *t, const struct transport_place *place, void *user, char *error);

/* Where the next bytes go, and how many fit; when that is less than @want (half of TRANSPORT_BUFFER
 * at most), calls.writable() will follow. */
uint8_t *transport_room(struct transport_conn *c, size_t want, size_t *room);
/* @len bytes are written there. */
void transport_commit(struct transport_conn *c, size_t len);
/* A FIN behind what is committed. */
void transport_finish(struct transport_conn *c);
/* Gone at once, without a call. */
void transport_abort(struct transport_conn *c);

/* Sends what is committed on all connections. */
void transport_flush(struct transport *t);
/* Waits up to @wait_ns for something to happen, and calls back for all that has. */
void transport_turn(struct transport *t, uint64_t wait_ns);

#endif
