/* SPDX-License-Identifier: BSD-3-Clause */
/* stanza_test.c - opening tags read, contexts and bounces written, all through a real framer. */
#include "tests/check.h"

#include "dataplane/xmpp/stanza.h"

#define ROOT                                                                                       \
	"<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "    \
	"xmlns:db=\"jabber:server:dialback\" xml:lang='en'>"

static struct framer framer;
static uint32_t used_prefixes;

static struct span span_of(const char *text)
{
	return (struct span){(const uint8_t *)text, strlen(text)};
}

static bool span_is(struct span s, const char *text)
{
	return s.at != NULL && s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

/* Frames @element under @root and reads its tag. */
static struct stanza read_under(const char *root, const char *element)
{
	struct stanza s = {0};
	size_t used;

	framer_init(&framer, 100000);
	CHECK_EQ(framer_feed(&framer, span_of(root).at, strlen(root), &used), FRAMER_HEADER);
	CHECK_EQ(framer_feed(&framer, span_of(element).at, strlen(element), &used), FRAMER_ELEMENT);
	used_prefixes = framer_used_prefixes(&framer);
	CHECK(stanza_parse(span_of(element), framer_root(&framer), &s));
	return s;
}

static struct stanza read_stanza(const char *element)
{
	return read_under(ROOT, element);
}

static void reads_a_tag(void)
{
	const struct stanza s = read_stanza("<message\n from = 'a@b/c'\tto=\"d'@e\" id='1>2' "
					    "type='chat' xmlns='jabber:server' x='y' "
					    "xml:lang='fr'><body from='no'/></message>");

	CHECK_EQ(s.kind, STANZA_MESSAGE);
	CHECK(span_is(s.name, "message"));
	CHECK(span_is(s.from, "a@b/c"));
	CHECK(span_is(s.to, "d'@e"));
	CHECK(span_is(s.id, "1>2"));
	CHECK(span_is(s.type, "chat"));
	CHECK(s.has_lang && s.has_xmlns);
	CHECK_EQ(s.name_end, 8);
}

static void absent_is_not_empty(void)
{
	struct stanza s = read_stanza("<iq/>");

	CHECK_EQ(s.kind, STANZA_IQ);
	CHECK(s.from.at == NULL && s.to.at == NULL && s.id.at == NULL && s.type.at == NULL);
	CHECK(!s.has_lang && !s.has_xmlns);
	s = read_stanza("<iq id='' xmlns:id='1' fromx='2' From='3' db:to='4'></iq>");
	CHECK(s.id.at != NULL && s.id.len == 0);
	CHECK(s.from.at == NULL && s.to.at == NULL);
	CHECK(!s.has_xmlns);
}

static void knows_the_three(void)
{
	CHECK_EQ(read_stanza("<message/>").kind, STANZA_MESSAGE);
	CHECK_EQ(read_stanza("<presence />").kind, STANZA_PRESENCE);
	CHECK_EQ(read_stanza("<iq></iq>").kind, STANZA_IQ);
	CHECK_EQ(read_stanza("<iq xmlns='jabber:server'/>").kind, STANZA_IQ);
	CHECK_EQ(read_stanza("<iq xmlns='jabber&#58;server'/>").kind, STANZA_IQ);
	CHECK_EQ(read_stanza("<iq xmlns='jabber:client'/>").kind, STANZA_OTHER);
	CHECK_EQ(read_stanza("<iq xmlns=''/>").kind, STANZA_OTHER);
	CHECK_EQ(read_stanza("<iqs/>").kind, STANZA_OTHER);
	CHECK_EQ(read_stanza("<Message/>").kind, STANZA_OTHER);
	CHECK_EQ(read_stanza("<db:result from='a' to='b'/>").kind, STANZA_OTHER);
	CHECK_EQ(read_stanza("<s:iq xmlns:s='jabber:server'/>").kind, STANZA_OTHER);
	CHECK_EQ(read_stanza("<iq xmlns:a='jabber:client' a:xmlns='b'/>").kind, STANZA_IQ);
	CHECK_EQ(read_under("<stream>", "<iq/>").kind, STANZA_OTHER);
	CHECK_EQ(read_under("<stream xmlns='jabber:client'>", "<iq/>").kind, STANZA_OTHER);
	CHECK_EQ(read_under("<stream xmlns=''>", "<iq xmlns='jabber:server'/>").kind, STANZA_IQ);
	CHECK_EQ(read_under("<stream xmlns='&#x6a;abber:server'>", "<iq/>").kind, STANZA_IQ);
}

static void wants_the_whole_tag(void)
{
	static const char tag[] = "<message from='a>' to=\"/>\" id = '1'>";
	struct stanza s;

	(void)read_stanza("<iq/>");
	for (size_t len = 0; len < sizeof(tag) - 1; len++) {
		uint8_t *exact = malloc(len + 1); /* a sanitizer sees a read past it */

		memcpy(exact + 1, tag, len);
		CHECK(!stanza_parse((struct span){exact + 1, len}, framer_root(&framer), &s));
		free(exact);
	}
	CHECK(stanza_parse(span_of(tag), framer_root(&framer), &s));
	CHECK(stanza_parse(span_of("<iq  />"), framer_root(&framer), &s));
}

static void knows_what_may_bounce(void)
{
	static const struct {
		const char *element;
		bool may;
	} cases[] = {
	    {"<message/>", true},
	    {"<message type='chat'/>", true},
	    {"<message type='groupchat'/>", true},
	    {"<message type='error'/>", false},
	    {"<message type='err&#111;r'/>", false},
	    {"<message type='&#x65;rror'/>", false},
	    {"<iq type='get'/>", true},
	    {"<iq type='set'/>", true},
	    {"<iq type='result'/>", false},
	    {"<iq type='error'/>", false},
	    {"<iq/>", false},
	    {"<presence/>", false},
	    {"<presence type='unavailable'/>", false},
	    {"<presence type='error'/>", false},
	    {"<presence type='subscribe'/>", true},
	    {"<presence type='subscribed'/>", false},
	    {"<presence type='probe'/>", true},
	    {"<message xmlns='jabber:client'/>", false},
	    {"<db:result/>", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct stanza s = read_stanza(cases[i].element);

		if (stanza_may_bounce(&s) != cases[i].may)
			fprintf(stderr, "    %s\n", cases[i].element);
		CHECK_EQ(stanza_may_bounce(&s), cases[i].may);
	}
}

static const char *context_of(const struct stanza *s)
{
	static char out[3000];
	const int len =
	    stanza_context(s, framer_root(&framer), used_prefixes, (uint8_t *)out, sizeof(out) - 1);

	CHECK(len >= 0);
	out[len > 0 ? len : 0] = '\0';
	return out;
}

static void carries_the_context(void)
{
	struct stanza s = read_stanza("<message xml:lang='de'/>");

	CHECK_STR(context_of(&s), "");
	s = read_stanza("<message/>");
	CHECK_STR(context_of(&s), " xml:lang='en'");
	s = read_stanza("<message xml:lang=''><db:x/></message>");
	CHECK_STR(context_of(&s), " xmlns:db=\"jabber:server:dialback\"");
	s = read_stanza("<message><x stream:a=''/><db:x/></message>");
	CHECK_STR(context_of(&s), " xmlns:stream='http://etherx.jabber.org/streams' "
				  "xmlns:db=\"jabber:server:dialback\" xml:lang='en'");
	s = read_under("<s xmlns='jabber:server' xml:lang=\"o'c\">", "<iq/>");
	CHECK_STR(context_of(&s), " xml:lang=\"o'c\"");
}

static void a_context_fits_or_is_refused(void)
{
	const struct stanza s = read_stanza("<message><db:x/></message>");
	const int len = (int)strlen(context_of(&s));
	uint8_t out[200];

	for (int room = 0; room < len; room++)
		CHECK_EQ(stanza_context(&s, framer_root(&framer), used_prefixes, out, (size_t)room),
			 -1);
	CHECK_EQ(stanza_context(&s, framer_root(&framer), used_prefixes, out, (size_t)len), len);
}

static const char *bounce_of(const struct stanza *s, enum stanza_condition c)
{
	static char out[STANZA_HEAD_BYTES_MAX + 512 + 1];
	const int len = stanza_bounce(s, c, (uint8_t *)out, sizeof(out) - 1);

	out[len > 0 ? len : 0] = '\0';
	return out;
}

static void writes_a_bounce(void)
{
	struct stanza s = read_stanza("<message from='a@b/c' to='d@e' id='1' type='chat'><body/>"
				      "</message>");

	CHECK_STR(bounce_of(&s, STANZA_REMOTE_SERVER_TIMEOUT),
		  "<message type='error' from='d@e' to='a@b/c' id='1'><error type='wait'>"
		  "<remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
		  "</message>");
	s = read_stanza("<iq from=\"o'hara@b\" to='e' id='\"&apos;&amp;' type='get'/>");
	CHECK_STR(bounce_of(&s, STANZA_REMOTE_SERVER_NOT_FOUND),
		  "<iq type='error' from='e' to=\"o'hara@b\" id='\"&apos;&amp;'>"
		  "<error type='cancel'><remote-server-not-found "
		  "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
	s = read_stanza("<presence from='a' to='b' type='subscribe'/>");
	CHECK_STR(bounce_of(&s, STANZA_NOT_ALLOWED),
		  "<presence type='error' from='b' to='a'><error type='cancel'><not-allowed "
		  "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>");
}

static void never_answers_an_error(void)
{
	struct stanza s = read_stanza("<message from='a' to='b' type='error'/>");

	CHECK_STR(bounce_of(&s, STANZA_NOT_ALLOWED), "");
	s = read_stanza("<message to='b'/>");
	CHECK_STR(bounce_of(&s, STANZA_NOT_ALLOWED), "");
	s = read_stanza("<message from='b'/>");
	CHECK_STR(bounce_of(&s, STANZA_NOT_ALLOWED), "");
}

/* Every condition's bounce of the largest tag there is fits, and is XML; a byte less does not. */
static void a_bounce_always_fits(void)
{
	static char text[STANZA_HEAD_BYTES_MAX + 1];
	static uint8_t out[STANZA_HEAD_BYTES_MAX + 512];
	struct stanza s;
	size_t used;

	memset(text, '\'', sizeof(text) - 1);
	memcpy(text, "<presence type='subscribe' from='a' to='b' id=\"", 47);
	memcpy(text + STANZA_HEAD_BYTES_MAX - 3, "\"/>", 3);
	s = read_stanza(text);
	for (int c = 0; c < STANZA_CONDITION_COUNT; c++) {
		const int len = stanza_bounce(&s, (enum stanza_condition)c, out, sizeof(out));

		CHECK(len > 0);
		CHECK_EQ(stanza_bounce(&s, (enum stanza_condition)c, out, (size_t)len - 1), -1);
		CHECK_EQ(stanza_bounce(&s, (enum stanza_condition)c, out, (size_t)len), len);
		CHECK_EQ(framer_feed(&framer, out, (size_t)len, &used), FRAMER_ELEMENT);
		CHECK_EQ(used, len);
	}
}

static void names_conditions(void)
{
	CHECK_STR(stanza_condition_name(STANZA_REMOTE_SERVER_NOT_FOUND), "remote-server-not-found");
	CHECK_STR(stanza_condition_name(STANZA_ITEM_NOT_FOUND), "item-not-found");
}

int main(void)
{
	RUN(reads_a_tag);
	RUN(absent_is_not_empty);
	RUN(knows_the_three);
	RUN(wants_the_whole_tag);
	RUN(knows_what_may_bounce);
	RUN(carries_the_context);
	RUN(a_context_fits_or_is_refused);
	RUN(writes_a_bounce);
	RUN(never_answers_an_error);
	RUN(a_bounce_always_fits);
	RUN(names_conditions);
	return check_summary();
}
