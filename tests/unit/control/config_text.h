/* SPDX-License-Identifier: BSD-3-Clause */
/* config_text.h - a configuration in pieces, and what the reader says about one. */
#ifndef TESTS_CONFIG_TEXT_H
#define TESTS_CONFIG_TEXT_H

#include "control/config.h"
#include "control/config_parts.h"
#include "tests/check.h"

/* One document in four places that a test may fill; line numbers count from HEAD's first. */
#define HEAD "<sluice xmlns='urn:sluice:config:1'>\n" /* line 1 */
#define EDGE                                                                                       \
	"<edge driver='tap' device='px0' address='192.0.2.10/24' gateway='192.0.2.1'>"             \
	"<tls certificate='a' key='b' trust='c'/></edge>\n" /* line 2 */
#define INTERNAL                                                                                   \
	"<internal driver='tap' device='px1' address='198.51.100.10/24'>"                          \
	"<tls certificate='a' key='b' trust='c'/></internal>\n"                    /* line 3 */
#define LIMITS "<GatewayConfiguration DialbackPassphrase='0123456789abcdef'/>\n"   /* line 4 */
#define LOCALS "<local-domains><domain>contoso.example</domain></local-domains>\n" /* line 5 */
#define GATEWAY                                                                                    \
	"<gateways><gateway name='gw1'><certificate-name>gw1.contoso.example</certificate-name>"   \
	"<domain>contoso.example</domain></gateway></gateways>\n" /* line 6 */
#define PARTNER                                                                                    \
	"<AllowedPartners><AllowedPartner Domain='partner.example' "                               \
	"SaslNegotiation='Optional'/></AllowedPartners>\n" /* line 7 */
#define TAIL "</sluice>\n"
#define GOOD HEAD EDGE INTERNAL LIMITS LOCALS GATEWAY PARTNER TAIL
#define PARTNERS(text)                                                                             \
	HEAD EDGE INTERNAL LIMITS LOCALS GATEWAY "<AllowedPartners>\n" text                        \
						 "</AllowedPartners>" TAIL
#define P(domain) "<AllowedPartner SaslNegotiation='Optional' Domain='" domain "'"
#define WITH_LIMITS(attributes)                                                                    \
	HEAD EDGE INTERNAL                                                                         \
	    "<GatewayConfiguration DialbackPassphrase='0123456789abcdef' " attributes              \
	    "/>\n" LOCALS GATEWAY PARTNER TAIL
#define WITH_EDGE(attributes)                                                                      \
	HEAD                                                                                       \
	    "<edge driver='tap' device='px0' " attributes                                          \
	    "><tls certificate='a' key='b'/></edge>\n" INTERNAL LIMITS LOCALS GATEWAY PARTNER TAIL

static char said[16384];

static inline struct config *parse(const char *document)
{
	FILE *report = fmemopen(said, sizeof(said), "w");
	struct config *c;

	said[0] = '\0';
	c = config_parse("t.xml", document, strlen(document), false, report);

	fclose(report);
	return c;
}

/* The document must fail with exactly @want, lines in this order. */
static inline void refuses(const char *document, const char *want)
{
	struct config *c = parse(document);

	CHECK(c == NULL);
	CHECK_STR(said, want);
	config_free(c);
}

/* The document must be taken, with exactly @want said about it. */
static inline void takes(const char *document, const char *want)
{
	struct config *c = parse(document);

	CHECK(c != NULL);
	CHECK_STR(said, want);
	config_free(c);
}

#endif
