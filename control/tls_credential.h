/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tls_credential.h - the certificates of one leg with their keys; private to tls_ctx.c.
 *
 * Runs on  control.
 */
#ifndef CONTROL_TLS_CREDENTIAL_H
#define CONTROL_TLS_CREDENTIAL_H

#include <openssl/x509.h>

#include "dataplane/base/bounds.h"

/* One certificate with its key and the intermediates behind it in its file. */
struct tls_credential {
	char domain[DOMAIN_TEXT_MAX + 1]; /* folded; "" for the default */
	char *path;                       /* of the certificate's file */
	X509 *leaf;
	EVP_PKEY *key;
	STACK_OF(X509) * chain;
};

/* One certificate with what is behind it, without a key, or with it (PEM files). @c all zero;
 * tls_credential_close() in either case. */
MUST_USE bool tls_credential_certificates(struct tls_credential *c, const char *path, char *error);
MUST_USE bool tls_credential_read(struct tls_credential *c, const char *certificate,
				  const char *key, char *error);
void tls_credential_close(struct tls_credential *c);

struct tls_credentials {
	struct tls_credential fallback;
	struct tls_credential *by_domain; /* sorted */
	size_t count;
};

/*
 * tls_credentials_read - the default of @certificate and @key, and of @dir (NULL: none) each
 * <domain>.crt with its <domain>.key.
 *
 * @t  all zero; tls_credentials_close() in either case.
 */
MUST_USE bool tls_credentials_read(struct tls_credentials *t, const char *certificate,
				   const char *key, const char *dir, char *error);
void tls_credentials_close(struct tls_credentials *t);
/* The one for @domain, else the default. NULL @domain = default. */
const struct tls_credential *tls_credentials_find(const struct tls_credentials *t,
						  const char *domain);
/* "@path: @what: OpenSSL's reason" into @error (256 bytes). Returns false, so that a caller can. */
bool tls_credentials_say(char *error, const char *what, const char *path);

#endif
