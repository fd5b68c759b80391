/* SPDX-License-Identifier: BSD-3-Clause */
/* secret.c - secrets from files and from the kernel, and the change from one to the next. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "control/secret.h"

void secret_free(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

char *secret_from_file(const char *path, const char **why)
{
	char line[SECRET_TEXT_MAX + 2] = "", *text = NULL;
	FILE *f = fopen(path, "re");

	*why = NULL;
	if (f == NULL)
		*why = strerror(errno);
	else if (setvbuf(f, NULL, _IONBF, 0) != 0 || fgets(line, sizeof(line), f) == NULL ||
		 strcspn(line, "\r\n") == 0)
		*why = "its first line is empty";
	else if (strlen(line) > SECRET_TEXT_MAX)
		*why = "its first line is longer than 1,024 characters";
	if (f != NULL)
		fclose(f);
	line[strcspn(line, "\r\n")] = '\0';
	if (*why == NULL) {
		text = strdup(line);
		*why = text == NULL ? "no memory" : NULL;
	}
	explicit_bzero(line, sizeof(line));
	return text;
}

char *secret_random(void)
{
	uint8_t bytes[32];
	char *text = calloc(1, 2 * sizeof(bytes) + 1);

	if (text == NULL || getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
		free(text);
		return NULL;
	}
	for (size_t i = 0; i < sizeof(bytes); i++)
		(void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	explicit_bzero(bytes, sizeof(bytes));
	return text;
}

/* What the configuration said, unless nothing has taken its place: then it is the present one. */
static const char *configured(const struct policy *p)
{
	return p->dialback_configured != NULL ? p->dialback_configured : p->dialback_passphrase;
}

void secret_rotate(struct policy *p, char *fresh, uint64_t now_us, uint64_t grace_us)
{
	secret_free(p->dialback_before);
	p->dialback_before = NULL;
	if (p->dialback_configured == NULL && !p->is_passphrase_random) {
		p->dialback_configured =
		    p->dialback_passphrase != NULL ? strdup(p->dialback_passphrase) : NULL;
	}
	p->dialback_before = p->dialback_passphrase;
	p->dialback_before_until_us = now_us + grace_us;
	p->dialback_passphrase = fresh;
	p->dialback_is_rotated = true;
}

/* The configuration before may come back by a rollback, so what it has stays there, too. */
static void copy(char **to, const char *from)
{
	char *text = from != NULL ? strdup(from) : NULL;

	if (from != NULL && text == NULL)
		return; /* without memory the present one stays */
	secret_free(*to);
	*to = text;
}

static bool are_same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

void secret_carry(struct policy *next, struct policy *before, uint64_t now_us, uint64_t grace_us)
{
	/* A change at run time reads the configuration with the secret in use. */
	const bool is_in_use = are_same(next->dialback_passphrase, before->dialback_passphrase);
	const bool says_the_same =
	    is_in_use || (next->is_passphrase_random
			      ? before->is_passphrase_random
			      : !before->is_passphrase_random &&
				    are_same(next->dialback_passphrase, configured(before)));

	if (!says_the_same) {
		copy(&next->dialback_before, before->dialback_passphrase);
		next->dialback_before_until_us = now_us + grace_us;
		return;
	}
	copy(&next->dialback_passphrase, before->dialback_passphrase);
	copy(&next->dialback_before, before->dialback_before);
	copy(&next->dialback_configured, before->dialback_configured);
	next->dialback_before_until_us = before->dialback_before_until_us;
	next->dialback_is_rotated = before->dialback_is_rotated;
	next->is_passphrase_random = before->is_passphrase_random;
}

bool secret_has_grace(const struct policy *p, uint64_t now_us)
{
	return p->dialback_before != NULL && now_us < p->dialback_before_until_us;
}
