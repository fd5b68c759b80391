/* SPDX-License-Identifier: BSD-3-Clause */
/* endpoint_wire.c - from the wire to text: TLS where there is any. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load/endpoint_state.h"
#include "bench/report.h"
#include "control/memory.h"

enum { FIRST_BYTE_TLS = 22 };

static void say_handshake(struct endpoint *e)
{
	const struct span out = handshake_output(e->handshake);

	endpoint_say_raw(e, out.at, out.len);
}

static void fail_handshake(struct endpoint *e)
{
	char why[256];

	snprintf(why, sizeof(why), "TLS handshake: %s", handshake_error(e->handshake));
	endpoint_end(e, why);
}

void endpoint_start_handshake(struct endpoint *e, bool is_server)
{
	const struct endpoint_setup *s = &e->setup;

	e->wire = WIRE_HANDSHAKE;
	e->handshake = is_server ? handshake_make(s->tls, true, NULL, NULL)
				 : handshake_make(s->tls, false, s->theirs, s->ours);
	if (e->handshake == NULL)
		bench_die("no TLS session could be made: out of memory");
	if (is_server)
		return;
	if (handshake_feed(e->handshake, NULL, 0) == HANDSHAKE_FAILED)
		fail_handshake(e);
	else
		say_handshake(e);
}

static void secure(struct endpoint *e)
{
	struct identity *id = memory_get(sizeof(*id));
	struct tls_handover keys;

	handshake_keys(e->handshake, &keys);
	handshake_identity(e->handshake, id);
	e->records = memory_get(record_state_bytes());
	if (record_init(e->records, &keys, e->setup.is_dialled)) {
		e->wire = WIRE_SECURE;
		handshake_free(e->handshake);
		e->handshake = NULL;
		endpoint_on_secure(e, id);
	} else {
		endpoint_end(e, "the other side chose a TLS suite that is not known here");
	}
	tls_handover_wipe(&keys);
	free(id);
}

/* Returns how many of the bytes were the handshake's. */
static size_t take_handshake(struct endpoint *e, const uint8_t *bytes, size_t len)
{
	const enum handshake_result result = handshake_feed(e->handshake, bytes, len);
	size_t left;

	e->handshake_fed += len;
	say_handshake(e);
	if (result == HANDSHAKE_FAILED) {
		fail_handshake(e);
		return len;
	}
	if (result == HANDSHAKE_MORE)
		return len;
	left = e->handshake_fed - handshake_consumed(e->handshake);
	secure(e);
	return len - left;
}

static void end_record(struct endpoint *e, enum record_result result)
{
	char why[64];

	if (result == RECORD_CLOSE_NOTIFY) {
		endpoint_end(e, e->stream == NULL || stream_state(e->stream) == STREAM_ESTABLISHED
				    ? NULL
				    : "the other side closed TLS while negotiating");
		return;
	}
	if (result == RECORD_ERR_ALERT)
		snprintf(why, sizeof(why), "TLS alert %u", record_alert(e->records));
	else
		snprintf(why, sizeof(why), "bad TLS record (%d)", (int)result);
	endpoint_end(e, why);
}

/* One whole record, opened in its place. */
static void open_record(struct endpoint *e, uint8_t *at, size_t len)
{
	const struct span piece = {at, len};
	uint8_t update[64];
	size_t plain;
	const enum record_result result = record_open(e->records, e->setup.machine, &piece, 1,
						      e->now_us, at + RECORD_HEADER, &plain);

	if (result == RECORD_OPENED)
		(void)endpoint_take_text(e, at + RECORD_HEADER, plain);
	else if (result == RECORD_REPLY)
		endpoint_say_raw(e, update,
				 record_key_update(e->records, e->setup.machine, false, update));
	else if (result != RECORD_CONSUMED)
		end_record(e, result);
}

/* Adds to the unfinished record until it has @want bytes; returns how many were taken. */
static size_t complete(struct endpoint *e, const uint8_t *at, size_t len, size_t want)
{
	const size_t part = want > e->record.len ? min_size(len, want - e->record.len) : 0;

	endpoint_append(&e->record, at, part);
	return part;
}

/* Of the record whose header is at @header; 0 after an error. */
static size_t length_of(struct endpoint *e, const uint8_t *header)
{
	const int len = record_length(e->records, header);

	if (len > 0)
		return (size_t)len;
	end_record(e, (enum record_result)len);
	return 0;
}

/* The record that began in an earlier read. */
static size_t take_rest(struct endpoint *e, const uint8_t *at, size_t len)
{
	size_t used = complete(e, at, len, RECORD_HEADER), want;

	if (e->record.len < RECORD_HEADER)
		return used;
	want = length_of(e, e->record.bytes);
	if (want == 0)
		return len;
	used += complete(e, at + used, len - used, want);
	if (e->record.len < want)
		return used;
	e->record.len = 0;
	open_record(e, e->record.bytes, want);
	return used;
}

static size_t take_record(struct endpoint *e, uint8_t *at, size_t len)
{
	size_t want;

	if (e->record.len > 0)
		return take_rest(e, at, len);
	if (len < RECORD_HEADER) {
		endpoint_append(&e->record, at, len);
		return len;
	}
	want = length_of(e, at);
	if (want == 0)
		return len;
	if (want > len) {
		endpoint_append(&e->record, at, len);
		return len;
	}
	open_record(e, at, want);
	return want;
}

static size_t take(struct endpoint *e, uint8_t *bytes, size_t len)
{
	switch (e->wire) {
	case WIRE_PLAIN:
		if (!e->has_read && e->setup.kind == ENDPOINT_S2S && bytes[0] == FIRST_BYTE_TLS)
			endpoint_start_handshake(e, true);
		e->has_read = true;
		return e->wire == WIRE_PLAIN ? endpoint_take_text(e, bytes, len) : 0;
	case WIRE_HANDSHAKE:
		return take_handshake(e, bytes, len);
	case WIRE_SECURE:
		return take_record(e, bytes, len);
	}
	return len;
}

void endpoint_on_bytes(struct endpoint *e, uint8_t *bytes, size_t len, uint64_t now_us)
{
	e->now_us = now_us;
	while (len > 0 && !e->is_over) {
		const size_t used = take(e, bytes, len);

		bytes += used;
		len -= used;
	}
}
