/* SPDX-License-Identifier: BSD-3-Clause */
/* config_check_test.c - what is wrong or doubtful in a configuration is said with its line. */
#include "config_text.h"

static void says_what_the_schema_expected(void)
{
	refuses("<sluice>", "t.xml:1: error: Premature end of data in tag sluice line 1\n");
	refuses("", "t.xml:1: error: Document is empty\n");
	refuses("<sluice/>", "t.xml:1: error: the document is <sluice>: expected <sluice "
			     "xmlns=\"urn:sluice:config:1\">\n");
	refuses(HEAD EDGE INTERNAL LIMITS LOCALS
		"<AllowedPartners>\n<AllowedPartner Domain='x.example' "
		"TlsNegotiation='required'/></AllowedPartners>" TAIL,
		"t.xml:7: error: TlsNegotiation of <AllowedPartner> is \"required\": expected "
		"Required or Optional or NotSupported\n");
	refuses(HEAD EDGE INTERNAL LIMITS LOCALS
		"<AllowedPartners>\n<AllowedPartner Domain='x.example' "
		"Tls='Required'/></AllowedPartners>" TAIL,
		"t.xml:7: error: <AllowedPartner> has no attribute \"Tls\": expected one of: "
		"Domain, PartnerType, TlsNegotiation, SaslNegotiation, SupportDialbackNegotiation, "
		"ConnectionLimit, EnableKeepAlive, ProxyFqdn, Description, Enabled\n");
	refuses(HEAD EDGE INTERNAL LIMITS LOCALS
		"<AllowedPartners>\n<AllowedPartner/></AllowedPartners>" TAIL,
		"t.xml:7: error: <AllowedPartner> lacks the attribute \"Domain\"\n");
	refuses(HEAD EDGE INTERNAL LIMITS LOCALS "<AllowedPartner Domain='x.example'/>" TAIL,
		"t.xml:6: error: <AllowedPartner> does not belong in <sluice>: expected one of: "
		"dataplane, edge, internal, resolver, operator, drain, metrics, log, process, "
		"GatewayConfiguration, local-domains, gateways, AllowedPartners\n");
	refuses(HEAD EDGE LIMITS LOCALS TAIL,
		"t.xml:1: error: <sluice> lacks the element <internal>\n");
	refuses(HEAD EDGE EDGE INTERNAL LIMITS LOCALS TAIL,
		"t.xml:1: error: <sluice> holds <edge> 2 times: expected once\n");
	refuses(
	    HEAD EDGE INTERNAL LOCALS "<log level='loud'/>" TAIL,
	    "t.xml:5: error: level of <log> is \"loud\": expected error or warning or notice or "
	    "info or debug\n");
	refuses(HEAD EDGE INTERNAL LOCALS "<dataplane cores='two'/>" TAIL,
		"t.xml:5: error: cores of <dataplane> is \"two\": expected a whole number\n");
	refuses(HEAD EDGE INTERNAL LOCALS "words" TAIL,
		"t.xml:1: error: <sluice> holds text that does not belong there\n");
	refuses(HEAD EDGE INTERNAL "<local-domains>\n\n<domain></domain></local-domains>" TAIL,
		"t.xml:6: error: the text of <domain> is \"\": expected a domain name\n");
	refuses(HEAD EDGE INTERNAL LOCALS "<o:log xmlns:o='urn:other'/>" TAIL,
		"t.xml:5: error: <log> is not in the namespace urn:sluice:config:1\n");
}

static void shows_several_complaints_at_once(void)
{
	refuses(
	    HEAD EDGE INTERNAL LIMITS LOCALS
	    "<AllowedPartners><AllowedPartner Domain='a.example' PartnerType='Best'/>\n"
	    "<AllowedPartner Domain='b.example' EnableKeepAlive='yes'/></AllowedPartners>" TAIL,
	    "t.xml:6: error: PartnerType of <AllowedPartner> is \"Best\": expected Federated or "
	    "PublicVerified or PublicUnverified\n"
	    "t.xml:7: error: EnableKeepAlive of <AllowedPartner> is \"yes\": expected true or "
	    "false or True or False\n");
}

