/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * framer_bench.c - the framer beside libxml2 and expat over the same streams, in one process and in
 * turn, on the CPU time of this thread.
 */
#include <expat.h>
#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>

#include "bench/corpus.h"
#include "bench/machine.h"
#include "bench/report.h"
#include "dataplane/xmpp/framer.h"

enum { SEGMENT = 1448, RECORD = 16384 };

/* Bytes a second times 1e-9. */
typedef double reader(const struct bench *b, const struct corpus *c, size_t chunk);

static double rate(const struct bench *b, uint64_t start_ns, size_t len)
{
	return (double)len / (double)bench_since_ns(b, start_ns);
}

static double read_framer(const struct bench *b, const struct corpus *c, size_t chunk)
{
	static struct framer f;
	const uint64_t start_ns = bench_cpu_ns();
	struct framer_cursor cursor;
	size_t elements = 0;

	framer_init(&f, 1 << 20);
	for (size_t at = 0, n; at < c->len; at += n) {
		n = min_size(chunk, c->len - at);
		framer_begin(&cursor, c->bytes + at, n);
		while (cursor.at < cursor.end) {
			const enum framer_result r = framer_read(&f, &cursor);

			if (r < FRAMER_MORE)
				bench_die("the framer refuses the corpus");
			elements += r == FRAMER_ELEMENT;
		}
	}
	if (elements != c->stanzas)
		bench_die("the framer has lost stanzas");
	return rate(b, start_ns, c->len);
}

static void XMLCALL on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	(void)name, (void)attributes;
	++*(size_t *)data;
}

static void XMLCALL on_end(void *data, const XML_Char *name)
{
	(void)data, (void)name;
}

static void XMLCALL on_text(void *data, const XML_Char *text, int len)
{
	(void)data, (void)text, (void)len;
}

static double read_expat(const struct bench *b, const struct corpus *c, size_t chunk)
{
	const uint64_t start_ns = bench_cpu_ns();
	XML_Parser p = XML_ParserCreateNS("UTF-8", '\n');
	size_t count = 0;

	XML_SetUserData(p, &count);
	XML_SetElementHandler(p, on_start, on_end);
	XML_SetCharacterDataHandler(p, on_text);
	for (size_t at = 0, n; at < c->len; at += n) {
		n = min_size(chunk, c->len - at);
		if (XML_Parse(p, (const char *)c->bytes + at, (int)n, 0) != XML_STATUS_OK)
			bench_die("expat refuses the corpus");
	}
	XML_ParserFree(p);
	return rate(b, start_ns, c->len);
}

static void on_sax_start(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
			 int namespaces, const xmlChar **ns, int attributes, int defaulted,
			 const xmlChar **attribute)
{
	(void)name, (void)prefix, (void)uri, (void)namespaces, (void)ns, (void)attributes;
	(void)defaulted, (void)attribute;
	++*(size_t *)data;
}

static void on_sax_end(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	(void)data, (void)name, (void)prefix, (void)uri;
}

static void on_sax_text(void *data, const xmlChar *text, int len)
{
	(void)data, (void)text, (void)len;
}

static double read_libxml2(const struct bench *b, const struct corpus *c, size_t chunk)
{
	xmlSAXHandler sax = {.initialized = XML_SAX2_MAGIC,
			     .startElementNs = on_sax_start,
			     .endElementNs = on_sax_end,
			     .characters = on_sax_text};
	const uint64_t start_ns = bench_cpu_ns();
	size_t count = 0;
	xmlParserCtxtPtr p = xmlCreatePushParserCtxt(&sax, &count, NULL, 0, NULL);

	if (p == NULL)
		bench_die("libxml2 has no memory");
	(void)xmlCtxtUseOptions(p, XML_PARSE_HUGE | XML_PARSE_NONET);
	for (size_t at = 0, n; at < c->len; at += n) {
		n = min_size(chunk, c->len - at);
		if (xmlParseChunk(p, (const char *)c->bytes + at, (int)n, 0) != 0)
			bench_die("libxml2 refuses the corpus");
	}
	xmlFreeParserCtxt(p);
	return rate(b, start_ns, c->len);
}

