/* SPDX-License-Identifier: BSD-3-Clause */
/* tls_kit.c - certificates and OpenSSL peers for tests. */
#include "tests/unit/tls/tls_kit.h"

#include <dirent.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void must(bool is_good, const char *what)
{
	if (is_good)
		return;
	fprintf(stderr, "tls_kit: %s\n", what);
	ERR_print_errors_fp(stderr);
	exit(2);
}

static void add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX work;

	X509V3_set_ctx_nodb(&work);
	X509V3_set_ctx(&work, issuer, x, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &work, nid, value);
	must(extension != NULL && X509_add_ext(x, extension, -1) == 1, value);
	X509_EXTENSION_free(extension);
}

static EVP_PKEY *make_key(const struct kit_want *want)
{
	if (want->is_weak)
		return EVP_RSA_gen(1024);
	return want->is_rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
}

struct kit_cert kit_issue(const struct kit_want *want)
{
	static long serial = 1000;
	struct kit_cert c = {make_key(want), X509_new()};
	const int to = want->to_days != 0 ? want->to_days : 90;
	X509_NAME *name = X509_get_subject_name(c.x);

	must(c.key != NULL && X509_set_version(c.x, 2) == 1, "key");
	ASN1_INTEGER_set(X509_get_serialNumber(c.x), serial++);
	X509_gmtime_adj(X509_getm_notBefore(c.x), (want->from_days - 1) * 86400L);
	X509_gmtime_adj(X509_getm_notAfter(c.x), to * 86400L);
	X509_set_pubkey(c.x, c.key);
	must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)want->cn,
					-1, -1, 0) == 1,
	     "name");
	X509_set_issuer_name(c.x,
			     want->issuer != NULL ? X509_get_subject_name(want->issuer->x) : name);
	add_extension(c.x, c.x, NID_basic_constraints,
		      want->is_ca ? "critical,CA:TRUE" : "CA:FALSE");
	if (want->san != NULL)
		add_extension(c.x, c.x, NID_subject_alt_name, want->san);
	if (want->eku != NULL)
		add_extension(c.x, c.x, NID_ext_key_usage, want->eku);
	if (!want->is_hollow)
		kit_sign(&c, want->issuer != NULL ? want->issuer : &c);
	return c;
}

void kit_sign(struct kit_cert *cert, const struct kit_cert *issuer)
{
	must(X509_sign(cert->x, issuer->key, EVP_sha256()) > 0, "sign");
}

void kit_free(struct kit_cert *cert)
{
	EVP_PKEY_free(cert->key);
	X509_free(cert->x);
}

static char dir[64];

const char *kit_dir(void)
{
	if (dir[0] == '\0') {
		snprintf(dir, sizeof(dir), "/tmp/sluice-tls-XXXXXX");
		must(mkdtemp(dir) != NULL, "temporary folder");
	}
	return dir;
}

