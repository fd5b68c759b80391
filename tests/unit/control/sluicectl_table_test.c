/* SPDX-License-Identifier: BSD-3-Clause */
/* sluicectl_table_test.c - tables: aligned, and no wider than the screen. */
#include <jansson.h>

#include "control/sluicectl/table.h"
#include "control/sluicectl/text.h"
#include "tests/check.h"

#define DOTS "\xe2\x80\xa6"

static char text[8192];

static void print(size_t room, const struct table_column *columns, json_t *rows)
{
	FILE *f = tmpfile();
	size_t n;

	if (room == 0)
		sluicectl_table_print(f, columns, rows, "none");
	else
		sluicectl_table_print_in(f, room, columns, rows, false);
	rewind(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
}

static size_t widest(void)
{
	static char copy[sizeof(text)];
	char *rest = NULL;
	size_t most = 0;

	memcpy(copy, text, sizeof(text));
	for (char *line = strtok_r(copy, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		most = sluicectl_text_width(line) > most ? sluicectl_text_width(line) : most;
	return most;
}

static void aligns_by_characters(void)
{
	static const struct table_column columns[] = {
	    {"NAME", "name"}, {"N", "n"}, {"LIST", "list"}, {NULL, NULL}};
	json_t *rows = json_pack("[{s:s, s:i, s:[s, s]}, {s:s, s:i, s:b}]", "name",
				 "b\xc3\xbc"
				 "cher",
				 "n", 7, "list", "a", "b", "name", "x", "n", 1000, "list", 1);

	print(0, columns, rows);
	CHECK_STR(text, "NAME       N  LIST\n"
			"b\xc3\xbc"
			"cher     7  a,b\n"
			"x       1000  yes\n");
	json_decref(rows);
}

/* Numbers to the right, whatever else to the left. */
static void aligns_by_what_it_is(void)
{
	static const struct table_column columns[] = {{"RATE", "rate"},
						      {"ADDRESS", "address"},
						      {"IN/OUT", "in/out"},
						      {"DAY", "day"},
						      {NULL, NULL}};
	json_t *rows = json_pack("[{s:f, s:s, s:i, s:s}, {s:i, s:s, s:i, s:i, s:s}]", "rate", 10.5,
				 "address", "192.0.2.1", "in", 7, "day", "2026-11-30", "rate", 2,
				 "address", "192.0.2.100", "in", 12, "out", 345, "day", "-");

	print(SIZE_MAX, columns, rows);
	CHECK_STR(text, "RATE  ADDRESS      IN/OUT  DAY\n"
			"10.5  192.0.2.1       7/-  2026-11-30\n"
			"   2  192.0.2.100  12/345  -\n");
	json_decref(rows);
}

/* What is not there, alone or in a pair. */
static void says_that_there_is_nothing(void)
{
	json_t *row = json_pack("{s:i}", "in", 7);
	char cell[64];

	CHECK_STR(sluicectl_table_cell(row, "out", cell, sizeof(cell)), "-");
	CHECK_STR(sluicectl_table_cell(row, "out/over", cell, sizeof(cell)), "-");
	CHECK_STR(sluicectl_table_cell(row, "in/out", cell, sizeof(cell)), "7/-");
	json_decref(row);
}

/* Cut, it would be another one. */
static void never_cuts_what_is_exact(void)
{
	static const struct table_column columns[] = {
	    {"TIME", "time"}, {"REASON", "reason"}, {"FROM", "from"}, {NULL, NULL}};
	json_t *rows = json_pack("[{s:s, s:s, s:s}]", "time", "11-14 22:13:20", "reason",
				 "stream_not_allowed", "from", "a-long-name.partner.example");

	print(61, columns, rows);
	CHECK(strstr(text, "11-14 22:13:20  stream_not_allowed  a-long-name.partner.") != NULL);
	json_decref(rows);
}

static const struct table_column streams[] = {{"STREAM", "id"},      {"REMOTE DOMAIN", "remote"},
					      {"BYTES IN", "bytes"}, {"ADDRESS", "address"},
					      {"WHAT", "what"},      {NULL, NULL}};

static json_t *rows_of_streams(void)
{
	return json_pack(
	    "[{s:s, s:s, s:i, s:s, s:s}, {s:s, s:s, s:i, s:s, s:s}]", "id", "s1", "remote",
	    "conference.a-very-long-name.partner.example", "bytes", 1234567, "address",
	    "2001:db8::1234:5678", "what", "a sentence of several words that say what it is about",
	    "id", "s2", "remote", "b.example", "bytes", 7, "address", "192.0.2.1", "what", "short");
}

static void leaves_what_fits_alone(void)
{
	json_t *rows = rows_of_streams();

	print(SIZE_MAX, streams, rows);
	CHECK_STR(
	    text,
	    "STREAM  REMOTE DOMAIN                                BYTES IN  ADDRESS              "
	    "WHAT\n"
	    "s1      conference.a-very-long-name.partner.example   1234567  2001:db8::1234:5678  "
	    "a sentence of several words that say what it is about\n"
	    "s2      b.example                                           7  192.0.2.1            "
	    "short\n");
	json_decref(rows);
}

/* Titles fold, text is cut or goes on below; a number and an address stay whole. */
static void gives_way_where_it_is_narrow(void)
{
	json_t *rows = rows_of_streams();

	print(80, streams, rows);
	CHECK_STR(text,
		  "                            BYTES\n"
		  "STREAM  REMOTE DOMAIN          IN  ADDRESS              WHAT\n"
		  "s1      conference.a-ve" DOTS
		  "  1234567  2001:db8::1234:5678  a sentence of several\n"
		  "                                                        words that say what it\n"
		  "                                                        is about\n"
		  "s2      b.example               7  192.0.2.1            short\n");
	json_decref(rows);
}

static void fits_every_width(void)
{
	json_t *rows = rows_of_streams();

	for (size_t room = 20; room <= 200; room++) {
		print(room, streams, rows);
		CHECK(widest() <= room);
		CHECK(strstr(text, " \n") == NULL);
		CHECK(strstr(text, "s1") != NULL && strstr(text, "s2") != NULL);
		if (strstr(text, "BYTES") != NULL && strstr(text, "no room for BYTES") == NULL)
			CHECK(strstr(text, "1234567") != NULL);
		if (room >= 76)
			CHECK(strstr(text, "no room") == NULL);
	}
	print(40, streams, rows);
	CHECK(strstr(text, "\nno room for ADDRESS, WHAT (-j has all)\n") != NULL);
	json_decref(rows);
}

static void cuts_between_characters(void)
{
	static const struct table_column names[] = {{"NAME", "name"}, {"N", "n"}, {NULL, NULL}};
	json_t *rows =
	    json_pack("[{s:s, s:i}]", "name",
		      "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
		      "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc",
		      "n", 5);

	print(16, names, rows);
	CHECK_STR(text,
		  "NAME           N\n"
		  "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
		  "\xc3\xbc\xc3\xbc" DOTS "  5\n");
	CHECK_EQ(sluicectl_text_width("a\xc3"), 2); /* cut in the middle by somebody else */
	CHECK_EQ(sluicectl_text_fit("\xf0\x9f", 5), 2);
	json_decref(rows);
}

int main(void)
{
	RUN(aligns_by_characters);
	RUN(aligns_by_what_it_is);
	RUN(says_that_there_is_nothing);
	RUN(never_cuts_what_is_exact);
	RUN(leaves_what_fits_alone);
	RUN(gives_way_where_it_is_narrow);
	RUN(fits_every_width);
	RUN(cuts_between_characters);
	return check_summary();
}
