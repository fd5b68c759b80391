/* SPDX-License-Identifier: BSD-3-Clause */
/* identity_file.c - who a certificate in a file is, judged as if a peer had shown it. */
#include <openssl/err.h>
#include <stdio.h>

#include "control/identity.h"
#include "control/tls_credential.h"

bool identity_read_file(struct identity *id, const char *path, const char *key,
			const struct identity_trust *trust, char *error)
{
	struct tls_credential c = {.leaf = NULL};
	const bool good = key != NULL ? tls_credential_read(&c, path, key, error)
				      : tls_credential_certificates(&c, path, error);

	if (good)
		identity_read(id, c.leaf, c.chain, trust);
	tls_credential_close(&c);
	return good;
}
