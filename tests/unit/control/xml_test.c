/* SPDX-License-Identifier: BSD-3-Clause */
/* xml_test.c - headers and elements read into small trees, and what is refused. */
#include "control/xml.h"
#include "tests/check.h"

#define HEADER                                                                                     \
	"<?xml version='1.0'?><stream:stream xmlns='jabber:server' "                               \
	"xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' "       \
	"from='a.example' to='b.example' version='1.0' xml:lang='en'>"

static struct xml_element *header(const char *text)
{
	return xml_header((const uint8_t *)text, strlen(text));
}

static struct xml_element *element(const char *text)
{
	return xml_element((const uint8_t *)HEADER, strlen(HEADER), (const uint8_t *)text,
			   strlen(text));
}

static void reads_a_header(void)
{
	struct xml_element *e = header(HEADER);

	CHECK(e != NULL);
	if (e == NULL)
		return;
	CHECK(xml_is(e, NS_STREAM, "stream"));
	CHECK_STR(e->content_ns, NS_SERVER);
	CHECK(e->declares_dialback);
	CHECK_STR(xml_attr(e, "from"), "a.example");
	CHECK(xml_attr(e, "lang") == NULL); /* it is xml:lang */
	CHECK(xml_attr(e, "id") == NULL);
	CHECK_EQ(e->attribute_count, 4);
	CHECK(e->child == NULL);
	xml_free(e);
}

static void header_without_declarations(void)
{
	struct xml_element *e = header(" \n<x a=\"1\">");

	CHECK(e != NULL);
	if (e == NULL)
		return;
	CHECK(xml_is(e, "", "x"));
	CHECK_STR(e->content_ns, "");
	CHECK(!e->declares_dialback);
	CHECK_STR(xml_attr(e, "a"), "1");
	xml_free(e);
}

static void any_prefix_may_be_the_streams(void)
{
	struct xml_element *e = header("<?xml version='1.0' encoding='UTF-8'?>\n<s:stream "
				       "xmlns:s='http://etherx.jabber.org/streams' "
				       "xmlns:d='jabber:server:dialback' xmlns='jabber:server'>");

	CHECK(e != NULL && xml_is(e, NS_STREAM, "stream") && e->declares_dialback);
	xml_free(e);
}

static void prefixes_of_the_root_hold_in_elements(void)
{
	struct xml_element *e = element("<db:result from='a' to='b'> key </db:result>");

	CHECK(e != NULL);
	if (e == NULL)
		return;
	CHECK(xml_is(e, NS_DIALBACK, "result"));
	CHECK_STR(e->text, " key ");
	CHECK(e->content_ns == NULL);
	xml_free(e);
	e = element("<message><body/></message>");
	CHECK(e != NULL && xml_is(e, NS_SERVER, "message") &&
	      xml_child(e, NS_SERVER, "body") != NULL && xml_child(e, "", "body") == NULL);
	xml_free(e);
}

/* What is kept of a header, while its stream lives, is the root without the rest. */
static void the_root_alone_gives_elements_their_meaning(void)
{
	static const char header[] =
	    "<?xml version='1.0'?><s:stream xmlns:s='" NS_STREAM "' xmlns='" NS_SERVER
	    "' xmlns:a=\"urn:a&amp;'b&quot;\" from='x.example' id='1' a:k='2' version='1.0'>";
	static const char text[] = "<a:x><y/></a:x>";
	struct xml_element *h = xml_header((const uint8_t *)header, strlen(header));
	struct xml_element *e, *whole, *again;

	CHECK(h != NULL);
	if (h == NULL)
		return;
	CHECK_STR(h->root, "<s:stream xmlns:s='" NS_STREAM "' xmlns='" NS_SERVER
			   "' xmlns:a='urn:a&amp;&apos;b&quot;'>");
	e = xml_element((const uint8_t *)h->root, strlen(h->root), (const uint8_t *)text,
			strlen(text));
	whole = xml_element((const uint8_t *)header, strlen(header), (const uint8_t *)text,
			    strlen(text));
	CHECK(e != NULL && whole != NULL && xml_is(e, whole->ns, "x") &&
	      xml_child(e, NS_SERVER, "y") != NULL);
	xml_free(e);
	xml_free(whole);
	again = xml_header((const uint8_t *)h->root, strlen(h->root));
	CHECK(again != NULL && strcmp(again->root, h->root) == 0);
	xml_free(again);
	xml_free(h);
}

