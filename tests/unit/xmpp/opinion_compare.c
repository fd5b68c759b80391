/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * opinion_compare.c - the framer against itself (fed otherwise), against both parsers, and each
 * element against itself as the relay would put it on another stream.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/xmpp/stanza.h"
#include "dataplane/xmpp/unescape.h"
#include "tests/unit/xmpp/opinion.h"
#include "tests/unit/xmpp/transcript.h"

#define LIMIT (1 << 20)
#define BARE_ROOT                                                                                  \
	"<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'>"

static struct transcript whole, other;
static struct opinion libxml2, expat;
static char complaint[256];

static const char *complain(const char *text, size_t number)
{
	snprintf(complaint, sizeof(complaint), "%s (%zu, framer says %d at %zu)", text, number,
		 whole.last, whole.used);
	return complaint;
}

static const char *compare_cuts(const uint8_t *bytes, size_t len, uint64_t seed)
{
	transcript_make(&whole, bytes, len, LIMIT, NULL, NULL);
	transcript_make(&other, bytes, len, LIMIT, transcript_cut_one, NULL);
	if (!transcript_equal(&whole, &other))
		return complain("byte by byte differs", 0);
	transcript_make_plainly(&other, bytes, len, LIMIT, framer_init_scalar);
	if (!transcript_equal(&whole, &other))
		return complain("scalar steps differ", 0);
	transcript_make_plainly(&other, bytes, len, LIMIT, framer_init);
	if (!transcript_equal(&whole, &other))
		return complain("fed anew differs", 0);
	seed |= 1;
	for (size_t i = 0; i < 3; i++) {
		transcript_lent = (enum transcript_lent)i;
		transcript_make(&other, bytes, len, LIMIT, transcript_cut_random, &seed);
		transcript_lent = TRANSCRIPT_OWN;
		if (!transcript_equal(&whole, &other))
			return complain("random cuts differ", i);
	}
	return NULL;
}

/* @element with the context of its stream put in, on a bare stream. Returns the length. */
static size_t rewrap(struct span element, uint32_t used_prefixes, uint8_t *out, size_t room)
{
	static const char footer[] = "</stream:stream>";
	size_t at = strlen(BARE_ROOT);
	struct stanza s;
	int context;

	if (element.len + 4096 > room || !stanza_parse(element, &whole.root, &s))
		return 0;
	memcpy(out, BARE_ROOT, at);
	memcpy(out + at, element.at, s.name_end);
	at += s.name_end;
	context = stanza_context(&s, &whole.root, used_prefixes, out + at, 2048);
	if (context < 0)
		return 0;
	at += (size_t)context;
	memcpy(out + at, element.at + s.name_end, element.len - s.name_end);
	at += element.len - s.name_end;
	memcpy(out + at, footer, sizeof(footer) - 1);
	return at + sizeof(footer) - 1;
}

/* Does every element mean on another stream what it meant on its own? */
static const char *compare_rewrapped(const uint8_t *bytes)
{
	static uint8_t copy[1 << 17];
	static struct opinion again;
	const struct span server = {(const uint8_t *)whole.root.text + whole.root.default_at,
				    whole.root.default_len};
	size_t n = 0;

	if (!unescape_equals(server, "jabber:server"))
		return NULL;
	for (size_t i = 0; i < whole.count && i < TRANSCRIPT_FINDS; i++) {
		const size_t end = whole.find[i].end, held = whole.find[i].held;
		size_t len;

		if (whole.find[i].what != FRAMER_ELEMENT)
			continue;
		len = rewrap((struct span){bytes + end - held, held}, whole.find[i].used_prefixes,
			     copy, sizeof(copy));
		if (len == 0)
			return complain("element not rewrapped", n);
		opinion_of_libxml2(copy, len, &again);
		if (!again.complete || again.count != 1 ||
		    again.element[0].digest != libxml2.element[n].digest)
			return complain("element means another thing on another stream", n);
		n++;
	}
	return NULL;
}

