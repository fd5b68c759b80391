/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * record_fuzz.c - the record layer under arbitrary bytes, in every version, suite and role.
 *
 * The first byte picks suite, version, role and mode. Mode 0: the rest is what a stranger sends,
 * record after record. Mode 1: the rest is what a partner with the right keys sends: chunks of
 * (length, type, bytes), each sealed as it is, so that the parsing behind the cipher is reached.
 */
#include <stdlib.h>
#include <string.h>

#include "dataplane/tls/record_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT = TLS_RECORD_PLAIN_MAX + 256, RECORDS_MAX = 200 };

static struct record_machine *machine;
static struct record_state *ours, *theirs;

static void need(bool is_so)
{
	if (!is_so)
		abort(); /* a test program's way to say: found one */
}

static void begin(uint8_t pick)
{
	struct tls_handover keys = {.suite = pick % 3, .hash = pick % 3 == 1};
	struct tls_direction_keys swap;

	keys.version = pick & 0x40 ? TLS_1_2 : TLS_1_3;
	memset(&keys.read, 0x11, sizeof(keys.read));
	memset(&keys.write, 0x22, sizeof(keys.write));
	keys.read.seq = keys.write.seq = pick & 0x10 ? UINT64_MAX - 3 : 0;
	need(record_init(ours, &keys, (pick & 0x20) != 0));
	swap = keys.read;
	keys.read = keys.write;
	keys.write = swap;
	need(record_init(theirs, &keys, (pick & 0x20) == 0));
}

/* Opens one record, from memory exactly as large as it is, in two pieces cut at @at. */
static enum record_result open_record(const uint8_t *record, size_t len, size_t at, uint64_t now_us)
{
	uint8_t *out = malloc(OUT), *first, *second;
	struct span pieces[2];
	enum record_result result;
	size_t out_len = 1;

	at = at % (len + 1);
	first = malloc(at + 1);
	second = malloc(len - at + 1);
	need(out != NULL && first != NULL && second != NULL);
	memcpy(first, record, at);
	memcpy(second, record + at, len - at);
	pieces[0] = (struct span){first, at};
	pieces[1] = (struct span){second, len - at};
	result = record_open(ours, machine, pieces, 2, now_us, out, &out_len);
	need(out_len <= TLS_RECORD_PLAIN_MAX && (result == RECORD_OPENED || out_len == 0));
	free(first);
	free(second);
	free(out);
	return result;
}

/* Whatever has happened, our own direction can still say so. */
static void answer(enum record_result result)
{
	uint8_t record[64];

	if (result == RECORD_REPLY)
		(void)record_key_update(ours, machine, false, record);
	if (result < 0)
		need(record_alert_seal(ours, machine, record_alert_for(result), record) <=
			 sizeof(record) &&
		     record_drop(result) < DROP_COUNT);
}

static void stranger(const uint8_t *data, size_t size)
{
	while (size >= RECORD_HEADER) {
		const int len = record_length(ours, data);

		if (len < 0 || (size_t)len > size) {
			/* A caller that does not ask first must be as safe. */
			answer(open_record(data, size, 3, 1));
			return;
		}
		answer(open_record(data, (size_t)len, data[RECORD_HEADER], 1));
		data += len;
		size -= (size_t)len;
	}
}

/* Seals @inner as their next record: in 1.3 with the type inside, in 1.2 outside. */
static size_t craft(uint8_t *wire, uint8_t type, const uint8_t *inner, size_t len)
{
	const bool is_1_3 = theirs->version == TLS_1_3;
	uint8_t *text = wire + record_plain_offset(theirs);
	const struct lent_key *key;
	struct aead_nonce nonce;
	struct aead_key aead;
	size_t body;

	memcpy(text, inner, len);
	if (is_1_3)
		text[len++] = type;
	body = len + record_body_overhead(theirs);
	wire[0] = is_1_3 ? RECORD_DATA : type;
	wire[1] = wire[2] = 3;
	wire[3] = (uint8_t)(body >> 8);
	wire[4] = (uint8_t)body;
	key = record_key(theirs, machine, &theirs->write);
	aead = record_aead(theirs, key);
	record_nonce(theirs, key->iv, theirs->write.seq++, wire, wire + RECORD_HEADER, len, &nonce);
	aead_seal(machine->mb, &aead, &nonce, text, len);
	return RECORD_HEADER + body;
}

static void partner(const uint8_t *data, size_t size)
{
	static uint8_t wire[TLS_RECORD_WIRE_MAX];
	uint64_t now_us = 1;

	for (int n = 0; n < RECORDS_MAX && size >= 3; n++) {
		const size_t len = min_size((size_t)data[0] << 6 | (data[1] & 0x3f), size - 3);
		const uint8_t type = data[2];
		const bool was_over = ours->over != 0;
		enum record_result result;
		size_t sealed;

		memset(wire, 0, RECORD_HEADER + 8);
		sealed = craft(wire, type, data + 3, len);
		now_us += (uint64_t)(data[1] >> 6) * 10 * 1000 * 1000;
		result = open_record(wire, sealed, data[1], now_us);
		need(was_over || result != RECORD_ERR_MAC); /* it was theirs */
		/* A record that was opened counts, unless it brought the next key. */
		if ((result == RECORD_REPLY || result == RECORD_CONSUMED) && ours->read.seq == 0)
			record_next_key(theirs, machine, &theirs->write);
		answer(result);
		data += 3 + len;
		size -= 3 + len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (machine == NULL) {
		machine = record_machine_init(2);
		ours = malloc(record_state_bytes());
		theirs = malloc(record_state_bytes());
		need(machine != NULL && ours != NULL && theirs != NULL);
	}
	if (size == 0)
		return 0;
	begin(data[0]);
	if (data[0] & 0x80)
		partner(data + 1, size - 1);
	else
		stranger(data + 1, size - 1);
	record_close(ours, machine);
	record_close(theirs, machine);
	return 0;
}
