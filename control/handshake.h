/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * handshake.h - one TLS handshake over bytes, and the traffic keys taken out at its end
 *(performance.md 3.5).
 *
 *	h = handshake_make(ctx, is_server, domain, own);
 *	loop: handshake_feed(h, bytes) -> send handshake_output() -> HANDSHAKE_DONE:
 *handshake_keys(), handshake_consumed()
 *
 * Runs on  control; libssl is called here and in tls_ctx.c only.
 * Owns     its SSL; handshake_free() frees it and wipes the secrets.
 */
#ifndef CONTROL_HANDSHAKE_H
#define CONTROL_HANDSHAKE_H

#include "control/identity.h"
#include "control/tls_ctx.h"
#include "dataplane/base/drop.h"
#include "dataplane/tls/keys.h"

enum handshake_result { HANDSHAKE_FAILED = -1, HANDSHAKE_MORE = 0, HANDSHAKE_DONE = 1 };

struct handshake;

/* As client the first flight is ready in handshake_output() after handshake_feed(h, NULL, 0). */
MUST_USE struct handshake *handshake_make(struct tls_ctx *ctx, bool is_server, const char *domain,
					  const char *own);
void handshake_free(struct handshake *h);

/* Bounded: HANDSHAKE_BYTES_MAX in all, then it fails. Output (an alert, too) may be waiting after
 * every result. */
MUST_USE enum handshake_result handshake_feed(struct handshake *h, const uint8_t *bytes,
					      size_t len);
/* Bytes to send now; they are forgotten by the next call of handshake_feed(). */
struct span handshake_output(const struct handshake *h);

/* After HANDSHAKE_DONE. @out is the caller's to wipe. */
void handshake_keys(const struct handshake *h, struct tls_handover *out);
/* How many of all bytes fed the handshake has eaten; what follows is records for the core. */
uint32_t handshake_consumed(const struct handshake *h);
/* Who the peer proved to be. */
void handshake_identity(const struct handshake *h, struct identity *out);
/* SNI the client sent ("" for none) and the ALPN selected ("" for none). */
const char *handshake_sni(const struct handshake *h);
const char *handshake_alpn(const struct handshake *h);
/* After HANDSHAKE_FAILED: OpenSSL's reason. */
const char *handshake_error(const struct handshake *h);
/* And which counter it belongs to: TLS_HANDSHAKE, TLS_HANDSHAKE_BYTES, TLS_UNEXPECTED,
 * TLS_NO_CLIENT_CERTIFICATE or TLS_CLIENT_CERTIFICATE. */
enum drop handshake_drop(const struct handshake *h);

#endif