static void refuses_a_document_type(void)
{
	refuses("<!DOCTYPE sluice [<!ENTITY a 'b'>]>\n" GOOD,
		"t.xml:1: error: a document type (<!DOCTYPE ...>) is not allowed here\n");
}

/* All 18 rows of the matrix through the file: 5 refused, 7 warned about, 6 silent. */
static void judges_all_negotiation_rows(void)
{
	static const char *const levels[] = {"Required", "Optional", "NotSupported"};
	unsigned int count[3] = {0};
	char document[4096], want[512];

	for (unsigned int row = 0; row < 18; row++) {
		const enum level tls = row / 6, sasl = row / 2 % 3;
		const bool dialback = row % 2 == 0;
		const char *why = NULL;
		const enum verdict v = policy_verdict(tls, sasl, dialback, &why);
		struct config *c;

		(void)snprintf(document, sizeof(document),
			       HEAD EDGE INTERNAL LIMITS LOCALS GATEWAY
			       "<AllowedPartners>\n<AllowedPartner Domain='x.example' "
			       "TlsNegotiation='%s' SaslNegotiation='%s' "
			       "SupportDialbackNegotiation='%s'/></AllowedPartners>" TAIL,
			       levels[tls], levels[sasl], dialback ? "True" : "False");
		(void)snprintf(want, sizeof(want),
			       "t.xml:8: %s: partner x.example (TlsNegotiation %s, SaslNegotiation "
			       "%s, SupportDialbackNegotiation %s): %s\n",
			       v == VERDICT_INVALID ? "error" : "warning", levels[tls],
			       levels[sasl], dialback ? "True" : "False", why != NULL ? why : "");
		c = parse(document);
		CHECK_EQ(c == NULL, v == VERDICT_INVALID);
		CHECK_STR(said, v == VERDICT_OK ? "" : want);
		count[v]++;
		config_free(c);
	}
	CHECK_EQ(count[VERDICT_INVALID], 5);
	CHECK_EQ(count[VERDICT_WARN], 7);
}

static void warns_about_the_default_partner(void)
{
	takes(HEAD EDGE INTERNAL LIMITS LOCALS GATEWAY
	      "<AllowedPartners><AllowedPartner Domain='x.example'/></AllowedPartners>" TAIL,
	      "t.xml:7: warning: partner x.example (TlsNegotiation Required, SaslNegotiation "
	      "Required, "
	      "SupportDialbackNegotiation True): dialback never runs when both TLS and SASL are "
	      "required\n");
}

static void refuses_names_used_twice(void)
{
	refuses(PARTNERS(P("a.example") "/>\n" P("A.example.") "/>\n"),
		"t.xml:9: error: domain a.example belongs to two partners: see t.xml:8\n");
	refuses(
	    PARTNERS(P("a.example") "/>\n" P("b.example") ">\n<AdditionalDomain>a.example"
							  "</AdditionalDomain></AllowedPartner>"),
	    "t.xml:10: error: domain a.example belongs to two partners: see t.xml:8\n");
	refuses(
	    PARTNERS(P("a.example") ">\n<AdditionalDomain>a.example</AdditionalDomain>"
				    "</AllowedPartner>"),
	    "t.xml:9: error: domain a.example is listed twice for the same partner: see t.xml:8\n");
	refuses(
	    PARTNERS(P("contoso.example") "/>"),
	    "t.xml:8: error: domain contoso.example is both a local domain and a partner's: see "
	    "t.xml:5\n");
	refuses(HEAD EDGE INTERNAL LIMITS
		"<local-domains><domain>contoso.example</domain>\n"
		"<domain>CONTOSO.example</domain></local-domains>" GATEWAY PARTNER TAIL,
		"t.xml:6: error: domain contoso.example is a local domain twice: see t.xml:5\n");
}

