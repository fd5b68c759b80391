/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * opinion.h - what libxml2 and expat make of a stream, and where the framer disagrees with them.
 * Whatever the framer lets through, both must accept and read alike.
 */
#ifndef TESTS_UNIT_XMPP_OPINION_H
#define TESTS_UNIT_XMPP_OPINION_H

#include "dataplane/base/base.h"

#define OPINION_ELEMENTS 512

struct opinion {
	bool fine;     /* no error in what was given */
	bool complete; /* fine, and a whole document */
	bool odd_name; /* a name that XML 1.0 has only since its fifth edition (libxml2 only) */
	bool odd_uri;  /* a namespace name with a character that no URI has */
	size_t count;  /* first-level elements */
	struct {
		size_t end; /* offset behind it (expat only) */
		/* of all it means: expanded names, values, text, language */
		uint64_t digest;
	} element[OPINION_ELEMENTS];
};

void opinion_of_libxml2(const uint8_t *bytes, size_t len, struct opinion *out);
void opinion_of_expat(const uint8_t *bytes, size_t len, struct opinion *out);

/* How inputs fell, so that a test can tell that it tested both sides. */
struct opinion_tally {
	size_t complete, unfinished, refused;
	size_t others_only; /* XML to others, but restricted, too big or too deep here */
};

/*
 * Asks the framer, fed in several ways, and both parsers about one input. Returns NULL where they
 * agree as far as they must, else what is wrong. @tally may be NULL.
 */
const char *opinion_compare(const uint8_t *bytes, size_t len, uint64_t seed,
			    struct opinion_tally *tally);

#endif
