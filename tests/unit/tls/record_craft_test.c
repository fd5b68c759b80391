/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * record_craft_test.c - records that no honest library sends, sealed with the right keys: what a
 * hostile partner may do once its handshake is through.
 */
#include "dataplane/tls/record_state.h"
#include "tests/check.h"

enum { ROOM = TLS_RECORD_WIRE_MAX + 64, US = 1000 * 1000 };

static struct record_machine *machine;
static struct record_state *ours, *theirs; /* two ends of one connection */
static uint8_t wire[ROOM], out[ROOM];
static uint64_t now_us;

static void start_as(enum tls_version version, enum tls_suite suite, bool is_client)
{
	struct tls_handover keys = {.version = version, .suite = suite};
	struct tls_direction_keys swap;
	uint64_t seed = 77;

	keys.hash = suite == TLS_AES_256_GCM ? TLS_SHA384 : TLS_SHA256;
	for (size_t i = 0; i < sizeof(keys.read.key); i++) {
		keys.read.key[i] = (uint8_t)check_random(&seed);
		keys.write.key[i] = (uint8_t)check_random(&seed);
		keys.read.secret[i] = (uint8_t)check_random(&seed);
		keys.write.secret[i] = (uint8_t)check_random(&seed);
	}
	record_close(ours, machine);
	record_close(theirs, machine);
	CHECK(record_init(ours, &keys, is_client));
	swap = keys.read;
	keys.read = keys.write;
	keys.write = swap;
	CHECK(record_init(theirs, &keys, !is_client));
	now_us = 1;
}

static void start(enum tls_version version)
{
	start_as(version, TLS_AES_128_GCM, false);
}

/* Seals @plain as it is: in 1.3 the caller adds the inner type. */
static size_t craft(uint8_t outer, const void *plain, size_t len)
{
	const size_t body = len + record_body_overhead(theirs);
	uint8_t *text = wire + record_plain_offset(theirs);
	const struct lent_key *key;
	struct aead_nonce nonce;
	struct aead_key aead;

	wire[0] = outer;
	wire[1] = wire[2] = 3;
	wire[3] = (uint8_t)(body >> 8);
	wire[4] = (uint8_t)body;
	memset(wire + 5, 0x42, 8);
	memmove(text, plain, len);
	key = record_key(theirs, machine, &theirs->write);
	aead = record_aead(theirs, key);
	record_nonce(theirs, key->iv, theirs->write.seq++, wire, wire + 5, len, &nonce);
	aead_seal(machine->mb, &aead, &nonce, text, len);
	return RECORD_HEADER + body;
}

static enum record_result open_wire(size_t len)
{
	const struct span piece = {wire, len};
	size_t out_len;

	return record_open(ours, machine, &piece, 1, now_us, out, &out_len);
}

/* A 1.3 record with @type inside. */
static enum record_result say(uint8_t type, const void *plain, size_t len)
{
	static uint8_t inner[ROOM];

	memcpy(inner, plain, len);
	inner[len] = type;
	return open_wire(craft(RECORD_DATA, inner, len + 1));
}

static enum record_result say_1_2(uint8_t type, const void *plain, size_t len)
{
	return open_wire(craft(type, plain, len));
}

static void limits_lengths(void)
{
	uint8_t header[5] = {RECORD_DATA, 3, 3, 0, 0};
	const struct {
		enum tls_version version;
		enum tls_suite suite;
		int least, most;
	} rows[] = {
	    {TLS_1_3, TLS_AES_128_GCM, 17, 16640},
	    {TLS_1_3, TLS_CHACHA20_POLY1305, 17, 16640},
	    {TLS_1_2, TLS_AES_256_GCM, 24, 16384 + 24},
	    {TLS_1_2, TLS_CHACHA20_POLY1305, 16, 16384 + 16},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		start_as(rows[i].version, rows[i].suite, false);
		for (int len = 0; len < 65536; len++) {
			int want = 5 + len;

			if (len < rows[i].least)
				want = RECORD_ERR_BAD;
			else if (len > rows[i].most)
				want = RECORD_ERR_OVERFLOW;
			header[3] = (uint8_t)(len >> 8);
			header[4] = (uint8_t)len;
			CHECK_EQ(record_length(ours, header), want);
		}
	}
}

