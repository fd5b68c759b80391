/* SPDX-License-Identifier: BSD-3-Clause */
/* framer_test.c - the framer's rules one by one, each fed whole, byte by byte and at random cuts.
 */
#include "tests/unit/xmpp/feeding.h"

#define XML_URI "http://www.w3.org/XML/1998/namespace"
#define NS_URI  "http://www.w3.org/2000/xmlns/"

/* @element within a stream that is closed behind it. */
static enum framer_result feed_element(const char *element)
{
	static char text[4000];

	snprintf(text, sizeof(text), "%s%s%s", HEADER, element, FOOTER);
	return feed(text);
}

struct rule {
	const char *text;
	enum framer_result want;
};

static void check_rules(const struct rule *rules, size_t count,
			enum framer_result (*how)(const char *))
{
	for (size_t i = 0; i < count; i++) {
		const enum framer_result got = how(rules[i].text);

		if (got != rules[i].want)
			fprintf(stderr, "    in rule %zu: %s\n", i, rules[i].text);
		CHECK_EQ(got, rules[i].want);
	}
}

static const struct rule header_rules[] = {
    {HEADER, FRAMER_HEADER},
    {" \t\r\n" HEADER, FRAMER_HEADER},
    {"<?xml version='1.0'?>" HEADER, FRAMER_HEADER},
    {"<?xml version=\"1.0\" encoding=\"utf-8\" standalone='yes' ?>\r\n" HEADER, FRAMER_HEADER},
    {"<?xml\tversion = '1.0'\n?>" HEADER, FRAMER_HEADER},
    {"<?xml version='1.1'?>" HEADER, FRAMER_HEADER},
    {"<?xml version='1.0' encoding='UTF-8'?>" HEADER, FRAMER_HEADER},
    {"<?xml version='1.0' standalone='yes'?>" HEADER, FRAMER_HEADER},
    {"<?xml version='1.0' standalone='no'?>" HEADER, FRAMER_ERR_RESTRICTED},
    {"<?xml version='1.0' standalone='maybe'?>" HEADER, FRAMER_ERR_NOT_WELL_FORMED},
    {"<?xml version='1.0' encoding='ISO-8859-1'?>" HEADER, FRAMER_ERR_ENCODING},
    {"<?xml version='1.0' encoding='UTF-16'?>" HEADER, FRAMER_ERR_ENCODING},
    {"<?xml version='1.0' encoding='ABCDEFGHIJKLMNOPQRST'?>" HEADER, FRAMER_ERR_ENCODING},
    {"<?xml version='1.0' encoding='a b'?>" HEADER, FRAMER_ERR_NOT_WELL_FORMED},
    {"<?xml version='2.0'?>" HEADER, FRAMER_ERR_NOT_WELL_FORMED},
    {"<?xml version='1.'?>" HEADER, FRAMER_ERR_NOT_WELL_FORMED},
    {"<?xml version='1.x'?>" HEADER, FRAMER_ERR_NOT_WELL_FORMED},
    {"<?xml version='1.0\"?>" HEADER, FRAMER_ERR_NOT_WELL_FORMED},
    {"<?xml version='1.0'encoding='UTF-8'?>" HEADER, FRAMER_ERR_NOT_WELL_FORMED},
    {"<?xml encoding='UTF-8'?>" HEADER, FRAMER_ERR_NOT_WELL_FORMED},
    {"<?xml encoding='UTF-8' version='1.0'?>" HEADER, FRAMER_ERR_NOT_WELL_FORMED},
    {"<?xml version='1.0' standalone='yes' encoding='UTF-8'?>" HEADER, FRAMER_ERR_NOT_WELL_FORMED},
    {"<?xml version='1.0' version='1.0'?>" HEADER, FRAMER_ERR_NOT_WELL_FORMED},
    {"<?xml version='1.0' charset='UTF-8'?>" HEADER, FRAMER_ERR_NOT_WELL_FORMED},
    {"<?xml version='1.0'? >" HEADER, FRAMER_ERR_NOT_WELL_FORMED},
    {"<?xml version='1.0'>" HEADER, FRAMER_ERR_NOT_WELL_FORMED},
    {"<?xml?>" HEADER, FRAMER_ERR_NOT_WELL_FORMED},
    {"<?xml ?>" HEADER, FRAMER_ERR_NOT_WELL_FORMED},
    {"<?xml version '1.0'?>" HEADER, FRAMER_ERR_NOT_WELL_FORMED},
    {"<?xml version=1.0?>" HEADER, FRAMER_ERR_NOT_WELL_FORMED},
    {"<?XML version='1.0'?>" HEADER, FRAMER_ERR_RESTRICTED},
    {"<?xml-stylesheet href='a'?>" HEADER, FRAMER_ERR_RESTRICTED},
    {"<?php ?>" HEADER, FRAMER_ERR_RESTRICTED},
    {" <?xml version='1.0'?>" HEADER, FRAMER_ERR_RESTRICTED},
    {"<?xml version='1.0'?><?xml version='1.0'?>" HEADER, FRAMER_ERR_RESTRICTED},
    {"<!-- c -->" HEADER, FRAMER_ERR_RESTRICTED},
    {"<!DOCTYPE stream:stream>" HEADER, FRAMER_ERR_RESTRICTED},
    {"<![CDATA[]]>" HEADER, FRAMER_ERR_NOT_WELL_FORMED},
    {"GET / HTTP/1.1\r\n", FRAMER_ERR_BAD_FORMAT},
    {"\xef\xbb\xbf" HEADER, FRAMER_ERR_BAD_FORMAT}, /* U+FEFF is no byte order mark here */
    {"\xff\xfe<\0", FRAMER_ERR_ENCODING},
    {"\x01" HEADER, FRAMER_ERR_NOT_WELL_FORMED},
    {"</stream:stream>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<stream:stream xmlns:stream='a'/>", FRAMER_ERR_BAD_FORMAT},
    {"<stream:stream>", FRAMER_ERR_NOT_WELL_FORMED}, /* unbound */
    {"<stream>", FRAMER_HEADER},
    {HEADER " \n\t\r ", FRAMER_MORE},
    {HEADER " x", FRAMER_ERR_BAD_FORMAT},
    {HEADER "\xc3\xa4", FRAMER_ERR_BAD_FORMAT},
    {HEADER "\xc3(", FRAMER_ERR_ENCODING},
    {HEADER "&#32;", FRAMER_ERR_BAD_FORMAT},
    {HEADER "<![CDATA[", FRAMER_ERR_BAD_FORMAT},
    {HEADER "<!-- c -->", FRAMER_ERR_RESTRICTED},
    {HEADER "<?xml version='1.0'?>", FRAMER_ERR_RESTRICTED},
    {HEADER "<a/>\n<b></b>" FOOTER, FRAMER_FOOTER},
    {HEADER "</stream:stream \n>", FRAMER_FOOTER},
    {HEADER "</stream:strea>", FRAMER_ERR_NOT_WELL_FORMED},
    {HEADER "</stream:streams>", FRAMER_ERR_NOT_WELL_FORMED},
    {HEADER "</ stream:stream>", FRAMER_ERR_NOT_WELL_FORMED},
    {HEADER "</stream:stream x>", FRAMER_ERR_NOT_WELL_FORMED},
    {HEADER FOOTER " \n", FRAMER_MORE},
    {HEADER FOOTER "x", FRAMER_ERR_BAD_FORMAT},
    {HEADER FOOTER "<a/>", FRAMER_ERR_BAD_FORMAT},
};

