/* SPDX-License-Identifier: BSD-3-Clause */
/* handshake_keys.c - HKDF-Expand-Label of TLS 1.3 and the PRF of TLS 1.2, by OpenSSL. */
#include "control/handshake_keys.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <stdio.h>
#include <string.h>

enum { RANDOM = 32, KEY_BLOCK_MAX = 2 * (32 + 12) };

/* OpenSSL's parameters want a name that is not const. */
static void name_digest(enum tls_hash hash, char out[8])
{
	snprintf(out, 8, "%s", hash == TLS_SHA384 ? "SHA384" : "SHA256");
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
static bool expand(enum tls_hash hash, struct span secret, const char *label, uint8_t *out,
		   size_t len)
{
	char digest[8];
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	uint8_t info[32], key[HANDSHAKE_SECRET_MAX];
	const size_t label_len = strlen(label);
	OSSL_PARAM params[5];
	bool is_good;

	name_digest(hash, digest);
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

static bool take_way_1_3(const struct tls_handover *keys, struct span secret,
			 struct tls_direction_keys *way)
{
	if (secret.len != (keys->hash == TLS_SHA384 ? 48u : 32u))
		return false;
	memcpy(way->secret, secret.at, secret.len);
	way->seq = 0; /* no ticket has been sent (tls_ctx.c) */
	return expand(keys->hash, secret, "key", way->key, tls_key_len(keys->suite)) &&
	       expand(keys->hash, secret, "iv", way->iv, sizeof(way->iv));
}

static bool take_1_3(bool is_server, const struct handshake_secrets *secrets,
		     struct tls_handover *out)
{
	const struct span client = {secrets->client, secrets->client_len};
	const struct span server = {secrets->server, secrets->server_len};

	return take_way_1_3(out, is_server ? client : server, &out->read) &&
	       take_way_1_3(out, is_server ? server : client, &out->write);
}

/* The key block of RFC 5246 6.3: both keys, both ivs, the client's first. */
static void cut_key_block(bool is_server, const uint8_t *block, struct tls_handover *out)
{
	const size_t key = tls_key_len(out->suite);
	const size_t iv = out->suite == TLS_CHACHA20_POLY1305 ? 12 : 4;
	struct tls_direction_keys *client = is_server ? &out->read : &out->write;
	struct tls_direction_keys *server = is_server ? &out->write : &out->read;

	memcpy(client->key, block, key);
	memcpy(server->key, block + key, key);
	memcpy(client->iv, block + 2 * key, iv);
	memcpy(server->iv, block + 2 * key + iv, iv);
	client->seq = server->seq = 1; /* Finished was 0 */
}

static bool take_1_2(const SSL *ssl, bool is_server, struct tls_handover *out)
{
	static const char label[13] = "key expansion"; /* without its NUL */
	uint8_t master[48], seed[sizeof(label) + (size_t)2 * RANDOM], block[KEY_BLOCK_MAX];
	const SSL_SESSION *session = SSL_get_session(ssl);
	char digest[8];
	OSSL_PARAM params[4];
	bool is_good;

	name_digest(out->hash, digest);
	memcpy(seed, label, sizeof(label));
	is_good = session != NULL &&
		  SSL_SESSION_get_master_key(session, master, sizeof(master)) == sizeof(master) &&
		  SSL_get_server_random(ssl, seed + sizeof(label), RANDOM) == RANDOM &&
		  SSL_get_client_random(ssl, seed + sizeof(label) + RANDOM, RANDOM) == RANDOM;
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	params[1] =
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, master, sizeof(master));
	params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, sizeof(seed));
	params[3] = OSSL_PARAM_construct_end();
	is_good = is_good && derive("TLS1-PRF", params, block, sizeof(block));
	if (is_good)
		cut_key_block(is_server, block, out);
	OPENSSL_cleanse(master, sizeof(master));
	OPENSSL_cleanse(block, sizeof(block));
	return is_good;
}

static bool name_suite(const SSL *ssl, struct tls_handover *out)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);

	if (cipher == NULL)
		return false;
	out->hash = TLS_SHA256;
	switch (SSL_CIPHER_get_cipher_nid(cipher)) {
	case NID_aes_128_gcm:
		out->suite = TLS_AES_128_GCM;
		return true;
	case NID_aes_256_gcm:
		out->suite = TLS_AES_256_GCM;
		out->hash = TLS_SHA384;
		return true;
	case NID_chacha20_poly1305:
		out->suite = TLS_CHACHA20_POLY1305;
		return true;
	default:
		return false;
	}
}

bool handshake_keys_take(const SSL *ssl, bool is_server, const struct handshake_secrets *secrets,
			 struct tls_handover *out)
{
	if (!name_suite(ssl, out))
		return false;
	switch (SSL_version(ssl)) {
	case TLS1_3_VERSION:
		out->version = TLS_1_3;
		return take_1_3(is_server, secrets, out);
	case TLS1_2_VERSION:
		out->version = TLS_1_2;
		return take_1_2(ssl, is_server, out);
	default:
		return false;
	}
}