static void refuses_foreign_headers(void)
{
	static const uint8_t bad[][5] = {
	    {'<', '?', 'x', 'm', 'l'}, {19, 3, 3, 0, 40},          {24, 3, 3, 0, 40},
	    {23, 3, 1, 0, 40},         {23, 2, 3, 0, 40},          {0x80, 3, 3, 0, 40},
	    {23, 3, 4, 0, 40},         {RECORD_DATA, 0, 0, 0, 40},
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		start(TLS_1_3);
		CHECK_EQ(record_length(ours, bad[i]), RECORD_ERR_BAD);
		start(TLS_1_2);
		CHECK_EQ(record_length(ours, bad[i]), RECORD_ERR_BAD);
	}
}

static void refuses_pieces_that_are_not_one_record(void)
{
	size_t len, out_len;

	for (int more = -30; more <= 2; more++) {
		start(TLS_1_3);
		len = craft(RECORD_DATA, "abc\x17", 4);
		if (more != 0)
			CHECK_EQ(open_wire((size_t)((int)len + more)), RECORD_ERR_BAD);
	}
	start(TLS_1_3);
	CHECK_EQ(record_open(ours, machine, NULL, 0, 1, out, &out_len), RECORD_ERR_BAD);
}

static void takes_padding_off(void)
{
	uint8_t inner[300] = "hello";
	const struct span piece = {wire, 0};
	struct span whole = piece;
	size_t out_len;

	start(TLS_1_3);
	inner[5] = RECORD_DATA;
	whole.len = craft(RECORD_DATA, inner, sizeof(inner));
	CHECK_EQ(record_open(ours, machine, &whole, 1, 1, out, &out_len), RECORD_OPENED);
	CHECK(out_len == 5 && memcmp(out, "hello", 5) == 0);
	memset(inner, 0, sizeof(inner));
	CHECK_EQ(open_wire(craft(RECORD_DATA, inner, sizeof(inner))), RECORD_ERR_UNEXPECTED);
}

static void limits_plaintext(void)
{
	static uint8_t big[TLS_RECORD_PLAIN_MAX + 1] = {1};

	start(TLS_1_3);
	CHECK_EQ(say(RECORD_DATA, big, TLS_RECORD_PLAIN_MAX), RECORD_OPENED);
	CHECK_EQ(say(RECORD_DATA, big, TLS_RECORD_PLAIN_MAX + 1), RECORD_ERR_OVERFLOW);
	start(TLS_1_2);
	CHECK_EQ(say_1_2(RECORD_DATA, big, TLS_RECORD_PLAIN_MAX), RECORD_OPENED);
	CHECK_EQ(say_1_2(RECORD_DATA, big, TLS_RECORD_PLAIN_MAX + 1), RECORD_ERR_OVERFLOW);
}

static void refuses_unknown_types(void)
{
	for (int type = 0; type < 256; type++) {
		if (type == RECORD_DATA || type == RECORD_ALERT || type == RECORD_HANDSHAKE)
			continue;
		start(TLS_1_3);
		CHECK_EQ(say((uint8_t)type, "\1\1", 2), RECORD_ERR_UNEXPECTED);
	}
	start(TLS_1_2);
	CHECK_EQ(say_1_2(20, "\1", 1), RECORD_ERR_UNEXPECTED); /* change_cipher_spec */
}

static void refuses_plaintext_records_in_1_3(void)
{
	static const uint8_t ccs[] = {20, 3, 3, 0, 1, 1}, alert[] = {21, 3, 3, 0, 2, 2, 40};

	start(TLS_1_3);
	memcpy(wire, ccs, sizeof(ccs));
	CHECK_EQ(open_wire(sizeof(ccs)), RECORD_ERR_UNEXPECTED);
	start(TLS_1_3);
	memcpy(wire, alert, sizeof(alert));
	CHECK_EQ(open_wire(sizeof(alert)), RECORD_ERR_UNEXPECTED);
	CHECK_EQ(record_alert_for(RECORD_ERR_UNEXPECTED), 10);
}

