/* SPDX-License-Identifier: BSD-3-Clause */
/* schedule.c - HMAC (RFC 2104) and one block of HKDF-Expand (RFC 5869) over ipsec-mb's hashes. */
#include "dataplane/tls/schedule.h"

#include <string.h>

#include "dataplane/tls/wipe.h"

enum { BLOCK_MAX = 128, HASH_MAX = 48, INFO_MAX = 24 };

static void hash_once(IMB_MGR *mb, enum tls_hash hash, const uint8_t *bytes, size_t len,
		      uint8_t *out)
{
	if (hash == TLS_SHA256)
		IMB_SHA256(mb, bytes, len, out);
	else
		IMB_SHA384(mb, bytes, len, out);
}

/* @message at most HASH_MAX bytes; @key one hash long, hence shorter than a block. */
static void hmac(IMB_MGR *mb, enum tls_hash hash, const uint8_t *key, struct span message,
		 uint8_t out[HASH_MAX])
{
	const size_t block = hash == TLS_SHA256 ? 64 : 128, size = schedule_hash_len(hash);
	uint8_t text[BLOCK_MAX + HASH_MAX];

	memset(text, 0x36, block);
	for (size_t i = 0; i < size; i++)
		text[i] ^= key[i];
	memcpy(text + block, message.at, message.len);
	hash_once(mb, hash, text, block + message.len, out);

	memset(text, 0x5c, block);
	for (size_t i = 0; i < size; i++)
		text[i] ^= key[i];
	memcpy(text + block, out, size);
	hash_once(mb, hash, text, block + size, out);
	wipe(text, sizeof(text));
}

void schedule_expand(IMB_MGR *mb, enum tls_hash hash, const uint8_t *secret, const char *label,
		     uint8_t *out, size_t len)
{
	const size_t label_len = strlen(label);
	uint8_t info[INFO_MAX], block[HASH_MAX];
	struct span message = {info, 0};

	assert(label_len <= 12 && len <= schedule_hash_len(hash));
	info[0] = 0;
	info[1] = (uint8_t)len;
	info[2] = (uint8_t)(6 + label_len);
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, label_len);
	info[9 + label_len] = 0;  /* no context */
	info[10 + label_len] = 1; /* number of HKDF's first block */
	message.len = 11 + label_len;
	hmac(mb, hash, secret, message, block);
	memcpy(out, block, len);
	wipe(block, sizeof(block));
}
