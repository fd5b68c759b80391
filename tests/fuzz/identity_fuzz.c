/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * identity_fuzz.c - identity_read() on whatever OpenSSL takes for a certificate: names bounded,
 * folded, whole; and a chain to nowhere never good.
 */
#include "control/identity.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool is_so)
{
	if (!is_so)
		abort(); /* a test program's way to say: found one */
}

static void check_name(const char *name)
{
	const size_t len = strnlen(name, DOMAIN_TEXT_MAX + 1);

	need(len > 0 && len <= DOMAIN_TEXT_MAX);
	for (size_t i = 0; i < len; i++)
		need(name[i] > ' ' && name[i] <= '~' && (name[i] < 'A' || name[i] > 'Z'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct identity id;
	X509 *leaf = d2i_X509(NULL, &data, (long)size);
	X509_STORE *empty = X509_STORE_new();
	const struct identity_trust trust = {.store = empty, .also_client_purpose = true};

	need(empty != NULL);
	if (leaf != NULL) {
		identity_read(&id, leaf, NULL, &trust);
		need(id.present && !id.chain_good && id.reason[0] != '\0');
		need(id.count <= IDENTITY_NAMES_MAX);
		for (size_t i = 0; i < id.count; i++) {
			check_name(id.names[i].name);
			need(!identity_proves(&id, id.names[i].name, true));
		}
		id.chain_good = true;
		for (size_t i = 0; i < id.count; i++)
			if (id.names[i].kind != IDENTITY_CN &&
			    strchr(id.names[i].name, '*') == NULL)
				need(identity_proves(&id, id.names[i].name, false));
		need(!identity_proves(&id, "", true));
	}
	X509_free(leaf);
	X509_STORE_free(empty);
	ERR_clear_error();
	return 0;
}
