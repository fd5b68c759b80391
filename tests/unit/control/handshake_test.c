/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * handshake_test.c - whole handshakes in memory against OpenSSL: who gets through on which leg,
 * what a refused peer is told, and that not one byte too many is eaten.
 */
#include "control/handshake.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "tests/check.h"
#include "tests/unit/tls/tls_kit.h"

static const char alpn[] = "\x0bxmpp-server", alpn_both[] = "\x02h2\x0bxmpp-server";
static const char alpn_other[] = "\x02h2\x08http/1.1";

static struct kit_cert ca, other_ca, own, partner, gateway;
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

static void shakes_hands_mutually(void)
{
	static const int version[] = {TLS1_2_VERSION, TLS1_3_VERSION};

	for (int i = 0; i < 8; i++) {
		struct tls_ctx *ctx = i & 1 ? edge : internal;
		const struct kit_peer_want want = {
		    .is_server = (i & 2) != 0,
		    .version = version[i >> 2],
		    .own = &gateway,
		    .ca = &ca,
		};
		struct tls_handover keys;
		struct run r;

		run(&r, ctx, &want, NULL);
		CHECK_EQ(r.result, HANDSHAKE_DONE);
		CHECK_STR(handshake_error(r.h), "");
		CHECK_EQ(handshake_consumed(r.h), r.wire.len);
		handshake_keys(r.h, &keys);
		CHECK_EQ(keys.version, version[i >> 2] == TLS1_2_VERSION ? TLS_1_2 : TLS_1_3);
		CHECK_EQ(keys.suite, TLS_AES_128_GCM);
		CHECK_EQ(keys.read.seq, version[i >> 2] == TLS1_2_VERSION);
		CHECK(memcmp(keys.read.key, keys.write.key, 16) != 0);
		handshake_identity(r.h, &id);
		CHECK(id.present && identity_proves(&id, "gw.internal.example", false));
		CHECK_STR(id.tls_version, SSL_get_version(r.peer.ssl));
		CHECK_STR(id.cipher, SSL_get_cipher_name(r.peer.ssl));
		CHECK(SSL_get0_peer_certificate(r.peer.ssl) != NULL);
		run_end(&r);
	}
}

/* Byte by byte, and on after the end: what it ate is what was there when it was done. */
static void eats_not_one_byte_too_many(void)
{
	static const int version[] = {TLS1_2_VERSION, TLS1_3_VERSION};

	for (int i = 0; i < 4; i++) {
		const struct kit_peer_want want = {
		    .is_server = (i & 1) != 0, .version = version[i >> 1], .own = &own, .ca = &ca};
		struct handshake *h = handshake_make(edge, (i & 1) == 0, "partner.example", NULL);
		enum handshake_result result = HANDSHAKE_MORE;
		struct kit_peer peer;
		uint32_t fed = 0, done_at = 0;
		int shaken = 0;

		kit_peer_open(&peer, &want);
		for (int round = 0; round < 10000; round++) {
			const enum handshake_result before = result;
			struct span out;
			uint8_t byte;
			int n;

			if (shaken != 1) {
				shaken = SSL_do_handshake(peer.ssl);
				if (shaken == 1)
					SSL_write(peer.ssl, "<stream:stream>", 15);
			}
			n = BIO_read(peer.out, &byte, 1);
			result = handshake_feed(h, &byte, n == 1 ? 1 : 0);
			fed += n == 1;
			if (before == HANDSHAKE_MORE && result == HANDSHAKE_DONE)
				done_at = fed;
			out = handshake_output(h);
			if (out.len > 0)
				BIO_write(peer.in, out.at, (int)out.len);
			else if (n != 1 && shaken == 1)
				break;
		}
		CHECK_EQ(result, HANDSHAKE_DONE);
		CHECK_EQ(handshake_consumed(h), done_at);
		CHECK(done_at > 500 && fed > done_at);
		ERR_clear_error();
		handshake_free(h);
		kit_peer_close(&peer);
	}
}

/* A flood right behind Finished is the core's affair and must not count as handshake. */
static void lets_a_flood_behind_finished_wait(void)
{
	static char flood[3 * HANDSHAKE_BYTES_MAX];
	const struct kit_peer_want want = {.version = TLS1_3_VERSION, .own = &own};
	struct run r;

	memset(flood, 'x', sizeof(flood) - 1);
	run(&r, edge, &want, flood);
	CHECK_EQ(r.result, HANDSHAKE_DONE);
	CHECK(r.wire.len > sizeof(flood));
	CHECK(handshake_consumed(r.h) < 4096);
	run_end(&r);
}

