/* SPDX-License-Identifier: BSD-3-Clause */
/* handshake.c - drives one SSL over memory BIOs and takes its traffic keys. */
#include "control/handshake.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/base/bounds.h"

enum { SECRET_MAX = 48, RANDOM = 32, KEY_BLOCK_MAX = 2 * (32 + 12) };

struct handshake {
	SSL *ssl;
	BIO *in, *out; /* the SSL owns them */
	struct tls_ctx *ctx;
	enum handshake_result state;
	bool is_server;
	uint32_t fed;
	/* TLS 1.3 application traffic secrets, as the key log callback tells them */
	uint8_t client_secret[SECRET_MAX], server_secret[SECRET_MAX];
	size_t client_secret_len, server_secret_len;
	struct tls_handover keys;
	char sni[DOMAIN_TEXT_MAX + 1], alpn[16];
	enum drop drop;
	char error[192];
};

/* @hex to at most SECRET_MAX bytes; 0 when it is anything else. */
static size_t from_hex(const char *hex, uint8_t out[SECRET_MAX])
{
	size_t len = 0;

	while (hex[0] != '\0' && hex[1] != '\0' && len < SECRET_MAX) {
		const int high = OPENSSL_hexchar2int((unsigned char)hex[0]);
		const int low = OPENSSL_hexchar2int((unsigned char)hex[1]);

		if (high < 0 || low < 0)
			return 0;
		out[len++] = (uint8_t)(high << 4 | low);
		hex += 2;
	}
	return hex[0] == '\0' ? len : 0;
}

/* "LABEL <client random> <secret>" */
static void take_secret(const SSL *ssl, const char *line)
{
	struct handshake *h = SSL_get_app_data(ssl);
	const char *secret = strrchr(line, ' ');

	if (h == NULL || secret == NULL)
		return;
	if (strncmp(line, "CLIENT_TRAFFIC_SECRET_0 ", 24) == 0)
		h->client_secret_len = from_hex(secret + 1, h->client_secret);
	else if (strncmp(line, "SERVER_TRAFFIC_SECRET_0 ", 24) == 0)
		h->server_secret_len = from_hex(secret + 1, h->server_secret);
}

struct handshake *handshake_make(struct tls_ctx *ctx, bool is_server, const char *domain,
				 const char *own)
{
	struct handshake *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->is_server = is_server;
	h->ctx = tls_ctx_hold(ctx);
	h->ssl = tls_ctx_ssl(ctx, is_server, domain, own);
	h->in = BIO_new(BIO_s_mem());
	h->out = BIO_new(BIO_s_mem());
	if (h->ssl == NULL || h->in == NULL || h->out == NULL) {
		BIO_free(h->in);
		BIO_free(h->out);
		handshake_free(h);
		ERR_clear_error();
		return NULL;
	}
	SSL_set_bio(h->ssl, h->in, h->out);
	SSL_CTX_set_keylog_callback(SSL_get_SSL_CTX(h->ssl), take_secret);
	SSL_set_app_data(h->ssl, h);
	if (!is_server && domain != NULL)
		snprintf(h->sni, sizeof(h->sni), "%s", domain);
	return h;
}

void handshake_free(struct handshake *h)
{
	if (h == NULL)
		return;
	SSL_free(h->ssl);
	tls_ctx_drop(h->ctx);
	OPENSSL_cleanse(h, sizeof(*h));
	free(h);
}

static bool derive(const char *kdf_name, const OSSL_PARAM *params, uint8_t *out, size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, kdf_name, NULL);
	EVP_KDF_CTX *work = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	const bool is_good = work != NULL && EVP_KDF_derive(work, out, len, params) == 1;

	EVP_KDF_CTX_free(work);
	EVP_KDF_free(kdf);
	return is_good;
}

/* HKDF-Expand-Label(@secret, @label, "", @len): RFC 8446 7.1. */
static bool expand(const struct handshake *h, struct span secret, const char *label, uint8_t *out,
		   size_t len)
{
	char digest[8];
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	uint8_t info[32], key[SECRET_MAX];
	const size_t label_len = strlen(label);
	OSSL_PARAM params[5];
	bool is_good;

	snprintf(digest, sizeof(digest), "%s", h->keys.hash == TLS_SHA384 ? "SHA384" : "SHA256");
	memcpy(key, secret.at, secret.len);
	info[0] = 0;
	info[1] = (uint8_t)len;
	info[2] = (uint8_t)(6 + label_len);
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, label_len);
	info[9 + label_len] = 0;
	params[0] = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode);
	params[1] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key, secret.len);
	params[3] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, 10 + label_len);
	params[4] = OSSL_PARAM_construct_end();
	is_good = derive("HKDF", params, out, len);
	OPENSSL_cleanse(key, sizeof(key));
	return is_good;
}