static const char *compare_accepted(const uint8_t *bytes)
{
	size_t n = 0;

	if (!libxml2.complete)
		return complain("libxml2 refuses", 0);
	if (!expat.complete)
		return complain("expat refuses", 0);
	for (size_t i = 0; i < whole.count && i < TRANSCRIPT_FINDS; i++) {
		if (whole.find[i].what != FRAMER_ELEMENT)
			continue;
		if (expat.element[n].end != whole.find[i].end)
			return complain("expat ends an element elsewhere", n);
		if (expat.element[n].digest != libxml2.element[n].digest)
			return complain("the parsers read an element differently", n);
		n++;
	}
	if (whole.count <= TRANSCRIPT_FINDS && (n != expat.count || n != libxml2.count))
		return complain("not as many elements", n);
	return compare_rewrapped(bytes);
}

/* Was the framer still within the XML declaration? */
static bool in_declaration(const uint8_t *bytes)
{
	return whole.count == 0 && whole.used > 5 && memcmp(bytes, "<?xml", 5) == 0 &&
	       memchr(bytes, '>', whole.used - 1) == NULL;
}

/* By what expat goes, whatever encoding it was told. */
static bool is_utf16(const uint8_t *bytes, size_t len)
{
	return len >= 2 && (bytes[0] >= 0xfe || bytes[0] == 0 || bytes[1] == 0);
}

/* The framer says it is no XML: who would take it? */
static const char *compare_refused(const uint8_t *bytes, size_t len)
{
	/*
	 * Other parsers know other encodings, take "1." for a version (XML 1.0 [26] wants a digit
	 * behind), and expat any version at all. Declarations are never relayed.
	 */
	if (in_declaration(bytes) || is_utf16(bytes, len))
		return NULL;
	/* The framer is narrower by intent: framer.h says where. */
	if (libxml2.odd_uri)
		return NULL;
	if (libxml2.complete && !libxml2.odd_name)
		return complain("libxml2 accepts", 0);
	if (expat.complete)
		return complain("expat accepts", 0);
	return NULL;
}

/* The framer has taken all, and would go on. */
static const char *compare_unfinished(void)
{
	if (!libxml2.fine)
		return complain("libxml2 refuses the beginning", 0);
	if (!expat.fine)
		return complain("expat refuses the beginning", 0);
	return libxml2.complete || expat.complete ? complain("complete to others", 0) : NULL;
}

const char *opinion_compare(const uint8_t *bytes, size_t len, uint64_t seed,
			    struct opinion_tally *tally)
{
	static struct opinion_tally nowhere;
	const char *wrong = compare_cuts(bytes, len, seed);

	if (tally == NULL)
		tally = &nowhere;
	if (wrong != NULL)
		return wrong;
	if (whole.last < FRAMER_MORE && whole.last != FRAMER_ERR_NOT_WELL_FORMED &&
	    whole.last != FRAMER_ERR_ENCODING) {
		tally->others_only++;
		return NULL;
	}
	opinion_of_libxml2(bytes, len, &libxml2);
	opinion_of_expat(bytes, len, &expat);
	if (whole.last < FRAMER_MORE) {
		tally->refused++;
		return compare_refused(bytes, len);
	}
	if (whole.used != len)
		return complain("input left over", len);
	/*
	 * Outside the root a character of several bytes is refused at its last, which tells a wrong
	 * encoding from a wrong place; libxml2 may refuse it at its first.
	 */
	if (whole.is_cut_outside) {
		tally->unfinished++;
		return NULL;
	}
	if (whole.count > 0 && whole.count <= TRANSCRIPT_FINDS &&
	    whole.find[whole.count - 1].what == FRAMER_FOOTER) {
		tally->complete++;
		return compare_accepted(bytes);
	}
	tally->unfinished++;
	return compare_unfinished();
}
