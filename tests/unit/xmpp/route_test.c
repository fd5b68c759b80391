/* SPDX-License-Identifier: BSD-3-Clause */
/* route_test.c - a snapshot against a plain list, from none to the largest configuration. */
#include "tests/check.h"

#include "dataplane/xmpp/route.h"

static struct route_domain domains[DOMAINS_MAX];

static void fill(size_t count)
{
	for (size_t i = 0; i < count; i++) {
		memset(&domains[i], 0, sizeof(domains[i]));
		snprintf(domains[i].name, sizeof(domains[i].name), "d%zu.example", i * i);
		domains[i].id.n = (uint16_t)i;
		domains[i].side = i % 2 ? ROUTE_LOCAL : ROUTE_REMOTE;
		domains[i].partner.n = (uint16_t)(i / 3);
		domains[i].stanza_bytes_max = 10000 + (uint32_t)i;
	}
}

static const struct route_domain *find(const struct route *r, const char *name)
{
	return route_find(r, name, strlen(name));
}

static void finds_all_and_nothing_else(void)
{
	static const size_t counts[] = {0, 1, 2, 7, 8, 9, 500, DOMAINS_MAX};
	char name[64];

	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		struct route *r;

		fill(counts[c]);
		r = route_make(domains, counts[c]);
		CHECK(r != NULL);
		for (size_t i = 0; i < counts[c]; i++) {
			const struct route_domain *d = find(r, domains[i].name);

			CHECK(d != NULL && d != &domains[i] &&
			      memcmp(d, &domains[i], sizeof(*d)) == 0);
			snprintf(name, sizeof(name), "d%zu.example", i * i + i + 1);
			if (i > 0)
				CHECK(find(r, name) == NULL);
		}
		CHECK(find(r, "") == NULL);
		route_free(r);
	}
}

static void compares_the_whole_name(void)
{
	struct route *r;

	fill(1);
	strcpy(domains[0].name, "example.com");
	r = route_make(domains, 1);
	CHECK(route_find(r, "example.com.evil", 11) != NULL); /* the length counts, not a NUL */
	CHECK(route_find(r, "example.com", 10) == NULL);
	CHECK(route_find(r, "example.com\0", 12) == NULL);
	CHECK(find(r, "Example.com") == NULL);
	CHECK(find(r, "xample.com") == NULL);
	route_free(r);
}

static void one_id_under_two_names(void)
{
	struct route *r;

	fill(2);
	strcpy(domains[0].name, "b\xc3\xbc"
				"cher.example");
	strcpy(domains[1].name, "xn--bcher-kva.example");
	domains[1].id = domains[0].id;
	r = route_make(domains, 2);
	CHECK_EQ(find(r, domains[0].name)->id.n, find(r, domains[1].name)->id.n);
	route_free(r);
}

static void refuses_a_name_twice(void)
{
	fill(100);
	strcpy(domains[99].name, domains[3].name);
	CHECK(route_make(domains, 100) == NULL);
	route_free(NULL);
}

static void takes_the_longest_name(void)
{
	struct route *r;

	fill(2);
	memset(domains[0].name, 'a', DOMAIN_TEXT_MAX);
	r = route_make(domains, 2);
	CHECK(route_find(r, domains[0].name, DOMAIN_TEXT_MAX) != NULL);
	CHECK(route_find(r, domains[0].name, DOMAIN_TEXT_MAX - 1) == NULL);
	route_free(r);
}

int main(void)
{
	RUN(finds_all_and_nothing_else);
	RUN(compares_the_whole_name);
	RUN(one_id_under_two_names);
	RUN(refuses_a_name_twice);
	RUN(takes_the_longest_name);
	return check_summary();
}
