/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dialback.h - dialback keys (XEP-0185): stateless, so that any member of an edge pool verifies
 * another's.
 *
 * Runs on  control. Pure but for the hash, which is OpenSSL's.
 */
#ifndef CONTROL_DIALBACK_H
#define CONTROL_DIALBACK_H

#include "dataplane/base/base.h"

#define DIALBACK_KEY_TEXT 65 /* 64 lower-case hex digits and NUL */

/* key = hex(HMAC-SHA256(K, receiving ' ' originating ' ' stream id)), K = the hex text of
 * SHA-256(secret). */
void dialback_key(const char *secret, const char *receiving, const char *originating,
		  const char *stream_id, char out[DIALBACK_KEY_TEXT]);
/* Constant time; white space around @key is ignored. */
MUST_USE bool dialback_key_is(const char *key, const char *secret, const char *receiving,
			      const char *originating, const char *stream_id);

#endif