static void refuses_renegotiation(void)
{
	start_as(TLS_1_2, TLS_AES_128_GCM, true);
	CHECK_EQ(say_1_2(RECORD_HANDSHAKE, "\0\0\0\0", 4), RECORD_ERR_UNEXPECTED);
	start(TLS_1_2);
	CHECK_EQ(say_1_2(RECORD_HANDSHAKE, "\1\0\0\0", 4), RECORD_ERR_UNEXPECTED);
	start(TLS_1_2);
	CHECK_EQ(say_1_2(RECORD_HANDSHAKE, "", 0), RECORD_ERR_UNEXPECTED);
}

static void reads_alerts(void)
{
	start(TLS_1_3);
	CHECK_EQ(say(RECORD_ALERT, "\1\x5a", 2), RECORD_CONSUMED); /* user_canceled */
	CHECK_EQ(say(RECORD_ALERT, "\1\x30", 2), RECORD_ERR_ALERT);
	CHECK_EQ(record_alert(ours), 48);
	start(TLS_1_3);
	CHECK_EQ(say(RECORD_ALERT, "\2", 1), RECORD_ERR_BAD);
	start(TLS_1_3);
	CHECK_EQ(say(RECORD_ALERT, "\2\0\0", 3), RECORD_ERR_BAD);
	start(TLS_1_3);
	CHECK_EQ(say(RECORD_ALERT, "", 0), RECORD_ERR_BAD);
	start(TLS_1_2);
	CHECK_EQ(say_1_2(RECORD_ALERT, "\1\x64", 2), RECORD_CONSUMED); /* no_renegotiation */
	CHECK_EQ(say_1_2(RECORD_ALERT, "\3\x64", 2), RECORD_ERR_BAD);
	start(TLS_1_2);
	CHECK_EQ(say_1_2(RECORD_ALERT, "\2\x28", 2), RECORD_ERR_ALERT);
	CHECK_EQ(record_alert(ours), 40);
}

/* After close_notify, or an error, whatever follows is the same end. */
static void stays_closed(void)
{
	start(TLS_1_3);
	CHECK_EQ(say(RECORD_ALERT, "\1\0", 2), RECORD_CLOSE_NOTIFY);
	CHECK_EQ(say(RECORD_DATA, "more", 4), RECORD_CLOSE_NOTIFY);
	start(TLS_1_3);
	CHECK_EQ(say(99, "x", 1), RECORD_ERR_UNEXPECTED);
	CHECK_EQ(say(RECORD_DATA, "more", 4), RECORD_ERR_UNEXPECTED);
	/* Our own direction still works: the alert must go out. */
	CHECK(record_alert_seal(ours, machine, 10, wire) > 0);
}

static void bounds_empty_records(void)
{
	for (int version = 0; version < 2; version++) {
		start(version == 0 ? TLS_1_3 : TLS_1_2);
		for (int round = 0; round < 3; round++) {
			for (int i = 0; i < TLS_EMPTY_RECORDS_MAX; i++)
				CHECK_EQ(version == 0 ? say(RECORD_DATA, "", 0)
						      : say_1_2(RECORD_DATA, "", 0),
					 RECORD_OPENED);
			if (round < 2) /* one byte of data makes good for all of them */
				CHECK_EQ(version == 0 ? say(RECORD_DATA, "x", 1)
						      : say_1_2(RECORD_DATA, "x", 1),
					 RECORD_OPENED);
		}
		CHECK_EQ(version == 0 ? say(RECORD_DATA, "", 0) : say_1_2(RECORD_DATA, "", 0),
			 RECORD_ERR_FLOOD);
	}
	start(TLS_1_2);
	for (int i = 0; i < TLS_EMPTY_RECORDS_MAX; i++)
		CHECK_EQ(say_1_2(RECORD_ALERT, "\1\x64", 2), RECORD_CONSUMED);
	CHECK_EQ(say_1_2(RECORD_ALERT, "\1\x64", 2), RECORD_ERR_FLOOD);
}

static enum record_result update_with(uint8_t request)
{
	const uint8_t message[] = {24, 0, 0, 1, request};
	const enum record_result result = say(RECORD_HANDSHAKE, message, sizeof(message));

