/* SPDX-License-Identifier: BSD-3-Clause */
/* dns_record.c - a table of answers; questions are few, so it is searched from its start. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/dns_record.h"
#include "control/memory.h"
#include "control/srv.h"
#include "dataplane/base/addr.h"

enum { TYPE_A = 1, TYPE_AAAA = 28, TYPE_SRV = 33 };

struct dns_record {
	struct dns_note note[DNS_RECORD_MAX];
	uint64_t totals[3][DNS_FAILED + 1];
};

struct dns_record *dns_record_make(void)
{
	return memory_get(sizeof(struct dns_record));
}

void dns_record_free(struct dns_record *r)
{
	free(r);
}

static struct dns_note *find(struct dns_record *r, const char *name, uint16_t type)
{
	for (size_t i = 0; i < DNS_RECORD_MAX; i++)
		if (r->note[i].at_us != 0 && r->note[i].type == type &&
		    strcmp(r->note[i].name, name) == 0)
			return &r->note[i];
	return NULL;
}

static unsigned int place_of(uint16_t type)
{
	return type == TYPE_SRV ? 0 : type == TYPE_AAAA ? 1 : 2;
}

void dns_record_put(struct dns_record *r, const struct dns_note *note)
{
	struct dns_note *at = find(r, note->name, note->type);

	if (at == NULL) {
		at = &r->note[0]; /* an empty place is the oldest of all */
		for (size_t i = 1; i < DNS_RECORD_MAX; i++)
			if (r->note[i].at_us < at->at_us)
				at = &r->note[i];
	}
	*at = *note;
	r->totals[place_of(note->type)][note->result]++;
}

uint64_t dns_record_total(const struct dns_record *r, uint16_t type, enum dns_result result)
{
	return r->totals[place_of(type)][result];
}

void dns_note_add(struct dns_note *n, const uint8_t *data, size_t len)
{
	const size_t used = strlen(n->data);
	char text[DOMAIN_TEXT_MAX + 32] = "?", address[ADDR_TEXT_MAX];
	struct ip_addr a;
	struct srv s;

	if (n->type == TYPE_SRV && srv_read(data, len, &s)) {
		snprintf(text, sizeof(text), "%s:%u(%u,%u)", s.host, s.port, s.priority, s.weight);
	} else if (n->type == TYPE_A && len == 4) {
		a = addr_from_v4((uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 |
				 (uint32_t)data[2] << 8 | data[3]);
		snprintf(text, sizeof(text), "%s", addr_text(&a, address));
	} else if (n->type == TYPE_AAAA && len == 16) {
		memcpy(a.b, data, 16);
		snprintf(text, sizeof(text), "%s", addr_text(&a, address));
	}
	snprintf(n->data + used, sizeof(n->data) - used, "%s%s", used > 0 ? " " : "", text);
}

const struct dns_note *dns_record_find(const struct dns_record *r, const char *name, uint16_t type)
{
	return find((struct dns_record *)(uintptr_t)r, name, type);
}

const struct dns_note *dns_record_next(const struct dns_record *r, size_t *cursor)
{
	while (*cursor < DNS_RECORD_MAX) {
		const struct dns_note *n = &r->note[(*cursor)++];

		if (n->at_us != 0)
			return n;
	}
	return NULL;
}

bool dns_note_is_of(const struct dns_note *note, const char *domain)
{
	const size_t len = strlen(note->name), tail = strlen(domain);

	return len >= tail && strcmp(note->name + len - tail, domain) == 0 &&
	       (len == tail || note->name[len - tail - 1] == '.');
}

unsigned int dns_record_forget(struct dns_record *r, const char *domain)
{
	unsigned int forgotten = 0;

	for (size_t i = 0; i < DNS_RECORD_MAX; i++)
		if (r->note[i].at_us != 0 &&
		    (domain == NULL || dns_note_is_of(&r->note[i], domain))) {
			r->note[i].at_us = 0;
			forgotten++;
		}
	return forgotten;
}

uint32_t dns_note_left_s(const struct dns_note *note, uint64_t now_us)
{
	const uint64_t age_s = now_us > note->at_us ? (now_us - note->at_us) / 1000000 : 0;

	return age_s < note->ttl_s ? note->ttl_s - (uint32_t)age_s : 0;
}

const char *dns_type_name(uint16_t type)
{
	return type == TYPE_A ? "A" : type == TYPE_AAAA ? "AAAA" : type == TYPE_SRV ? "SRV" : "?";
}

const char *dns_result_name(enum dns_result r)
{
	static const char *const names[] = {[DNS_FOUND] = "found",
					    [DNS_NO_DATA] = "no-data",
					    [DNS_NO_NAME] = "no-name",
					    [DNS_FAILED] = "failed"};

	return (size_t)r < ARRAY_LEN(names) ? names[r] : "?";
}

const char *dns_security_name(enum dns_security s)
{
	static const char *const names[] = {
	    [DNS_UNSIGNED] = "unsigned", [DNS_SECURE] = "secure", [DNS_BOGUS] = "bogus"};

	return (size_t)s < ARRAY_LEN(names) ? names[s] : "?";
}
