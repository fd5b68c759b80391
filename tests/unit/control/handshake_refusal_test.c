/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * handshake_refusal_test.c - who is refused on which leg, what a refused peer is told by its alert,
 * and by which counter the refusal is known.
 */
#include "control/handshake.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "tests/check.h"
#include "tests/unit/tls/tls_kit.h"

static struct kit_cert ca, other_ca, own, gateway;
static struct tls_ctx *edge, *internal;
static struct identity id; /* too large for a stack */
static int alert_read;     /* the alert that reached the peer, -1 for none */

/* One handshake and what came of it. */
struct run {
	struct handshake *h;
	struct kit_peer peer;
	struct kit_wire wire;
	enum handshake_result result;
};

static void watch_alerts(const SSL *ssl, int where, int value)
{
	(void)ssl;
	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT)
		alert_read = value & 0xff;
}

static void run(struct run *r, struct tls_ctx *ctx, const struct kit_peer_want *want,
		const char *behind)
{
	uint8_t byte;

	alert_read = -1;
	r->h = handshake_make(ctx, !want->is_server, "partner.example", NULL);
	kit_peer_open(&r->peer, want);
	SSL_set_info_callback(r->peer.ssl, watch_alerts);
	r->result = kit_shake(r->h, &r->peer, behind, &r->wire);
	if (r->result == HANDSHAKE_FAILED)
		(void)SSL_read(r->peer.ssl, &byte, 1);
	ERR_clear_error();
}

static void run_end(struct run *r)
{
	handshake_free(r->h);
	kit_peer_close(&r->peer);
	free(r->wire.bytes);
}

struct refusal {
	struct kit_want want;
	const char *reason;
	int alert;
};

static const struct refusal refusals[] = {
    {{.cn = "a", .issuer = &ca, .from_days = -9, .to_days = -1},
     "certificate has expired",
     SSL_AD_CERTIFICATE_EXPIRED},
    {{.cn = "a", .issuer = &ca, .from_days = 9, .to_days = 20},
     "certificate is not yet valid",
     SSL_AD_BAD_CERTIFICATE},
    {{.cn = "a", .issuer = &other_ca}, "unable to get local issuer certificate", SSL_AD_UNKNOWN_CA},
    {{.cn = "a"}, "self-signed certificate", SSL_AD_UNKNOWN_CA},
    {{.cn = "a", .issuer = &ca, .eku = "codeSigning"},
     "unsuitable certificate purpose",
     SSL_AD_UNSUPPORTED_CERTIFICATE},
};

/* The same bad certificates: never fatal outside, fatal with a speaking alert inside. */
static void judges_a_bad_chain_by_leg(void)
{
	for (size_t i = 0; i < 2 * ARRAY_LEN(refusals); i++) {
		const struct refusal *row = &refusals[i / 2];
		struct kit_cert cert = kit_issue(&row->want);
		const struct kit_peer_want want = {
		    .own = &cert, .version = i % 2 == 0 ? TLS1_2_VERSION : TLS1_3_VERSION};
		struct run r;

		run(&r, edge, &want, NULL);
		CHECK_EQ(r.result, HANDSHAKE_DONE);
		handshake_identity(r.h, &id);
		CHECK(id.present && !id.chain_good);
		CHECK_STR(id.reason, row->reason);
		run_end(&r);

		run(&r, internal, &want, NULL);
		CHECK_EQ(r.result, HANDSHAKE_FAILED);
		CHECK(strstr(handshake_error(r.h), row->reason) != NULL);
		CHECK_EQ(handshake_drop(r.h), DROP_TLS_CLIENT_CERTIFICATE);
		CHECK_EQ(alert_read, row->alert);
		run_end(&r);
		kit_free(&cert);
	}
}

