/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * handshake_keys.h - the traffic keys of a finished handshake; private to handshake.c.
 *
 * Runs on  control.
 */
#ifndef CONTROL_HANDSHAKE_KEYS_H
#define CONTROL_HANDSHAKE_KEYS_H

#include <openssl/ssl.h>

#include "dataplane/tls/keys.h"

#define HANDSHAKE_SECRET_MAX 48

/* TLS 1.3: CLIENT_TRAFFIC_SECRET_0 and SERVER_TRAFFIC_SECRET_0; length 0 when not heard of. */
struct handshake_secrets {
	uint8_t client[HANDSHAKE_SECRET_MAX], server[HANDSHAKE_SECRET_MAX];
	size_t client_len, server_len;
};

/* False when @ssl has agreed on something that the record layer does not do. */
MUST_USE bool handshake_keys_take(const SSL *ssl, bool is_server,
				  const struct handshake_secrets *secrets,
				  struct tls_handover *out);

#endif