static const struct rule element_rules[] = {
    {"<a/>", FRAMER_FOOTER},
    {"<a></a>", FRAMER_FOOTER},
    {"<a ></a >", FRAMER_FOOTER},
    {"<a\n/>", FRAMER_FOOTER},
    {"<a / >", FRAMER_ERR_NOT_WELL_FORMED},
    {"< a/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a></b>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a><b></a></b>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<db:a></a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a></a", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a></aa>", FRAMER_ERR_NOT_WELL_FORMED},
    /* names */
    {"<_/>", FRAMER_FOOTER},
    {"<a-b.c_9/>", FRAMER_FOOTER},
    {"<-a/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<9/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<.a/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a$/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<\xc3\xa4/>", FRAMER_FOOTER},
    {"<a\xc3\xa4\xe4\xb8\xad/>", FRAMER_FOOTER},
    {"<\xcc\x80/>", FRAMER_ERR_NOT_WELL_FORMED}, /* a combining mark begins no name */
    {"<a\xcc\x80/>", FRAMER_FOOTER},
    {"<a\xc2\xb7/>", FRAMER_FOOTER},
    {"<\xc2\xb7/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a\xc3\x97/>", FRAMER_ERR_NOT_WELL_FORMED},        /* multiplication sign */
    {"<\xf0\x90\x80\x80/>", FRAMER_ERR_NOT_WELL_FORMED}, /* the fifth edition only */
    {"<a \xc3\xa4='1'/>", FRAMER_FOOTER},
    {"<db:\xc3\xa4/>", FRAMER_FOOTER},
    /* qualified names */
    {"<:a/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<db:/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<db:a:b/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<db::a/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<db:9/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a :b=''/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a db:b:c=''/>", FRAMER_ERR_NOT_WELL_FORMED},
    /* attributes */
    {"<a b='1' c=\"2\"/>", FRAMER_FOOTER},
    {"<a b = '1'\tc\n=\r\"2\" />", FRAMER_FOOTER},
    {"<a b='\"' c=\"'\"/>", FRAMER_FOOTER},
    {"<a b='1'c='2'/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a b=1/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a b/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a b=/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a ='1'/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a b='<'/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a b='&lt;>]]>'/>", FRAMER_FOOTER},
    {"<a b='1\">", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a b='\t\n\r'/>", FRAMER_FOOTER},
    {"<a b='\x1f'/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a b='1' b='1'/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a b='1' c='' b='2'/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a b='1' B='1' bb='1'/>", FRAMER_FOOTER},
    {"<a xml:lang='en' xml:lang='en'/>", FRAMER_ERR_NOT_WELL_FORMED},
    /* references */
    {"<a>&lt;&gt;&amp;&quot;&apos;</a>", FRAMER_FOOTER},
    {"<a b='&lt;&gt;&amp;&quot;&apos;'/>", FRAMER_FOOTER},
    {"<a>&#65;&#x41;&#x0000000000041;&#00000000000065;</a>", FRAMER_FOOTER},
    {"<a>&#9;&#10;&#13;&#xD7FF;&#xE000;&#xFFFD;&#x10000;&#x10FFFF;</a>", FRAMER_FOOTER},
    {"<a>&#0;</a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a>&#8;</a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a>&#xD800;</a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a>&#xFFFE;</a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a>&#xFFFF;</a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a>&#x110000;</a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a>&#x100000041;</a>", FRAMER_ERR_NOT_WELL_FORMED}, /* 2^32 and a letter */
    {"<a>&#4294967361;</a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a>&#;</a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a>&#x;</a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a>&#X41;</a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a>&#4a;</a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a>&#xg;</a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a>&#-1;</a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a>& </a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a>&;</a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a>&amp </a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a>&nbsp;</a>", FRAMER_ERR_RESTRICTED},
    {"<a>&LT;</a>", FRAMER_ERR_RESTRICTED},
    {"<a>&lt1;</a>", FRAMER_ERR_RESTRICTED},
    {"<a>&apost;</a>", FRAMER_ERR_RESTRICTED},
    {"<a>&a;</a>", FRAMER_ERR_RESTRICTED},
    {"<a b='&x;'/>", FRAMER_ERR_RESTRICTED},
    {"<a>&#x0;</a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a b='&#0;'/>", FRAMER_ERR_NOT_WELL_FORMED},
    /* character data */
    {"<a>]]</a>", FRAMER_FOOTER},
    {"<a>]]></a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a>]]]></a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a>] ]></a>", FRAMER_FOOTER},
    {"<a>]]&gt;</a>", FRAMER_FOOTER},
    {"<a>]]\xc3\xa4></a>", FRAMER_FOOTER},
    {"<a>]]<b/>></a>", FRAMER_FOOTER},
    {"<a>></a>", FRAMER_FOOTER},
    {"<a>\x7f\t\n\r'\"</a>", FRAMER_FOOTER},
    {"<a>\x08</a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a>\x1b</a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a><![CDATA[<b>&nope;]]]]></a>", FRAMER_FOOTER},
    {"<a><![CDATA[]]></a>", FRAMER_FOOTER},
    {"<a><![CDATA[]]]></a>", FRAMER_FOOTER},
    {"<a>]]<![CDATA[>]]>></a>", FRAMER_FOOTER},
    {"<a><![CDATA[\x01]]></a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a><![CDATA[\xff]]></a>", FRAMER_ERR_ENCODING},
    {"<a><![cdata[]]></a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a><![CDATA []]></a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a><!-- --></a>", FRAMER_ERR_RESTRICTED},
    {"<a><!DOCTYPE a></a>", FRAMER_ERR_RESTRICTED},
    {"<a><!ENTITY b 'c'></a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a><?p?></a>", FRAMER_ERR_RESTRICTED},
    /* UTF-8 */
    {"<a>\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbd\xf0\x90\x80\x80\xf4\x8f\xbf\xbf</a>",
     FRAMER_FOOTER},
    {"<a>\xef\xbb\xbf</a>", FRAMER_FOOTER},
    {"<a>\x80</a>", FRAMER_ERR_ENCODING},
    {"<a>\xc0\x80</a>", FRAMER_ERR_ENCODING},
    {"<a>\xc1\xbf</a>", FRAMER_ERR_ENCODING},
    {"<a>\xe0\x9f\xbf</a>", FRAMER_ERR_ENCODING},
    {"<a>\xf0\x8f\xbf\xbf</a>", FRAMER_ERR_ENCODING},
    {"<a>\xed\xa0\x80</a>", FRAMER_ERR_ENCODING},
    {"<a>\xf4\x90\x80\x80</a>", FRAMER_ERR_ENCODING},
    {"<a>\xf5\x80\x80\x80</a>", FRAMER_ERR_ENCODING},
    {"<a>\xc3</a>", FRAMER_ERR_ENCODING},
    {"<a>\xe4\xb8</a>", FRAMER_ERR_ENCODING},
    {"<a>\xef\xbf\xbe</a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a>\xef\xbf\xbf</a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a b='\xc0\x80'/>", FRAMER_ERR_ENCODING},
    {"<a b='\xef\xbf\xbf'/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<\xc0\x80/>", FRAMER_ERR_ENCODING},
    {"<a\xff/>", FRAMER_ERR_ENCODING},
};

static const struct rule namespace_rules[] = {
    {"<db:a/>", FRAMER_FOOTER},
    {"<a db:b=''/>", FRAMER_FOOTER},
    {"<p:a/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a p:b=''/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<p:a xmlns:p='u'/>", FRAMER_FOOTER},
    {"<a p:b='' xmlns:p='u'/>", FRAMER_FOOTER},
    {"<a xmlns:p='u'><p:b/></a>", FRAMER_FOOTER},
    {"<a><b xmlns:p='u'/><p:c/></a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a><b xmlns:p='u'></b><p:c/></a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a xmlns:p='u'/><p:c/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a xmlns=''/>", FRAMER_FOOTER},
    {"<a xmlns:p=''/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a xmlns:p='u'><b xmlns:p=''/></a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a xmlns:='u'/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a xmlns:p='u' xmlns:p='u'/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a xmlns='u' xmlns='u'/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a xmlnsx='' xmln=''/>", FRAMER_FOOTER},
    /* one attribute by expanded name */
    {"<a xmlns:p='u' xmlns:q='u' p:b='' q:b=''/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a p:b='' q:b='' xmlns:p='u' xmlns:q='u'/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a xmlns:p='u' xmlns:q='&#117;' p:b='' q:b=''/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a xmlns:p='&#xe4;' xmlns:q='\xc3\xa4' p:b='' q:b=''/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a xmlns:p='a&amp;b' xmlns:q='a&#38;b' p:b='' q:b=''/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a xmlns:p='u' xmlns:q='U' p:b='' q:b=''/>", FRAMER_FOOTER},
    {"<a xmlns:p='u' xmlns:q='u' p:b='' q:c=''/>", FRAMER_FOOTER},
    {"<a xmlns:p='u' p:b='' b=''/>", FRAMER_FOOTER},
    {"<a xmlns='u' xmlns:p='u' p:b='' b=''/>", FRAMER_FOOTER},
    {"<a xmlns:p='jabber:server:dialback' p:b='' db:b=''/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a xmlns:p='u'><b xmlns:q='u'><c p:d='' q:d=''/></b></a>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a xmlns:p='u'><b xmlns:q='u' xmlns:p='v'><c p:d='' q:d=''/></b></a>", FRAMER_FOOTER},
    /* the two reserved prefixes */
    {"<a xml:lang='en' xml:foo=''/>", FRAMER_FOOTER},
    {"<xml:a/>", FRAMER_FOOTER},
    {"<a xmlns:xml='" XML_URI "'/>", FRAMER_FOOTER},
    {"<a xmlns:xml='u'/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a xmlns:xml=''/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a xmlns:p='" XML_URI "'/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a xmlns:p='http://www.w3.org/XML/1998/n&#97;mespace'/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a xmlns='" XML_URI "'/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a xmlns:xmlns='" NS_URI "'/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a xmlns:p='" NS_URI "'/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a xmlns='" NS_URI "'/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<xmlns:a/>", FRAMER_ERR_NOT_WELL_FORMED},
    /* a namespace name is a URI */
    {"<a xmlns='a b'/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a xmlns:p='a&#10;b'/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a xmlns:p='a|b'/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a xmlns:p='a&lt;b'/>", FRAMER_ERR_NOT_WELL_FORMED},
    {"<a xmlns='http://a/~b?c=d&amp;e=%20#f'/>", FRAMER_FOOTER},
};

static void reads_headers_and_footers(void)
{
	check_rules(header_rules, ARRAY_LEN(header_rules), feed);
}

static void reads_elements(void)
{
	check_rules(element_rules, ARRAY_LEN(element_rules), feed_element);
}

static void reads_namespaces(void)
{
	check_rules(namespace_rules, ARRAY_LEN(namespace_rules), feed_element);
}

static void nul_is_refused_everywhere(void)
{
	static const char in_text[] = HEADER "<a>\0</a>", in_value[] = HEADER "<a b='\0'/>",
			  in_name[] = HEADER "<a\0/>", first[] = "\0", between[] = HEADER "\0";

	feed_all(in_text, sizeof(in_text) - 1, LIMIT);
	CHECK_EQ(whole.last, FRAMER_ERR_NOT_WELL_FORMED);
	feed_all(in_value, sizeof(in_value) - 1, LIMIT);
	CHECK_EQ(whole.last, FRAMER_ERR_NOT_WELL_FORMED);
	feed_all(in_name, sizeof(in_name) - 1, LIMIT);
	CHECK_EQ(whole.last, FRAMER_ERR_NOT_WELL_FORMED);
	feed_all(first, 1, LIMIT);
	CHECK_EQ(whole.last, FRAMER_ERR_NOT_WELL_FORMED);
	feed_all(between, sizeof(between) - 1, LIMIT);
	CHECK_EQ(whole.last, FRAMER_ERR_NOT_WELL_FORMED);
}

static void tells_what_to_hold(void)
{
	static const char head[] = "<?xml version='1.0'?>\n" HEADER;

	CHECK_EQ(feed(HEADER "  <a><b/></a>\n<c/> " FOOTER " "), FRAMER_MORE);
	CHECK_EQ(whole.count, 4);
	CHECK_EQ(whole.find[0].held, strlen(HEADER));
	CHECK_EQ(whole.find[1].held, strlen("<a><b/></a>"));
	CHECK_EQ(whole.find[1].end, strlen(HEADER "  <a><b/></a>"));
	CHECK_EQ(whole.find[2].held, strlen("<c/>"));
	CHECK_EQ(whole.find[3].held, strlen(FOOTER));
	CHECK_EQ(whole.held_end, 0);
	feed(head);
	CHECK_EQ(whole.find[0].held, strlen(head)); /* the declaration belongs to it */
	feed("  " HEADER);
	CHECK_EQ(whole.find[0].held, strlen(HEADER));
	feed(HEADER " <a><b");
	CHECK_EQ(whole.held_end, strlen("<a><b"));
	feed(HEADER "<a/>   ");
	CHECK_EQ(whole.held_end, 0);
}

static void tells_used_prefixes(void)
{
	static const char root[] =
	    "<s:s xmlns:s='s' xmlns='d' xmlns:a='1' xmlns:xml='" XML_URI "' xmlns:b='2'>";
	static const struct {
		const char *element;
		uint32_t want;
	} cases[] = {
	    {"<x/>", 0},
	    {"<a:x/>", BIT(1)},
	    {"<x b:y='' xml:lang=''/>", BIT(2)},
	    {"<x><y><a:z/></y><b:z/></x>", BIT(1) | BIT(2)},
	    {"<a:x xmlns:a='9'><a:y/></a:x>", 0},
	    {"<x><a:y xmlns:a='9'/><a:z/></x>", BIT(1)},
	    {"<s:error/>", BIT(0)},
	};
	char text[400];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		/* The one before uses all: nothing of it may stay. */
		snprintf(text, sizeof(text), "%s<s:q><a:q/><b:q/></s:q>%s", root, cases[i].element);
		CHECK_EQ(feed(text), FRAMER_ELEMENT);
		CHECK_EQ(whole.find[1].used_prefixes, BIT(0) | BIT(1) | BIT(2));
		CHECK_EQ(whole.find[2].used_prefixes, cases[i].want);
	}
}

static bool root_text_is(uint16_t at, uint16_t len, const char *want)
{
	return len == strlen(want) && memcmp(whole.root.text + at, want, len) == 0;
}

static void records_the_root(void)
{
	const struct framer_root *r = &whole.root;

	CHECK_EQ(feed("<a:s xmlns:a='1&amp;2' from='x' xml:lang=\"d'e\" xmlns=\"jabber:server\" "
		      "xmlns:bb=\"2'3\"><m xmlns:c='3' xmlns='4' xml:lang='fr'/>"),
		 FRAMER_ELEMENT);
	CHECK_EQ(r->decl_count, 2);
	CHECK(root_text_is(r->decl[0].prefix_at, r->decl[0].prefix_len, "a"));
	CHECK(root_text_is(r->decl[0].uri_at, r->decl[0].uri_len, "1&amp;2"));
	CHECK(r->decl[0].apostrophe);
	CHECK(root_text_is(r->decl[1].prefix_at, r->decl[1].prefix_len, "bb"));
	CHECK(root_text_is(r->decl[1].uri_at, r->decl[1].uri_len, "2'3"));
	CHECK(!r->decl[1].apostrophe);
	CHECK(root_text_is(r->default_at, r->default_len, "jabber:server"));
	CHECK(root_text_is(r->lang_at, r->lang_len, "d'e"));
	CHECK(!r->lang_apostrophe);
}

static void an_error_stays(void)
{
	static struct framer f;
	size_t used = 7;

	framer_init(&f, LIMIT);
	CHECK_EQ(framer_feed(&f, (const uint8_t *)"x", 1, &used), FRAMER_ERR_BAD_FORMAT);
	CHECK_EQ(framer_feed(&f, (const uint8_t *)HEADER, strlen(HEADER), &used),
		 FRAMER_ERR_BAD_FORMAT);
	CHECK_EQ(used, 0);
	framer_init(&f, LIMIT);
	CHECK_EQ(framer_feed(&f, (const uint8_t *)HEADER, strlen(HEADER), &used), FRAMER_HEADER);
	CHECK_EQ(framer_feed(&f, NULL, 0, &used), FRAMER_MORE);
	CHECK_EQ(used, 0);
}

static void each_error_has_its_row(void)
{
	CHECK_EQ(framer_drop(FRAMER_ERR_NOT_WELL_FORMED), DROP_XML_NOT_WELL_FORMED);
	CHECK_EQ(framer_drop(FRAMER_ERR_RESTRICTED), DROP_XML_RESTRICTED);
	CHECK_EQ(framer_drop(FRAMER_ERR_ENCODING), DROP_XML_ENCODING);
	CHECK_EQ(framer_drop(FRAMER_ERR_BAD_FORMAT), DROP_XML_BAD_FORMAT);
	CHECK_EQ(framer_drop(FRAMER_ERR_TOO_BIG), DROP_XML_TOO_BIG);
	CHECK_EQ(framer_drop(FRAMER_ERR_TOO_DEEP), DROP_XML_TOO_DEEP);
}

int main(void)
{
	RUN(reads_headers_and_footers);
	RUN(reads_elements);
	RUN(reads_namespaces);
	RUN(nul_is_refused_everywhere);
	RUN(tells_what_to_hold);
	RUN(tells_used_prefixes);
	RUN(records_the_root);
	RUN(an_error_stays);
	RUN(each_error_has_its_row);
	return check_summary();
}
