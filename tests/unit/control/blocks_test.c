/* SPDX-License-Identifier: BSD-3-Clause */
/* blocks_test.c - who is blocked: by domain, by address, for a time, and no more than there is
 * room. */
#include "control/blocks.h"
#include "tests/check.h"

static struct blocks t;

static struct block of_domain(const char *domain, uint64_t until_us)
{
	struct block b = {.until_us = until_us};

	(void)snprintf(b.domain, sizeof(b.domain), "%s", domain);
	return b;
}

static struct block of_prefix(const char *text)
{
	struct block b = {.until_us = UINT64_MAX};

	CHECK(blocks_read_prefix(text, &b.prefix));
	return b;
}

static void reads_prefixes(void)
{
	static const char *const bad[] = {
	    "",          "192.0.2.0/33",  "192.0.2.0/", "192.0.2.0/7", "192.0.2.0/x",
	    "a.example", "2001:db8::/15", "::/0",       "192.0.2/24",  "192.0.2.0/24x"};
	char text[ADDR_TEXT_MAX + 4];
	struct blocks_prefix p;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(!blocks_read_prefix(bad[i], &p));
	CHECK(blocks_read_prefix("192.0.2.77/24", &p));
	CHECK_STR(blocks_prefix_text(&p, text), "192.0.2.0/24");
	CHECK(blocks_read_prefix("192.0.2.77", &p));
	CHECK_STR(blocks_prefix_text(&p, text), "192.0.2.77/32");
	CHECK(blocks_read_prefix("2001:db8:1:2::3/48", &p));
	CHECK_STR(blocks_prefix_text(&p, text), "2001:db8:1::/48");
}

static bool is_blocked(const char *address)
{
	struct ip_addr a;

	CHECK(addr_parse(address, &a));
	return blocks_find_address(&t, &a, 0) != NULL;
}

static void finds_addresses(void)
{
	const struct block a = of_prefix("192.0.2.128/25"), b = of_prefix("2001:db8::/32");

	t.count = 0;
	CHECK(!is_blocked("192.0.2.200"));
	CHECK(blocks_add(&t, &a, "") != NULL);
	CHECK(blocks_add(&t, &b, "") != NULL);
	CHECK(is_blocked("192.0.2.128") && is_blocked("192.0.2.255"));
	CHECK(!is_blocked("192.0.2.127") && !is_blocked("192.0.3.128"));
	CHECK(is_blocked("2001:db8:ffff::1") && !is_blocked("2001:db9::1"));
	CHECK(blocks_remove(&t, "", &a.prefix));
	CHECK(!blocks_remove(&t, "", &a.prefix));
	CHECK(!is_blocked("192.0.2.200"));
}

static void finds_a_partner_by_each_domain(void)
{
	static char one[] = "a.example", two[] = "b.example";
	char *more[] = {two, NULL};
	struct partner partner = {.domain = one, .additional_domains = more};
	const struct policy p = {.partners = &partner, .partner_count = 1};
	const struct block b = of_domain("b.example", 1000), other = of_domain("c.example", 2000);
	struct block *found;

	t.count = 0;
	CHECK(blocks_add(&t, &b, "spam") != NULL);
	CHECK(blocks_add(&t, &other, "") != NULL);
	found = blocks_find_domain(&t, &p, "a.example", 999);
	CHECK(found != NULL);
	CHECK_STR(blocks_refuse(found), "blocked: spam");
	CHECK_EQ(found->refused, 1);
	CHECK(blocks_find_domain(&t, &p, "a.example", 1000) == NULL);
	CHECK_STR(blocks_refuse(blocks_find_domain(&t, &p, "c.example", 1999)),
		  "blocked by the operator");
	CHECK(blocks_find_domain(&t, &p, "d.example", 0) == NULL);
	blocks_forget_old(&t, 1000);
	CHECK_EQ(t.count, 1);
}

static void is_bounded(void)
{
	char name[32];

	t.count = 0;
	for (unsigned int i = 0; i < BLOCKS_MAX; i++) {
		const struct block b =
		    of_domain((snprintf(name, sizeof(name), "p%u.example", i), name), UINT64_MAX);

		CHECK(blocks_add(&t, &b, "") != NULL);
	}
	{
		const struct block again = of_domain("p7.example", 5), more = of_domain("x", 5);

		CHECK(blocks_add(&t, &again, "") != NULL); /* in its own place */
		CHECK(blocks_add(&t, &more, "") == NULL);
	}
	CHECK_EQ(t.count, BLOCKS_MAX);
	blocks_forget_old(&t, 5);
	CHECK_EQ(t.count, BLOCKS_MAX - 1);
}

int main(void)
{
	RUN(reads_prefixes);
	RUN(finds_addresses);
	RUN(finds_a_partner_by_each_domain);
	RUN(is_bounded);
	return check_summary();
}
