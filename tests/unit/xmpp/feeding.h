/* SPDX-License-Identifier: BSD-3-Clause */
/* feeding.h - one input for a framer, fed whole, anew behind each find, byte by byte, at random
 * cuts, by scalar steps alone, and by a framer that reads other streams in between. */
#ifndef TESTS_UNIT_XMPP_FEEDING_H
#define TESTS_UNIT_XMPP_FEEDING_H

#include "tests/check.h"
#include "tests/unit/xmpp/transcript.h"

#define HEADER                                                                                     \
	"<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "    \
	"xmlns:db='jabber:server:dialback' version='1.0'>"
#define FOOTER "</stream:stream>"

#define LIMIT 20000

static struct transcript whole; /* of the input fed last */

/* Feeds @len bytes in every manner, complains where the manner makes a difference, and leaves the
 * transcript in whole. */
static inline void feed_all(const char *bytes, size_t len, uint32_t limit)
{
	static struct transcript other;
	uint64_t seed = 88172645463325252u;

	transcript_make(&whole, (const uint8_t *)bytes, len, limit, NULL, NULL);
	transcript_make(&other, (const uint8_t *)bytes, len, limit, transcript_cut_one, NULL);
	CHECK(transcript_equal(&whole, &other));
	transcript_make_plainly(&other, (const uint8_t *)bytes, len, limit, framer_init_scalar);
	CHECK(transcript_equal(&whole, &other));
	transcript_make_plainly(&other, (const uint8_t *)bytes, len, limit, framer_init);
	CHECK(transcript_equal(&whole, &other));
	for (transcript_lent = TRANSCRIPT_LENT_WITH_ROOT; transcript_lent > TRANSCRIPT_OWN;
	     transcript_lent--) {
		transcript_make(&other, (const uint8_t *)bytes, len, limit, transcript_cut_one,
				NULL);
		CHECK(transcript_equal(&whole, &other));
	}
	for (int i = 0; i < 20; i++) {
		transcript_make(&other, (const uint8_t *)bytes, len, limit, transcript_cut_random,
				&seed);
		CHECK(transcript_equal(&whole, &other));
	}
}

static inline enum framer_result feed(const char *text)
{
	feed_all(text, strlen(text), LIMIT);
	return whole.last;
}

#endif