static bool take_way_1_3(const struct handshake *h, struct span secret,
			 struct tls_direction_keys *way)
{
	if (secret.len != (h->keys.hash == TLS_SHA384 ? 48u : 32u))
		return false;
	memcpy(way->secret, secret.at, secret.len);
	way->seq = 0;
	return expand(h, secret, "key", way->key, tls_key_len(h->keys.suite)) &&
	       expand(h, secret, "iv", way->iv, sizeof(way->iv));
}

static bool take_keys_1_3(struct handshake *h)
{
	const struct span client = {h->client_secret, h->client_secret_len};
	const struct span server = {h->server_secret, h->server_secret_len};

	return take_way_1_3(h, h->is_server ? client : server, &h->keys.read) &&
	       take_way_1_3(h, h->is_server ? server : client, &h->keys.write);
}

/* The key block of RFC 5246 6.3: both keys, both ivs, the client's first. */
static void cut_key_block(struct handshake *h, const uint8_t *block)
{
	const size_t key = tls_key_len(h->keys.suite);
	const size_t iv = h->keys.suite == TLS_CHACHA20_POLY1305 ? 12 : 4;
	struct tls_direction_keys *client = h->is_server ? &h->keys.read : &h->keys.write;
	struct tls_direction_keys *server = h->is_server ? &h->keys.write : &h->keys.read;

	memcpy(client->key, block, key);
	memcpy(server->key, block + key, key);
	memcpy(client->iv, block + 2 * key, iv);
	memcpy(server->iv, block + 2 * key + iv, iv);
	client->seq = server->seq = 1; /* Finished was 0 */
}

static bool take_keys_1_2(struct handshake *h)
{
	static const char label[13] = "key expansion"; /* without its NUL */
	uint8_t master[48], seed[sizeof(label) + 2 * RANDOM], block[KEY_BLOCK_MAX];
	const SSL_SESSION *session = SSL_get_session(h->ssl);
	char digest[8];
	OSSL_PARAM params[4];
	bool is_good;

	snprintf(digest, sizeof(digest), "%s", h->keys.hash == TLS_SHA384 ? "SHA384" : "SHA256");
	memcpy(seed, label, sizeof(label));
	is_good = session != NULL &&
		  SSL_SESSION_get_master_key(session, master, sizeof(master)) == sizeof(master) &&
		  SSL_get_server_random(h->ssl, seed + sizeof(label), RANDOM) == RANDOM &&
		  SSL_get_client_random(h->ssl, seed + sizeof(label) + RANDOM, RANDOM) == RANDOM;
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	params[1] =
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, master, sizeof(master));
	params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, sizeof(seed));
	params[3] = OSSL_PARAM_construct_end();
	is_good = is_good && derive("TLS1-PRF", params, block, sizeof(block));
	if (is_good)
		cut_key_block(h, block);
	OPENSSL_cleanse(master, sizeof(master));
	OPENSSL_cleanse(block, sizeof(block));
	return is_good;
}

static bool name_suite(struct handshake *h)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(h->ssl);

	if (cipher == NULL)
		return false;
	h->keys.hash = TLS_SHA256;
	switch (SSL_CIPHER_get_cipher_nid(cipher)) {
	case NID_aes_128_gcm:
		h->keys.suite = TLS_AES_128_GCM;
		return true;
	case NID_aes_256_gcm:
		h->keys.suite = TLS_AES_256_GCM;
		h->keys.hash = TLS_SHA384;
		return true;
	case NID_chacha20_poly1305:
		h->keys.suite = TLS_CHACHA20_POLY1305;
		return true;
	default:
		return false;
	}
}

static enum handshake_result fail(struct handshake *h, enum drop drop, const char *why)
{
	h->state = HANDSHAKE_FAILED;
	h->drop = drop;
	snprintf(h->error, sizeof(h->error), "%s", why);
	return h->state;
}

static void note_names(struct handshake *h)
{
	const char *sni = SSL_get_servername(h->ssl, TLSEXT_NAMETYPE_host_name);
	const unsigned char *alpn = NULL;
	unsigned int len = 0;

	if (h->is_server && sni != NULL)
		snprintf(h->sni, sizeof(h->sni), "%s", sni);
	SSL_get0_alpn_selected(h->ssl, &alpn, &len);
	if (len > 0 && len < sizeof(h->alpn))
		memcpy(h->alpn, alpn, len);
}

static enum handshake_result finish(struct handshake *h)
{
	bool is_good;