void kit_dir_remove(void)
{
	const struct dirent *entry;
	char path[512];
	DIR *d;

	if (dir[0] == '\0')
		return;
	d = opendir(dir);
	while (d != NULL && (entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.') {
			snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
			unlink(path);
		}
	closedir(d);
	rmdir(dir);
	dir[0] = '\0';
}

static const char *next_path(const char *name)
{
	static char path[8][512];
	static unsigned int n;
	char *p = path[n++ % 8];

	snprintf(p, sizeof(path[0]), "%s/%s", kit_dir(), name);
	return p;
}

const char *kit_write_cert(const char *name, const struct kit_cert *cert,
			   const struct kit_cert *intermediate)
{
	const char *path = next_path(name);
	FILE *f = fopen(path, "w");

	must(f != NULL && PEM_write_X509(f, cert->x) == 1, path);
	if (intermediate != NULL)
		must(PEM_write_X509(f, intermediate->x) == 1, path);
	fclose(f);
	return path;
}

const char *kit_write_key(const char *name, const struct kit_cert *cert)
{
	const char *path = next_path(name);
	FILE *f = fopen(path, "w");

	must(f != NULL && PEM_write_PrivateKey(f, cert->key, NULL, NULL, 0, NULL, NULL) == 1, path);
	fclose(f);
	return path;
}

static int accept_any(int is_good, X509_STORE_CTX *work)
{
	(void)is_good, (void)work;
	return 1;
}

void kit_peer_open(struct kit_peer *p, const struct kit_peer_want *want)
{
	p->ctx = SSL_CTX_new(want->is_server ? TLS_server_method() : TLS_client_method());
	must(p->ctx != NULL, "SSL_CTX");
	SSL_CTX_set_min_proto_version(p->ctx, want->version);
	SSL_CTX_set_max_proto_version(p->ctx, want->version);
	if (want->suite != NULL)
		must((want->version == TLS1_3_VERSION
			  ? SSL_CTX_set_ciphersuites(p->ctx, want->suite)
			  : SSL_CTX_set_cipher_list(p->ctx, want->suite)) == 1,
		     want->suite);
	if (!want->tickets)
		SSL_CTX_set_num_tickets(p->ctx, 0);
	SSL_CTX_set_session_id_context(p->ctx, (const unsigned char *)"kit", 3);
	if (want->own != NULL)
		must(SSL_CTX_use_certificate(p->ctx, want->own->x) == 1 &&
			 SSL_CTX_use_PrivateKey(p->ctx, want->own->key) == 1,
		     "certificate");
	if (want->ca != NULL) {
		X509_STORE_add_cert(SSL_CTX_get_cert_store(p->ctx), want->ca->x);
		SSL_CTX_set_verify(p->ctx, SSL_VERIFY_PEER, NULL);
	} else {
		SSL_CTX_set_verify(p->ctx, SSL_VERIFY_PEER, accept_any);
	}
	p->ssl = SSL_new(p->ctx);
	p->in = BIO_new(BIO_s_mem());
	p->out = BIO_new(BIO_s_mem());
	SSL_set_bio(p->ssl, p->in, p->out);
	if (want->sni != NULL) {
		char name[256]; /* the macro takes no const */

		snprintf(name, sizeof(name), "%s", want->sni);
		SSL_set_tlsext_host_name(p->ssl, name);
	}
	if (want->alpn != NULL)
		SSL_set_alpn_protos(p->ssl, (const unsigned char *)want->alpn,
				    (unsigned int)strlen(want->alpn));
	if (want->is_server)
		SSL_set_accept_state(p->ssl);
	else
		SSL_set_connect_state(p->ssl);
}

void kit_peer_close(struct kit_peer *p)
{
	SSL_free(p->ssl);
	SSL_CTX_free(p->ctx);
	memset(p, 0, sizeof(*p));
}

/* Whatever the peer has to say goes to the end of @wire. */
static struct span pull(struct kit_peer *p, struct kit_wire *wire)
{
	const size_t len = BIO_ctrl_pending(p->out), from = wire->len;

	wire->bytes = realloc(wire->bytes, wire->len + len + 1);
	must(wire->bytes != NULL, "memory");
	if (len > 0)
		must(BIO_read(p->out, wire->bytes + from, (int)len) == (int)len, "BIO");
	wire->len += len;
	return (struct span){wire->bytes + from, len};
}

enum handshake_result kit_shake(struct handshake *h, struct kit_peer *p, const char *behind,
				struct kit_wire *wire)
{
	enum handshake_result result = HANDSHAKE_MORE;
	int peer = 0;

	memset(wire, 0, sizeof(*wire));
	for (int round = 0; round < 12; round++) {
		struct span bytes;

		ERR_clear_error();
		if (peer != 1) {
			peer = SSL_do_handshake(p->ssl);
			if (peer == 1 && behind != NULL)
				SSL_write(p->ssl, behind, (int)strlen(behind));
		}
		bytes = pull(p, wire);
		/* Afterwards the bytes are the record layer's. */
		if (result == HANDSHAKE_MORE)
			result = handshake_feed(h, bytes.at, bytes.len);
		else
			must(handshake_feed(h, NULL, 0) == result, "result changed");
		bytes = handshake_output(h);
		if (bytes.len > 0)
			BIO_write(p->in, bytes.at, (int)bytes.len);
	}
	ERR_clear_error();
	return result;
}

struct tls_ctx *kit_ctx(enum iface leg, const struct kit_cert *cert, const struct kit_cert *ca,
			const char *certificate_dir)
{
	const struct tls_ctx_setup setup = {
	    .leg = leg,
	    .certificate = kit_write_cert("own.pem", cert, NULL),
	    .key = kit_write_key("own.key", cert),
	    .trust = kit_write_cert("trust.pem", ca, NULL),
	    .certificate_dir = certificate_dir,
	};
	char error[256] = "";
	struct tls_ctx *t = tls_ctx_make(&setup, error);

	must(t != NULL, error);
	return t;
}
