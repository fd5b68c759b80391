/* SPDX-License-Identifier: BSD-3-Clause */
/* aead_test.c - ipsec-mb through aead.h against OpenSSL's EVP, every length, in random pieces. */
#include "dataplane/tls/aead.h"

#include <openssl/evp.h>

#include "tests/check.h"

enum { LEN_MAX = 1100, PIECES_MAX = 8 };

static IMB_MGR *mb;
static uint64_t seed = 0xaead;

static void fill(uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)check_random(&seed);
}

static const EVP_CIPHER *evp_of(enum tls_suite suite)
{
	switch (suite) {
	case TLS_AES_128_GCM:
		return EVP_aes_128_gcm();
	case TLS_AES_256_GCM:
		return EVP_aes_256_gcm();
	case TLS_CHACHA20_POLY1305:
		break;
	}
	return EVP_chacha20_poly1305();
}

/* The second opinion: @plain sealed by EVP, tag behind it. */
static void evp_seal(enum tls_suite suite, const uint8_t *raw, const struct aead_nonce *nonce,
		     const uint8_t *plain, size_t len, uint8_t *out)
{
	EVP_CIPHER_CTX *work = EVP_CIPHER_CTX_new();
	int n = 0;

	CHECK(EVP_EncryptInit_ex(work, evp_of(suite), NULL, raw, nonce->iv) == 1);
	CHECK(EVP_EncryptUpdate(work, NULL, &n, nonce->aad, (int)nonce->aad_len) == 1);
	if (len > 0)
		CHECK(EVP_EncryptUpdate(work, out, &n, plain, (int)len) == 1);
	CHECK(EVP_EncryptFinal_ex(work, out + len, &n) == 1);
	CHECK(EVP_CIPHER_CTX_ctrl(work, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG, out + len) == 1);
	EVP_CIPHER_CTX_free(work);
}

static size_t cut(const uint8_t *bytes, size_t len, struct span *pieces)
{
	const size_t count = 1 + check_random(&seed) % PIECES_MAX;
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		size_t piece = check_random(&seed) % (2 * len / count + 2);

		if (i + 1 == count || piece > len - at)
			piece = len - at;
		pieces[i] = (struct span){bytes + at, piece};
		at += piece;
	}
	return count;
}

static void one_length(enum tls_suite suite, size_t len)
{
	static uint8_t plain[LEN_MAX], want[LEN_MAX + 16], got[LEN_MAX + 16];
	static struct gcm_key_data gcm;
	struct aead_key key = {&gcm, NULL, suite};
	struct span pieces[PIECES_MAX];
	struct aead_nonce nonce;
	struct aead_cursor from = {pieces, 0, 0};
	uint8_t raw[32];

	fill(plain, len);
	fill(raw, sizeof(raw));
	fill(nonce.iv, sizeof(nonce.iv));
	fill(nonce.aad, sizeof(nonce.aad));
	nonce.aad_len = len % 2 == 0 ? 5 : 13;
	key.raw = raw;
	if (suite != TLS_CHACHA20_POLY1305)
		aead_expand(mb, &gcm, suite, raw);
	evp_seal(suite, raw, &nonce, plain, len, want);
	memcpy(got, plain, len);
	aead_seal(mb, &key, &nonce, got, len);
	CHECK(memcmp(got, want, len + AEAD_TAG) == 0);

	for (int i = 0; i < 4; i++) {
		from = (struct aead_cursor){pieces, cut(want, len + AEAD_TAG, pieces), 0};
		memset(got, 0, sizeof(got));
		CHECK(aead_open(mb, &key, &nonce, &from, len, got));
		CHECK(memcmp(got, plain, len) == 0);
	}
	want[check_random(&seed) % (len + AEAD_TAG)] ^= (uint8_t)(1u << check_random(&seed) % 8);
	from = (struct aead_cursor){pieces, cut(want, len + AEAD_TAG, pieces), 0};
	CHECK(!aead_open(mb, &key, &nonce, &from, len, got));
	for (size_t i = 0; i < len; i++)
		CHECK_EQ(got[i], 0); /* nothing unauthenticated is left behind */
}

static void agrees_with_evp(void)
{
	for (enum tls_suite suite = TLS_AES_128_GCM; suite <= TLS_CHACHA20_POLY1305; suite++)
		for (size_t len = 0; len <= LEN_MAX; len++)
			one_length(suite, len);
}

/* Without it that of the library crashes in its own test, instead of saying so. */
static bool has_avx512(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
	       __builtin_cpu_supports("avx512vl");
}

/* Each set of instructions has code of its own in the library: try all that this machine has. */
static void agrees_with_evp_on_every_architecture(void)
{
	static void (*const init[])(IMB_MGR *) = {init_mb_mgr_sse, init_mb_mgr_avx,
						  init_mb_mgr_avx2, init_mb_mgr_avx512};
	int tried = 0;

	for (size_t i = 0; i < ARRAY_LEN(init); i++) {
		if (init[i] == init_mb_mgr_avx512 && !has_avx512())
			continue;
		mb = alloc_mb_mgr(0);
		init[i](mb);
		if (imb_get_errno(mb) == 0) {
			agrees_with_evp();
			tried++;
		}
		free_mb_mgr(mb);
	}
	CHECK(tried > 0);
}

int main(void)
{
	RUN(agrees_with_evp_on_every_architecture);
	return check_summary();
}
