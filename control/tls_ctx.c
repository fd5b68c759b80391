/* SPDX-License-Identifier: BSD-3-Clause */
/* tls_ctx.c - two SSL_CTX of one leg, as server and as client, and the certificates to show. */
#include "control/tls_ctx.h"

#include <dirent.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "control/identity.h"

enum { ERROR_ROOM = 256, PATH_ROOM = 2048 };

/* ALPN's wire form: length, name (XEP-0368). */
static const unsigned char alpn_name[] = "\x0bxmpp-server";
#define ALPN_LEN (sizeof(alpn_name) - 1)

static const char suites_1_2[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
				 "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
				 "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
static const char suites_1_3[] =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

/* One certificate with its key and the intermediates behind it in its file. */
struct credential {
	char domain[DOMAIN_TEXT_MAX + 1]; /* folded; "" for the default */
	X509 *leaf;
	EVP_PKEY *key;
	STACK_OF(X509) * chain;
};

struct tls_ctx {
	unsigned int holders;
	enum iface leg;
	SSL_CTX *server, *client;
	X509_STORE *store;
	struct credential fallback;
	struct credential *by_domain; /* sorted */
	size_t count;
};

/* A key file with a passphrase must fail, never ask on a terminal. */
static int no_passphrase(char *out, int room, int for_writing, void *arg)
{
	(void)out, (void)room, (void)for_writing, (void)arg;
	return 0;
}

static bool say(char *error, const char *what, const char *path)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	snprintf(error, ERROR_ROOM, "%s: %s%s%s", path, what, reason != NULL ? ": " : "",
		 reason != NULL ? reason : "");
	ERR_clear_error();
	return false;
}

static void free_credential(struct credential *c)
{
	X509_free(c->leaf);
	EVP_PKEY_free(c->key);
	sk_X509_pop_free(c->chain, X509_free);
}

/* Leaf first, then intermediates, to the end of the file. */
static bool read_certificates(struct credential *c, const char *path, char *error)
{
	BIO *file = BIO_new_file(path, "r");
	X509 *next;
	bool is_good;

	if (file == NULL)
		return say(error, "cannot open the certificate", path);
	c->leaf = PEM_read_bio_X509_AUX(file, NULL, no_passphrase, NULL);
	c->chain = sk_X509_new_null();
	while (c->leaf != NULL && c->chain != NULL &&
	       (next = PEM_read_bio_X509(file, NULL, no_passphrase, NULL)) != NULL)
		if (sk_X509_push(c->chain, next) == 0)
			X509_free(next);
	/* The only good end is that of the file. */
	is_good = c->leaf != NULL && c->chain != NULL &&
		  ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	BIO_free(file);
	if (!is_good)
		return say(error, "no good PEM certificate", path);
	ERR_clear_error();
	return true;
}

static bool read_credential(struct credential *c, const char *certificate, const char *key,
			    char *error)
{
	BIO *file;

	ERR_clear_error();
	if (!read_certificates(c, certificate, error))
		return false;
	file = BIO_new_file(key, "r");
	if (file == NULL)
		return say(error, "cannot open the private key", key);
	c->key = PEM_read_bio_PrivateKey(file, NULL, no_passphrase, NULL);
	BIO_free(file);
	if (c->key == NULL)
		return say(error, "no good PEM private key without a passphrase", key);
	if (X509_check_private_key(c->leaf, c->key) != 1)
		return say(error, "the key does not belong to the certificate", key);
	return true;
}

static int compare_domains(const void *a, const void *b)
{
	const struct credential *x = a, *y = b;

	return strcmp(x->domain, y->domain);
}

/* Is @file "<domain>.crt"? Then its folded domain. */
static bool is_certificate(const char *file, char domain[DOMAIN_TEXT_MAX + 1])
{
	const size_t len = strlen(file);

	if (len <= 4 || len - 4 > DOMAIN_TEXT_MAX || file[0] == '.' ||
	    strcmp(file + len - 4, ".crt") != 0)
		return false;
	for (size_t i = 0; i < len - 4; i++)
		domain[i] = file[i] >= 'A' && file[i] <= 'Z' ? (char)(file[i] + 32) : file[i];
	domain[len - 4] = '\0';
	return true;
}