static void requires_a_certificate_inside(void)
{
	static const int version[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	static const int alert[] = {SSL_AD_HANDSHAKE_FAILURE, SSL_AD_CERTIFICATE_REQUIRED};

	for (int i = 0; i < 2; i++) {
		const struct kit_peer_want want = {.version = version[i]};
		struct run r;

		run(&r, internal, &want, NULL);
		CHECK_EQ(r.result, HANDSHAKE_FAILED);
		CHECK_STR(handshake_error(r.h), "peer did not return a certificate");
		CHECK_EQ(handshake_drop(r.h), DROP_TLS_NO_CLIENT_CERTIFICATE);
		CHECK_EQ(alert_read, alert[i]);
		run_end(&r);
	}
}

/* Public CAs issue serverAuth alone now, old gateways have clientAuth alone (facts of 2026). */
static void never_insists_on_an_eku(void)
{
	static const char *const eku[] = {"serverAuth", "clientAuth", "serverAuth,clientAuth"};

	for (size_t i = 0; i < ARRAY_LEN(eku); i++) {
		struct kit_cert cert = kit_issue(&(struct kit_want){
		    .cn = "a", .san = "DNS:a.example", .issuer = &ca, .eku = eku[i]});
		const struct kit_peer_want want = {.own = &cert};
		struct run r;

		run(&r, internal, &want, NULL);
		CHECK_EQ(r.result, HANDSHAKE_DONE);
		handshake_identity(r.h, &id);
		CHECK(identity_proves(&id, "a.example", false));
		run_end(&r);
		run(&r, edge, &want, NULL);
		CHECK_EQ(r.result, HANDSHAKE_DONE);
		handshake_identity(r.h, &id);
		CHECK_EQ(identity_proves(&id, "a.example", false), i != 1);
		run_end(&r);
		kit_free(&cert);
	}
}

/* As client it never fails for the server's certificate: policy decides about it. */
static void dials_a_server_whose_certificate_is_bad(void)
{
	struct kit_cert cert = kit_issue(&refusals[0].want);
	const struct kit_peer_want want = {.is_server = true, .own = &cert};
	struct tls_ctx *const leg[] = {edge, internal};

	for (int i = 0; i < 2; i++) {
		struct run r;

		run(&r, leg[i], &want, NULL);
		CHECK_EQ(r.result, HANDSHAKE_DONE);
		handshake_identity(r.h, &id);
		CHECK(id.present && !id.chain_good);
		CHECK_STR(id.reason, refusals[0].reason);
		run_end(&r);
	}
	kit_free(&cert);
}

/* TLS 1.3: we are done before the server has judged us; its alert is a record by then. */
static void hands_a_late_refusal_to_the_record_layer(void)
{
	const struct kit_peer_want want = {
	    .is_server = true, .version = TLS1_3_VERSION, .own = &gateway, .ca = &other_ca};
	struct record_machine *m = record_machine_init(2);
	struct record_state *s = malloc(record_state_bytes());
	static uint8_t out[TLS_RECORD_PLAIN_MAX + 256];
	struct tls_handover keys;
	struct span piece;
	struct run r;
	size_t used, len;

	run(&r, edge, &want, NULL);
	CHECK_EQ(r.result, HANDSHAKE_DONE);
	handshake_keys(r.h, &keys);
	used = handshake_consumed(r.h);
	piece = (struct span){r.wire.bytes + used, r.wire.len - used};
	CHECK(piece.len > RECORD_HEADER);
	if (m != NULL) {
		CHECK(record_init(s, &keys, true));
		CHECK_EQ(record_open(s, m, &piece, 1, 1, out, &len), RECORD_ERR_ALERT);
		CHECK_EQ(record_alert(s), SSL_AD_UNKNOWN_CA);
	}
	record_machine_close(m);
	free(s);
	run_end(&r);
}

static void refuses_old_versions_and_suites(void)
{
	struct kit_peer_want want = {
	    .version = TLS1_1_VERSION, .own = &own, .suite = "ALL:@SECLEVEL=0"};
	struct run r;

	run(&r, edge, &want, NULL);
	CHECK_EQ(r.result, HANDSHAKE_FAILED);
	CHECK_EQ(handshake_drop(r.h), DROP_TLS_HANDSHAKE);
	CHECK_EQ(alert_read, SSL_AD_PROTOCOL_VERSION);
	run_end(&r);
	want.version = TLS1_2_VERSION;
	want.suite = "ECDHE-ECDSA-AES128-SHA256:AES128-GCM-SHA256:DHE-RSA-AES128-GCM-SHA256";
	run(&r, edge, &want, NULL);
	CHECK_EQ(r.result, HANDSHAKE_FAILED);
	CHECK_STR(handshake_error(r.h), "no shared cipher");
	run_end(&r);
}

static void fails_on_garbage(void)
{
#define BYTES(text)                                                                                \
	{                                                                                          \
		(const uint8_t *)(text), sizeof(text) - 1                                          \
	}
	static const struct span garbage[] = {
	    BYTES("<?xml version='1.0'?><stream:stream>"),
	    BYTES("GET / HTTP/1.1\r\n\r\n"),
	    BYTES("\x16\x03\x01\xff\xff\x01"),
	    BYTES("\x16\x03\x01\0\x05\x02\0\0\1\0"),
	    BYTES("\x15\x03\x01\0\x02\x02\x28"),
	    BYTES("\x17\x03\x03\0\x05hello"),
	};
	uint64_t seed = 0x9a5ba9e;

	for (size_t i = 0; i < ARRAY_LEN(garbage); i++) {
		struct handshake *h = handshake_make(edge, true, NULL, NULL);

		CHECK_EQ(handshake_feed(h, garbage[i].at, garbage[i].len), HANDSHAKE_FAILED);
		CHECK(handshake_error(h)[0] != '\0');
		CHECK_EQ(handshake_drop(h), DROP_TLS_HANDSHAKE);
		/* And it stays so. */
		CHECK_EQ(handshake_feed(h, garbage[i].at, 1), HANDSHAKE_FAILED);
		CHECK_EQ(handshake_output(h).len, 0);
		handshake_free(h);
	}
	for (int i = 0; i < 300; i++) { /* a client's first flight, spoilt at one place */
		struct handshake *c = handshake_make(edge, false, "a.example", NULL);
		struct handshake *s = handshake_make(edge, true, NULL, NULL);
		uint8_t flight[2048];
		struct span out;

		CHECK_EQ(handshake_feed(c, NULL, 0), HANDSHAKE_MORE);
		out = handshake_output(c);
		CHECK(out.len > 100 && out.len < sizeof(flight));
		memcpy(flight, out.at, out.len);
		flight[check_random(&seed) % out.len] ^= (uint8_t)(1u << check_random(&seed) % 8);
		CHECK(handshake_feed(s, flight, out.len) != HANDSHAKE_DONE);
		handshake_free(c);
		handshake_free(s);
	}
}

/* A certificate of 80 KB is within OpenSSL's bound, and over ours. */
static void fails_on_an_oversized_flight(void)
{
	static unsigned char comment[80 * 1024];
	struct kit_cert cert =
	    kit_issue(&(struct kit_want){.cn = "a", .issuer = &ca, .is_hollow = true});
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();
	struct kit_peer_want want = {.own = &cert};
	struct run r;

	memset(comment, 'c', sizeof(comment));
	ASN1_STRING_set(text, comment, sizeof(comment));
	X509_add1_ext_i2d(cert.x, NID_netscape_comment, text, 0, 0);
	kit_sign(&cert, &ca);
	run(&r, edge, &want, NULL);
	CHECK_EQ(r.result, HANDSHAKE_FAILED);
	CHECK_EQ(handshake_drop(r.h), DROP_TLS_HANDSHAKE_BYTES);
	CHECK_STR(handshake_error(r.h), "handshake larger than its bound");
	CHECK(handshake_consumed(r.h) <= HANDSHAKE_BYTES_MAX);
	run_end(&r);
	ASN1_IA5STRING_free(text);
	kit_free(&cert);
}

int main(void)
{
	ca = kit_issue(&(struct kit_want){.cn = "Test CA", .is_ca = true});
	other_ca = kit_issue(&(struct kit_want){.cn = "Other CA", .is_ca = true});
	own = kit_issue(&(struct kit_want){.cn = "o", .san = "DNS:own.example", .issuer = &ca});
	gateway = kit_issue(&(struct kit_want){.cn = "g", .san = "DNS:gw.example", .issuer = &ca});
	edge = kit_ctx(IFACE_EDGE, &own, &ca, NULL);
	internal = kit_ctx(IFACE_INTERNAL, &own, &ca, NULL);
	RUN(judges_a_bad_chain_by_leg);
	RUN(requires_a_certificate_inside);
	RUN(never_insists_on_an_eku);
	RUN(dials_a_server_whose_certificate_is_bad);
	RUN(hands_a_late_refusal_to_the_record_layer);
	RUN(refuses_old_versions_and_suites);
	RUN(fails_on_garbage);
	RUN(fails_on_an_oversized_flight);
	tls_ctx_drop(edge);
	tls_ctx_drop(internal);
	kit_free(&ca);
	kit_free(&other_ca);
	kit_free(&own);
	kit_free(&gateway);
	kit_dir_remove();
	return check_summary();
}
