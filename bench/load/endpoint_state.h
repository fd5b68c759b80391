/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * endpoint_state.h - what the endpoint*.c files share.
 *
 *	endpoint.c            life, output, sealing
 *	endpoint_wire.c       wire bytes to text: handshake, records
 *	endpoint_text.c       text to elements, and who each is for
 *	endpoint_component.c  XEP-0114
 *
 * Runs on  one thread.
 */
#ifndef BENCH_LOAD_ENDPOINT_STATE_H
#define BENCH_LOAD_ENDPOINT_STATE_H

#include "bench/load/endpoint.h"
#include "control/handshake.h"

enum endpoint_wire { WIRE_PLAIN, WIRE_HANDSHAKE, WIRE_SECURE };

struct endpoint_buffer {
	uint8_t *bytes;
	size_t len, room;
};

struct endpoint {
	struct endpoint_setup setup;
	enum endpoint_wire wire;
	bool is_over, is_authorised, has_read, has_header;
	uint64_t now_us;
	struct handshake *handshake;
	size_t handshake_fed;
	struct record_state *records;
	struct stream *stream; /* ENDPOINT_S2S */
	struct endpoint_buffer out;
	size_t out_at;
	struct endpoint_buffer record; /* the unfinished record */
	struct endpoint_buffer open;   /* the unfinished element */
	struct endpoint_buffer header; /* of the peer's stream */
	struct framer framer;
};

/* endpoint.c */
void endpoint_append(struct endpoint_buffer *b, const uint8_t *bytes, size_t len);
/* To be sent: sealed where there is TLS. */
void endpoint_say(struct endpoint *e, const void *bytes, size_t len);
void endpoint_say_raw(struct endpoint *e, const void *bytes, size_t len);
/* @why NULL: an ordinary end. Told once. */
void endpoint_end(struct endpoint *e, const char *why);
void endpoint_authorise(struct endpoint *e, const char *ours, const char *theirs,
			unsigned int method, bool may_send);

/* endpoint_wire.c */
void endpoint_start_handshake(struct endpoint *e, bool is_server);

/* endpoint_text.c */
/* Returns how many bytes were read: all, or up to where TLS begins. */
size_t endpoint_take_text(struct endpoint *e, const uint8_t *text, size_t len);
/* TLS is there (or, ENDPOINT_BARE, not wanted): @id NULL without. */
void endpoint_on_secure(struct endpoint *e, const struct identity *id);
void endpoint_obey(struct endpoint *e);

/* endpoint_component.c */
void endpoint_component_open(struct endpoint *e);
void endpoint_component_header(struct endpoint *e);
void endpoint_component_element(struct endpoint *e, struct span element);

#endif