static bool read_one(struct tls_ctx *t, const char *dir, const char *file, char *error)
{
	char certificate[PATH_ROOM], key[PATH_ROOM], domain[DOMAIN_TEXT_MAX + 1];
	const int stem = (int)strlen(file) - 4;
	struct credential *grown;

	if (!is_certificate(file, domain))
		return true;
	if (snprintf(certificate, sizeof(certificate), "%s/%s", dir, file) >= PATH_ROOM ||
	    snprintf(key, sizeof(key), "%s/%.*s.key", dir, stem, file) >= PATH_ROOM)
		return say(error, "name too long", dir);
	if (t->count >= DOMAINS_MAX)
		return say(error, "too many certificates", dir);
	grown = realloc(t->by_domain, (t->count + 1) * sizeof(*grown));
	if (grown == NULL)
		return say(error, "out of memory", dir);
	t->by_domain = grown;
	memset(&grown[t->count], 0, sizeof(*grown));
	memcpy(grown[t->count].domain, domain, sizeof(domain));
	t->count++; /* from here on tls_ctx_drop() frees it */
	return read_credential(&grown[t->count - 1], certificate, key, error);
}

static bool read_dir(struct tls_ctx *t, const char *path, char *error)
{
	const struct dirent *entry;
	bool is_good = true;
	DIR *dir = opendir(path);

	ERR_clear_error();
	if (dir == NULL)
		return say(error, "cannot open the folder of certificates", path);
	while (is_good && (entry = readdir(dir)) != NULL)
		is_good = read_one(t, path, entry->d_name, error);
	closedir(dir);
	if (is_good && t->count > 0)
		qsort(t->by_domain, t->count, sizeof(*t->by_domain), compare_domains);
	return is_good;
}

static const struct credential *find_credential(const struct tls_ctx *t, const char *domain)
{
	struct credential key = {.leaf = NULL};
	const struct credential *found;

	if (domain == NULL || t->count == 0 || strlen(domain) > DOMAIN_TEXT_MAX)
		return &t->fallback;
	for (size_t i = 0; domain[i] != '\0'; i++)
		key.domain[i] =
		    domain[i] >= 'A' && domain[i] <= 'Z' ? (char)(domain[i] + 32) : domain[i];
	found = bsearch(&key, t->by_domain, t->count, sizeof(key), compare_domains);
	return found != NULL ? found : &t->fallback;
}

static bool use_credential(SSL *ssl, const struct credential *c)
{
	return SSL_use_cert_and_key(ssl, c->leaf, c->key, c->chain, 1) == 1;
}

/* As server: the certificate is chosen when the ClientHello has named whom it wants. */
static int choose_certificate(SSL *ssl, void *arg)
{
	const struct tls_ctx *t = arg;
	const char *sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	return use_credential(ssl, find_credential(t, sni)) ? 1 : 0;
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
					X509_STORE_CTX_get0_untrusted(work), t->store, true);
	X509_STORE_CTX_set_error(work, error);
	return error == X509_V_OK ? 1 : 0;
}

static SSL_CTX *make_ctx(struct tls_ctx *t, bool is_server)
{
	SSL_CTX *ctx = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
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
	t->store = X509_STORE_new();
	if (t->store == NULL)
		return say(error, "out of memory", trust != NULL ? trust : "trust store");
	if (trust == NULL)
		return X509_STORE_set_default_paths(t->store) == 1 ||
		       say(error, "cannot read the system's store", "trust store");
	/* Whatever the operator lists is an anchor, a subordinate CA too. */
	X509_STORE_set_flags(t->store, X509_V_FLAG_PARTIAL_CHAIN);
	return X509_STORE_load_file(t->store, trust) == 1 ||
	       say(error, "cannot read the trusted certificates", trust);
}

struct tls_ctx *tls_ctx_make(const struct tls_ctx_setup *setup, char *error)
{
	struct tls_ctx *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		say(error, "out of memory", setup->certificate);
		return NULL;
	}
	t->holders = 1;
	t->leg = setup->leg;
	if (!read_credential(&t->fallback, setup->certificate, setup->key, error) ||
	    (setup->certificate_dir != NULL && !read_dir(t, setup->certificate_dir, error)) ||
	    !load_trust(t, setup->trust, error))
		goto fail;
	t->server = make_ctx(t, true);
	t->client = make_ctx(t, false);
	if (t->server == NULL || t->client == NULL) {
		say(error, "cannot set up TLS", setup->certificate);
		goto fail;
	}
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
	X509_STORE_free(t->store);
	free_credential(&t->fallback);
	for (size_t i = 0; i < t->count; i++)
		free_credential(&t->by_domain[i]);
	free(t->by_domain);
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
	return use_credential(ssl, find_credential(t, own));
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

X509_STORE *tls_ctx_store(struct tls_ctx *t)
{
	return t->store;
}

enum iface tls_ctx_leg(const struct tls_ctx *t)
{
	return t->leg;
}
