/* SPDX-License-Identifier: BSD-3-Clause */
/* mask_test.c - what of an element is shown, and that nothing secret or steering is. */
#include <stdlib.h>
#include <string.h>

#include "control/mask.h"
#include "tests/check.h"

static char line[MASK_LINE_MAX];

static struct span span(const char *text)
{
	return (struct span){(const uint8_t *)text, strlen(text)};
}

static const char *masked(const char *text, enum mask_how how)
{
	return mask_line(span(text), strlen(text), how, line, sizeof(line));
}

static void bodies_by_their_length(void)
{
	const char *m = "<message from='a@x.example' to='b@y.example' type='chat'>"
			"<subject>lunch</subject><body>see you &lt;at&gt; one</body>"
			"<x xmlns='urn:x' a='kept'><y>deep</y></x></message>";

	CHECK_STR(masked(m, MASK_BODIES),
		  "<message from='a@x.example' to='b@y.example' type='chat'>"
		  "<subject>…[5 bytes]</subject><body>…[22 bytes]</body>"
		  "<x xmlns='urn:x' a='kept'><y>…[4 bytes]</y></x></message>");
	CHECK_STR(masked(m, MASK_SECRETS), m);
	CHECK_STR(masked(m, MASK_HEAD),
		  "<message from='a@x.example' to='b@y.example' type='chat'>");
	CHECK_STR(masked("<iq type='result'><q> <v>1.0</v>\n</q></iq>", MASK_BODIES),
		  "<iq type='result'><q><v>…[3 bytes]</v></q></iq>");
	CHECK_STR(masked("<message><body><![CDATA[a<b>]]>c</body></message>", MASK_BODIES),
		  "<message><body>…[4 bytes]…[1 bytes]</body></message>");
	CHECK_STR(masked("<message a='>'><body b=\"'>'\">t</body></message>", MASK_BODIES),
		  "<message a='>'><body b=\"'>'\">…[1 bytes]</body></message>");
}

static void secrets_always(void)
{
	CHECK_STR(masked("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
			 "mechanism='EXTERNAL'>Y29udG9zbw==</auth>",
			 MASK_SECRETS),
		  "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
		  "mechanism='EXTERNAL'>…[12 bytes]</auth>");
	CHECK_STR(masked("<db:result from='a' to='b'>deadbeef</db:result>", MASK_SECRETS),
		  "<db:result from='a' to='b'>…[8 bytes]</db:result>");
	CHECK_STR(masked("<db:verify from='a' to='b' id='1'>deadbeef</db:verify>", MASK_SECRETS),
		  "<db:verify from='a' to='b' id='1'>…[8 bytes]</db:verify>");
	CHECK_STR(masked("<response>c2VjcmV0</response>", MASK_SECRETS),
		  "<response>…[8 bytes]</response>");
	CHECK_STR(masked("<strange>what</strange>", MASK_SECRETS), "<strange>…[4 bytes]</strange>");
	CHECK_STR(
	    masked("<iq><query><username>u</username><password>p<b>q</b></password></query></iq>",
		   MASK_SECRETS),
	    "<iq><query><username>u</username><password>…[1 bytes]<b>…[1 bytes]</b>"
	    "</password></query></iq>");
	CHECK_STR(
	    masked("<message><x password = 'abc' r='2'/><y password=\"\"/></message>",
		   MASK_SECRETS),
	    "<message><x password = '…[3 bytes]' r='2'/><y password=\"…[0 bytes]\"/></message>");
	/* the word in another attribute's value or name is not where the secret is */
	CHECK_STR(masked("<message><x r='the password' password='abc'/><y passwords='d' "
			 "n:password='e'/></message>",
			 MASK_SECRETS),
		  "<message><x r='the password' password='…[3 bytes]'/><y passwords='d' "
		  "n:password='…[1 bytes]'/></message>");
	CHECK_STR(masked("<stream:error><host-unknown/><text>no such host</text></stream:error>",
			 MASK_BODIES),
		  "<stream:error><host-unknown/><text>no such host</text></stream:error>");
	CHECK_STR(masked("<stream:features><mechanisms><mechanism>EXTERNAL</mechanism></mechanisms>"
			 "</stream:features>",
			 MASK_BODIES),
		  "<stream:features><mechanisms><mechanism>EXTERNAL</mechanism></mechanisms>"
		  "</stream:features>");
}

