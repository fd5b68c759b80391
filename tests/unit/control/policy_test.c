/* SPDX-License-Identifier: BSD-3-Clause */
/* policy_test.c - all 18 rows of the negotiation matrix, and the look-ups. */
#include "control/policy.h"
#include "tests/check.h"

#define S  METHOD_SASL_EXTERNAL
#define DT METHOD_DIALBACK_TLS
#define DC METHOD_DIALBACK_PLAIN
#define R  LEVEL_REQUIRED
#define O  LEVEL_OPTIONAL
#define N  LEVEL_NOT_SUPPORTED

/* As printed in Lync's table of negotiation settings: TLS, SASL, dialback, methods, verdict, a
 * word of the reason. */
static const struct {
	enum level tls, sasl;
	bool dialback;
	unsigned int methods;
	enum verdict verdict;
	const char *word;
} matrix[] = {
    {R, R, true, S, VERDICT_WARN, "dialback never runs"},
    {R, R, false, S, VERDICT_OK, NULL},
    {R, O, true, S | DT, VERDICT_OK, NULL},
    {R, O, false, S, VERDICT_OK, NULL},
    {R, N, true, DT, VERDICT_OK, NULL},
    {R, N, false, 0, VERDICT_INVALID, "SASL is not supported and dialback is off"},
    {O, R, true, S | DT | DC, VERDICT_WARN, "optional TLS"},
    {O, R, false, S, VERDICT_WARN, "optional TLS"},
    {O, O, true, S | DT | DC, VERDICT_WARN, "optional TLS"},
    {O, O, false, S, VERDICT_WARN, "optional TLS"},
    {O, N, true, DT | DC, VERDICT_OK, NULL},
    {O, N, false, 0, VERDICT_INVALID, "SASL is not supported and dialback is off"},
    {N, R, true, DC, VERDICT_WARN, "SASL can never run"},
    {N, R, false, 0, VERDICT_INVALID, "SASL needs TLS"},
    {N, O, true, DC, VERDICT_WARN, "SASL can never run"},
    {N, O, false, 0, VERDICT_INVALID, "SASL needs TLS"},
    {N, N, true, DC, VERDICT_OK, NULL},
    {N, N, false, 0, VERDICT_INVALID, "SASL is not supported and dialback is off"},
};

static void offers_what_the_matrix_says(void)
{
	CHECK_EQ(ARRAY_LEN(matrix), 18);
	for (size_t i = 0; i < ARRAY_LEN(matrix); i++)
		CHECK_EQ(policy_methods(matrix[i].tls, matrix[i].sasl, matrix[i].dialback),
			 matrix[i].methods);
}

static void judges_as_the_matrix_says(void)
{
	unsigned int count[3] = {0};

	for (size_t i = 0; i < ARRAY_LEN(matrix); i++) {
		const char *why = "untouched";
		const enum verdict v =
		    policy_verdict(matrix[i].tls, matrix[i].sasl, matrix[i].dialback, &why);

		CHECK_EQ(v, matrix[i].verdict);
		count[v]++;
		if (matrix[i].word == NULL)
			CHECK(why == NULL);
		else
			CHECK(why != NULL && strstr(why, matrix[i].word) != NULL);
	}
	CHECK_EQ(count[VERDICT_OK], 6);
	CHECK_EQ(count[VERDICT_WARN], 7);
	CHECK_EQ(count[VERDICT_INVALID], 5);
	CHECK_EQ(policy_verdict(N, N, false, NULL), VERDICT_INVALID);
}

static char **list(const char *a, const char *b)
{
	char **l = calloc(3, sizeof(*l));

	if (l != NULL) {
		l[0] = a != NULL ? strdup(a) : NULL;
		l[1] = a != NULL && b != NULL ? strdup(b) : NULL;
	}
	return l;
}

static struct policy *two_partners(void)
{
	struct policy *p = calloc(1, sizeof(*p));

	p->local_domains = list("contoso.example", "sales.contoso.example");
	p->partner_count = 2;
	p->partners = calloc(2, sizeof(*p->partners));
	p->partners[0].id.n = 1;
	p->partners[0].domain = strdup("partner.example");
	p->partners[0].additional_domains = list("chat.partner.example", NULL);
	p->partners[1].id.n = 2;
	p->partners[1].domain = strdup("other.example");
	p->gateway_count = 2;
	p->gateways = calloc(2, sizeof(*p->gateways));
	p->gateways[0].name = strdup("gw1");
	p->gateways[0].local_domains = list("contoso.example", NULL);
	p->gateways[1].name = strdup("gw2");
	p->gateways[1].local_domains = list("contoso.example", "sales.contoso.example");
	p->dialback_passphrase = strdup("secret");
	return p;
}

static void finds_partners(void)
{
	struct policy *p = two_partners();

	CHECK(policy_partner(p, "partner.example") == &p->partners[0]);
	CHECK(policy_partner(p, "chat.partner.example") == &p->partners[0]);
	CHECK(policy_partner(p, "other.example") == &p->partners[1]);
	/* no subdomain is implied, and ours are nobody's */
	CHECK(policy_partner(p, "sub.partner.example") == NULL);
	CHECK(policy_partner(p, "contoso.example") == NULL);
	CHECK(policy_partner(p, "") == NULL);
	policy_free(p);
}

static void finds_gateways(void)
{
	struct policy *p = two_partners();

	CHECK(policy_is_local(p, "sales.contoso.example"));
	CHECK(!policy_is_local(p, "partner.example"));
	CHECK(policy_gateway_for(p, "contoso.example") == &p->gateways[0]);
	CHECK(policy_gateway_for(p, "sales.contoso.example") == &p->gateways[1]);
	CHECK(policy_gateway_for(p, "partner.example") == NULL);
	policy_free(p);
	policy_free(NULL);
}

static void empty_policy_denies_everything(void)
{
	struct policy *p = calloc(1, sizeof(*p));

	CHECK(policy_partner(p, "partner.example") == NULL);
	CHECK(!policy_is_local(p, "contoso.example"));
	CHECK(policy_gateway_for(p, "contoso.example") == NULL);
	policy_free(p);
}

static void names_are_lyncs(void)
{
	CHECK_STR(partner_type_name(PARTNER_FEDERATED), "Federated");
	CHECK_STR(partner_type_name(PARTNER_PUBLIC_VERIFIED), "PublicVerified");
	CHECK_STR(partner_type_name(PARTNER_PUBLIC_UNVERIFIED), "PublicUnverified");
	CHECK_STR(level_name(LEVEL_REQUIRED), "Required");
	CHECK_STR(level_name(LEVEL_OPTIONAL), "Optional");
	CHECK_STR(level_name(LEVEL_NOT_SUPPORTED), "NotSupported");
	CHECK_STR(method_name(METHOD_SASL_EXTERNAL), "sasl-external");
	CHECK_STR(method_name(METHOD_DIALBACK_TLS), "dialback-tls");
	CHECK_STR(method_name(METHOD_DIALBACK_PLAIN), "dialback-plain");
	CHECK_STR(method_name(0), "");
}

int main(void)
{
	RUN(offers_what_the_matrix_says);
	RUN(judges_as_the_matrix_says);
	RUN(finds_partners);
	RUN(finds_gateways);
	RUN(empty_policy_denies_everything);
	RUN(names_are_lyncs);
	return check_summary();
}