	/* What OpenSSL has decrypted but not used would be lost to the core. */
	if (SSL_has_pending(h->ssl))
		return fail(h, DROP_TLS_UNEXPECTED, "data in the record of Finished");
	note_names(h);
	if (!name_suite(h))
		return fail(h, DROP_TLS_HANDSHAKE, "unknown cipher suite");
	switch (SSL_version(h->ssl)) {
	case TLS1_3_VERSION:
		h->keys.version = TLS_1_3;
		is_good = take_keys_1_3(h);
		break;
	case TLS1_2_VERSION:
		h->keys.version = TLS_1_2;
		is_good = take_keys_1_2(h);
		break;
	default:
		is_good = false;
	}
	OPENSSL_cleanse(h->client_secret, sizeof(h->client_secret));
	OPENSSL_cleanse(h->server_secret, sizeof(h->server_secret));
	if (!is_good)
		return fail(h, DROP_TLS_HANDSHAKE, "no traffic keys");
	h->state = HANDSHAKE_DONE;
	return h->state;
}

/* What OpenSSL says; the first entry of its queue is the cause, later ones are where it led. */
static enum handshake_result fail_with_reason(struct handshake *h)
{
	const unsigned long code = ERR_peek_error();
	const char *reason = ERR_reason_error_string(code);
	enum drop drop = DROP_TLS_HANDSHAKE;
	char text[sizeof(h->error)];

	if (reason == NULL)
		reason = "handshake failed";
	snprintf(text, sizeof(text), "%s", reason);
	if (ERR_GET_LIB(code) == ERR_LIB_SSL) {
		if (ERR_GET_REASON(code) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
			drop = DROP_TLS_NO_CLIENT_CERTIFICATE;
		} else if (ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
			drop = h->is_server ? DROP_TLS_CLIENT_CERTIFICATE
					    : DROP_TLS_SERVER_CERTIFICATE;
			snprintf(text, sizeof(text), "%s: %s", reason,
				 X509_verify_cert_error_string(SSL_get_verify_result(h->ssl)));
		}
	}
	ERR_clear_error();
	return fail(h, drop, text);
}

static enum handshake_result advance(struct handshake *h)
{
	int result;

	ERR_clear_error();
	result = SSL_do_handshake(h->ssl);
	if (result == 1)
		return finish(h);
	switch (SSL_get_error(h->ssl, result)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		ERR_clear_error();
		return HANDSHAKE_MORE;
	default:
		return fail_with_reason(h);
	}
}

enum handshake_result handshake_feed(struct handshake *h, const uint8_t *bytes, size_t len)
{
	const size_t room = HANDSHAKE_BYTES_MAX - h->fed, take = min_size(len, room);

	(void)BIO_reset(h->out);
	if (h->state != HANDSHAKE_MORE)
		return h->state;
	if (take > 0 && BIO_write(h->in, bytes, (int)take) != (int)take)
		return fail(h, DROP_TLS_HANDSHAKE, "out of memory");
	h->fed += (uint32_t)take;
	/* More than the bound may be here only if the handshake ends before it. */
	if (advance(h) == HANDSHAKE_MORE && take < len)
		return fail(h, DROP_TLS_HANDSHAKE_BYTES, "handshake larger than its bound");
	return h->state;
}

struct span handshake_output(const struct handshake *h)
{
	char *bytes = NULL;
	const long len = BIO_get_mem_data(h->out, &bytes);

	return (struct span){(const uint8_t *)bytes, len > 0 ? (size_t)len : 0};
}

void handshake_keys(const struct handshake *h, struct tls_handover *out)
{
	*out = h->keys;
}

uint32_t handshake_consumed(const struct handshake *h)
{
	return h->fed - (uint32_t)BIO_ctrl_pending(h->in);
}

void handshake_identity(const struct handshake *h, struct identity *out)
{
	identity_read(out, SSL_get0_peer_certificate(h->ssl), SSL_get_peer_cert_chain(h->ssl),
		      tls_ctx_store(h->ctx), tls_ctx_leg(h->ctx) == IFACE_INTERNAL);
	snprintf(out->tls_version, sizeof(out->tls_version), "%s", SSL_get_version(h->ssl));
	snprintf(out->cipher, sizeof(out->cipher), "%s", SSL_get_cipher_name(h->ssl));
}

const char *handshake_sni(const struct handshake *h)
{
	return h->sni;
}

const char *handshake_alpn(const struct handshake *h)
{
	return h->alpn;
}

const char *handshake_error(const struct handshake *h)
{
	return h->error;
}

enum drop handshake_drop(const struct handshake *h)
{
	return h->drop;
}
