/* SPDX-License-Identifier: BSD-3-Clause */
/* endpoint.c - life of an endpoint, what it says, and the sealing of stanzas. */
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load/endpoint_state.h"
#include "bench/report.h"
#include "control/memory.h"

static const char footer[] = "</stream:stream>";

static struct stream *make_stream(const struct endpoint_setup *setup, uint64_t now_us)
{
	struct stream_setup s = {
	    .role = setup->is_dialled ? STREAM_INITIATING : STREAM_RECEIVING,
	    .leg = IFACE_EDGE,
	    .purpose = STREAM_FOR_STANZAS,
	    .ours = setup->ours,
	    .theirs = setup->theirs,
	    .direct_tls = setup->is_dialled && setup->has_tls,
	    .trace_id = "load",
	};

	if (RAND_bytes(s.entropy, sizeof(s.entropy)) != 1)
		bench_die("no randomness");
	return stream_make(&s, setup->policy, now_us);
}

struct endpoint *endpoint_make(const struct endpoint_setup *setup, uint64_t now_us)
{
	struct endpoint *e = memory_get(sizeof(*e));

	e->setup = *setup;
	e->now_us = now_us;
	framer_init(&e->framer, STANZA_BYTES_MAX);
	if (setup->kind == ENDPOINT_S2S)
		e->stream = make_stream(setup, now_us);
	return e;
}

void endpoint_free(struct endpoint *e)
{
	if (e == NULL)
		return;
	handshake_free(e->handshake);
	if (e->records != NULL)
		record_close(e->records, e->setup.machine);
	free(e->records);
	stream_free(e->stream);
	free(e->out.bytes);
	free(e->record.bytes);
	free(e->open.bytes);
	free(e->header.bytes);
	free(e);
}

void endpoint_append(struct endpoint_buffer *b, const uint8_t *bytes, size_t len)
{
	if (b->len + len > b->room) {
		b->room = 2 * (b->len + len);
		b->bytes = memory_grow(b->bytes, b->room);
	}
	if (len > 0)
		memcpy(b->bytes + b->len, bytes, len);
	b->len += len;
}

void endpoint_say_raw(struct endpoint *e, const void *bytes, size_t len)
{
	endpoint_append(&e->out, bytes, len);
}

void endpoint_say(struct endpoint *e, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	uint8_t record[1024 + RECORD_OVERHEAD_MAX];

	if (e->wire != WIRE_SECURE) {
		endpoint_say_raw(e, bytes, len);
		return;
	}
	while (len > 0) {
		const size_t part = min_size(len, 1024);

		memcpy(record + record_plain_offset(e->records), at, part);
		endpoint_say_raw(
		    e, record,
		    record_seal(e->records, e->setup.machine, RECORD_DATA, record, part));
		at += part;
		len -= part;
	}
}

void endpoint_end(struct endpoint *e, const char *why)
{
	if (e->is_over)
		return;
	e->is_over = true;
	e->setup.calls->ended(e->setup.user, why);
}

void endpoint_authorise(struct endpoint *e, const char *ours, const char *theirs,
			unsigned int method, bool may_send)
{
	e->is_authorised = true;
	e->setup.calls->authorised(e->setup.user, ours, theirs, method, may_send);
}

void endpoint_on_open(struct endpoint *e, uint64_t now_us)
{
	e->now_us = now_us;
	if (e->setup.kind == ENDPOINT_S2S) {
		stream_on_open(e->stream, now_us);
		endpoint_obey(e);
	} else if (e->setup.kind == ENDPOINT_COMPONENT) {
		endpoint_component_open(e);
	} else if (e->setup.has_tls) {
		endpoint_start_handshake(e, !e->setup.is_dialled);
	} else {
		endpoint_on_secure(e, NULL);
	}
}

void endpoint_on_time(struct endpoint *e, uint64_t now_us)
{
	e->now_us = now_us;
	if (e->is_over || e->stream == NULL || stream_due_us(e->stream) > now_us)
		return;
	stream_on_time(e->stream, now_us);
	endpoint_obey(e);
}

static void say_close_notify(struct endpoint *e)
{
	uint8_t record[64];

	if (e->wire == WIRE_SECURE)
		endpoint_say_raw(e, record,
				 record_alert_seal(e->records, e->setup.machine, 0, record));
}

void endpoint_close(struct endpoint *e)
{
	if (e->is_over || e->wire == WIRE_HANDSHAKE)
		return;
	endpoint_say(e, footer, sizeof(footer) - 1);
	say_close_notify(e);
	endpoint_end(e, NULL);
}

size_t endpoint_output(struct endpoint *e, uint8_t *out, size_t room)
{
	const size_t len = min_size(room, e->out.len - e->out_at);

	if (len == 0)
		return 0;
	memcpy(out, e->out.bytes + e->out_at, len);
	e->out_at += len;
	if (e->out_at < e->out.len)
		return len;
	free(e->out.bytes); /* an idle stream keeps nothing */
	e->out = (struct endpoint_buffer){0};
	e->out_at = 0;
	return len;
}

bool endpoint_has_output(const struct endpoint *e)
{
	return e->out_at < e->out.len;
}

bool endpoint_is_over(const struct endpoint *e)
{
	return e->is_over;
}

size_t endpoint_plain_offset(const struct endpoint *e)
{
	return e->wire == WIRE_SECURE ? record_plain_offset(e->records) : 0;
}

size_t endpoint_plain_room(const struct endpoint *e, size_t wire_room)
{
	if (e->wire != WIRE_SECURE)
		return wire_room;
	if (wire_room < RECORD_OVERHEAD_MAX)
		return 0;
	return min_size(wire_room - RECORD_OVERHEAD_MAX, TLS_RECORD_PLAIN_MAX);
}

size_t endpoint_seal(struct endpoint *e, uint8_t *wire, size_t plain)
{
	uint8_t update[64];
	size_t len;

	if (e->wire != WIRE_SECURE)
		return plain;
	len = record_seal(e->records, e->setup.machine, RECORD_DATA, wire, plain);
	if (record_wants_key_update(e->records))
		endpoint_say_raw(e, update,
				 record_key_update(e->records, e->setup.machine, false, update));
	return len;
}