static void asks_for_a_certificate_on_the_edge_but_does_not_insist(void)
{
	const struct kit_cert *const certs[] = {NULL, &own};

	for (int i = 0; i < 2; i++) {
		const struct kit_peer_want want = {.own = certs[i]};
		struct run r;

		run(&r, edge, &want, NULL);
		CHECK_EQ(r.result, HANDSHAKE_DONE);
		handshake_identity(r.h, &id);
		CHECK_EQ(id.present, i);
		CHECK_EQ(sk_X509_NAME_num(SSL_get0_peer_CA_list(r.peer.ssl)) > 0, 0);
		run_end(&r);
	}
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

static bool shows(const struct kit_peer *p, const struct kit_cert *cert)
{
	X509 *shown = SSL_get0_peer_certificate(p->ssl);

	return shown != NULL && X509_cmp(shown, cert->x) == 0;
}

static void picks_its_certificate_by_sni(void)
{
	struct tls_ctx *t;
	struct run r;
	const struct {
		const char *sni;
		const struct kit_cert *cert;
	} rows[] = {
	    {"partner.example", &partner},
	    {"PARTNER.Example", &partner},
	    {"other.example", &own},
	    {NULL, &own},
	};

	kit_write_cert("Partner.example.crt", &partner, NULL);
	kit_write_key("Partner.example.key", &partner);
	t = kit_ctx(IFACE_INTERNAL, &own, &ca, kit_dir());
	for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
		const struct kit_peer_want want = {
		    .sni = rows[i / 2].sni,
		    .own = &gateway,
		    .version = i % 2 == 0 ? TLS1_2_VERSION : TLS1_3_VERSION,
		};

		run(&r, t, &want, NULL);
		CHECK_EQ(r.result, HANDSHAKE_DONE);
		CHECK(shows(&r.peer, rows[i / 2].cert));
		CHECK_STR(handshake_sni(r.h), want.sni != NULL ? want.sni : "");
		run_end(&r);
	}
	tls_ctx_drop(t);
}

/* As client it names the domain it dials and shows the certificate of the one it speaks for. */
static void dials_in_the_name_of_a_partner(void)
{
	static const char *const speaks_for[] = {"partner.example", "nobody.example", NULL};
	struct tls_ctx *t = kit_ctx(IFACE_INTERNAL, &own, &ca, kit_dir());

	for (size_t i = 0; i < ARRAY_LEN(speaks_for); i++) {
		const struct kit_peer_want want = {.is_server = true, .own = &gateway, .ca = &ca};
		struct run r;

		r.h = handshake_make(t, false, "contoso.example", speaks_for[i]);
		kit_peer_open(&r.peer, &want);
		r.result = kit_shake(r.h, &r.peer, NULL, &r.wire);
		CHECK_EQ(r.result, HANDSHAKE_DONE);
		CHECK_STR(SSL_get_servername(r.peer.ssl, TLSEXT_NAMETYPE_host_name),
			  "contoso.example");
		CHECK(shows(&r.peer, i == 0 ? &partner : &own));
		run_end(&r);
	}
	tls_ctx_drop(t);
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
	struct record_machine *m = record_machine_init();
	struct record_state *s = aligned_alloc(CACHE_LINE, record_state_bytes());
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
		CHECK(record_init(s, m, &keys, true));
		CHECK_EQ(record_open(s, m, &piece, 1, 1, out, &len), RECORD_ERR_ALERT);
		CHECK_EQ(record_alert(s), SSL_AD_UNKNOWN_CA);
	}
	record_machine_close(m);
	free(s);
	run_end(&r);
}

static void selects_alpn_when_offered(void)
{
	const struct {
		const char *offered, *selected;
	} rows[] = {
	    {alpn, "xmpp-server"}, {alpn_both, "xmpp-server"}, {alpn_other, ""}, {NULL, ""}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct kit_peer_want want = {.own = &own, .alpn = rows[i].offered};
		struct run r;

		run(&r, edge, &want, NULL);
		CHECK_EQ(r.result, HANDSHAKE_DONE);
		CHECK_STR(handshake_alpn(r.h), rows[i].selected);
		run_end(&r);
	}
}