static void checks_who_serves_what(void)
{
	refuses(HEAD EDGE INTERNAL LIMITS LOCALS
		"<gateways><gateway name='g'><certificate-name>g.example</certificate-name>"
		"<domain>contoso.example</domain>\n<domain>other.example</domain>"
		"</gateway></gateways>" PARTNER TAIL,
		"t.xml:7: error: gateway \"g\" serves other.example, which is not among "
		"<local-domains>\n");
	takes(HEAD EDGE INTERNAL LIMITS LOCALS PARTNER TAIL,
	      "t.xml:5: warning: no gateway serves the local domain contoso.example: stanzas to it "
	      "will bounce\n");
	takes(HEAD EDGE INTERNAL LIMITS LOCALS GATEWAY TAIL,
	      "t.xml:1: warning: no AllowedPartner: every partner is refused\n");
	refuses(HEAD EDGE INTERNAL LIMITS LOCALS
		"<gateways><gateway name='g'><certificate-name>g.example</certificate-name>"
		"<domain>contoso.example</domain></gateway>\n<gateway name='g'><certificate-name>"
		"h.example</certificate-name><domain>contoso.example</domain></gateway>"
		"</gateways>" PARTNER TAIL,
		"t.xml:7: error: two gateways are called \"g\": see t.xml:6\n");
}

static void checks_interfaces(void)
{
	refuses(WITH_EDGE("address='192.0.2.10/24' gateway='192.0.2.1' XmppListeningPort='70000'"),
		"t.xml:2: error: XmppListeningPort is 70000: expected 1 to 65535\n");
	refuses(WITH_EDGE("address='192.0.2.10/24' gateway='192.0.2.1' mtu='9000'"),
		"t.xml:2: error: mtu is 9000: expected 576 to 3442\n");
	refuses(WITH_EDGE("address='192.0.2.10/24' gateway='192.0.2.1' mac='01:00:5e:00:00:01'"),
		"t.xml:2: error: mac is 01:00:5e:00:00:01: expected a unicast MAC address, for "
		"example 02:00:00:00:00:01\n");
	refuses(HEAD EDGE "<internal driver='tap' device='px0' address='198.51.100.10/24'>"
			  "<tls certificate='a' key='b' trust='c'/></internal>\n" LIMITS LOCALS
			      GATEWAY PARTNER TAIL,
		"t.xml:3: error: edge and internal are the same device px0\n");
	takes(HEAD EDGE
	      "<internal driver='tap' device='px1' address='198.51.100.10/24'>\n"
	      "<tls certificate='a' key='b'/></internal>" LIMITS LOCALS GATEWAY PARTNER TAIL,
	      "t.xml:4: warning: no trust: gateways' certificates are checked against the system's "
	      "certification authorities, which are public ones\n");
	refuses(
	    HEAD EDGE INTERNAL LIMITS LOCALS GATEWAY PARTNER "<resolver server='ns.example'/>" TAIL,
	    "t.xml:8: error: server is \"ns.example\": expected an IP address, or address@port\n");
	refuses(HEAD EDGE INTERNAL LIMITS LOCALS GATEWAY PARTNER
		"<resolver server='192.0.2.1@0'/>" TAIL,
		"t.xml:8: error: server is \"192.0.2.1@0\": expected an IP address, or "
		"address@port\n");
	refuses(HEAD EDGE INTERNAL LIMITS LOCALS GATEWAY PARTNER "<dataplane cores='0'/>" TAIL,
		"t.xml:8: error: cores is 0: expected 1 to 16\n");
	refuses(HEAD EDGE INTERNAL LIMITS LOCALS GATEWAY PARTNER "<dataplane cores='17'/>" TAIL,
		"t.xml:8: error: cores is 17: expected 1 to 16\n");
}

static void checks_transport(void)
{
	takes(HEAD EDGE INTERNAL LIMITS LOCALS GATEWAY PARTNER
	      "<dataplane congestion='newreno' ecn='false'/>" TAIL,
	      "");
	refuses(HEAD EDGE INTERNAL LIMITS LOCALS GATEWAY PARTNER
		"<dataplane congestion='reno'/>" TAIL,
		"t.xml:8: error: congestion of <dataplane> is \"reno\": expected cubic or "
		"newreno\n");
	takes(HEAD EDGE INTERNAL LIMITS LOCALS GATEWAY PARTNER "<dataplane ecn='true'/>" TAIL, "");
	refuses(HEAD EDGE INTERNAL LIMITS LOCALS GATEWAY PARTNER "<dataplane ecn='yes'/>" TAIL,
		"t.xml:8: error: ecn of <dataplane> is \"yes\": expected true or false or True or "
		"False\n");
}

