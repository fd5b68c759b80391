/* SPDX-License-Identifier: BSD-3-Clause */
/* tls_library.c - a provider that is the default one with most of its decoders left out. */
#include "control/tls_library.h"

#include <openssl/core_dispatch.h>
#include <openssl/provider.h>
#include <string.h>

#include "dataplane/base/base.h"

enum { FEW_MAX = 32 };

/* The default library's: whose algorithms, and whose context they expect. */
static OSSL_PROVIDER *whole;
static OSSL_ALGORITHM decoders[FEW_MAX + 1], keymgmts[FEW_MAX + 1];

/* Keys that a certificate may have in TLS (RFC 8446 4.2.3). */
static const char *const of_certificates[] = {"RSA", "RSA-PSS", "EC", "ED25519", "ED448", NULL};
/* And what else a handshake makes keys for. */
static const char *const of_handshakes[] = {"X25519", "HKDF", "TLS1-PRF", "HMAC", NULL};

static bool is_one_of(const OSSL_ALGORITHM *a, const char *const *names)
{
	const size_t len = strcspn(a->algorithm_names, ":");

	for (; *names != NULL; names++)
		if (strlen(*names) == len && strncmp(a->algorithm_names, *names, len) == 0)
			return true;
	return false;
}

static bool is_needed(const OSSL_ALGORITHM *a, int operation)
{
	if (operation == OSSL_OP_KEYMGMT)
		return is_one_of(a, of_certificates) || is_one_of(a, of_handshakes);
	return is_one_of(a, of_certificates) &&
	       strstr(a->property_definition, "input=der") != NULL &&
	       strstr(a->property_definition, "structure=SubjectPublicKeyInfo") != NULL;
}

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_cache)
{
	const OSSL_ALGORITHM *all = OSSL_PROVIDER_query_operation(whole, operation, no_cache);
	OSSL_ALGORITHM *few = operation == OSSL_OP_DECODER ? decoders : keymgmts;
	size_t n = 0;

	(void)provider;
	if ((operation != OSSL_OP_DECODER && operation != OSSL_OP_KEYMGMT) || all == NULL)
		return all;
	for (; all->algorithm_names != NULL && n < FEW_MAX; all++)
		if (is_needed(all, operation))
			few[n++] = *all;
	few[n] = (OSSL_ALGORITHM){NULL, NULL, NULL, NULL};
	return few;
}

/* TLS's groups. */
static int get_capabilities(void *provider, const char *capability, OSSL_CALLBACK *take, void *arg)
{
	(void)provider;
	return OSSL_PROVIDER_get_capabilities(whole, capability, take, arg);
}

static int start(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
		 void **provider)
{
	static const OSSL_DISPATCH own[] = {
	    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
	    {OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))get_capabilities},
	    {0, NULL},
	};

	(void)handle;
	(void)in;
	*out = own;
	*provider = OSSL_PROVIDER_get0_provider_ctx(whole);
	return 1;
}

static OSSL_LIB_CTX *make(void)
{
	OSSL_LIB_CTX *library = OSSL_LIB_CTX_new();

	whole = OSSL_PROVIDER_load(NULL, "default");
	if (library != NULL && whole != NULL &&
	    OSSL_PROVIDER_add_builtin(library, "certificates", start) == 1 &&
	    OSSL_PROVIDER_load(library, "certificates") != NULL)
		return library;
	OSSL_LIB_CTX_free(library);
	return NULL;
}

OSSL_LIB_CTX *tls_library(void)
{
	static OSSL_LIB_CTX *library;
	static bool is_made;

	if (!is_made)
		library = make();
	is_made = true;
	return library;
}
