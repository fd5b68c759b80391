/* SPDX-License-Identifier: BSD-3-Clause */
/* framer_char_test.c - the character tables against those of libxml2, for every code point. */
#include <libxml/chvalid.h>

#include "dataplane/xmpp/framer_parts.h"
#include "tests/check.h"

static bool is_letter(unsigned int code)
{
	return xmlIsBaseCharQ(code) || xmlIsIdeographicQ(code);
}

static void names_are_those_of_appendix_b(void)
{
	for (unsigned int code = 0x80; code <= 0x10ffff; code++) {
		const bool name = is_letter(code) || xmlIsCombiningQ(code) ||
				  xmlIsExtenderQ(code) || xmlIsDigitQ(code);

		if (framer_char_is_name_start(code) != is_letter(code) ||
		    framer_char_is_name(code) != name)
			CHECK_EQ(code, -1);
	}
}

static void ascii_has_the_same_in_its_table(void)
{
	for (unsigned int code = 0; code < 0x80; code++) {
		const uint8_t class = framer_char_class[code];
		const bool start = is_letter(code) || code == '_';

		CHECK_EQ((class & FRAMER_CHAR_NAME_START) != 0, start);
		CHECK_EQ((class & FRAMER_CHAR_NAME) != 0,
			 start || xmlIsDigitQ(code) || code == '-' || code == '.');
		CHECK_EQ((class & FRAMER_CHAR_SPACE) != 0, xmlIsBlankQ(code));
		/* what is plain anywhere is a character */
		if ((class & (FRAMER_CHAR_TEXT | FRAMER_CHAR_VALUE | FRAMER_CHAR_CDATA)) != 0)
			CHECK(xmlIsCharQ(code));
		CHECK_EQ((class & FRAMER_CHAR_TEXT) != 0,
			 xmlIsCharQ(code) && strchr("<&]", (int)code) == NULL);
		CHECK_EQ((class & FRAMER_CHAR_VALUE) != 0,
			 xmlIsCharQ(code) && strchr("<&'\"", (int)code) == NULL);
		CHECK_EQ((class & FRAMER_CHAR_CDATA) != 0, xmlIsCharQ(code) && code != ']');
	}
	for (unsigned int byte = 0x80; byte < 0x100; byte++)
		CHECK_EQ(framer_char_class[byte], 0);
}

static void legal_is_char(void)
{
	for (unsigned int code = 0; code <= 0x110000; code++)
		if (framer_char_is_legal(code) != (xmlIsCharQ(code) != 0))
			CHECK_EQ(code, -1);
}

/* Every code point out and in again; every pair of bytes that is none refused. */
static void utf8_there_and_back(void)
{
	for (uint32_t code = 0x80; code <= 0x10ffff; code++) {
		struct utf8 u = {0};
		uint8_t bytes[4];
		unsigned int n = utf8_encode(code, bytes);
		bool good = utf8_begin(&u, bytes[0]);

		for (unsigned int i = 1; good && i < n; i++)
			good = u.left == n - i && utf8_next(&u, bytes[i]);
		if (code >= 0xd800 && code <= 0xdfff ? good
						     : !good || u.left != 0 || u.code != code)
			CHECK_EQ(code, -1);
	}
}

int main(void)
{
	RUN(names_are_those_of_appendix_b);
	RUN(ascii_has_the_same_in_its_table);
	RUN(legal_is_char);
	RUN(utf8_there_and_back);
	return check_summary();
}