static void takes_several_cores(void)
{
	takes(HEAD EDGE INTERNAL LIMITS LOCALS GATEWAY PARTNER
	      "<dataplane cores='2' memory-mb='1024'/>" TAIL,
	      "");
	takes(HEAD EDGE INTERNAL LIMITS LOCALS GATEWAY PARTNER
	      "<dataplane cores='16' memory-mb='8192'/>" TAIL,
	      "");
	takes(HEAD EDGE INTERNAL LIMITS LOCALS GATEWAY PARTNER
	      "<dataplane cores='4' memory-mb='1024'/>" TAIL,
	      "t.xml:8: warning: memory-mb is 1024, and 4 cores with 4096 connections each take "
	      "about "
	      "1027: the relay may not start\n");
}

static void checks_memory(void)
{
	takes(HEAD EDGE INTERNAL LIMITS LOCALS GATEWAY PARTNER "<dataplane memory-mb='255'/>" TAIL,
	      "t.xml:8: warning: memory-mb is 255, and 1 cores with 4096 connections each take "
	      "about 256: the relay "
	      "may not start\n");
	takes(HEAD EDGE INTERNAL LIMITS LOCALS GATEWAY PARTNER "<dataplane memory-mb='256'/>" TAIL,
	      "");
}

static void checks_limits(void)
{
	refuses(WITH_LIMITS("ConnectionLimit='0'"),
		"t.xml:4: error: ConnectionLimit is 0: expected 1 to 1048576\n");
	takes(WITH_LIMITS("ConnectionLimit='10'"),
	      "t.xml:4: warning: PartnerConnectionLimit 20 is more than ConnectionLimit 10\n");
	takes(WITH_LIMITS("ConnectionLimit='5000'"),
	      "t.xml:4: warning: ConnectionLimit 5000 is more than the 4096 connections of all "
	      "cores\n");
	takes(
	    WITH_LIMITS("KeepAliveInterval='299'"),
	    "t.xml:4: warning: KeepAliveInterval 299 s is below 300 s: RFC 6120 4.6.4 asks not to "
	    "check a quiet stream oftener\n");
	takes(
	    WITH_LIMITS("StreamInactivityTimeout='300'"),
	    "t.xml:4: warning: StreamInactivityTimeout 300 s is not above KeepAliveInterval 300 s: "
	    "quiet streams end before a keep-alive is due\n");
	refuses(WITH_LIMITS("MaxStanzaBytes='9999'"),
		"t.xml:4: error: MaxStanzaBytes is 9999: expected 10000 to 16777216\n");
	takes(WITH_LIMITS("EnableLoggingAllMessageBodies='True'"),
	      "t.xml:4: warning: EnableLoggingAllMessageBodies has no effect: messages are logged "
	      "only with <log messages=\"true\">\n");
	takes(HEAD EDGE INTERNAL
	      "<log messages='true'/>"
	      "<GatewayConfiguration DialbackPassphrase='0123456789abcdef' "
	      "EnableLoggingAllMessageBodies='True'/>\n" LOCALS GATEWAY PARTNER TAIL,
	      "t.xml:4: warning: EnableLoggingAllMessageBodies: what people write to each other "
	      "goes into the log, in the clear\n");
	takes(HEAD EDGE INTERNAL "<log messages='true'/>" LIMITS LOCALS GATEWAY PARTNER TAIL, "");
	takes(
	    PARTNERS(P("a.example") " ConnectionLimit='1001'/>"),
	    "t.xml:8: warning: ConnectionLimit 1001 of partner a.example is more than the 1000 of "
	    "all partners together\n");
}

