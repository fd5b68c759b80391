/* SPDX-License-Identifier: BSD-3-Clause */
/* tls_ctx.c - two SSL_CTX of one leg, as server and as client, and the certificates to show. */
#include "control/tls_ctx.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/chain_cache.h"
#include "control/tls_credential.h"
#include "control/tls_library.h"

/* ALPN's wire form: length, name (XEP-0368). */
static const unsigned char alpn_name[] = "\x0bxmpp-server";
#define ALPN_LEN (sizeof(alpn_name) - 1)

static const char suites_1_2[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
				 "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
				 "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
static const char suites_1_3[] =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

struct tls_ctx {
	unsigned int holders;
	enum iface leg;
	SSL_CTX *server, *client;
	struct identity_trust trust;
	struct chain_cache lately; /* trust's */
	struct tls_credentials shown;
	time_t made;
};

static bool use_credential(SSL *ssl, const struct tls_credential *c)
{
	return SSL_use_cert_and_key(ssl, c->leaf, c->key, c->chain, 1) == 1;
}

/* As server: the certificate is chosen when the ClientHello has named whom it wants. */
static int choose_certificate(SSL *ssl, void *arg)
{
	const struct tls_ctx *t = arg;
	const char *sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	return use_credential(ssl, tls_credentials_find(&t->shown, sni)) ? 1 : 0;
}

/* Absent or unknown ALPN never fails a handshake (facts.md 2.6: peers send it or not at will). */
static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
		       const unsigned char *in, unsigned int in_len, void *arg)
{
	(void)ssl, (void)arg;
	for (unsigned int i = 0; i < in_len; i += in[i] + 1u)
		if (in_len - i >= ALPN_LEN && memcmp(in + i, alpn_name, ALPN_LEN) == 0) {
			*out = in + i + 1;
			*out_len = in[i];
			return SSL_TLSEXT_ERR_OK;
		}
	return SSL_TLSEXT_ERR_NOACK;
}

/*
 * Takes the place of OpenSSL's own chain verification. Only the internal leg refuses here, so that
 * a gateway sees in its TLS alert what is wrong with its certificate; everywhere else
 * identity_read() judges after the handshake and policy decides what follows.
 */
static int verify_chain(X509_STORE_CTX *work, void *arg)
{
	const struct tls_ctx *t = arg;
	const SSL *ssl = X509_STORE_CTX_get_ex_data(work, SSL_get_ex_data_X509_STORE_CTX_idx());
	int error = X509_V_OK;

	if (t->leg == IFACE_INTERNAL && SSL_is_server(ssl))
		error = identity_verify(X509_STORE_CTX_get0_cert(work),
					X509_STORE_CTX_get0_untrusted(work), &t->trust);
	X509_STORE_CTX_set_error(work, error);
	return error == X509_V_OK ? 1 : 0;
}

static SSL_CTX *make_ctx(struct tls_ctx *t, bool is_server)
{
	SSL_CTX *ctx = SSL_CTX_new_ex(tls_library(), NULL,
				      is_server ? TLS_server_method() : TLS_client_method());
	int groups[] = {NID_X25519, NID_X9_62_prime256v1, NID_secp384r1};
	int verify = SSL_VERIFY_PEER;

	if (ctx == NULL)
		return NULL;
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, suites_1_2) != 1 ||
	    SSL_CTX_set_ciphersuites(ctx, suites_1_3) != 1 ||
	    SSL_CTX_set1_groups(ctx, groups, ARRAY_LEN(groups)) != 1 ||
	    SSL_CTX_set_num_tickets(ctx, 0) != 1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	/* What the system's openssl.cnf may have switched on must not reach the record layer. */
	SSL_CTX_clear_options(ctx, SSL_CTX_get_options(ctx));
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
				     SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
				     SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
	SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN); /* only what the file holds is sent */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_read_ahead(ctx, 0); /* so that `consumed` is exact (handshake.h) */
	if (t->leg == IFACE_INTERNAL && is_server)
		verify |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	SSL_CTX_set_verify(ctx, verify, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, verify_chain, t);
	if (is_server) {
		SSL_CTX_set_cert_cb(ctx, choose_certificate, t);
		SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, NULL);
	}
	return ctx;
}

static bool load_trust(struct tls_ctx *t, const char *trust, char *error)
{
	ERR_clear_error();
	t->trust.store = X509_STORE_new();
	t->trust.also_client_purpose = t->leg == IFACE_INTERNAL;
	t->trust.lately = &t->lately;
	if (t->trust.store == NULL)
		return tls_credentials_say(error, "out of memory",
					   trust != NULL ? trust : "trust store");
	if (trust == NULL)
		return X509_STORE_set_default_paths(t->trust.store) == 1 ||
		       tls_credentials_say(error, "cannot read the system's store", "trust store");
	/* Whatever the operator lists is an anchor, a subordinate CA too. */
	X509_STORE_set_flags(t->trust.store, X509_V_FLAG_PARTIAL_CHAIN);
	return X509_STORE_load_file(t->trust.store, trust) == 1 ||
	       tls_credentials_say(error, "cannot read the trusted certificates", trust);
}

