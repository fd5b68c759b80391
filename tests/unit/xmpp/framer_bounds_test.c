/* SPDX-License-Identifier: BSD-3-Clause */
/* framer_bounds_test.c - each bound of the framer, met and passed by one. */
#include "tests/unit/xmpp/feeding.h"

/* Writes @count times @piece, its %u replaced by the index, and returns the end. */
static char *repeat(char *at, unsigned int count, const char *piece)
{
	for (unsigned int i = 0; i < count; i++) {
		const char *mark = strstr(piece, "%u");

		if (mark != NULL)
			at += sprintf(at, "%.*s%u%s", (int)(mark - piece), piece, i, mark + 2);
		else
			at += sprintf(at, "%s", piece);
	}
	return at;
}

/* HEADER, @before, @count times @piece, @behind. */
static enum framer_result feed_repeated(const char *before, unsigned int count, const char *piece,
					const char *behind)
{
	static char text[70000];
	char *at = text + sprintf(text, "%s%s", HEADER, before);

	at = repeat(at, count, piece);
	sprintf(at, "%s", behind);
	return feed(text);
}

static void bounds_depth_and_counts(void)
{
	CHECK_EQ(feed_repeated("", XML_DEPTH_MAX, "<a>", ""), FRAMER_MORE);
	CHECK_EQ(feed_repeated("", XML_DEPTH_MAX + 1, "<a>", ""), FRAMER_ERR_TOO_DEEP);
	CHECK_EQ(feed_repeated("", XML_DEPTH_MAX, "<a>", "<a/>"), FRAMER_ERR_TOO_DEEP);
	CHECK_EQ(feed_repeated("<a", XML_ATTRIBUTES_MAX, " b%u=''", "/>"), FRAMER_ELEMENT);
	CHECK_EQ(feed_repeated("<a", XML_ATTRIBUTES_MAX + 1, " b%u=''", "/>"), FRAMER_ERR_TOO_DEEP);
	/* two prefixes are the root's */
	CHECK_EQ(feed_repeated("<a", XML_PREFIXES_MAX - 2, " xmlns:b%u='u'", "/>"), FRAMER_ELEMENT);
	CHECK_EQ(feed_repeated("<a", XML_PREFIXES_MAX - 1, " xmlns:b%u='u'", "/>"),
		 FRAMER_ERR_TOO_DEEP);
	CHECK_EQ(
	    feed_repeated("<a", XML_PREFIXES_MAX - 2, " xmlns:b%u='u'", "><b xmlns:c='u'/></a>"),
	    FRAMER_ERR_TOO_DEEP);
	/* and what an element declared is free again behind it */
	CHECK_EQ(feed_repeated("<a>", 400, "<b xmlns:c='some-namespace' c:b%u='12'/>", "</a>"),
		 FRAMER_ELEMENT);
	CHECK_EQ(feed_repeated("<a>", 400, "<long-element-name with-an-attribute=''/>", "</a>"),
		 FRAMER_ELEMENT);
}

static void bounds_bytes_of_names(void)
{
	CHECK_EQ(feed_repeated("<", XML_NAME_BYTES_MAX, "a", "/>"), FRAMER_ELEMENT);
	CHECK_EQ(feed_repeated("<", XML_NAME_BYTES_MAX + 1, "a", ""), FRAMER_ERR_TOO_BIG);
	CHECK_EQ(feed_repeated("<a ", XML_NAME_BYTES_MAX, "a", "=''/>"), FRAMER_ELEMENT);
	CHECK_EQ(feed_repeated("<a ", XML_NAME_BYTES_MAX + 1, "a", ""), FRAMER_ERR_TOO_BIG);
	CHECK_EQ(feed_repeated("<", 60, "abcdefghijabcdefghijabcdefghijabcdefghijx><", ""),
		 FRAMER_ERR_TOO_DEEP);
	CHECK_EQ(feed_repeated("<a xmlns='", XML_NAMESPACE_BYTES_MAX, "a", "'/>"), FRAMER_ELEMENT);
	CHECK_EQ(feed_repeated("<a xmlns='", XML_NAMESPACE_BYTES_MAX + 1, "a", ""),
		 FRAMER_ERR_TOO_BIG);
	CHECK_EQ(feed_repeated("<a xmlns:b='", XML_NAMESPACE_BYTES_MAX + 1, "a", ""),
		 FRAMER_ERR_TOO_BIG);
	/* 30 namespaces of 100 bytes are more than XML_PREFIX_BYTES */
	CHECK_EQ(feed_repeated("<a", 29,
			       " xmlns:b%u='aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffff"
			       "ffffffgggggggggghhhhhhhhhhiiiiiiiiii'",
			       "/>"),
		 FRAMER_ERR_TOO_DEEP);
}