static void checks_the_drain(void)
{
	struct config *c = parse(GOOD);

	CHECK_EQ(c->drain.deadline_s, 300);
	CHECK_EQ(c->drain.spread_s, 60);
	CHECK_EQ(c->drain.stop_deadline_s, 5);
	CHECK_EQ(c->drain.stop_spread_s, 1);
	config_free(c);
	/* what is left out fits what is said */
	c = parse(HEAD EDGE INTERNAL LIMITS LOCALS GATEWAY
		  "<drain deadline='20' stop-deadline='0'/>" PARTNER TAIL);
	CHECK_EQ(c->drain.deadline_s, 20);
	CHECK_EQ(c->drain.spread_s, 20);
	CHECK_EQ(c->drain.stop_spread_s, 0);
	config_free(c);
	refuses(HEAD EDGE INTERNAL LIMITS LOCALS GATEWAY
		"<drain deadline='20' spread='21'/>" PARTNER TAIL,
		"t.xml:7: error: spread is longer than the deadline it is to be done by\n");
	refuses(HEAD EDGE INTERNAL LIMITS LOCALS GATEWAY
		"<drain stop-deadline='2' stop-spread='3'/>" PARTNER TAIL,
		"t.xml:7: error: stop-spread is longer than the deadline it is to be done by\n");
	refuses(HEAD EDGE INTERNAL LIMITS LOCALS GATEWAY
		"<drain stop-deadline='301' deadline='0'/>" PARTNER TAIL,
		"t.xml:7: error: deadline is 0: expected 1 to 86400\n"
		"t.xml:7: error: stop-deadline is 301: expected 0 to 300\n");
}

static void checks_names_and_passphrase(void)
{
	refuses(PARTNERS(P("a..example") "/>"),
		"t.xml:8: error: \"a..example\" in <AllowedPartner> is no domain name\n");
	refuses(PARTNERS(P("192.0.2.1") "/>"),
		"t.xml:8: error: \"192.0.2.1\" in <AllowedPartner> is no domain name\n");
	refuses(PARTNERS(P("a.example") " ProxyFqdn='x.example:99999'/>"),
		"t.xml:8: error: ProxyFqdn is \"x.example:99999\": expected a host name, or "
		"name:port\n");
	takes(HEAD EDGE INTERNAL LOCALS GATEWAY PARTNER TAIL,
	      "t.xml:1: warning: no DialbackPassphrase: one is made up at random for this process, "
	      "so other members of an edge pool cannot verify its dialback keys\n");
	takes(HEAD EDGE INTERNAL
	      "<GatewayConfiguration DialbackPassphrase='short'/>\n" LOCALS GATEWAY PARTNER TAIL,
	      "t.xml:4: warning: the dialback passphrase has fewer than 16 characters: it can be "
	      "guessed from a key that a partner has seen\n");
	refuses(WITH_LIMITS("DialbackPassphraseFile='x'"),
		"t.xml:4: error: DialbackPassphrase and DialbackPassphraseFile are both given: "
		"expected one of them\n");
}

static void stops_at_a_hundred_complaints(void)
{
	char *document = calloc(1, 65536), *end;
	unsigned int lines = 0;
	struct config *c;

	strcpy(document, HEAD EDGE INTERNAL LIMITS LOCALS "<AllowedPartners>");
	for (int i = 0; i < 200; i++)
		strcat(document, "<AllowedPartner/>\n");
	strcat(document, "</AllowedPartners>" TAIL);
	c = parse(document);
	CHECK(c == NULL);
	for (end = said; (end = strchr(end, '\n')) != NULL; end++)
		lines++;
	CHECK_EQ(lines, 101);
	CHECK(strstr(said, "and more, not shown") != NULL);
	free(document);
}

int main(void)
{
	RUN(says_what_the_schema_expected);
	RUN(shows_several_complaints_at_once);
	RUN(refuses_a_document_type);
	RUN(judges_all_negotiation_rows);
	RUN(warns_about_the_default_partner);
	RUN(refuses_names_used_twice);
	RUN(checks_who_serves_what);
	RUN(checks_interfaces);
	RUN(checks_transport);
	RUN(checks_limits);
	RUN(takes_several_cores);
	RUN(checks_memory);
	RUN(checks_the_drain);
	RUN(checks_names_and_passphrase);
	RUN(stops_at_a_hundred_complaints);
	return check_summary();
}
