/* SPDX-License-Identifier: BSD-3-Clause */
/* chain_cache_test.c - which chains are taken as verified, and for how long. */
#include "control/chain_cache.h"

#include <string.h>

#include "control/identity.h"
#include "tests/check.h"
#include "tests/unit/tls/tls_kit.h"

static struct kit_cert ca, leaf, other;
static struct chain_cache cache; /* too large for a stack */

static struct chain_digest digest_of(X509 *x, STACK_OF(X509) * chain)
{
	struct chain_digest digest;

	CHECK(chain_digest(x, chain, &digest));
	return digest;
}

static void remembers_for_a_while(void)
{
	const struct chain_digest digest = digest_of(leaf.x, NULL);
	const time_t now = time(NULL);

	memset(&cache, 0, sizeof(cache));
	CHECK(!chain_cache_has(&cache, &digest, now));
	chain_cache_add(&cache, &digest, leaf.x, NULL, now);
	CHECK(chain_cache_has(&cache, &digest, now));
	CHECK(chain_cache_has(&cache, &digest, now + CHAIN_CACHE_S - 1));
	CHECK(!chain_cache_has(&cache, &digest, now + CHAIN_CACHE_S));
	CHECK(!chain_cache_has(&cache, &digest, now - 1)); /* the clock was put back */
}

static void remembers_no_longer_than_a_certificate_lives(void)
{
	struct kit_cert brief =
	    kit_issue(&(struct kit_want){.cn = "b", .issuer = &ca, .from_days = -2, .to_days = 1});
	STACK_OF(X509) *chain = sk_X509_new_null();
	const time_t end = time(NULL) + 24 * 3600, before = end - CHAIN_CACHE_S / 2;
	struct chain_digest digest = digest_of(brief.x, NULL);

	memset(&cache, 0, sizeof(cache));
	chain_cache_add(&cache, &digest, brief.x, NULL, before);
	CHECK(chain_cache_has(&cache, &digest, end - 10));
	CHECK(!chain_cache_has(&cache, &digest, end + 10));
	/* the same where it is the issuer's */
	sk_X509_push(chain, brief.x);
	digest = digest_of(leaf.x, chain);
	chain_cache_add(&cache, &digest, leaf.x, chain, before);
	CHECK(chain_cache_has(&cache, &digest, end - 10));
	CHECK(!chain_cache_has(&cache, &digest, end + 10));
	sk_X509_free(chain);
	kit_free(&brief);
}

static void takes_another_chain_for_another(void)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	const struct chain_digest digest = digest_of(leaf.x, NULL);
	const struct chain_digest others = digest_of(other.x, NULL);
	const time_t now = time(NULL);
	struct chain_digest longer;

	sk_X509_push(chain, ca.x);
	longer = digest_of(leaf.x, chain);
	memset(&cache, 0, sizeof(cache));
	chain_cache_add(&cache, &digest, leaf.x, NULL, now);
	CHECK(!chain_cache_has(&cache, &others, now));
	CHECK(!chain_cache_has(&cache, &longer, now));
	sk_X509_free(chain);
}

/* What is in the cache is not verified: shown by a store in which nothing would verify. */
static void spares_the_second_verification(void)
{
	struct identity_trust trust = {.store = X509_STORE_new(), .lately = &cache};
	X509_STORE *empty = X509_STORE_new();

	memset(&cache, 0, sizeof(cache));
	X509_STORE_add_cert(trust.store, ca.x);
	CHECK_EQ(identity_verify(leaf.x, NULL, &trust), X509_V_OK);
	X509_STORE_free(trust.store);
	trust.store = empty;
	CHECK_EQ(identity_verify(leaf.x, NULL, &trust), X509_V_OK);
	CHECK_EQ(identity_verify(other.x, NULL, &trust),
		 X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
	X509_STORE_free(empty);
}

static void never_remembers_a_bad_chain(void)
{
	struct identity_trust trust = {.store = X509_STORE_new(), .lately = &cache};
	const struct chain_digest digest = digest_of(leaf.x, NULL);

	memset(&cache, 0, sizeof(cache));
	CHECK(identity_verify(leaf.x, NULL, &trust) != X509_V_OK);
	CHECK(!chain_cache_has(&cache, &digest, time(NULL)));
	X509_STORE_add_cert(trust.store, ca.x);
	CHECK_EQ(identity_verify(leaf.x, NULL, &trust), X509_V_OK);
	CHECK(chain_cache_has(&cache, &digest, time(NULL)));
	X509_STORE_free(trust.store);
}

int main(void)
{
	ca = kit_issue(&(struct kit_want){.cn = "Test CA", .is_ca = true});
	leaf = kit_issue(&(struct kit_want){.cn = "a", .san = "DNS:a.example", .issuer = &ca});
	other = kit_issue(&(struct kit_want){.cn = "b", .san = "DNS:b.example", .issuer = &ca});
	RUN(remembers_for_a_while);
	RUN(remembers_no_longer_than_a_certificate_lives);
	RUN(takes_another_chain_for_another);
	RUN(spares_the_second_verification);
	RUN(never_remembers_a_bad_chain);
	kit_free(&ca);
	kit_free(&leaf);
	kit_free(&other);
	return check_summary();
}
