/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * handshake_bench.c - what a mutual TLS 1.3 handshake costs the control thread, beside the sum of
 * the public-key operations that none of its kind can do without.
 *
 * P-256 certificates with one intermediate, X25519. The peer is OpenSSL in the same thread; its
 * time lies between the timed stretches. The limit: key generation, key agreement, one signature,
 * and three verifications (leaf, intermediate, CertificateVerify).
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "bench/machine.h"
#include "bench/report.h"
#include "control/handshake.h"
#include "tests/unit/tls/tls_kit.h"

enum { TURNS_MAX = 16, OPERATIONS = 64 };

/* What the peers of one leg show and trust. */
struct party {
	struct kit_cert root, issuer, ours, theirs;
};

static struct party party_make(void)
{
	struct party p;

	p.root = kit_issue(&(struct kit_want){.cn = "Root", .is_ca = true});
	p.issuer = kit_issue(&(struct kit_want){.cn = "Issuer", .is_ca = true, .issuer = &p.root});
	p.ours = kit_issue(
	    &(struct kit_want){.cn = "ours", .san = "DNS:ours.example", .issuer = &p.issuer});
	p.theirs = kit_issue(
	    &(struct kit_want){.cn = "theirs", .san = "DNS:theirs.example", .issuer = &p.issuer});
	return p;
}

static void party_free(struct party *p)
{
	kit_free(&p->root);
	kit_free(&p->issuer);
	kit_free(&p->ours);
	kit_free(&p->theirs);
}

static struct tls_ctx *make_ctx(enum iface leg, const struct party *p)
{
	const struct tls_ctx_setup setup = {
	    .leg = leg,
	    .certificate = kit_write_cert("ours.crt", &p->ours, &p->issuer),
	    .key = kit_write_key("ours.key", &p->ours),
	    .trust = kit_write_cert("root.crt", &p->root, NULL),
	};
	char error[256];
	struct tls_ctx *t = tls_ctx_make(&setup, error);

	if (t == NULL)
		bench_die(error);
	return t;
}

/* The peer sends its intermediate, too. */
static void add_issuer(struct kit_peer *peer, const struct party *p)
{
	if (SSL_add1_chain_cert(peer->ssl, p->issuer.x) != 1)
		bench_die("the peer takes no intermediate");
}

/* CPU ns of ours, of one handshake up to the keys and to who the peer is. */
static uint64_t shake(const struct bench *b, struct tls_ctx *ctx, bool is_server,
		      const struct party *p)
{
	/* too large for a stack */
	static struct identity who;
	static uint8_t bytes[16384];
	const struct kit_peer_want want = {
	    .is_server = !is_server, .version = TLS1_3_VERSION, .own = &p->theirs, .ca = &p->root};
	enum handshake_result result = HANDSHAKE_MORE;
	struct tls_handover keys;
	struct kit_peer peer;
	struct handshake *h;
	uint64_t start_ns, ns;
	int n = 0;

	kit_peer_open(&peer, &want);
	add_issuer(&peer, p);
	start_ns = bench_cpu_ns();
	h = handshake_make(ctx, is_server, is_server ? NULL : "theirs.example", NULL);
	ns = bench_since_ns(b, start_ns);
	for (int turn = 0; result == HANDSHAKE_MORE && turn < TURNS_MAX; turn++) {
		struct span out;

		(void)SSL_do_handshake(peer.ssl);
		n = BIO_read(peer.out, bytes, sizeof(bytes));
		start_ns = bench_cpu_ns();
		result = handshake_feed(h, bytes, n > 0 ? (size_t)n : 0);
		out = handshake_output(h);
		ns += bench_since_ns(b, start_ns);
		if (out.len > 0 && BIO_write(peer.in, out.at, (int)out.len) != (int)out.len)
			bench_die("no memory for the peer");
	}
	if (result != HANDSHAKE_DONE)
		bench_die(handshake_error(h));
	start_ns = bench_cpu_ns();
	handshake_keys(h, &keys);
	handshake_identity(h, &who);
	OPENSSL_cleanse(&keys, sizeof(keys));
	handshake_free(h);
	ns += bench_since_ns(b, start_ns);
	if (!identity_proves(&who, "theirs.example", false) || SSL_do_handshake(peer.ssl) != 1)
		bench_die("the handshake did not prove who the peer is");
	ERR_clear_error();
	kit_peer_close(&peer);
	return ns;
}

static double handshake_us(const struct bench *b, struct tls_ctx *ctx, bool is_server,
			   const struct party *p)
{
	const unsigned int times = b->is_short ? 20 : 60;
	uint64_t ns = 0;

	for (unsigned int i = 0; i < times; i++)
		ns += shake(b, ctx, is_server, p);
	return (double)ns / times / 1000;
}

/* --- the operations --- */

static void must(int result)
{
	if (result != 1)
		bench_die("an operation of OpenSSL fails");
}

static EVP_PKEY *x25519(void)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");

	if (key == NULL)
		bench_die("no X25519");
	return key;
}

static double keygen_us(const struct bench *b)
{
	const uint64_t start_ns = bench_cpu_ns();

	for (int i = 0; i < OPERATIONS; i++)
		EVP_PKEY_free(x25519());
	return (double)bench_since_ns(b, start_ns) / OPERATIONS / 1000;
}