static void nothing_steers_a_terminal(void)
{
	CHECK_STR(masked("<message a='\x1b[2J' b='\xc2\x9b' c='\x7f' d='\xe2\x80\xae' e='\xff'>\n"
			 "\\<body>\xc3\xbc\t\xf0\x9f\x98\x80</body></message>",
			 MASK_SECRETS),
		  "<message a='\\x1b[2J' b='\\xc2\\x9b' c='\\x7f' d='\\xe2\\x80\\xae' e='\\xff'>\\n"
		  "\\\\<body>\xc3\xbc\\t\xf0\x9f\x98\x80</body></message>");
}

static void long_ones_are_cut(void)
{
	static char stanza[8192];
	size_t len = 0;
	const char *s;

	len = (size_t)snprintf(stanza, sizeof(stanza), "<message to='b'><body>");
	memset(stanza + len, 'x', sizeof(stanza) - 1 - len);
	/* The core has cut it. */
	s = mask_line(span(stanza), 20000, MASK_BODIES, line, sizeof(line));
	CHECK_STR(s, "<message to='b'><body>…[8169 or more bytes] …[cut: 20000 bytes in all]");
	s = mask_line(span(stanza), 20000, MASK_HEAD, line, sizeof(line));
	CHECK_STR(s, "<message to='b'>");
	/* The line is full: many attributes. */
	len = (size_t)snprintf(stanza, sizeof(stanza), "<message");
	for (int i = 0; len < 6000; i++)
		len += (size_t)snprintf(stanza + len, sizeof(stanza) - len, " a%d='\x01'", i);
	(void)snprintf(stanza + len, sizeof(stanza) - len, "/>");
	s = masked(stanza, MASK_BODIES);
	CHECK(strlen(s) < MASK_LINE_MAX);
	CHECK(strstr(s, " …[cut: 60") != NULL);
}

static void things_one_by_one(void)
{
	const char *text =
	    "<?xml version='1.0'?><stream:stream to='x'><stream:features><a/><b>t</b>"
	    "</stream:features> <proceed/></stream:stream>";
	static const char *const want[] = {"<?xml version='1.0'?><stream:stream to='x'>",
					   "<stream:features><a/><b>t</b></stream:features>",
					   " <proceed/>", "</stream:stream>"};
	struct span rest = span(text);

	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		const size_t n = mask_first(rest);

		CHECK_EQ(n, strlen(want[i]));
		CHECK_EQ(memcmp(rest.at, want[i], n), 0);
		rest = (struct span){rest.at + n, rest.len - n};
	}
	CHECK_EQ(rest.len, 0);
	CHECK_EQ(mask_first(span("<cut a='")), 8);
	CHECK_EQ(mask_first(span("")), 0);
}

static void children(void)
{
	struct span s = mask_child(
	    span(
		"<message><x><body>no</body></x><body l='1'>a<b/>c</body><body>2</body></message>"),
	    "body");

	CHECK_EQ(s.len, 6);
	CHECK(s.at != NULL && memcmp(s.at, "a<b/>c", 6) == 0);
	CHECK(mask_child(span("<message><x/></message>"), "body").at == NULL);
	CHECK(mask_child(span("<message><body/></message>"), "body").at == NULL);
	CHECK(mask_child(span("</message>"), "body").at == NULL);
	s = mask_child(span("<message><body>is cut he"), "body");
	CHECK_EQ(s.len, 9);
}

/* Whatever the bytes: a line of bounded length, without a byte that steers. */
static void any_bytes(void)
{
	static const char pieces[] = "<>/='\"![]?-&; abqz\x1b\xc2\x9b\xe2\x80\xae\xff\n";
	uint64_t seed = 4711;

	for (unsigned int round = 0; round < 20000; round++) {
		char text[64], out[128];
		const size_t len = check_random(&seed) % sizeof(text);
		struct span rest = {(const uint8_t *)text, len};

		for (size_t i = 0; i < len; i++)
			text[i] = pieces[check_random(&seed) % (sizeof(pieces) - 1)];
		for (enum mask_how how = MASK_HEAD; how <= MASK_SECRETS; how++) {
			mask_line(rest, len + round % 3, how, out, sizeof(out));
			CHECK(strlen(out) < sizeof(out));
			for (const char *c = out; *c != '\0'; c++)
				CHECK((uint8_t)*c >= ' ');
		}
		(void)mask_child(rest, "a");
		while (rest.len > 0) {
			const size_t n = mask_first(rest);

			CHECK(n > 0 && n <= rest.len);
			rest = (struct span){rest.at + n, rest.len - n};
		}
	}
}

int main(void)
{
	RUN(bodies_by_their_length);
	RUN(secrets_always);
	RUN(nothing_steers_a_terminal);
	RUN(long_ones_are_cut);
	RUN(things_one_by_one);
	RUN(children);
	RUN(any_bytes);
	return check_summary();
}
