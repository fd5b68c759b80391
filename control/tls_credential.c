/* SPDX-License-Identifier: BSD-3-Clause */
/* tls_credential.c - reads PEM files; a folder of them becomes a sorted array. */
#include "control/tls_credential.h"

#include <dirent.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ERROR_ROOM = 256, PATH_ROOM = 2048 };

/* A key file with a passphrase must fail, never ask on a terminal. */
static int no_passphrase(char *out, int room, int for_writing, void *arg)
{
	(void)out, (void)room, (void)for_writing, (void)arg;
	return 0;
}

bool tls_credentials_say(char *error, const char *what, const char *path)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	snprintf(error, ERROR_ROOM, "%s: %s%s%s", path, what, reason != NULL ? ": " : "",
		 reason != NULL ? reason : "");
	ERR_clear_error();
	return false;
}

void tls_credential_close(struct tls_credential *c)
{
	free(c->path);
	X509_free(c->leaf);
	EVP_PKEY_free(c->key);
	sk_X509_pop_free(c->chain, X509_free);
}

/* Leaf first, then intermediates, to the end of the file. */
bool tls_credential_certificates(struct tls_credential *c, const char *path, char *error)
{
	BIO *file = BIO_new_file(path, "r");
	X509 *next;
	bool is_good;

	if (file == NULL)
		return tls_credentials_say(error, "cannot open the certificate", path);
	c->path = strdup(path);
	c->leaf = PEM_read_bio_X509_AUX(file, NULL, no_passphrase, NULL);
	c->chain = sk_X509_new_null();
	while (c->leaf != NULL && c->chain != NULL &&
	       (next = PEM_read_bio_X509(file, NULL, no_passphrase, NULL)) != NULL)
		if (sk_X509_push(c->chain, next) == 0)
			X509_free(next);
	/* The only good end is that of the file. */
	is_good = c->leaf != NULL && c->chain != NULL && c->path != NULL &&
		  ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	BIO_free(file);
	if (!is_good)
		return tls_credentials_say(error, "no good PEM certificate", path);
	ERR_clear_error();
	return true;
}

bool tls_credential_read(struct tls_credential *c, const char *certificate, const char *key,
			 char *error)
{
	BIO *file;

	ERR_clear_error();
	if (!tls_credential_certificates(c, certificate, error))
		return false;
	file = BIO_new_file(key, "r");
	if (file == NULL)
		return tls_credentials_say(error, "cannot open the private key", key);
	c->key = PEM_read_bio_PrivateKey(file, NULL, no_passphrase, NULL);
	BIO_free(file);
	if (c->key == NULL)
		return tls_credentials_say(error, "no good PEM private key without a passphrase",
					   key);
	if (X509_check_private_key(c->leaf, c->key) != 1)
		return tls_credentials_say(error, "the key does not belong to the certificate",
					   key);
	return true;
}

static int compare_domains(const void *a, const void *b)
{
	const struct tls_credential *x = a, *y = b;

	return strcmp(x->domain, y->domain);
}

/* Is @file "<domain>.crt"? Then its folded domain. */
static bool is_certificate(const char *file, char domain[DOMAIN_TEXT_MAX + 1])
{
	const size_t len = strlen(file);

	if (len <= 4 || len - 4 > DOMAIN_TEXT_MAX || file[0] == '.' ||
	    strcmp(file + len - 4, ".crt") != 0)
		return false;
	for (size_t i = 0; i < len - 4; i++)
		domain[i] = file[i] >= 'A' && file[i] <= 'Z' ? (char)(file[i] + 32) : file[i];
	domain[len - 4] = '\0';
	return true;
}

static bool read_one(struct tls_credentials *t, const char *dir, const char *file, char *error)
{
	char certificate[PATH_ROOM], key[PATH_ROOM], domain[DOMAIN_TEXT_MAX + 1];
	const int stem = (int)strlen(file) - 4;
	struct tls_credential *grown;

	if (!is_certificate(file, domain))
		return true;
	if (snprintf(certificate, sizeof(certificate), "%s/%s", dir, file) >= PATH_ROOM ||
	    snprintf(key, sizeof(key), "%s/%.*s.key", dir, stem, file) >= PATH_ROOM)
		return tls_credentials_say(error, "name too long", dir);
	if (t->count >= DOMAINS_MAX)
		return tls_credentials_say(error, "too many certificates", dir);
	grown = realloc(t->by_domain, (t->count + 1) * sizeof(*grown));
	if (grown == NULL)
		return tls_credentials_say(error, "out of memory", dir);
	t->by_domain = grown;
	memset(&grown[t->count], 0, sizeof(*grown));
	memcpy(grown[t->count].domain, domain, sizeof(domain));
	t->count++; /* from here on tls_credentials_close() frees it */
	return tls_credential_read(&grown[t->count - 1], certificate, key, error);
}

static bool read_dir(struct tls_credentials *t, const char *path, char *error)
{
	const struct dirent *entry;
	bool is_good = true;
	DIR *dir = opendir(path);

	ERR_clear_error();
	if (dir == NULL)
		return tls_credentials_say(error, "cannot open the folder of certificates", path);
	while (is_good && (entry = readdir(dir)) != NULL)
		is_good = read_one(t, path, entry->d_name, error);
	closedir(dir);
	if (is_good && t->count > 0)
		qsort(t->by_domain, t->count, sizeof(*t->by_domain), compare_domains);
	return is_good;
}

const struct tls_credential *tls_credentials_find(const struct tls_credentials *t,
						  const char *domain)
{
	struct tls_credential key = {.leaf = NULL};
	const struct tls_credential *found;

	if (domain == NULL || t->count == 0 || strlen(domain) > DOMAIN_TEXT_MAX)
		return &t->fallback;
	for (size_t i = 0; domain[i] != '\0'; i++)
		key.domain[i] =
		    domain[i] >= 'A' && domain[i] <= 'Z' ? (char)(domain[i] + 32) : domain[i];
	found = bsearch(&key, t->by_domain, t->count, sizeof(key), compare_domains);
	return found != NULL ? found : &t->fallback;
}

bool tls_credentials_read(struct tls_credentials *t, const char *certificate, const char *key,
			  const char *dir, char *error)
{
	return tls_credential_read(&t->fallback, certificate, key, error) &&
	       (dir == NULL || read_dir(t, dir, error));
}

void tls_credentials_close(struct tls_credentials *t)
{
	tls_credential_close(&t->fallback);
	for (size_t i = 0; i < t->count; i++)
		tls_credential_close(&t->by_domain[i]);
	free(t->by_domain);
	memset(t, 0, sizeof(*t));
}
