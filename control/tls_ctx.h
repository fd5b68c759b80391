/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tls_ctx.h - certificates, trust and settings of the handshakes of one leg, and their reload.
 *
 * TLS 1.2 and 1.3, AEAD suites only, X25519 then P-256, no ticket, no session cache, no
 * renegotiation, no compression. Edge: a client certificate is requested, never required, with an
 * empty CA list. Internal, as server: required, and one whose chain is not good fails the handshake
 * with the alert that says why (handshake_drop() counts it); whether its name is listed is decided
 * after the handshake.
 *
 * Runs on  control.
 */
#ifndef CONTROL_TLS_CTX_H
#define CONTROL_TLS_CTX_H

#include <openssl/ssl.h>

#include "control/identity.h"
#include "dataplane/base/base.h"
#include "dataplane/base/ids.h"

struct tls_ctx;

/* As control/config.h has them; NULL @trust = the system's store, NULL @certificate_dir = none. */
struct tls_ctx_setup {
	enum iface leg;
	const char *certificate, *key, *trust, *certificate_dir;
};

/* NULL, with a sentence in @error (256 bytes) that names the file. */
MUST_USE struct tls_ctx *tls_ctx_make(const struct tls_ctx_setup *setup, char *error);
/* Counted references: a handshake under way keeps the one it began with. */
struct tls_ctx *tls_ctx_hold(struct tls_ctx *t);
void tls_ctx_drop(struct tls_ctx *t);

/*
 * A new SSL for one handshake; verification is fatal for the internal leg's server alone (elsewhere
 * identity.h decides later).
 * @domain  as client: SNI (and, internal leg, the certificate of the partner we stand in for); as
 * server: NULL.
 * @own     as client: the domain we speak for, to choose our own certificate by; NULL = default.
 */
MUST_USE SSL *tls_ctx_ssl(struct tls_ctx *t, bool is_server, const char *domain, const char *own);
/* By which this leg judges the chains of its peers. */
const struct identity_trust *tls_ctx_trust(const struct tls_ctx *t);
/* Do both show the same certificates to whoever asks? */
bool tls_ctx_shows_same(const struct tls_ctx *a, const struct tls_ctx *b);
/* When the default certificate ends (its notAfter). */
uint64_t tls_ctx_ends_unix_s(const struct tls_ctx *t);
enum iface tls_ctx_leg(const struct tls_ctx *t);

/* --- as an operator is shown it --- */

/*
 * Its own certificates: @index 0 the default, then those of the folder.
 *
 * @domain  out: whom it is for, "" for the default; borrowed, as @file is
 * Returns  false when there are no more.
 */
MUST_USE bool tls_ctx_shown(const struct tls_ctx *t, size_t index, const char **domain,
			    const char **file, struct identity *out);
unsigned int tls_ctx_anchors(const struct tls_ctx *t); /* certificates it trusts */
time_t tls_ctx_made(const struct tls_ctx *t);          /* when they were read */

#endif
