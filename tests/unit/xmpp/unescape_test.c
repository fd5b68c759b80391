/* SPDX-License-Identifier: BSD-3-Clause */
/* unescape_test.c - what raw values mean, well-formed or not. */
#include "tests/check.h"

#include "dataplane/xmpp/unescape.h"

static void check_means(const char *raw, const char *want)
{
	struct span rest = {(const uint8_t *)raw, strlen(raw)};
	char got[200] = "";
	uint8_t bytes[4];
	size_t len = 0;
	unsigned int n;

	while ((n = unescape_next(&rest, bytes)) > 0) {
		memcpy(got + len, bytes, n);
		len += n;
	}
	got[len] = '\0';
	CHECK_STR(got, want);
	CHECK(unescape_equals((struct span){(const uint8_t *)raw, strlen(raw)}, want));
}

static void resolves_references(void)
{
	check_means("", "");
	check_means("abc", "abc");
	check_means("&lt;&gt;&amp;&quot;&apos;", "<>&\"'");
	check_means("a&#98;c&#x64;e", "abcde");
	check_means("&#x000000000000000041;", "A");
	check_means("&amp;lt;", "&lt;"); /* once */
	check_means("&#xe4;&#x20ac;&#x1F600;", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
	check_means("a\tb\nc\rd\r\ne\n\rf", "a b c d e  f");
	check_means("a&#9;b&#10;&#13;", "a\tb\n\r");
}

static void leaves_what_is_none(void)
{
	check_means("&", "&");
	check_means("&&", "&&");
	check_means("&lt", "&lt");
	check_means("&nbsp;", "&nbsp;");
	check_means("&#;", "&#;");
	check_means("&#x;", "&#x;");
	check_means("&#12", "&#12");
	check_means("&#x110000;", "&#x110000;");
	check_means("&#99999999999999999999;", "&#99999999999999999999;");
	check_means("&#4294967361;", "&#4294967361;");
	check_means("&#1a;", "&#1a;");
}

static bool equals(const char *raw, const char *text)
{
	return unescape_equals((struct span){(const uint8_t *)raw, strlen(raw)}, text);
}

static void compares(void)
{
	CHECK(!equals("abc", "ab"));
	CHECK(!equals("ab", "abc"));
	CHECK(!equals("", "a"));
	CHECK(!equals("a", ""));
	CHECK(!equals("&#x61;b", "b"));
	CHECK(!equals("&#xe4;", "\xc3"));
	CHECK(unescape_equals((struct span){NULL, 0}, ""));
	CHECK(!unescape_equals((struct span){NULL, 0}, "error"));
}

int main(void)
{
	RUN(resolves_references);
	RUN(leaves_what_is_none);
	RUN(compares);
	return check_summary();
}