static double derive_us(const struct bench *b)
{
	EVP_PKEY *ours = x25519(), *theirs = x25519();
	uint8_t secret[32];
	uint64_t start_ns = bench_cpu_ns();
	double us;

	for (int i = 0; i < OPERATIONS; i++) {
		EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(ours, NULL);
		size_t len = sizeof(secret);

		must(EVP_PKEY_derive_init(c));
		must(EVP_PKEY_derive_set_peer(c, theirs));
		must(EVP_PKEY_derive(c, secret, &len));
		EVP_PKEY_CTX_free(c);
	}
	us = (double)bench_since_ns(b, start_ns) / OPERATIONS / 1000;
	EVP_PKEY_free(ours);
	EVP_PKEY_free(theirs);
	return us;
}

/* Of a hash of 32 bytes, as all of a handshake are. */
static void sign_and_verify_us(const struct bench *b, EVP_PKEY *key, double *sign, double *verify)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
	uint8_t hash[32] = {1}, signature[128];
	size_t len = 0;
	uint64_t start_ns;

	must(EVP_PKEY_sign_init(c));
	start_ns = bench_cpu_ns();
	for (int i = 0; i < OPERATIONS; i++) {
		len = sizeof(signature);
		must(EVP_PKEY_sign(c, signature, &len, hash, sizeof(hash)));
	}
	*sign = (double)bench_since_ns(b, start_ns) / OPERATIONS / 1000;
	must(EVP_PKEY_verify_init(c));
	start_ns = bench_cpu_ns();
	for (int i = 0; i < OPERATIONS; i++)
		must(EVP_PKEY_verify(c, signature, len, hash, sizeof(hash)));
	*verify = (double)bench_since_ns(b, start_ns) / OPERATIONS / 1000;
	EVP_PKEY_CTX_free(c);
}

static double limit_us(const struct bench *b, EVP_PKEY *key)
{
	double sign, verify;

	sign_and_verify_us(b, key, &sign, &verify);
	return keygen_us(b) + derive_us(b) + sign + 3 * verify;
}

static void compare(struct bench *b, struct tls_ctx *const ctx[IFACE_COUNT], const struct party *p)
{
	static const struct {
		enum iface leg;
		bool is_server;
		struct bench_line us, rate, ratio;
	} runs[] = {
	    {IFACE_EDGE,
	     true,
	     {"handshake.edge.server", "us", BENCH_INFO, 0, 0},
	     {"handshake.edge.server.rate", "1/s", BENCH_INFO, 0, 0},
	     {"handshake.edge.server.vs_limit", "ratio", BENCH_AT_LEAST, 0.40, 0.55}},
	    {IFACE_EDGE,
	     false,
	     {"handshake.edge.client", "us", BENCH_INFO, 0, 0},
	     {"handshake.edge.client.rate", "1/s", BENCH_INFO, 0, 0},
	     {"handshake.edge.client.vs_limit", "ratio", BENCH_AT_LEAST, 0.40, 0.55}},
	    {IFACE_INTERNAL,
	     true,
	     {"handshake.internal.server", "us", BENCH_INFO, 0, 0},
	     {"handshake.internal.server.rate", "1/s", BENCH_INFO, 0, 0},
	     {"handshake.internal.server.vs_limit", "ratio", BENCH_AT_LEAST, 0.40, 0.55}},
	    {IFACE_INTERNAL,
	     false,
	     {"handshake.internal.client", "us", BENCH_INFO, 0, 0},
	     {"handshake.internal.client.rate", "1/s", BENCH_INFO, 0, 0},
	     {"handshake.internal.client.vs_limit", "ratio", BENCH_AT_LEAST, 0.40, 0.55}},
	};
	static const struct bench_line limit_line = {"handshake.limit", "us", BENCH_INFO, 0, 0};
	double us[BENCH_ROUNDS_MAX], rate[BENCH_ROUNDS_MAX], ratio[BENCH_ROUNDS_MAX];
	double limit[BENCH_ROUNDS_MAX];

	for (size_t i = 0; i < ARRAY_LEN(runs); i++) {
		for (unsigned int r = 0; r < b->rounds; r++) {
			/* the limit before and behind: what drifts meanwhile drifts for both */
			const double before = limit_us(b, p->ours.key);

			us[r] = handshake_us(b, ctx[runs[i].leg], runs[i].is_server, p);
			limit[r] = (before + limit_us(b, p->ours.key)) / 2;
			ratio[r] = limit[r] / us[r];
			rate[r] = 1e6 / us[r];
		}
		if (i == 0)
			bench_report(b, &limit_line, limit, b->rounds);
		bench_report(b, &runs[i].us, us, b->rounds);
		bench_report(b, &runs[i].rate, rate, b->rounds);
		bench_report(b, &runs[i].ratio, ratio, b->rounds);
	}
}

int main(int argc, char **argv)
{
	struct tls_ctx *ctx[IFACE_COUNT];
	struct bench b = {.rounds = 11};
	struct party p;

	(void)bench_options(
	    &b, 5, argc, argv,
	    "\n\nMutual TLS handshakes beside the limit that their public-key operations "
	    "set.");
	p = party_make();
	ctx[IFACE_EDGE] = make_ctx(IFACE_EDGE, &p);
	ctx[IFACE_INTERNAL] = make_ctx(IFACE_INTERNAL, &p);
	kit_dir_remove();
	machine_take_clock(&b);
	machine_say(&b);
	bench_head(&b);
	compare(&b, ctx, &p);
	tls_ctx_drop(ctx[IFACE_EDGE]);
	tls_ctx_drop(ctx[IFACE_INTERNAL]);
	party_free(&p);
	return bench_status(&b);
}
