/* SPDX-License-Identifier: BSD-3-Clause */
/* tls_library_test.c - which certificates' keys the library of handshakes can read. */
#include <openssl/decoder.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdbool.h>

#include "control/tls_library.h"
#include "tests/check.h"

/* A certificate of @key by itself, and @key its owner's; DER into @der, whose length is returned.
 */
static int certify(EVP_PKEY *key, unsigned char **der)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);
	const bool has_digest = EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519 &&
				EVP_PKEY_get_base_id(key) != EVP_PKEY_ED448;
	int len;

	CHECK_EQ(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					    (const unsigned char *)"a.example", -1, -1, 0),
		 1);
	CHECK_EQ(X509_set_issuer_name(x, name), 1);
	CHECK(X509_gmtime_adj(X509_getm_notBefore(x), 0) != NULL);
	CHECK(X509_gmtime_adj(X509_getm_notAfter(x), 3600) != NULL);
	CHECK_EQ(X509_set_pubkey(x, key), 1);
	CHECK(X509_sign(x, key, has_digest ? EVP_sha256() : NULL) > 0);
	*der = NULL;
	len = i2d_X509(x, der);
	CHECK(len > 0);
	X509_free(x);
	EVP_PKEY_free(key);
	return len;
}

/* Read as a handshake reads it: is there a key, and does it verify what it has signed? */
static bool is_read(EVP_PKEY *key)
{
	X509 *x = X509_new_ex(tls_library(), NULL);
	unsigned char *der;
	const int len = certify(key, &der);
	const unsigned char *at = der;
	EVP_PKEY *found;
	bool is_good;

	CHECK(d2i_X509(&x, &at, len) != NULL);
	found = X509_get0_pubkey(x);
	is_good = found != NULL && X509_verify(x, found) == 1;
	X509_free(x);
	OPENSSL_free(der);
	return is_good;
}

static EVP_PKEY *rsa_pss(void)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA_PSS, NULL);
	EVP_PKEY *key = NULL;

	CHECK(c != NULL && EVP_PKEY_keygen_init(c) == 1 &&
	      EVP_PKEY_CTX_set_rsa_keygen_bits(c, 2048) == 1 && EVP_PKEY_keygen(c, &key) == 1);
	EVP_PKEY_CTX_free(c);
	return key;
}

static void reads_each_kind_of_key(void)
{
	CHECK(is_read(EVP_RSA_gen(2048)));
	CHECK(is_read(rsa_pss()));
	CHECK(is_read(EVP_EC_gen("P-256")));
	CHECK(is_read(EVP_EC_gen("P-384")));
	CHECK(is_read(EVP_EC_gen("P-521")));
	CHECK(is_read(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")));
	CHECK(is_read(EVP_PKEY_Q_keygen(NULL, NULL, "ED448")));
}

static void is_one_library_of_its_own(void)
{
	CHECK(tls_library() != NULL);
	CHECK(tls_library() == tls_library());
	CHECK(OSSL_PROVIDER_available(tls_library(), "certificates") == 1);
	CHECK(OSSL_PROVIDER_available(tls_library(), "default") == 0);
}

/* All of the default provider would do as well, and take twice as long. */
static void has_no_more_than_it_needs(void)
{
	static const char *const kinds[] = {"DH", "DSA", "SM2", "X448"};
	EVP_KEYMGMT *needed = EVP_KEYMGMT_fetch(tls_library(), "EC", NULL);

	CHECK(needed != NULL);
	EVP_KEYMGMT_free(needed);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		CHECK(EVP_KEYMGMT_fetch(tls_library(), kinds[i], NULL) == NULL);
		CHECK(OSSL_DECODER_fetch(tls_library(), kinds[i], NULL) == NULL);
	}
}

int main(void)
{
	RUN(is_one_library_of_its_own);
	RUN(has_no_more_than_it_needs);
	RUN(reads_each_kind_of_key);
	return check_summary();
}
