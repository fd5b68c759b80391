/* SPDX-License-Identifier: BSD-3-Clause */
/* dns_record_test.c - what is remembered of DNS, for how long, and what makes room. */
#include "control/dns_record.h"

#include "tests/check.h"

static struct dns_note note(const char *name, uint16_t type, uint64_t at_us)
{
	struct dns_note n = {.type = type, .at_us = at_us, .ttl_s = 60};

	snprintf(n.name, sizeof(n.name), "%s", name);
	return n;
}

static void put(struct dns_record *r, const char *name, uint16_t type, uint64_t at_us)
{
	const struct dns_note n = note(name, type, at_us);

	dns_record_put(r, &n);
}

static void keeps_the_last_answer(void)
{
	struct dns_record *r = dns_record_make();

	put(r, "a.example", 1, 1000000);
	put(r, "a.example", 28, 2000000);
	put(r, "a.example", 1, 3000000);
	CHECK_EQ(dns_record_find(r, "a.example", 1)->at_us, 3000000);
	CHECK_EQ(dns_record_find(r, "a.example", 28)->at_us, 2000000);
	CHECK(dns_record_find(r, "b.example", 1) == NULL);
	CHECK_EQ(dns_note_left_s(dns_record_find(r, "a.example", 1), 23000000), 40);
	CHECK_EQ(dns_note_left_s(dns_record_find(r, "a.example", 1), 63000000), 0);
	dns_record_free(r);
}

static void forgets_a_domain_and_what_is_below(void)
{
	struct dns_record *r = dns_record_make();
	size_t cursor = 0;

	put(r, "_xmpp-server._tcp.a.example", 33, 1);
	put(r, "a.example", 1, 1);
	put(r, "ba.example", 1, 1);
	CHECK_EQ(dns_record_forget(r, "a.example"), 2);
	CHECK_STR(dns_record_next(r, &cursor)->name, "ba.example");
	CHECK(dns_record_next(r, &cursor) == NULL);
	CHECK_EQ(dns_record_forget(r, NULL), 1);
	dns_record_free(r);
}

static void is_bounded(void)
{
	struct dns_record *r = dns_record_make();
	size_t cursor = 0, n = 0;
	char name[32];

	for (unsigned int i = 0; i < DNS_RECORD_MAX + 10; i++) {
		snprintf(name, sizeof(name), "d%u.example", i);
		put(r, name, 1, 1 + i);
	}
	while (dns_record_next(r, &cursor) != NULL)
		n++;
	CHECK_EQ(n, DNS_RECORD_MAX);
	CHECK(dns_record_find(r, "d9.example", 1) == NULL);
	CHECK(dns_record_find(r, "d10.example", 1) != NULL);
	dns_record_free(r);
}

static void says_what_was_found(void)
{
	struct dns_note n = note("_xmpp-server._tcp.a.example", 33, 1);
	char long_host[] = "\0\1\0\2\x14\x95\4host\7example";

	dns_note_add(&n, (const uint8_t *)long_host, sizeof(long_host));
	dns_note_add(&n, (const uint8_t *)long_host, sizeof(long_host));
	CHECK_STR(n.data, "host.example:5269(1,2) host.example:5269(1,2)");
	for (int i = 0; i < 50; i++) /* what does not fit is cut */
		dns_note_add(&n, (const uint8_t *)long_host, sizeof(long_host));
	CHECK_EQ(strlen(n.data), DNS_DATA_MAX - 1);
	n = note("a.example", 1, 1);
	dns_note_add(&n, (const uint8_t *)"\xc0\0\2\1", 4);
	CHECK_STR(n.data, "192.0.2.1");
	dns_note_add(&n, (const uint8_t *)"\xc0\0\2", 3);
	CHECK_STR(n.data, "192.0.2.1 ?");
}

int main(void)
{
	RUN(keeps_the_last_answer);
	RUN(forgets_a_domain_and_what_is_below);
	RUN(is_bounded);
	RUN(says_what_was_found);
	return check_summary();
}
