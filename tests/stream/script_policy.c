/* SPDX-License-Identifier: BSD-3-Clause */
/* script_policy.c - the policy of a dialogue, from its first lines. */
#include <stdlib.h>
#include <string.h>

#include "control/memory.h"
#include "tests/stream/script.h"

enum { LIST_MAX = 16, RECORDS_MAX = 16 };

const char *script_value(const struct words *w, const char *key)
{
	const size_t len = strlen(key);

	for (size_t i = 1; i < w->count; i++)
		if (strncmp(w->word[i], key, len) == 0 && w->word[i][len] == '=')
			return w->word[i] + len + 1;
	return NULL;
}

bool script_has(const struct words *w, const char *word)
{
	for (size_t i = 1; i < w->count; i++)
		if (strcmp(w->word[i], word) == 0)
			return true;
	return false;
}

/* "a,b,c" */
static char **list(const char *text)
{
	char **names = memory_get((LIST_MAX + 1) * sizeof(*names));
	char *copy = memory_text(text != NULL ? text : ""), *rest = copy, *name;
	size_t n = 0;

	while ((name = strsep(&rest, ",")) != NULL && n < LIST_MAX)
		if (name[0] != '\0')
			names[n++] = memory_text(name);
	free(copy);
	return names;
}

static void list_free(char **names)
{
	for (char **n = names; n != NULL && *n != NULL; n++)
		free(*n);
	free(names);
}

struct policy *script_policy_make(void)
{
	struct policy *p = memory_get(sizeof(*p));

	p->local_domains = list("contoso.example");
	p->partners = memory_get(RECORDS_MAX * sizeof(*p->partners));
	p->gateways = memory_get(RECORDS_MAX * sizeof(*p->gateways));
	p->limits.establishment_timeout_s = 60;
	p->limits.inactivity_timeout_s = 600;
	p->limits.stanza_bytes_max = STANZA_BYTES_DEFAULT;
	p->dialback_passphrase = memory_text("s3cr3t");
	return p;
}

static void partner_free(struct partner *p)
{
	free(p->domain);
	list_free(p->additional_domains);
}

static void gateway_free(struct gateway *g)
{
	free(g->name);
	list_free(g->certificate_names);
	list_free(g->local_domains);
}

void script_policy_free(struct policy *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->partner_count; i++)
		partner_free(&p->partners[i]);
	for (size_t i = 0; i < p->gateway_count; i++)
		gateway_free(&p->gateways[i]);
	list_free(p->local_domains);
	free(p->partners);
	free(p->gateways);
	free(p->dialback_passphrase);
	free(p);
}

static bool level(const char *text, enum level *out)
{
	if (text == NULL || strcmp(text, "required") == 0)
		*out = LEVEL_REQUIRED;
	else if (strcmp(text, "optional") == 0)
		*out = LEVEL_OPTIONAL;
	else if (strcmp(text, "notsupported") == 0)
		*out = LEVEL_NOT_SUPPORTED;
	else
		return false;
	return true;
}

static bool type(const char *text, enum partner_type *out)
{
	for (int t = PARTNER_FEDERATED; t <= PARTNER_PUBLIC_UNVERIFIED; t++)
		if (text != NULL && strcmp(text, partner_type_name((enum partner_type)t)) == 0) {
			*out = (enum partner_type)t;
			return true;
		}
	*out = PARTNER_PUBLIC_UNVERIFIED;
	return text == NULL;
}

/* A record of the same name takes the place of the one before. */
static bool partner_line(struct policy *p, const struct words *w)
{
	const char *dialback = script_value(w, "dialback");
	size_t i = 0;

	while (i < p->partner_count && strcmp(p->partners[i].domain, w->word[1]) != 0)
		i++;
	if (i == RECORDS_MAX)
		return false;
	if (i < p->partner_count)
		partner_free(&p->partners[i]);
	else
		p->partner_count++;
	p->partners[i] = (struct partner){
	    .id = {(uint16_t)(i + 1)},
	    .domain = memory_text(w->word[1]),
	    .additional_domains = list(script_value(w, "also")),
	    .dialback = dialback == NULL || strcmp(dialback, "true") == 0,
	};
	return level(script_value(w, "tls"), &p->partners[i].tls) &&
	       level(script_value(w, "sasl"), &p->partners[i].sasl) &&
	       type(script_value(w, "type"), &p->partners[i].type);
}

static bool gateway_line(struct policy *p, const struct words *w)
{
	size_t i = 0;

	while (i < p->gateway_count && strcmp(p->gateways[i].name, w->word[1]) != 0)
		i++;
	if (i == RECORDS_MAX)
		return false;
	if (i < p->gateway_count)
		gateway_free(&p->gateways[i]);
	else
		p->gateway_count++;
	p->gateways[i] = (struct gateway){
	    .name = memory_text(w->word[1]),
	    .certificate_names = list(script_value(w, "names")),
	    .local_domains = list(script_value(w, "domains")),
	    .match_common_name = script_has(w, "cn"),
	};
	return true;
}

static bool limit_line(struct policy *p, const struct words *w)
{
	const char *establishment = script_value(w, "establishment");
	const char *inactivity = script_value(w, "inactivity");
	const char *stanza = script_value(w, "stanza");

	if (establishment != NULL)
		p->limits.establishment_timeout_s = (uint32_t)atoi(establishment);
	if (inactivity != NULL)
		p->limits.inactivity_timeout_s = (uint32_t)atoi(inactivity);
	if (stanza != NULL)
		p->limits.stanza_bytes_max = (uint32_t)atoi(stanza);
	return establishment != NULL || inactivity != NULL || stanza != NULL;
}

bool script_policy_line(struct policy *p, const struct words *w)
{
	if (w->count < 2)
		return false;
	if (strcmp(w->word[0], "local") == 0) {
		list_free(p->local_domains);
		p->local_domains = list(w->word[1]);
		return true;
	}
	if (strcmp(w->word[0], "passphrase") == 0) {
		free(p->dialback_passphrase);
		p->dialback_passphrase = memory_text(w->word[1]);
		return true;
	}
	if (strcmp(w->word[0], "partner") == 0)
		return partner_line(p, w);
	if (strcmp(w->word[0], "gateway") == 0)
		return gateway_line(p, w);
	if (strcmp(w->word[0], "limit") == 0)
		return limit_line(p, w);
	return false;
}