	record_next_key(theirs, machine, &theirs->write);
	return result;
}

static void bounds_key_updates(void)
{
	start(TLS_1_3);
	for (int minute = 0; minute < 3; minute++) {
		for (int i = 0; i < TLS_KEY_UPDATES_PER_MINUTE_MAX; i++)
			CHECK_EQ(update_with(i % 2 == 0 ? 0 : 1),
				 i % 2 == 0 ? RECORD_CONSUMED : RECORD_REPLY);
		CHECK_EQ(say(RECORD_DATA, "x", 1), RECORD_OPENED);
		now_us += 60ull * US;
	}
	for (int i = 0; i < TLS_KEY_UPDATES_PER_MINUTE_MAX; i++)
		CHECK_EQ(update_with(0), RECORD_CONSUMED);
	now_us += 60ull * US - 1;
	CHECK_EQ(update_with(0), RECORD_ERR_KEY_UPDATES);
	CHECK_EQ(record_drop(RECORD_ERR_KEY_UPDATES), DROP_TLS_KEY_UPDATE_FLOOD);
}

static void refuses_malformed_key_updates(void)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum record_result want;
	} rows[] = {
	    {"\x18\0\0\1\2", 5, RECORD_ERR_BAD},
	    {"\x18\0\0\0", 4, RECORD_ERR_BAD},
	    {"\x18\0\0\2\0\0", 6, RECORD_ERR_BAD},
	    {"\x18\0\0\1\0\x18\0\0\1\0", 10, RECORD_ERR_UNEXPECTED}, /* not at the end */
	    {"\x18\0\0\1\0\x18", 6, RECORD_ERR_UNEXPECTED},
	    {"", 0, RECORD_ERR_UNEXPECTED},
	    {"\x0d\0\0\1\0", 5, RECORD_ERR_UNEXPECTED}, /* CertificateRequest */
	    {"\x01\0\0\1\0", 5, RECORD_ERR_UNEXPECTED}, /* ClientHello */
	    {"\x04\0\0\1\0", 5, RECORD_ERR_UNEXPECTED}, /* a ticket, and we are server */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		start(TLS_1_3);
		CHECK_EQ(say(RECORD_HANDSHAKE, rows[i].bytes, rows[i].len), rows[i].want);
	}
	start(TLS_1_3);
	CHECK_EQ(say(RECORD_HANDSHAKE, "\x18\0", 2), RECORD_CONSUMED);
	CHECK_EQ(say(RECORD_DATA, "x", 1), RECORD_ERR_UNEXPECTED);
}

/* A KeyUpdate whose five bytes come one a record is still one. */
static void joins_a_split_key_update(void)
{
	static const uint8_t message[] = {24, 0, 0, 1, 1};

	start_as(TLS_1_3, TLS_AES_256_GCM, true);
	for (size_t i = 0; i < sizeof(message); i++)
		CHECK_EQ(say(RECORD_HANDSHAKE, message + i, 1),
			 i < 4 ? RECORD_CONSUMED : RECORD_REPLY);
	record_next_key(theirs, machine, &theirs->write);
	CHECK_EQ(say(RECORD_DATA, "x", 1), RECORD_OPENED);
}