static void bounds_the_tag(void)
{
	const unsigned int more = XML_TAG_BYTES_MAX - (unsigned int)strlen("<a b=''/>");

	CHECK_EQ(feed_repeated("<a b='", more, "x", "'/>"), FRAMER_ELEMENT);
	CHECK_EQ(feed_repeated("<a b='", more + 1, "x", "'/>"), FRAMER_ERR_TOO_BIG);
	CHECK_EQ(feed_repeated("<q><a b='", more, "x", "'/></q>"), FRAMER_ELEMENT);
	CHECK_EQ(feed_repeated("<q><a b='", more + 1, "x", "'/></q>"), FRAMER_ERR_TOO_BIG);
}

static void bounds_the_header(void)
{
	static char text[2 * STREAM_HEADER_BYTES_MAX];
	const int more = STREAM_HEADER_BYTES_MAX - (int)strlen("<a b=''>");

	sprintf(text, "   <a b='%*s'>", more, "");
	CHECK_EQ(feed(text), FRAMER_HEADER);
	sprintf(text, "   <a b='%*s'>", more + 1, "");
	CHECK_EQ(feed(text), FRAMER_ERR_TOO_BIG);
	CHECK_EQ(whole.used, 3 + STREAM_HEADER_BYTES_MAX + 1);
	sprintf(text, "<?xml version='1.0'?>%*s<a>", STREAM_HEADER_BYTES_MAX, "");
	CHECK_EQ(feed(text), FRAMER_ERR_TOO_BIG);
	sprintf(text, "%*s<a>", STREAM_HEADER_BYTES_MAX + 1, ""); /* nothing held, no bound */
	CHECK_EQ(feed(text), FRAMER_HEADER);
	strcpy(repeat(text + sprintf(text, "<a"), ROOT_PREFIXES_MAX, " xmlns:b%u='u'"), ">");
	CHECK_EQ(feed(text), FRAMER_HEADER);
	strcpy(repeat(text + sprintf(text, "<a"), ROOT_PREFIXES_MAX + 1, " xmlns:b%u='u'"), ">");
	CHECK_EQ(feed(text), FRAMER_ERR_TOO_DEEP);
	sprintf(text, "<a xml:lang='%*s'>", ROOT_DECL_BYTES_MAX, "");
	CHECK_EQ(feed(text), FRAMER_HEADER);
	sprintf(text, "<a xml:lang='%*s'>", ROOT_DECL_BYTES_MAX + 1, "");
	CHECK_EQ(feed(text), FRAMER_ERR_TOO_BIG);
}

static void bounds_the_element(void)
{
	static const char fits[] = HEADER "  <a>1234567</a> <b>123456</b>",
			  not [] = HEADER "  <a>1234567</a> <b>12345678</b>";

	feed_all(fits, sizeof(fits) - 1, 14);
	CHECK_EQ(whole.last, FRAMER_ELEMENT);
	CHECK_EQ(whole.count, 3);
	feed_all(not, sizeof(not ) - 1, 14);
	CHECK_EQ(whole.last, FRAMER_ERR_TOO_BIG);
	CHECK_EQ(whole.used, sizeof(not ) - 1); /* its 15th byte, which is also its last */
	feed_all(not, sizeof(not ) - 1, 13);
	CHECK_EQ(whole.last, FRAMER_ERR_TOO_BIG);
	CHECK_EQ(whole.used, strlen(HEADER "  <a>1234567</a>"));
}

static void changes_the_limit_with_the_next_element(void)
{
	static struct framer f;
	static const char text[] = HEADER "<a>1234", rest[] = "567890</a>", next[] = "<b>12345</b>";
	size_t used;

	framer_init(&f, 100);
	CHECK_EQ(framer_feed(&f, (const uint8_t *)text, sizeof(text) - 1, &used), FRAMER_HEADER);
	CHECK_EQ(framer_feed(&f, (const uint8_t *)text + used, sizeof(text) - 1 - used, &used),
		 FRAMER_MORE);
	framer_set_limit(&f, 11);
	CHECK_EQ(framer_feed(&f, (const uint8_t *)rest, sizeof(rest) - 1, &used), FRAMER_ELEMENT);
	CHECK_EQ(framer_feed(&f, (const uint8_t *)next, sizeof(next) - 1, &used),
		 FRAMER_ERR_TOO_BIG);
	CHECK_EQ(used, 12);
}

int main(void)
{
	RUN(bounds_depth_and_counts);
	RUN(bounds_bytes_of_names);
	RUN(bounds_the_tag);
	RUN(bounds_the_header);
	RUN(bounds_the_element);
	RUN(changes_the_limit_with_the_next_element);
	return check_summary();
}
