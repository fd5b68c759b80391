/* SPDX-License-Identifier: BSD-3-Clause */
/* handshake.c - drives one SSL over memory BIOs and takes its traffic keys. */
#include "control/handshake.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/handshake_keys.h"
#include "dataplane/base/bounds.h"

struct handshake {
	SSL *ssl;
	BIO *in, *out; /* the SSL owns them */
	struct tls_ctx *ctx;
	enum handshake_result state;
	bool is_server;
	uint32_t fed;
	struct handshake_secrets secrets; /* as the key log callback tells them */
	struct tls_handover keys;
	char sni[DOMAIN_TEXT_MAX + 1], alpn[16];
	enum drop drop;
	char error[192];
};

/* @hex to at most HANDSHAKE_SECRET_MAX bytes; 0 when it is anything else. */
static size_t from_hex(const char *hex, uint8_t out[HANDSHAKE_SECRET_MAX])
{
	size_t len = 0;

	while (hex[0] != '\0' && hex[1] != '\0' && len < HANDSHAKE_SECRET_MAX) {
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
		h->secrets.client_len = from_hex(secret + 1, h->secrets.client);
	else if (strncmp(line, "SERVER_TRAFFIC_SECRET_0 ", 24) == 0)
		h->secrets.server_len = from_hex(secret + 1, h->secrets.server);
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
	is_good = handshake_keys_take(h->ssl, h->is_server, &h->secrets, &h->keys);
	OPENSSL_cleanse(&h->secrets, sizeof(h->secrets));
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
		      tls_ctx_trust(h->ctx));
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
