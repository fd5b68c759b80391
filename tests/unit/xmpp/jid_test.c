/* SPDX-License-Identifier: BSD-3-Clause */
/* jid_test.c - JIDs split, checked and folded. */
#include "tests/check.h"

#include "dataplane/xmpp/jid.h"

static struct jid jid;

static bool parse(const char *text)
{
	return jid_parse((struct span){(const uint8_t *)text, strlen(text)}, &jid);
}

static bool span_is(struct span s, const char *text)
{
	return s.len == strlen(text) && (s.len == 0 || memcmp(s.at, text, s.len) == 0);
}

static void check_parts(const char *text, const char *local, const char *domain,
			const char *resource)
{
	CHECK(parse(text));
	CHECK(span_is(jid.local, local));
	CHECK_STR(jid.domain, domain);
	CHECK_EQ(jid.domain_len, strlen(domain));
	CHECK(span_is(jid.resource, resource));
}

static void splits(void)
{
	check_parts("example.com", "", "example.com", "");
	check_parts("a@example.com", "a", "example.com", "");
	check_parts("a@example.com/r", "a", "example.com", "r");
	check_parts("example.com/r", "", "example.com", "r");
	check_parts("example.com/a@b/c", "", "example.com", "a@b/c");
	check_parts("a@b/c@d/e f", "a", "b", "c@d/e f");
	check_parts("a&apos;b@c", "a&apos;b", "c", "");
	/* what a parser makes of it counts, not how it is written */
	check_parts("a&#64;b&#x2f;c&#64;d", "a", "b", "c&#64;d");
}

/* Writes each byte of @text as a reference. */
static struct span spell_out(const char *text, char *out)
{
	size_t len = 0;

	for (; *text != '\0'; text++)
		len += (size_t)sprintf(out + len, "&#%u;", (uint8_t)*text);
	return (struct span){(const uint8_t *)out, len};
}

/* Any ASCII text means the same, and is refused for the same, as itself and as references. */
static void reads_what_is_meant(void)
{
	static const char letters[] = "aZ09-..@@//[]: \x1f\x7f~!&<";
	uint64_t seed = 0x11d;
	unsigned int good = 0;

	for (int i = 0; i < 200000; i++) {
		char text[24], spelled[24 * 6];
		const size_t len = (size_t)(check_random(&seed) % (sizeof(text) - 1));
		struct jid other;
		bool is_jid;

		for (size_t k = 0; k < len; k++)
			text[k] = letters[check_random(&seed) % (sizeof(letters) - 1)];
		text[len] = '\0';
		/* '&' stands for itself here: nothing behind it makes a reference of it. */
		is_jid = parse(text);
		CHECK_EQ(jid_parse(spell_out(text, spelled), &other), is_jid);
		if (!is_jid)
			continue;
		good++;
		CHECK_STR(other.domain, jid.domain);
		CHECK_EQ(other.domain_len, jid.domain_len);
		CHECK_EQ(other.local.len > 0, jid.local.len > 0);
		CHECK_EQ(other.resource.len > 0, jid.resource.len > 0);
	}
	CHECK(good > 1000 && good < 199000);
}

static void folds_the_domain(void)
{
	check_parts("Example.COM", "", "example.com", "");
	check_parts("example.com.", "", "example.com", "");
	check_parts("&#x45;x&#97;mple.com", "", "example.com", "");
	check_parts("A@B./C", "A", "b", "C");
	check_parts("b\xc3\xbc"
		    "cher.example",
		    "",
		    "b\xc3\xbc"
		    "cher.example",
		    "");
	check_parts("b&#xfc;cher.example", "",
		    "b\xc3\xbc"
		    "cher.example",
		    "");
	check_parts("xn--bcher-kva.example", "", "xn--bcher-kva.example", "");
	check_parts("192.0.2.1", "", "192.0.2.1", "");
	check_parts("[2001:DB8::1]/r", "", "[2001:db8::1]", "r");
}

static void refuses_what_is_none(void)
{
	static const char *const bad[] = {
	    "",
	    "@",
	    "/",
	    "a@",
	    "@b",
	    "a@b/",
	    "/r",
	    "a@/r",
	    "a@b@c",
	    ".",
	    "..",
	    "a..b",
	    ".a",
	    "a.b..",
	    "a b",
	    " a",
	    "a_b",
	    "a:b",
	    "a&amp;b",
	    "a&lt;b",
	    "a\xff",
	    "a\xc3",
	    "\xed\xa0\x80",
	    "a\x7f",
	    "a@b/\x01",
	    "\x1f@b",
	    "a@b/&#127;",
	    "a@b/\xc2\x85", /* C1 */
	    "[::1",
	    "[]",
	    "[1]",
	    "[192.0.2.1]",
	    "[::1].com",
	    "[::g]",
	    "a&#0;b",
	    "a@b/&#0;",
	    "&#x110000;",
	    "a&#x2e;&#x2e;b",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (parse(bad[i]))
			fprintf(stderr, "    %s\n", bad[i]);
		CHECK(!parse(bad[i]));
	}
}

static void bounds_the_parts(void)
{
	char text[4000];
	char label[80];

	memset(text, 'a', sizeof(text));
	memcpy(text + JID_PART_MAX, "@b", 3);
	CHECK(parse(text));
	text[JID_PART_MAX] = 'a';
	memcpy(text + JID_PART_MAX + 1, "@b", 3);
	CHECK(!parse(text));

	memset(text, 'a', sizeof(text));
	memcpy(text, "b/", 2);
	text[2 + JID_PART_MAX] = '\0';
	CHECK(parse(text));
	text[2 + JID_PART_MAX] = 'a';
	text[3 + JID_PART_MAX] = '\0';
	CHECK(!parse(text));

	memset(label, 'a', sizeof(label));
	label[63] = '\0';
	CHECK(parse(label));
	label[63] = 'a';
	label[64] = '\0';
	CHECK(!parse(label));
}

static void bounds_the_domain(void)
{
	char text[DOMAIN_TEXT_MAX + 8];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 ? '.' : 'a';
	text[DOMAIN_TEXT_MAX] = '\0';
	CHECK(parse(text));
	CHECK_EQ(jid.domain_len, DOMAIN_TEXT_MAX);
	text[DOMAIN_TEXT_MAX] = '.';
	text[DOMAIN_TEXT_MAX + 1] = '\0';
	CHECK(parse(text)); /* the dot goes */
	CHECK_EQ(jid.domain_len, DOMAIN_TEXT_MAX);
	text[DOMAIN_TEXT_MAX + 1] = 'a';
	text[DOMAIN_TEXT_MAX + 2] = '\0';
	CHECK(!parse(text));
}

int main(void)
{
	RUN(splits);
	RUN(reads_what_is_meant);
	RUN(folds_the_domain);
	RUN(refuses_what_is_none);
	RUN(bounds_the_parts);
	RUN(bounds_the_domain);
	return check_summary();
}
