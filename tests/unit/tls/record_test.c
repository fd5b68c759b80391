/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * record_test.c - the record layer against OpenSSL: keys out of a real handshake, our SSL freed,
 * then thousands of random records both ways in every suite, version and role.
 */
#include "dataplane/tls/record.h"

#include <openssl/err.h>

#include "tests/check.h"
#include "tests/unit/tls/tls_kit.h"

enum { ROOM = TLS_RECORD_PLAIN_MAX + 512, ROUNDS = 2000, PIECES_MAX = 9 };

struct combination {
	int version;
	const char *suite;
	bool is_client; /* we are */
};

static const struct combination all[] = {
    {TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", false},
    {TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", true},
    {TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", false},
    {TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", true},
    {TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256", false},
    {TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256", true},
    {TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", false},
    {TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", true},
    {TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384", false},
    {TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384", true},
    {TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", false},
    {TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", true},
};

static struct kit_cert ca, cert;
static struct tls_ctx *ctx;
static struct record_machine *machine;
static uint64_t seed = 0x5eed5eed5eed;

/* One secured connection: our record layer here, OpenSSL there. */
struct link {
	struct tls_handover keys;
	struct record_state *state;
	struct kit_peer peer;
	uint8_t wire[2 * ROOM], out[ROOM], plain[ROOM];
	size_t wire_len; /* unread bytes from the peer */
	uint64_t now_us;
};

static size_t random_below(size_t n)
{
	return (size_t)(check_random(&seed) % n);
}

static struct link *link_open(const struct combination *c, bool tickets, const char *behind)
{
	struct link *l = calloc(1, sizeof(*l));
	const struct kit_peer_want want = {
	    .is_server = c->is_client,
	    .version = c->version,
	    .suite = c->suite,
	    .own = &cert,
	    .ca = &ca,
	    .tickets = tickets,
	};
	struct handshake *h = handshake_make(ctx, !c->is_client, "b.example", NULL);
	struct tls_handover keys;
	struct kit_wire wire;
	size_t used;

	kit_peer_open(&l->peer, &want);
	CHECK_EQ(kit_shake(h, &l->peer, behind, &wire), HANDSHAKE_DONE);
	handshake_keys(h, &keys);
	used = handshake_consumed(h);
	handshake_free(h);
	l->state = malloc(record_state_bytes());
	CHECK(record_init(l->state, &keys, c->is_client));
	l->keys = keys;
	l->wire_len = wire.len - used;
	memcpy(l->wire, wire.bytes + used, l->wire_len);
	free(wire.bytes);
	l->now_us = 1;
	return l;
}

static void link_close(struct link *l)
{
	record_close(l->state, machine);
	kit_peer_close(&l->peer);
	free(l->state);
	free(l);
}

/* Cuts @len bytes at @bytes at random places; some pieces are empty. */
static size_t cut(const uint8_t *bytes, size_t len, struct span pieces[PIECES_MAX])
{
	const size_t count = 1 + random_below(PIECES_MAX);
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		size_t piece = random_below(3) == 0 ? random_below(20) : random_below(len + 1);

		if (i + 1 == count || piece > len - at)
			piece = len - at;
		pieces[i] = (struct span){bytes + at, piece};
		at += piece;
	}
	return count;
}

/* Takes what the peer has written and opens the first record of it. */
static enum record_result receive(struct link *l, size_t *len)
{
	struct span pieces[PIECES_MAX];
	enum record_result result;
	size_t count;
	int more =
	    BIO_read(l->peer.out, l->wire + l->wire_len, (int)(sizeof(l->wire) - l->wire_len));
	int wire;

	if (more > 0)
		l->wire_len += (size_t)more;
	if (l->wire_len < RECORD_HEADER)
		return RECORD_ERR_BAD;
	wire = record_length(l->state, l->wire);
	if (wire < 0 || (size_t)wire > l->wire_len)
		return RECORD_ERR_BAD;
	if (random_below(4) == 0) { /* in place */
		pieces[0] = (struct span){l->wire, (size_t)wire};
		result = record_open(l->state, machine, pieces, 1, l->now_us,
				     l->wire + RECORD_HEADER, len);
		memcpy(l->out, l->wire + RECORD_HEADER, *len);
	} else {
		count = cut(l->wire, (size_t)wire, pieces);
		result = record_open(l->state, machine, pieces, count, l->now_us, l->out, len);
	}
	l->wire_len -= (size_t)wire;
	memmove(l->wire, l->wire + wire, l->wire_len);
	return result;
}

static size_t random_text(struct link *l)
{
	const size_t len =
	    random_below(8) == 0 ? 1 + random_below(TLS_RECORD_PLAIN_MAX) : 1 + random_below(700);

	for (size_t i = 0; i < len; i++)
		l->plain[i] = (uint8_t)check_random(&seed);
	return len;
}

static bool peer_says(struct link *l, size_t len)
{
	size_t got = 0;

	if (SSL_write(l->peer.ssl, l->plain, (int)len) != (int)len)
		return false;
	return receive(l, &got) == RECORD_OPENED && got == len &&
	       memcmp(l->out, l->plain, len) == 0;
}

/* What the peer reads now is exactly @len bytes of l->plain. */
static bool peer_reads(struct link *l, const uint8_t *record, size_t wire, size_t len)
{
	size_t got = 0;
	int n = 1;

	if (BIO_write(l->peer.in, record, (int)wire) != (int)wire)
		return false;
	while (got < len && n > 0) {
		n = SSL_read(l->peer.ssl, l->out + got, (int)(sizeof(l->out) - got));
		if (n > 0)
			got += (size_t)n;
	}
	return got == len && memcmp(l->out, l->plain, len) == 0;
}

static bool we_say(struct link *l, size_t len)
{
	static uint8_t record[ROOM];
	const size_t wire = record_sealed_len(l->state, len);

	memcpy(record + record_plain_offset(l->state), l->plain, len);
	if (record_seal(l->state, machine, RECORD_DATA, record, len) != wire)
		return false;
	return record_length(l->state, record) == (int)wire && peer_reads(l, record, wire, len);
}

static void carries_random_records_both_ways(void)
{
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct link *l = link_open(&all[i], false, NULL);
		bool is_good = true;

		for (int n = 0; n < ROUNDS && is_good; n++) {
			is_good = peer_says(l, random_text(l)) && we_say(l, random_text(l));
			if (n == ROUNDS / 2 && all[i].version == TLS1_3_VERSION)
				SSL_set_block_padding(l->peer.ssl, 512);
		}
		CHECK(is_good);
		if (!is_good)
			fprintf(stderr, "%s, client %d\n", all[i].suite, all[i].is_client);
		CHECK_EQ(record_write_seq(l->state), ROUNDS + (all[i].version == TLS1_2_VERSION));
		link_close(l);
	}
}

/* The peer's Finished and its first words travel together; not a byte may be lost. */
static void opens_what_came_right_behind_finished(void)
{
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct link *l = link_open(&all[i], false, "<stream:stream>");
		size_t len = 0;

		CHECK_EQ(receive(l, &len), RECORD_OPENED);
		CHECK(len == 15 && memcmp(l->out, "<stream:stream>", 15) == 0);
		CHECK(peer_says(l, random_text(l)) && we_say(l, random_text(l)));
		link_close(l);
	}
}

static void skips_the_tickets_of_a_server(void)
{
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct link *l;
		int tickets = 0;
		size_t len;

		if (all[i].version != TLS1_3_VERSION || !all[i].is_client)
			continue;
		l = link_open(&all[i], true, "x");
		while (receive(l, &len) == RECORD_CONSUMED)
			tickets++;
		CHECK_EQ(tickets, 2); /* OpenSSL's number */
		CHECK(len == 1 && l->out[0] == 'x');
		CHECK(peer_says(l, random_text(l)) && we_say(l, random_text(l)));
		CHECK(SSL_new_session_ticket(l->peer.ssl) == 1);
		CHECK_EQ(SSL_write(l->peer.ssl, "y", 1), 1);
		CHECK_EQ(receive(l, &len), RECORD_CONSUMED);
		CHECK_EQ(receive(l, &len), RECORD_OPENED);
		CHECK(len == 1 && l->out[0] == 'y');
		link_close(l);
	}
}

/* One KeyUpdate of the peer; when it asks for ours, ours follows. */
static bool peer_updates(struct link *l, bool asks)
{
	const int kind = asks ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED;
	uint8_t record[64];
	size_t len;

	if (SSL_key_update(l->peer.ssl, kind) != 1 || SSL_do_handshake(l->peer.ssl) != 1)
		return false;
	if (receive(l, &len) != (asks ? RECORD_REPLY : RECORD_CONSUMED))
		return false;
	if (!asks)
		return true;
	len = record_key_update(l->state, machine, false, record);
	return BIO_write(l->peer.in, record, (int)len) == (int)len;
}

/* Ours, and the peer's answer when we ask for it. */
static bool we_update(struct link *l, bool ask)
{
	const uint32_t epoch = record_epoch(l->state);
	uint8_t record[64];
	size_t len = record_key_update(l->state, machine, ask, record);

	if (record_epoch(l->state) != epoch + 1 || record_write_seq(l->state) != 0)
		return false;
	BIO_write(l->peer.in, record, (int)len);
	if (!we_say(l, random_text(l)))
		return false;
	if (!ask)
		return true;
	/* OpenSSL answers when it writes next. */
	if (SSL_write(l->peer.ssl, "z", 1) != 1 || receive(l, &len) != RECORD_CONSUMED)
		return false;
	return receive(l, &len) == RECORD_OPENED && len == 1;
}

static void follows_key_updates(void)
{
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct link *l;
		bool is_good = true;

		if (all[i].version != TLS1_3_VERSION)
			continue;
		l = link_open(&all[i], false, NULL);
		for (int n = 0; n < 60 && is_good; n++) {
			switch (random_below(4)) {
			case 0:
				is_good = peer_updates(l, random_below(2) == 0);
				break;
			case 1:
				is_good = we_update(l, random_below(2) == 0);
				break;
			default:
				is_good = peer_says(l, random_text(l)) && we_say(l, random_text(l));
			}
			l->now_us += 5 * 1000 * 1000;
		}
		CHECK(is_good);
		CHECK(peer_says(l, random_text(l)) && we_say(l, random_text(l)));
		link_close(l);
	}
}

static void closes_both_ways(void)
{
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct link *l = link_open(&all[i], false, NULL);
		uint8_t record[64], byte;
		size_t len;

		SSL_shutdown(l->peer.ssl);
		CHECK_EQ(receive(l, &len), RECORD_CLOSE_NOTIFY);
		len = record_alert_seal(l->state, machine, 0, record);
		CHECK(len <= sizeof(record));
		BIO_write(l->peer.in, record, (int)len);
		CHECK(SSL_read(l->peer.ssl, &byte, 1) <= 0);
		CHECK((SSL_get_shutdown(l->peer.ssl) & SSL_RECEIVED_SHUTDOWN) != 0);
		link_close(l);
	}
}

/* A record of ours spoilt on its way: OpenSSL's alert comes back, and we can name it. */
static void hears_a_fatal_alert(void)
{
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct link *l = link_open(&all[i], false, NULL);
		uint8_t record[128], byte;
		size_t len;

		memset(record, 'a', sizeof(record));
		len = record_seal(l->state, machine, RECORD_DATA, record, 20);
		record[len - 1] ^= 1;
		BIO_write(l->peer.in, record, (int)len);
		CHECK(SSL_read(l->peer.ssl, &byte, 1) <= 0);
		CHECK_EQ(receive(l, &len), RECORD_ERR_ALERT);
		CHECK_EQ(record_alert(l->state), SSL_AD_BAD_RECORD_MAC);
		CHECK_EQ(record_alert_for(RECORD_ERR_ALERT), 0);
		ERR_clear_error();
		link_close(l);
	}
}

static void sends_a_fatal_alert(void)
{
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct link *l = link_open(&all[i], false, NULL);
		uint8_t record[64], byte;
		size_t len =
		    record_alert_seal(l->state, machine, record_alert_for(RECORD_ERR_MAC), record);

		BIO_write(l->peer.in, record, (int)len);
		CHECK(SSL_read(l->peer.ssl, &byte, 1) <= 0);
		CHECK_EQ(ERR_GET_REASON(ERR_peek_error()), SSL_R_SSLV3_ALERT_BAD_RECORD_MAC);
		ERR_clear_error();
		link_close(l);
	}
}

/* Every byte of a record, one random bit of it: nothing gets through, and nothing after it. */
static void refuses_a_tampered_record(void)
{
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct link *l = link_open(&all[i], false, NULL);
		struct record_state *copy = calloc(1, record_state_bytes());
		uint8_t record[128], good[128];
		struct span piece = {record, 0};
		size_t out_len;
		int len;

		SSL_write(l->peer.ssl, "what was said", 13);
		len = BIO_read(l->peer.out, good, sizeof(good));
		piece.len = (size_t)len;
		for (int at = 0; at < len; at++) {
			enum record_result result;

			record_close(copy, machine);
			CHECK(record_init(copy, &l->keys, all[i].is_client));
			memcpy(record, good, sizeof(good));
			record[at] ^= (uint8_t)(1u << random_below(8));
			result = record_open(copy, machine, &piece, 1, 1, l->out, &out_len);
			CHECK(result < 0 && out_len == 0);
			if (at >= RECORD_HEADER)
				CHECK_EQ(result, RECORD_ERR_MAC);
			piece.at = good;
			CHECK_EQ(record_open(copy, machine, &piece, 1, 1, l->out, &out_len),
				 result);
			piece.at = record;
		}
		record_close(copy, machine);
		/* Replayed or out of order is as bad as changed. */
		piece.at = good;
		CHECK_EQ(record_open(l->state, machine, &piece, 1, 1, l->out, &out_len),
			 RECORD_OPENED);
		CHECK_EQ(record_open(l->state, machine, &piece, 1, 1, l->out, &out_len),
			 RECORD_ERR_MAC);
		free(copy);
		link_close(l);
	}
}

static bool recovers(struct link *l, uint32_t epoch, uint64_t seq, struct span record,
		     const char *text)
{
	const int len = record_recover(l->state, machine, epoch, seq, record, l->out);

	return len == (int)strlen(text) && memcmp(l->out, text, (size_t)len) == 0;
}

static void recovers_its_own_records(void)
{
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct link *l = link_open(&all[i], false, NULL);
		const size_t at = record_plain_offset(l->state);
		const uint64_t seq = record_write_seq(l->state);
		uint8_t first[64], second[64], update[64];
		struct span a = {first, record_sealed_len(l->state, 5)};
		struct span b = {second, record_sealed_len(l->state, 6)};
		size_t len;

		memcpy(first + at, "first", 5);
		(void)record_seal(l->state, machine, RECORD_DATA, first, 5);
		memcpy(second + at, "second", 6);
		(void)record_seal(l->state, machine, RECORD_DATA, second, 6);
		CHECK(recovers(l, 0, seq, a, "first"));
		CHECK(recovers(l, 0, seq + 1, b, "second"));
		CHECK_EQ(record_recover(l->state, machine, 0, seq, b, l->out), -1);
		CHECK_EQ(record_recover(l->state, machine, 1, seq, a, l->out), -1);
		a.len--;
		CHECK_EQ(record_recover(l->state, machine, 0, seq, a, l->out), -1);
		a.len++;
		len = record_key_update(l->state, machine, false, update);
		if (all[i].version == TLS1_3_VERSION) {
			CHECK(recovers(l, 0, seq + 1, b, "second"));
			CHECK_EQ(record_recover(l->state, machine, 0, seq + 2,
						(struct span){update, len}, l->out),
				 0);
			(void)record_key_update(l->state, machine, false, update);
			CHECK_EQ(record_recover(l->state, machine, 0, seq, a, l->out), -1);
		} else {
			CHECK_EQ(len, 0);
		}
		link_close(l);
	}
}

int main(void)
{
	const struct kit_want authority = {.cn = "Test CA", .is_ca = true};
	const struct kit_want leaf = {.cn = "b.example", .san = "DNS:b.example", .issuer = &ca};

	ca = kit_issue(&authority);
	cert = kit_issue(&leaf);
	ctx = kit_ctx(IFACE_EDGE, &cert, &ca, NULL);
	machine = record_machine_init(2);
	if (machine == NULL)
		return 77; /* no AES-NI on this machine */
	RUN(carries_random_records_both_ways);
	RUN(opens_what_came_right_behind_finished);
	RUN(skips_the_tickets_of_a_server);
	RUN(follows_key_updates);
	RUN(closes_both_ways);
	RUN(hears_a_fatal_alert);
	RUN(sends_a_fatal_alert);
	RUN(refuses_a_tampered_record);
	RUN(recovers_its_own_records);
	record_machine_close(machine);
	tls_ctx_drop(ctx);
	kit_free(&cert);
	kit_free(&ca);
	kit_dir_remove();
	return check_summary();
}