/* In pairs, so that what disturbs the machine disturbs both. */
static void compare(struct bench *b, enum corpus_kind kind)
{
	struct corpus c = corpus_make(kind, b->is_short ? 1 << 21 : 1 << 24);
	double values[5][BENCH_ROUNDS_MAX];
	char name[5][48];
	const bool is_goal = kind == CORPUS_MIX;
	const struct bench_line lines[5] = {
	    {name[0], "GB/s", BENCH_INFO, 0, 0},
	    {name[1], "ns/stanza", BENCH_INFO, 0, 0},
	    {name[2], "ratio", is_goal ? BENCH_AT_LEAST : BENCH_INFO, 7, 12},
	    {name[3], "ratio", is_goal ? BENCH_AT_LEAST : BENCH_INFO, 14, 24},
	    {name[4], "ratio", is_goal ? BENCH_AT_LEAST : BENCH_INFO, 0.8, 0.95},
	};

	for (unsigned int r = 0; r < b->rounds; r++) {
		const double ours = read_framer(b, &c, RECORD);

		values[0][r] = ours;
		values[1][r] = (double)c.len / (double)c.stanzas / ours;
		values[2][r] = ours / read_libxml2(b, &c, RECORD);
		values[3][r] = read_framer(b, &c, RECORD) / read_expat(b, &c, RECORD);
		values[4][r] = read_framer(b, &c, SEGMENT) / read_framer(b, &c, RECORD);
	}
	for (int i = 0; i < 5; i++) {
		static const char *const what[5] = {"rate", "stanza", "libxml2", "expat", "chunks"};

		snprintf(name[i], sizeof(name[i]), "framer.%s.%s", corpus_name(kind), what[i]);
		bench_report(b, &lines[i], values[i], b->rounds);
	}
	corpus_free(&c);
}

/* One text of @bytes within one stanza, in pieces of 100 bytes: nanoseconds a byte. */
static double token_ns(const struct bench *b, size_t bytes)
{
	static const char open[] = "<s xmlns='jabber:server'><message><body>";
	static struct framer f;
	char piece[100];
	uint64_t start_ns;
	size_t used;

	framer_init(&f, 1 << 21);
	for (size_t at = 0; at < strlen(open); at += used)
		if (framer_feed(&f, (const uint8_t *)open + at, strlen(open) - at, &used) < 0)
			bench_die("the framer refuses a stanza");
	memset(piece, 'a', sizeof(piece));
	start_ns = bench_cpu_ns();
	for (size_t at = 0; at < bytes; at += sizeof(piece))
		if (framer_feed(&f, (const uint8_t *)piece, sizeof(piece), &used) != FRAMER_MORE)
			bench_die("the framer refuses a text");
	return (double)bench_since_ns(b, start_ns) / (double)bytes;
}

static void compare_tokens(struct bench *b)
{
	static const struct bench_line line = {"framer.token", "ratio", BENCH_AT_MOST, 1.2, 1.0};
	double values[BENCH_ROUNDS_MAX];

	for (unsigned int r = 0; r < b->rounds; r++) {
		double small = 0;

		for (int i = 0; i < 16; i++)
			small += token_ns(b, 65536) / 16;
		values[r] = token_ns(b, 1 << 20) / small;
	}
	bench_report(b, &line, values, b->rounds);
}

int main(int argc, char **argv)
{
	struct bench b = {.rounds = 11};
	int names;

	names =
	    bench_options(&b, 5, argc, argv, " [CORPUS]\n\nThe framer beside libxml2 and expat.");
	machine_take_clock(&b);
	machine_say(&b);
	bench_head(&b);
	for (int kind = 0; kind < CORPUS_KINDS; kind++)
		if (names == argc || strcmp(argv[names], corpus_name((enum corpus_kind)kind)) == 0)
			compare(&b, (enum corpus_kind)kind);
	compare_tokens(&b);
	return bench_status(&b);
}
