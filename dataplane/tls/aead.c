/* SPDX-License-Identifier: BSD-3-Clause */
/* aead.c - one call for a contiguous record, init/update/finalize for one that lies in pieces. */
#include "dataplane/tls/aead.h"

#include <string.h>

#include "dataplane/tls/wipe.h"

void aead_expand(IMB_MGR *mb, struct gcm_key_data *gcm, enum tls_suite suite, const uint8_t *raw)
{
	if (suite == TLS_AES_128_GCM)
		IMB_AES128_GCM_PRE(mb, raw, gcm);
	else
		IMB_AES256_GCM_PRE(mb, raw, gcm);
}

static void chacha_seal(IMB_MGR *mb, const struct aead_key *key, const struct aead_nonce *nonce,
			uint8_t *bytes, size_t len)
{
	struct chacha20_poly1305_context_data work;

	IMB_CHACHA20_POLY1305_INIT(mb, key->raw, &work, nonce->iv, nonce->aad, nonce->aad_len);
	IMB_CHACHA20_POLY1305_ENC_UPDATE(mb, key->raw, &work, bytes, bytes, len);
	IMB_CHACHA20_POLY1305_ENC_FINALIZE(mb, &work, bytes + len, AEAD_TAG);
}

void aead_seal(IMB_MGR *mb, const struct aead_key *key, const struct aead_nonce *nonce,
	       uint8_t *bytes, size_t len)
{
	struct gcm_context_data work;

	switch (key->suite) {
	case TLS_AES_128_GCM:
		IMB_AES128_GCM_ENC(mb, key->gcm, &work, bytes, bytes, len, nonce->iv, nonce->aad,
				   nonce->aad_len, bytes + len, AEAD_TAG);
		return;
	case TLS_AES_256_GCM:
		IMB_AES256_GCM_ENC(mb, key->gcm, &work, bytes, bytes, len, nonce->iv, nonce->aad,
				   nonce->aad_len, bytes + len, AEAD_TAG);
		return;
	case TLS_CHACHA20_POLY1305:
		chacha_seal(mb, key, nonce, bytes, len);
		return;
	}
}

/* The next run of contiguous bytes, at most @len; moves behind it. Empty pieces are skipped. */
static struct span next_run(struct aead_cursor *from, size_t len)
{
	struct span run = {NULL, 0};

	while (from->left > 0 && from->offset == from->piece->len) {
		from->piece++;
		from->left--;
		from->offset = 0;
	}
	if (from->left == 0)
		return run;
	run.at = from->piece->at + from->offset;
	run.len = min_size(len, from->piece->len - from->offset);
	from->offset += run.len;
	return run;
}

bool aead_copy(struct aead_cursor *from, uint8_t *out, size_t len)
{
	while (len > 0) {
		const struct span run = next_run(from, len);

		if (run.len == 0)
			return false;
		memcpy(out, run.at, run.len);
		out += run.len;
		len -= run.len;
	}
	return true;
}

/* The working state of whichever cipher it is, over several pieces. */
union work {
	struct gcm_context_data gcm;
	struct chacha20_poly1305_context_data chacha;
};

static void open_begin(IMB_MGR *mb, const struct aead_key *key, const struct aead_nonce *nonce,
		       union work *work)
{
	switch (key->suite) {
	case TLS_AES_128_GCM:
		IMB_AES128_GCM_INIT(mb, key->gcm, &work->gcm, nonce->iv, nonce->aad,
				    nonce->aad_len);
		return;
	case TLS_AES_256_GCM:
		IMB_AES256_GCM_INIT(mb, key->gcm, &work->gcm, nonce->iv, nonce->aad,
				    nonce->aad_len);
		return;
	case TLS_CHACHA20_POLY1305:
		IMB_CHACHA20_POLY1305_INIT(mb, key->raw, &work->chacha, nonce->iv, nonce->aad,
					   nonce->aad_len);
		return;
	}
}

static void open_run(IMB_MGR *mb, const struct aead_key *key, union work *work, uint8_t *out,
		     struct span run)
{
	switch (key->suite) {
	case TLS_AES_128_GCM:
		IMB_AES128_GCM_DEC_UPDATE(mb, key->gcm, &work->gcm, out, run.at, run.len);
		return;
	case TLS_AES_256_GCM:
		IMB_AES256_GCM_DEC_UPDATE(mb, key->gcm, &work->gcm, out, run.at, run.len);
		return;
	case TLS_CHACHA20_POLY1305:
		IMB_CHACHA20_POLY1305_DEC_UPDATE(mb, key->raw, &work->chacha, out, run.at, run.len);
		return;
	}
}

static void open_end(IMB_MGR *mb, const struct aead_key *key, union work *work,
		     uint8_t tag[AEAD_TAG])
{
	switch (key->suite) {
	case TLS_AES_128_GCM:
		IMB_AES128_GCM_DEC_FINALIZE(mb, key->gcm, &work->gcm, tag, AEAD_TAG);
		return;
	case TLS_AES_256_GCM:
		IMB_AES256_GCM_DEC_FINALIZE(mb, key->gcm, &work->gcm, tag, AEAD_TAG);
		return;
	case TLS_CHACHA20_POLY1305:
		IMB_CHACHA20_POLY1305_DEC_FINALIZE(mb, &work->chacha, tag, AEAD_TAG);
		return;
	}
}

/* All bytes in one run, AES: the one-shot call is a third faster on small records. */
static void open_whole(IMB_MGR *mb, const struct aead_key *key, const struct aead_nonce *nonce,
		       struct span run, uint8_t *out, uint8_t tag[AEAD_TAG])
{
	struct gcm_context_data work;

	if (key->suite == TLS_AES_128_GCM)
		IMB_AES128_GCM_DEC(mb, key->gcm, &work, out, run.at, run.len, nonce->iv, nonce->aad,
				   nonce->aad_len, tag, AEAD_TAG);
	else
		IMB_AES256_GCM_DEC(mb, key->gcm, &work, out, run.at, run.len, nonce->iv, nonce->aad,
				   nonce->aad_len, tag, AEAD_TAG);
}

/* Without a branch that depends on where they differ. */
static bool same_tag(const uint8_t *a, const uint8_t *b)
{
	uint64_t x[2], y[2];

	memcpy(x, a, AEAD_TAG);
	memcpy(y, b, AEAD_TAG);
	return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

bool aead_open(IMB_MGR *mb, const struct aead_key *key, const struct aead_nonce *nonce,
	       struct aead_cursor *from, size_t len, uint8_t *out)
{
	uint8_t tag[AEAD_TAG], scratch[AEAD_TAG];
	const uint8_t *theirs;
	struct span run = next_run(from, len);
	size_t done = 0;

	if (run.len == len && key->suite != TLS_CHACHA20_POLY1305) {
		open_whole(mb, key, nonce, run, out, tag);
	} else {
		union work work;

		open_begin(mb, key, nonce, &work);
		while (run.len > 0) {
			open_run(mb, key, &work, out + done, run);
			done += run.len;
			run = next_run(from, len - done);
		}
		open_end(mb, key, &work, tag);
		wipe(&work, sizeof(work)); /* holds the one-time Poly1305 key and key stream */
	}
	theirs = aead_take(from, AEAD_TAG, scratch);
	if (theirs != NULL && same_tag(tag, theirs))
		return true;
	wipe(out, len);
	return false;
}
