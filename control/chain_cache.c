/* SPDX-License-Identifier: BSD-3-Clause */
/* chain_cache.c - a table indexed by the digest itself: only who verifies gets in. */
#include "control/chain_cache.h"

#include <openssl/evp.h>
#include <string.h>

static bool add_certificate(EVP_MD_CTX *hash, X509 *x)
{
	unsigned char *der = NULL;
	const int len = i2d_X509(x, &der);
	const bool is_good = len > 0 && EVP_DigestUpdate(hash, der, (size_t)len) == 1;

	OPENSSL_free(der);
	return is_good;
}

bool chain_digest(X509 *leaf, STACK_OF(X509) * chain, struct chain_digest *out)
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	bool is_good = hash != NULL && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1 &&
		       add_certificate(hash, leaf);

	for (int i = 0; is_good && i < sk_X509_num(chain); i++)
		is_good = add_certificate(hash, sk_X509_value(chain, i));
	is_good = is_good && EVP_DigestFinal_ex(hash, out->bytes, NULL) == 1;
	EVP_MD_CTX_free(hash);
	return is_good;
}

static size_t slot_of(const struct chain_digest *digest)
{
	return (digest->bytes[0] | (size_t)digest->bytes[1] << 8) % CHAIN_CACHE_SLOTS;
}

bool chain_cache_has(const struct chain_cache *c, const struct chain_digest *digest, time_t now)
{
	const size_t i = slot_of(digest);

	/* The second, for a clock that was put back. */
	return now < c->slot[i].until && c->slot[i].until - now <= CHAIN_CACHE_S &&
	       memcmp(c->slot[i].digest.bytes, digest->bytes, sizeof(digest->bytes)) == 0;
}

/* The earlier of @until and the end of @x; 0 where that cannot be told. */
static time_t end_of(X509 *x, time_t until)
{
	struct tm tm;
	time_t end;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm) != 1)
		return 0;
	end = timegm(&tm);
	return end < until ? end : until;
}

void chain_cache_add(struct chain_cache *c, const struct chain_digest *digest, X509 *leaf,
		     STACK_OF(X509) * chain, time_t now)
{
	const size_t i = slot_of(digest);
	time_t until = end_of(leaf, now + CHAIN_CACHE_S);

	for (int n = 0; n < sk_X509_num(chain); n++)
		until = end_of(sk_X509_value(chain, n), until);
	c->slot[i].digest = *digest;
	c->slot[i].until = until;
}
