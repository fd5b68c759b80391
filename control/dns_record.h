/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dns_record.h - what DNS has answered lately, for an operator to see: libunbound keeps a cache and
 * lets nobody look into it. Bounded: the answer that is oldest gives way.
 *
 * Runs on  control. Times are the loop's.
 */
#ifndef CONTROL_DNS_RECORD_H
#define CONTROL_DNS_RECORD_H

#include "dataplane/base/base.h"
#include "dataplane/base/bounds.h"

enum { DNS_RECORD_MAX = 1024, DNS_NAME_MAX = DOMAIN_TEXT_MAX + 20, DNS_DATA_MAX = 256 };

enum dns_result { DNS_FOUND, DNS_NO_DATA, DNS_NO_NAME, DNS_FAILED };
enum dns_security { DNS_UNSIGNED, DNS_SECURE, DNS_BOGUS };

struct dns_note {
	char name[DNS_NAME_MAX + 1]; /* asked for; lower case */
	uint16_t type;               /* RFC 1035 3.2.2: 1 A, 28 AAAA, 33 SRV */
	enum dns_result result;
	enum dns_security security;
	unsigned int count;      /* records */
	char data[DNS_DATA_MAX]; /* of the first ones, by spaces; why, where it failed */
	uint32_t ttl_s;          /* 0: not kept */
	uint64_t at_us;          /* when it came; 0: an empty place */
};

struct dns_record;

/* Never NULL. */
MUST_USE struct dns_record *dns_record_make(void);
void dns_record_free(struct dns_record *r);
/* @note takes the place of an earlier answer to the same question. */
void dns_record_put(struct dns_record *r, const struct dns_note *note);
/* How many answers there were to questions of @type: A, AAAA or SRV. Only grows. */
uint64_t dns_record_total(const struct dns_record *r, uint16_t type, enum dns_result result);
/* One more record's RDATA as text behind what is there: "host:port(priority,weight)", an address.
 */
void dns_note_add(struct dns_note *n, const uint8_t *data, size_t len);
/* NULL: not asked lately. */
const struct dns_note *dns_record_find(const struct dns_record *r, const char *name, uint16_t type);
/* In no order that means anything. @cursor starts at 0; NULL at the end. */
const struct dns_note *dns_record_next(const struct dns_record *r, size_t *cursor);
/* Is it about @domain, or a name below it? */
bool dns_note_is_of(const struct dns_note *note, const char *domain);
/* Forgets what is about @domain, or all (NULL). Returns how many. */
unsigned int dns_record_forget(struct dns_record *r, const char *domain);
/* Seconds until libunbound forgets it, too. */
uint32_t dns_note_left_s(const struct dns_note *note, uint64_t now_us);

const char *dns_type_name(uint16_t type);
const char *dns_result_name(enum dns_result r);     /* "found", "no-data", "no-name", "failed" */
const char *dns_security_name(enum dns_security s); /* "unsigned", "secure", "bogus" */

#endif
