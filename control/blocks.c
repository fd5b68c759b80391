/* SPDX-License-Identifier: BSD-3-Clause */
/* blocks.c - a short list, walked: it is asked once a stream, and empty mostly. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/blocks.h"

enum { V4_BITS = 96, V4_WIDEST = 8, V6_WIDEST = 16 };

static void clear_host_bits(struct blocks_prefix *p)
{
	for (unsigned int i = p->bits; i < 128; i++)
		p->address.b[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
}

bool blocks_read_prefix(const char *text, struct blocks_prefix *out)
{
	const char *slash = strchr(text, '/');
	const size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);
	char address[ADDR_TEXT_MAX], *end;
	unsigned long bits;
	bool is_v4;

	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	if (!addr_parse(address, &out->address))
		return false;
	is_v4 = addr_is_v4(&out->address);
	bits = is_v4 ? 32 : 128;
	if (slash != NULL) {
		if (slash[1] < '0' || slash[1] > '9')
			return false;
		bits = strtoul(slash + 1, &end, 10);
		if (*end != '\0' || bits > (is_v4 ? 32 : 128))
			return false;
	}
	if (bits < (is_v4 ? V4_WIDEST : V6_WIDEST))
		return false;
	out->bits = (uint8_t)(bits + (is_v4 ? V4_BITS : 0));
	clear_host_bits(out);
	return true;
}

const char *blocks_prefix_text(const struct blocks_prefix *p, char *out)
{
	char address[ADDR_TEXT_MAX];

	(void)snprintf(out, ADDR_TEXT_MAX + 4, "%s/%u", addr_text(&p->address, address),
		       addr_is_v4(&p->address) ? p->bits - V4_BITS : p->bits);
	return out;
}

bool blocks_prefix_has(const struct blocks_prefix *p, const struct ip_addr *a)
{
	struct blocks_prefix of = {.address = *a, .bits = p->bits};

	clear_host_bits(&of);
	return addr_equal(&of.address, &p->address);
}

static bool is_same(const struct block *b, const char *domain, const struct blocks_prefix *p)
{
	if (domain[0] != '\0')
		return strcmp(b->domain, domain) == 0;
	return b->domain[0] == '\0' && b->prefix.bits == p->bits &&
	       addr_equal(&b->prefix.address, &p->address);
}

static struct block *find(struct blocks *t, const char *domain, const struct blocks_prefix *p)
{
	for (size_t i = 0; i < t->count; i++)
		if (is_same(&t->list[i], domain, p))
			return &t->list[i];
	return NULL;
}

struct block *blocks_add(struct blocks *t, const struct block *b, const char *reason)
{
	struct block *at = find(t, b->domain, &b->prefix);

	if (at == NULL && t->count == BLOCKS_MAX)
		return NULL;
	if (at == NULL)
		at = &t->list[t->count++];
	*at = *b;
	(void)snprintf(at->words, sizeof(at->words), "blocked%s%s",
		       reason[0] != '\0' ? ": " : " by the operator", reason);
	return at;
}

bool blocks_remove(struct blocks *t, const char *domain, const struct blocks_prefix *p)
{
	struct block *at = find(t, domain, p);

	if (at == NULL)
		return false;
	*at = t->list[--t->count];
	return true;
}

void blocks_forget_old(struct blocks *t, uint64_t now_us)
{
	for (size_t i = t->count; i-- > 0;)
		if (t->list[i].until_us <= now_us)
			t->list[i] = t->list[--t->count];
}

struct block *blocks_find_domain(struct blocks *t, const struct policy *p, const char *domain,
				 uint64_t now_us)
{
	const struct partner *partner = t->count > 0 ? policy_partner(p, domain) : NULL;

	for (size_t i = 0; i < t->count; i++) {
		struct block *b = &t->list[i];

		if (b->domain[0] != '\0' && b->until_us > now_us &&
		    (strcmp(b->domain, domain) == 0 ||
		     (partner != NULL && policy_partner_has(partner, b->domain))))
			return b;
	}
	return NULL;
}

struct block *blocks_find_address(struct blocks *t, const struct ip_addr *a, uint64_t now_us)
{
	for (size_t i = 0; i < t->count; i++) {
		struct block *b = &t->list[i];

		if (b->domain[0] == '\0' && b->until_us > now_us &&
		    blocks_prefix_has(&b->prefix, a))
			return b;
	}
	return NULL;
}

const char *blocks_refuse(struct block *b)
{
	b->refused++;
	return b->words;
}
