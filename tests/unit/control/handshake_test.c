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

static struct kit_cert ca, own, partner, gateway;
static struct tls_ctx *edge, *internal;
static struct identity id; /* too large for a stack */

/* One handshake and what came of it. */
struct run {
	struct handshake *h;
	struct kit_peer peer;
	struct kit_wire wire;
	enum handshake_result result;
};

static void run(struct run *r, struct tls_ctx *ctx, const struct kit_peer_want *want,
		const char *behind)
{
	r->h = handshake_make(ctx, !want->is_server, "partner.example", NULL);
	kit_peer_open(&r->peer, want);
	r->result = kit_shake(r->h, &r->peer, behind, &r->wire);
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

static void sends_and_reads_intermediates(void)
{
	struct kit_cert middle =
	    kit_issue(&(struct kit_want){.cn = "Middle", .issuer = &ca, .is_ca = true});
	struct kit_cert leaf =
	    kit_issue(&(struct kit_want){.cn = "l", .san = "DNS:l.example", .issuer = &middle});
	const struct tls_ctx_setup setup = {
	    .leg = IFACE_INTERNAL,
	    .certificate = kit_write_cert("chain.pem", &leaf, &middle),
	    .key = kit_write_key("chain.key", &leaf),
	    .trust = kit_write_cert("root.pem", &ca, NULL),
	};
	char error[256];
	struct tls_ctx *t = tls_ctx_make(&setup, error);

	for (int is_server = 0; is_server < 2; is_server++) {
		const struct kit_peer_want want = {
		    .is_server = is_server != 0, .own = &leaf, .ca = &ca};
		struct run r;

		r.h = handshake_make(t, is_server == 0, "l.example", NULL);
		kit_peer_open(&r.peer, &want); /* it does verify our chain */
		SSL_add1_chain_cert(r.peer.ssl, middle.x);
		CHECK_EQ(kit_shake(r.h, &r.peer, NULL, &r.wire), HANDSHAKE_DONE);
		CHECK(SSL_is_init_finished(r.peer.ssl));
		CHECK_EQ(SSL_get_verify_result(r.peer.ssl), X509_V_OK);
		handshake_identity(r.h, &id);
		CHECK(identity_proves(&id, "l.example", false));
		run_end(&r);
	}
	tls_ctx_drop(t);
	kit_free(&middle);
	kit_free(&leaf);
}

/* A key share that we do not take costs one more round trip, and the count stays exact. */
static void asks_for_another_key_share(void)
{
	int groups[] = {NID_X448, NID_secp384r1};
	const struct kit_peer_want want = {.version = TLS1_3_VERSION, .own = &own, .ca = &ca};
	struct run r;

	r.h = handshake_make(edge, true, NULL, NULL);
	kit_peer_open(&r.peer, &want);
	CHECK(SSL_set1_groups(r.peer.ssl, groups, ARRAY_LEN(groups)) == 1);
	CHECK_EQ(kit_shake(r.h, &r.peer, NULL, &r.wire), HANDSHAKE_DONE);
	CHECK_EQ(SSL_get_negotiated_group(r.peer.ssl), NID_secp384r1);
	CHECK_EQ(handshake_consumed(r.h), r.wire.len);
	run_end(&r);
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
	RUN(picks_its_certificate_by_sni);
	RUN(dials_in_the_name_of_a_partner);
	RUN(selects_alpn_when_offered);
	RUN(offers_alpn_as_client);
	RUN(speaks_rsa);
	RUN(sends_and_reads_intermediates);
	RUN(asks_for_another_key_share);
	RUN(keeps_its_context_over_a_reload);
	tls_ctx_drop(edge);
	tls_ctx_drop(internal);
	kit_free(&ca);
	kit_free(&own);
	kit_free(&partner);
	kit_free(&gateway);
	kit_dir_remove();
	return check_summary();
}