/* Tickets: coalesced, split anywhere, a KeyUpdate behind them; then data flows. */
static void skips_tickets_of_any_shape(void)
{
	static uint8_t stream[2 * (4 + 900) + (4 + 3) + 5];
	uint64_t seed = 0x71c;

	for (int round = 0; round < 300; round++) {
		const uint8_t head[4] = {4, 0, 900 >> 8, 900 & 255}, tiny[4] = {4, 0, 0, 3};
		enum record_result result = RECORD_CONSUMED;
		size_t at = 0;

		memset(stream, 0x55, sizeof(stream));
		memcpy(stream, head, 4);
		memcpy(stream + 904, head, 4);
		memcpy(stream + 1808, tiny, 4);
		memcpy(stream + 1815, "\x18\0\0\1\1", 5);
		start_as(TLS_1_3, TLS_CHACHA20_POLY1305, true);
		while (at < sizeof(stream)) {
			const size_t len =
			    min_size(100 + check_random(&seed) % 1900, sizeof(stream) - at);

			CHECK_EQ(result, RECORD_CONSUMED);
			result = say(RECORD_HANDSHAKE, stream + at, len);
			at += len;
		}
		CHECK_EQ(result, RECORD_REPLY);
		record_next_key(theirs, machine, &theirs->write);
		CHECK_EQ(say(RECORD_DATA, "x", 1), RECORD_OPENED);
	}
	start_as(TLS_1_3, TLS_AES_128_GCM, true);
	CHECK_EQ(say(RECORD_HANDSHAKE, "\4\3\0\0", 4), RECORD_ERR_BAD);
	start_as(TLS_1_3, TLS_AES_128_GCM, true);
	for (int i = 0; i < TLS_EMPTY_RECORDS_MAX; i++)
		CHECK_EQ(say(RECORD_HANDSHAKE, "\4\0\0\1x", 5), RECORD_CONSUMED);
	CHECK_EQ(say(RECORD_HANDSHAKE, "\4\0\0\1x", 5), RECORD_ERR_FLOOD);
}

static void never_wraps_a_record_number(void)
{
	start(TLS_1_3);
	theirs->write.seq = ours->read.seq = UINT64_MAX - 1;
	CHECK_EQ(say(RECORD_DATA, "x", 1), RECORD_OPENED);
	CHECK_EQ(say(RECORD_DATA, "x", 1), RECORD_ERR_UNEXPECTED);
	ours->write.seq = UINT64_MAX;
	CHECK_EQ(record_seal(ours, machine, RECORD_DATA, wire, 1), 0);
	CHECK_EQ(record_key_update(ours, machine, false, wire), 0);
	CHECK_EQ(record_epoch(ours), 0);
}

static void wants_a_key_update_in_time(void)
{
	start(TLS_1_3);
	CHECK(!record_wants_key_update(ours));
	ours->write.seq = TLS_RECORDS_PER_KEY - 1;
	CHECK(record_wants_key_update(ours));
	CHECK(record_key_update(ours, machine, true, wire) > 0);
	CHECK(!record_wants_key_update(ours));
	start_as(TLS_1_3, TLS_CHACHA20_POLY1305, false);
	ours->write.seq = TLS_RECORDS_PER_KEY;
	CHECK(!record_wants_key_update(ours));
}

static void refuses_unknown_keys(void)
{
	struct tls_handover keys = {.version = TLS_1_3, .suite = TLS_AES_128_GCM};

	keys.suite = (enum tls_suite)3;
	CHECK(!record_init(ours, &keys, false));
	keys.suite = TLS_AES_128_GCM;
	keys.version = (enum tls_version)0x0302;
	CHECK(!record_init(ours, &keys, false));
}

static void leaves_no_key_behind(void)
{
	const uint8_t *bytes = (const uint8_t *)ours;
	size_t left = 0;

	start(TLS_1_3);
	record_close(ours, machine);
	for (size_t i = 0; i < record_state_bytes(); i++)
		left += bytes[i] != 0;
	CHECK_EQ(left, 0);
}

int main(void)
{
	machine = record_machine_init(2);
	if (machine == NULL)
		return 77; /* no AES-NI on this machine */
	ours = calloc(1, record_state_bytes());
	theirs = calloc(1, record_state_bytes());
	RUN(limits_lengths);
	RUN(refuses_foreign_headers);
	RUN(refuses_pieces_that_are_not_one_record);
	RUN(takes_padding_off);
	RUN(limits_plaintext);
	RUN(refuses_unknown_types);
	RUN(refuses_plaintext_records_in_1_3);
	RUN(refuses_renegotiation);
	RUN(reads_alerts);
	RUN(stays_closed);
	RUN(bounds_empty_records);
	RUN(bounds_key_updates);
	RUN(refuses_malformed_key_updates);
	RUN(joins_a_split_key_update);
	RUN(skips_tickets_of_any_shape);
	RUN(never_wraps_a_record_number);
	RUN(wants_a_key_update_in_time);
	RUN(refuses_unknown_keys);
	RUN(leaves_no_key_behind);
	free(ours);
	free(theirs);
	record_machine_close(machine);
	return check_summary();
}