/* OpenSSL may find a key too weak for its security level: better now than at each handshake. */
static bool try_all(const struct tls_ctx *t, const struct tls_ctx_setup *setup, char *error)
{
	SSL *ssl = SSL_new(t->server);
	bool is_good = ssl != NULL;
	const char *path = setup->certificate;

	if (is_good)
		is_good = use_credential(ssl, &t->shown.fallback);
	for (size_t i = 0; is_good && i < t->shown.count; i++) {
		path = t->shown.by_domain[i].domain;
		is_good = use_credential(ssl, &t->shown.by_domain[i]);
	}
	SSL_free(ssl);
	return is_good || tls_credentials_say(error, "certificate not fit for TLS", path);
}

struct tls_ctx *tls_ctx_make(const struct tls_ctx_setup *setup, char *error)
{
	struct tls_ctx *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		tls_credentials_say(error, "out of memory", setup->certificate);
		return NULL;
	}
	t->holders = 1;
	t->leg = setup->leg;
	t->made = time(NULL);
	if (!tls_credentials_read(&t->shown, setup->certificate, setup->key, setup->certificate_dir,
				  error) ||
	    !load_trust(t, setup->trust, error))
		goto fail;
	t->server = make_ctx(t, true);
	t->client = make_ctx(t, false);
	if (t->server == NULL || t->client == NULL) {
		tls_credentials_say(error, "cannot set up TLS", setup->certificate);
		goto fail;
	}
	if (!try_all(t, setup, error))
		goto fail;
	return t;
fail:
	tls_ctx_drop(t);
	return NULL;
}

struct tls_ctx *tls_ctx_hold(struct tls_ctx *t)
{
	t->holders++;
	return t;
}

void tls_ctx_drop(struct tls_ctx *t)
{
	if (t == NULL || --t->holders > 0)
		return;
	SSL_CTX_free(t->server);
	SSL_CTX_free(t->client);
	X509_STORE_free(t->trust.store);
	tls_credentials_close(&t->shown);
	free(t);
}

static bool set_up_client(const struct tls_ctx *t, SSL *ssl, const char *domain, const char *own)
{
	char name[DOMAIN_TEXT_MAX + 1]; /* OpenSSL's macro takes no const */

	if (domain != NULL && domain[0] != '\0' &&
	    (snprintf(name, sizeof(name), "%s", domain) >= (int)sizeof(name) ||
	     SSL_set_tlsext_host_name(ssl, name) != 1))
		return false;
	/* This one call returns 0 for success. */
	if (SSL_set_alpn_protos(ssl, alpn_name, ALPN_LEN) != 0)
		return false;
	return use_credential(ssl, tls_credentials_find(&t->shown, own));
}

SSL *tls_ctx_ssl(struct tls_ctx *t, bool is_server, const char *domain, const char *own)
{
	SSL *ssl = SSL_new(is_server ? t->server : t->client);

	if (ssl == NULL)
		return NULL;
	SSL_set_quiet_shutdown(ssl, 1);
	if (is_server) {
		SSL_set_accept_state(ssl);
		return ssl;
	}
	SSL_set_connect_state(ssl);
	if (!set_up_client(t, ssl, domain, own)) {
		SSL_free(ssl);
		return NULL;
	}
	return ssl;
}

const struct identity_trust *tls_ctx_trust(const struct tls_ctx *t)
{
	return &t->trust;
}

bool tls_ctx_shows_same(const struct tls_ctx *a, const struct tls_ctx *b)
{
	if (a == b)
		return true;
	if (X509_cmp(a->shown.fallback.leaf, b->shown.fallback.leaf) != 0 ||
	    a->shown.count != b->shown.count)
		return false;
	for (size_t i = 0; i < a->shown.count; i++)
		if (strcmp(a->shown.by_domain[i].domain, b->shown.by_domain[i].domain) != 0 ||
		    X509_cmp(a->shown.by_domain[i].leaf, b->shown.by_domain[i].leaf) != 0)
			return false;
	return true;
}

uint64_t tls_ctx_ends_unix_s(const struct tls_ctx *t)
{
	struct tm ends;

	/* What is no time has passed. */
	if (ASN1_TIME_to_tm(X509_get0_notAfter(t->shown.fallback.leaf), &ends) != 1)
		return 0;
	return (uint64_t)timegm(&ends);
}

enum iface tls_ctx_leg(const struct tls_ctx *t)
{
	return t->leg;
}

bool tls_ctx_shown(const struct tls_ctx *t, size_t index, const char **domain, const char **file,
		   struct identity *out)
{
	const struct tls_credential *c =
	    index == 0 ? &t->shown.fallback : &t->shown.by_domain[index - 1];

	if (index > t->shown.count)
		return false;
	*domain = c->domain;
	*file = c->path;
	identity_read(out, c->leaf, c->chain, &t->trust);
	return true;
}

unsigned int tls_ctx_anchors(const struct tls_ctx *t)
{
	return (unsigned int)sk_X509_OBJECT_num(X509_STORE_get0_objects(t->trust.store));
}

time_t tls_ctx_made(const struct tls_ctx *t)
{
	return t->made;
}
