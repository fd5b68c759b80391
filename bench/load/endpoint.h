/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * endpoint.h - one end of one connection of the load, pure: wire bytes and time in, wire bytes and
 * calls out. TLS by control/handshake and dataplane/tls/record, XML by the framer, negotiation by
 * control/stream: the relay's own, so that one core can load it. That other implementations agree
 * with them is what the end-to-end tests show.
 *
 * An ENDPOINT_S2S is a server's stream (STARTTLS or direct TLS, SASL EXTERNAL or dialback, both
 * roles), an ENDPOINT_COMPONENT the component's side of XEP-0114, an ENDPOINT_BARE nothing but TLS
 * (or not even that) with a stream header and stanzas in it, for proxies that parse nothing.
 *
 * What it has to say waits in endpoint_output(), and must have been taken whenever stanzas are
 * sealed: records go out in the order they were sealed in.
 *
 * Runs on  one thread.
 * Owns     its keys and buffers; endpoint_free() wipes the keys. Everything a peer sends is bounded
 *          as bounds.h says.
 */
#ifndef BENCH_LOAD_ENDPOINT_H
#define BENCH_LOAD_ENDPOINT_H

#include "control/stream.h"
#include "control/tls_ctx.h"
#include "dataplane/tls/record.h"
#include "dataplane/xmpp/stanza.h"

enum endpoint_kind { ENDPOINT_S2S, ENDPOINT_COMPONENT, ENDPOINT_BARE };

struct endpoint_calls {
	/* Stanzas of @ours may be sent to @theirs from here on, where @may_send. @method: of
	 * policy.h, 0 where nothing was negotiated. */
	void (*authorised)(void *user, const char *ours, const char *theirs, unsigned int method,
			   bool may_send);
	/* A first-level element of an authorised stream that is not the negotiation's. */
	void (*stanza)(void *user, struct span stanza, const struct framer_root *root);
	/* Over: output may be waiting, nothing more will be read. @why NULL: as it should be. */
	void (*ended)(void *user, const char *why);
};

struct endpoint_setup {
	enum endpoint_kind kind;
	bool is_dialled; /* by us */
	bool has_tls;    /* dialled: before the first header; taken: S2S finds out by itself */
	const char *ours, *theirs; /* dialled */
	const char *secret;        /* component */
	const struct policy *policy;
	struct tls_ctx *tls;
	struct record_machine *machine;
	const struct endpoint_calls *calls;
	void *user;
};

struct endpoint;

/* The strings of @setup are borrowed for its life. */
MUST_USE struct endpoint *endpoint_make(const struct endpoint_setup *setup, uint64_t now_us);
void endpoint_free(struct endpoint *e);

/* TCP is open. */
void endpoint_on_open(struct endpoint *e, uint64_t now_us);
/* Overwrites @bytes: records are opened in their place. */
void endpoint_on_bytes(struct endpoint *e, uint8_t *bytes, size_t len, uint64_t now_us);
void endpoint_on_time(struct endpoint *e, uint64_t now_us);
/* Ours: footer and close_notify; then output, FIN. */
void endpoint_close(struct endpoint *e);

/* Takes up to @room bytes of what is to be sent. */
size_t endpoint_output(struct endpoint *e, uint8_t *out, size_t room);
bool endpoint_has_output(const struct endpoint *e);
bool endpoint_is_over(const struct endpoint *e);

/*
 * Stanzas: write up to endpoint_plain_room() bytes of them at @wire + endpoint_plain_offset(), then
 * seal; one record. Without TLS they stay as they are.
 */
size_t endpoint_plain_offset(const struct endpoint *e);
size_t endpoint_plain_room(const struct endpoint *e, size_t wire_room);
/* Returns the length on the wire. */
size_t endpoint_seal(struct endpoint *e, uint8_t *wire, size_t plain);

#endif