static void keeps_the_shape_of_a_tree(void)
{
	struct xml_element *e = element("<a><b><c>1</c><d/></b>x<e y='&apos;'>2<f/></e>y</a>");
	const struct xml_element *b, *c, *d, *last;

	CHECK(e != NULL);
	if (e == NULL)
		return;
	b = e->child;
	CHECK(b != NULL && strcmp(b->name, "b") == 0);
	c = b != NULL ? b->child : NULL;
	CHECK(c != NULL && strcmp(c->text, "1") == 0 && c->child == NULL);
	d = c != NULL ? c->next : NULL;
	CHECK(d != NULL && strcmp(d->name, "d") == 0 && d->next == NULL);
	last = b != NULL ? b->next : NULL;
	CHECK(last != NULL && last->next == NULL);
	if (last != NULL) {
		CHECK_STR(last->text, "2");
		CHECK_STR(xml_attr(last, "y"), "'");
		CHECK(last->child != NULL && strcmp(last->child->name, "f") == 0);
	}
	CHECK_STR(e->text, "xy");
	xml_free(e);
}

static void text_in_all_its_spellings(void)
{
	struct xml_element *e = element("<a>&lt;1&gt;<![CDATA[<2>]]>&#x33;&amp;</a>");

	CHECK(e != NULL);
	if (e != NULL)
		CHECK_STR(e->text, "<1><2>3&");
	xml_free(e);
}

static void refuses_what_is_no_single_element(void)
{
	static const char *const bad[] = {
	    "",
	    "text",
	    "<a/><b/>",
	    "<a>",
	    "</stream:stream>",
	    "<a></b>",
	    "<p:a/>",
	    "<a b='1' b='2'/>",
	    "<a>&nosuch;</a>",
	    "<a>\xff</a>",
	    "</stream:stream><stream:stream>",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct xml_element *e = element(bad[i]);

		if (e != NULL)
			fprintf(stderr, "taken: %s\n", bad[i]);
		CHECK(e == NULL);
		xml_free(e);
	}
}

static void refuses_a_document_type(void)
{
	CHECK(header("<!DOCTYPE x [<!ENTITY a 'b'>]><x>") == NULL);
	CHECK(header("<?xml version='1.0'?><!DOCTYPE x SYSTEM 'file:///etc/passwd'><x>") == NULL);
	CHECK(header("") == NULL);
	CHECK(header("<?xml version='1.0'?>") == NULL);
	CHECK(header("<") == NULL);
	CHECK(header("<x") == NULL);
	CHECK(header("<p:x>") == NULL);
}

/* libxml2 stops at 256 levels; the framer at 64. Freeing and copying must take what passes. */
static void deep_and_wide_trees(void)
{
	enum { DEPTH = 200, WIDTH = 5000 };
	char *text = malloc(8 * WIDTH + 16);
	struct xml_element *e;
	size_t n = 0;

	for (int i = 0; i < DEPTH; i++)
		n += (size_t)sprintf(text + n, "<a>");
	for (int i = 0; i < DEPTH; i++)
		n += (size_t)sprintf(text + n, "</a>");
	e = element(text);
	CHECK(e != NULL);
	xml_free(e);
	n = (size_t)sprintf(text, "<a>");
	for (int i = 0; i < WIDTH; i++)
		n += (size_t)sprintf(text + n, "<b/>");
	sprintf(text + n, "</a>");
	e = element(text);
	n = 0;
	for (const struct xml_element *c = e != NULL ? e->child : NULL; c != NULL; c = c->next)
		n++;
	CHECK_EQ(n, WIDTH);
	xml_free(e);
	free(text);
}

static void escapes_and_says_when_it_does_not_fit(void)
{
	char out[32];

	CHECK_EQ(xml_escape("a<b>&'\"", out, sizeof(out)), 27);
	CHECK_STR(out, "a&lt;b&gt;&amp;&apos;&quot;");
	CHECK_EQ(xml_escape("", out, 1), 0);
	CHECK_EQ(xml_escape("ab", out, 3), 2);
	CHECK_EQ(xml_escape("ab", out, 2), -1);
	CHECK_EQ(xml_escape("&", out, 5), -1);
	CHECK_EQ(xml_escape("&", out, 6), 5);
}

int main(void)
{
	RUN(reads_a_header);
	RUN(header_without_declarations);
	RUN(any_prefix_may_be_the_streams);
	RUN(prefixes_of_the_root_hold_in_elements);
	RUN(the_root_alone_gives_elements_their_meaning);
	RUN(keeps_the_shape_of_a_tree);
	RUN(text_in_all_its_spellings);
	RUN(refuses_what_is_no_single_element);
	RUN(refuses_a_document_type);
	RUN(deep_and_wide_trees);
	RUN(escapes_and_says_when_it_does_not_fit);
	return check_summary();
}
