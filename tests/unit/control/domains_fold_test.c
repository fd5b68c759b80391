/* SPDX-License-Identifier: BSD-3-Clause */
/* domains_fold_test.c - one spelling for each domain name, and what is none. */
#include "control/domains.h"
#include "tests/check.h"

static const char *fold(const char *name)
{
	static char out[DOMAIN_TEXT_MAX + 1];

	return domains_fold(name, out) ? out : "(none)";
}

static void folds_to_lower_case_a_labels(void)
{
	CHECK_STR(fold("Partner.EXAMPLE"), "partner.example");
	CHECK_STR(fold("partner.example."), "partner.example");
	CHECK_STR(fold("b\xc3\xbc"
		       "cher.example"),
		  "xn--bcher-kva.example");
	CHECK_STR(fold("B\xc3\x9c"
		       "CHER.example"),
		  "xn--bcher-kva.example");
	CHECK_STR(fold("xn--bcher-kva.example"), "xn--bcher-kva.example");
	CHECK_STR(fold("XN--BCHER-KVA.example"), "xn--bcher-kva.example");
	CHECK_STR(fold("stra\xc3\x9f"
		       "e.example"),
		  "xn--strae-oqa.example");
	CHECK_STR(fold("localhost"), "localhost");
	CHECK_STR(fold("_im.partner.example"), "_im.partner.example");
	CHECK_STR(fold("3com.example"), "3com.example");
}

static void refuses_what_is_no_name(void)
{
	char label[70], name[300] = "";

	CHECK_STR(fold(""), "(none)");
	CHECK_STR(fold("."), "(none)");
	CHECK_STR(fold("a..b"), "(none)");
	CHECK_STR(fold(".a"), "(none)");
	CHECK_STR(fold("-a.example"), "(none)");
	CHECK_STR(fold("a-.example"), "(none)");
	CHECK_STR(fold("a b.example"), "(none)");
	CHECK_STR(fold("a@b.example"), "(none)");
	CHECK_STR(fold("*.example"), "(none)");
	CHECK_STR(fold("192.0.2.1"), "(none)");
	CHECK_STR(fold("[2001:db8::1]"), "(none)");
	CHECK_STR(fold("\xff\xfe.example"), "(none)");
	memset(label, 'a', 64);
	label[64] = '\0';
	CHECK_STR(fold(label), "(none)");
	CHECK_STR(fold(label + 1), label + 1);
	for (int i = 0; i < 4; i++) {
		strcat(name, label + 1);
		strcat(name, ".");
	}
	CHECK_STR(fold(name), "(none)"); /* 255 bytes without its last dot: two over */
}

int main(void)
{
	RUN(folds_to_lower_case_a_labels);
	RUN(refuses_what_is_no_name);
	return check_summary();
}
