/* SPDX-License-Identifier: BSD-3-Clause */
/* domains_test.c - numbers that last, and the route made of a configuration. */
#include "config_text.h"
#include "control/domains.h"

static const struct route_domain *find(const struct route *r, const char *name)
{
	return route_find(r, name, strlen(name));
}

static void gives_each_name_one_number(void)
{
	struct domains *d = domains_make();
	const struct domain_id a = domains_id(d, "a.example"), b = domains_id(d, "b.example");

	CHECK(a.n != b.n);
	CHECK_EQ(domains_id(d, "a.example").n, a.n);
	CHECK_STR(domains_name(d, a), "a.example");
	CHECK_STR(domains_name(d, b), "b.example");
	CHECK_STR(domains_name(d, DOMAIN_NONE), "");
	domains_free(d);
	domains_free(NULL);
}

static void ends_at_its_bound(void)
{
	struct domains *d = domains_make();
	char name[32];
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < DOMAINS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "d%u.example", i);
		wrong += domains_id(d, name).n != i;
	}
	CHECK_EQ(wrong, 0);
	CHECK_EQ(domains_id(d, "more.example").n, DOMAIN_NONE.n);
	CHECK_EQ(domains_partner_id(d, "more.example").n, 0);
	CHECK_EQ(domains_id(d, "d77.example").n, 77);
	domains_free(d);
}

static void numbers_partners_once(void)
{
	struct domains *d = domains_make();
	char name[32];

	CHECK_EQ(domains_partner_id(d, "a.example").n, 1);
	CHECK_EQ(domains_partner_id(d, "b.example").n, 2);
	CHECK_EQ(domains_partner_id(d, "a.example").n, 1);
	for (unsigned int i = 3; i < PARTNERS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "p%u.example", i);
		CHECK_EQ(domains_partner_id(d, name).n, i);
	}
	/* one more works, uncounted; and the first keep theirs */
	CHECK_EQ(domains_partner_id(d, "late.example").n, 0);
	CHECK_EQ(domains_partner_id(d, "b.example").n, 2);
	domains_free(d);
}

static void routes_both_spellings(void)
{
	struct domains *d = domains_make();
	struct config *c = parse(
	    PARTNERS(P("b\xc3\xbc"
		       "cher.example") "/>" P("x.example") "><AdditionalDomain>y.example"
							   "</AdditionalDomain></AllowedPartner>"));
	struct route *r = c != NULL ? domains_route(d, c) : NULL;
	const struct route_domain *a, *u, *x, *y, *ours;

	CHECK(r != NULL);
	if (r == NULL)
		return;
	a = find(r, "xn--bcher-kva.example");
	u = find(r, "b\xc3\xbc"
		    "cher.example");
	x = find(r, "x.example");
	y = find(r, "y.example");
	ours = find(r, "contoso.example");
	CHECK(a != NULL && u != NULL && x != NULL && y != NULL && ours != NULL);
	if (a != NULL && u != NULL && x != NULL && y != NULL && ours != NULL) {
		CHECK_EQ(a->id.n, u->id.n);
		CHECK_STR(domains_name(d, u->id), "xn--bcher-kva.example");
		CHECK_EQ(a->partner.n, 1);
		CHECK_EQ(x->partner.n, 2);
		CHECK_EQ(y->partner.n, 2);
		CHECK(x->id.n != y->id.n);
		CHECK_EQ(a->side, ROUTE_REMOTE);
		CHECK_EQ(ours->side, ROUTE_LOCAL);
		CHECK_EQ(ours->partner.n, 0);
		CHECK_EQ(ours->stanza_bytes_max, 524288);
	}
	CHECK(find(r, "sub.x.example") == NULL);
	route_free(r);
	config_free(c);
	domains_free(d);
}

/* A reload that puts a partner first moves nobody's counters. */
static void keeps_numbers_over_a_reload(void)
{
	struct domains *d = domains_make();
	struct config *before = parse(PARTNERS(P("a.example") "/>" P("b.example") "/>"));
	struct config *after =
	    parse(PARTNERS(P("new.example") "/>" P("b.example") "/>" P("a.example") "/>"));
	struct route *r1, *r2;

	CHECK(before != NULL && after != NULL);
	if (before == NULL || after == NULL)
		return;
	r1 = domains_route(d, before);
	r2 = domains_route(d, after);
	CHECK(r1 != NULL && r2 != NULL);
	CHECK_EQ(policy_partner(before->policy, "b.example")->id.n, 2);
	CHECK_EQ(policy_partner(after->policy, "b.example")->id.n, 2);
	CHECK_EQ(policy_partner(after->policy, "a.example")->id.n, 1);
	CHECK_EQ(policy_partner(after->policy, "new.example")->id.n, 3);
	CHECK_EQ(find(r2, "b.example")->partner.n, 2);
	CHECK_EQ(find(r1, "b.example")->id.n, find(r2, "b.example")->id.n);
	CHECK(find(r1, "new.example") == NULL);
	route_free(r1);
	route_free(r2);
	config_free(before);
	config_free(after);
	domains_free(d);
}

int main(void)
{
	RUN(gives_each_name_one_number);
	RUN(ends_at_its_bound);
	RUN(numbers_partners_once);
	RUN(routes_both_spellings);
	RUN(keeps_numbers_over_a_reload);
	return check_summary();
}
