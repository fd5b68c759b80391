/* SPDX-License-Identifier: BSD-3-Clause */
/* schedule_test.c - HKDF-Expand-Label against RFC 8448's traces and against OpenSSL's HKDF. */
#include "dataplane/tls/schedule.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "tests/check.h"

static IMB_MGR *mb;

static void unhex(const char *hex, uint8_t *out)
{
	for (size_t i = 0; hex[2 * i] != '\0'; i++)
		CHECK(sscanf(hex + 2 * i, "%2hhx", &out[i]) == 1);
}

/* RFC 8448 section 3: the client's application traffic secret, its key and its iv. */
static void gives_the_keys_of_rfc_8448(void)
{
	uint8_t secret[32], want[16], got[16];

	unhex("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5", secret);
	schedule_expand(mb, TLS_SHA256, secret, "key", got, 16);
	unhex("17422dda596ed5d9acd890e3c63f5051", want);
	CHECK(memcmp(got, want, 16) == 0);
	schedule_expand(mb, TLS_SHA256, secret, "iv", got, 12);
	unhex("5b78923dee08579033e523d9", want);
	CHECK(memcmp(got, want, 12) == 0);
}

static void openssl_expand(enum tls_hash hash, uint8_t *secret, const char *label, uint8_t *out,
			   size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *work = EVP_KDF_CTX_new(kdf);
	char digest[] = "SHA256", digest_384[] = "SHA384";
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	char info[64];
	const int n = snprintf(info, sizeof(info), "%c%c%ctls13 %s%c", 0, (int)len,
			       (int)strlen(label) + 6, label, 0);
	const OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
	    OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
					     hash == TLS_SHA384 ? digest_384 : digest, 0),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret, schedule_hash_len(hash)),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, (size_t)n),
	    OSSL_PARAM_construct_end(),
	};

	CHECK(EVP_KDF_derive(work, out, len, params) == 1);
	EVP_KDF_CTX_free(work);
	EVP_KDF_free(kdf);
}

static void agrees_with_openssl(void)
{
	static const char *const label[] = {"traffic upd", "key", "iv"};
	uint64_t seed = 0x5c4ed;

	for (int i = 0; i < 600; i++) {
		const enum tls_hash hash = i % 2 == 0 ? TLS_SHA256 : TLS_SHA384;
		const size_t len = 1 + check_random(&seed) % schedule_hash_len(hash);
		uint8_t secret[48], want[48], got[48];

		for (size_t n = 0; n < sizeof(secret); n++)
			secret[n] = (uint8_t)check_random(&seed);
		openssl_expand(hash, secret, label[i % 3], want, len);
		schedule_expand(mb, hash, secret, label[i % 3], got, len);
		CHECK(memcmp(got, want, len) == 0);
	}
}

int main(void)
{
	mb = alloc_mb_mgr(0);
	init_mb_mgr_auto(mb, NULL);
	RUN(gives_the_keys_of_rfc_8448);
	RUN(agrees_with_openssl);
	free_mb_mgr(mb);
	return check_summary();
}
