/* SPDX-License-Identifier: BSD-3-Clause */
/* dialback.c - XEP-0185 keys with OpenSSL's HMAC. */
#include "control/dialback.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

enum { HASH = 32, HEX = 2 * HASH };

static void to_hex(const uint8_t *bytes, size_t len, char *out)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digit[bytes[i] >> 4];
		out[2 * i + 1] = digit[bytes[i] & 15];
	}
	out[2 * len] = '\0';
}

static bool update(EVP_MAC_CTX *mac, const char *text)
{
	return EVP_MAC_update(mac, (const unsigned char *)text, strlen(text)) == 1;
}

static bool compute(EVP_MAC_CTX *mac, const char *key, const char *const part[3], uint8_t out[HASH])
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end(),
	};
	size_t len = 0;

	if (EVP_MAC_init(mac, (const unsigned char *)key, HEX, params) != 1)
		return false;
	for (int i = 0; i < 3; i++)
		if ((i > 0 && !update(mac, " ")) || !update(mac, part[i]))
			return false;
	return EVP_MAC_final(mac, out, &len, HASH) == 1 && len == HASH;
}

void dialback_key(const char *secret, const char *receiving, const char *originating,
		  const char *stream_id, char out[DIALBACK_KEY_TEXT])
{
	const char *const part[3] = {receiving, originating, stream_id};
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *mac = hmac != NULL ? EVP_MAC_CTX_new(hmac) : NULL;
	uint8_t hash[HASH];
	char key[HEX + 1];

	out[0] = '\0';
	if (mac != NULL &&
	    EVP_Digest(secret, strlen(secret), hash, NULL, EVP_sha256(), NULL) == 1) {
		to_hex(hash, HASH, key);
		if (compute(mac, key, part, hash))
			to_hex(hash, HASH, out);
	}
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(hash, sizeof(hash));
	EVP_MAC_CTX_free(mac);
	EVP_MAC_free(hmac);
}

bool dialback_key_is(const char *key, const char *secret, const char *receiving,
		     const char *originating, const char *stream_id)
{
	static const char space[] = " \t\r\n";
	char want[DIALBACK_KEY_TEXT];
	size_t len;

	dialback_key(secret, receiving, originating, stream_id, want);
	key += strspn(key, space);
	len = strlen(key);
	while (len > 0 && strchr(space, key[len - 1]) != NULL)
		len--;
	/* The length is no secret. An empty @want means that memory ran out. */
	return want[0] != '\0' && len == HEX && CRYPTO_memcmp(key, want, HEX) == 0;
}