static int take_first(SSL *ssl, const unsigned char **out, unsigned char *len,
		      const unsigned char *in, unsigned int in_len, void *arg)
{
	(void)ssl, (void)in_len, (void)arg;
	*out = in + 1;
	*len = in[0];
	return SSL_TLSEXT_ERR_OK;
}

static void offers_alpn_as_client(void)
{
	const struct kit_peer_want want = {.is_server = true, .own = &gateway};

	for (int answers = 0; answers < 2; answers++) {
		struct run r;

		r.h = handshake_make(edge, false, "partner.example", NULL);
		kit_peer_open(&r.peer, &want);
		if (answers)
			SSL_CTX_set_alpn_select_cb(r.peer.ctx, take_first, NULL);
		CHECK_EQ(kit_shake(r.h, &r.peer, NULL, &r.wire), HANDSHAKE_DONE);
		CHECK_STR(handshake_alpn(r.h), answers ? "xmpp-server" : "");
		run_end(&r);
	}
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

static void speaks_rsa(void)
{
	struct kit_cert rsa =
	    kit_issue(&(struct kit_want){.cn = "a", .issuer = &ca, .is_rsa = true});
	struct tls_ctx *t = kit_ctx(IFACE_EDGE, &rsa, &ca, NULL);

	for (int i = 0; i < 2; i++) {
		const struct kit_peer_want want = {
		    .own = &rsa, .version = i == 0 ? TLS1_2_VERSION : TLS1_3_VERSION};
		struct run r;

		run(&r, t, &want, NULL);
		CHECK_EQ(r.result, HANDSHAKE_DONE);
		run_end(&r);
	}
	tls_ctx_drop(t);
	kit_free(&rsa);
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

/* A reload drops the context while a handshake still needs it. */
static void keeps_its_context_over_a_reload(void)
{
	struct tls_ctx *t = kit_ctx(IFACE_EDGE, &own, &ca, NULL);
	const struct kit_peer_want want = {.own = &gateway};
	struct run r;

	r.h = handshake_make(t, true, NULL, NULL);
	tls_ctx_drop(t);
	kit_peer_open(&r.peer, &want);
	CHECK_EQ(kit_shake(r.h, &r.peer, NULL, &r.wire), HANDSHAKE_DONE);
	handshake_identity(r.h, &id);
	CHECK(id.chain_good);
	run_end(&r);
}

int main(void)
{
	ca = kit_issue(&(struct kit_want){.cn = "Test CA", .is_ca = true});
	other_ca = kit_issue(&(struct kit_want){.cn = "Other CA", .is_ca = true});
	own = kit_issue(&(struct kit_want){.cn = "o", .san = "DNS:own.example", .issuer = &ca});
	partner =
	    kit_issue(&(struct kit_want){.cn = "p", .san = "DNS:partner.example", .issuer = &ca});
	gateway = kit_issue(
	    &(struct kit_want){.cn = "g", .san = "DNS:gw.internal.example", .issuer = &ca});
	edge = kit_ctx(IFACE_EDGE, &own, &ca, NULL);
	internal = kit_ctx(IFACE_INTERNAL, &own, &ca, NULL);
	RUN(shakes_hands_mutually);
	RUN(eats_not_one_byte_too_many);
	RUN(lets_a_flood_behind_finished_wait);
	RUN(asks_for_a_certificate_on_the_edge_but_does_not_insist);
	RUN(judges_a_bad_chain_by_leg);
	RUN(requires_a_certificate_inside);
	RUN(never_insists_on_an_eku);
	RUN(picks_its_certificate_by_sni);
	RUN(dials_in_the_name_of_a_partner);
	RUN(dials_a_server_whose_certificate_is_bad);
	RUN(hands_a_late_refusal_to_the_record_layer);
	RUN(selects_alpn_when_offered);
	RUN(offers_alpn_as_client);
	RUN(refuses_old_versions_and_suites);
	RUN(speaks_rsa);
	RUN(fails_on_garbage);
	RUN(fails_on_an_oversized_flight);
	RUN(keeps_its_context_over_a_reload);
	tls_ctx_drop(edge);
	tls_ctx_drop(internal);
	kit_free(&ca);
	kit_free(&other_ca);
	kit_free(&own);
	kit_free(&partner);
	kit_free(&gateway);
	kit_dir_remove();
	return check_summary();
}
