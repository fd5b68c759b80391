/* SPDX-License-Identifier: BSD-3-Clause */
/* trial_words_test.c - what is said of each way in which a partner can be broken. */
#include "control/trial_words.h"

#include "control/stream.h"
#include "tests/check.h"

enum { NOW = 1800000000, DAY = 24 * 60 * 60 };

static const struct trial_who partner = {.domain = "partner.example",
					 .local = "contoso.example",
					 .methods = METHOD_SASL_EXTERNAL,
					 .tls = LEVEL_REQUIRED};
static struct identity id; /* too large for a test's stack */

static void certificate(enum identity_fault fault, long long days)
{
	static const struct identity plain = {.present = true,
					      .reason = "OpenSSL's words",
					      .count = 1,
					      .names = {{IDENTITY_DNS, "www.partner.example"}},
					      .subject = "CN=a",
					      .issuer = "CN=b",
					      .usage = "serverAuth"};

	id = plain;
	id.chain_good = fault == IDENTITY_FAULT_NONE;
	id.fault = fault;
	id.not_after = NOW + days * DAY;
}

static enum trial_verdict verdict(const struct trial_who *who, bool proves, unsigned int index,
				  const char *step, const char *detail, const char *hint)
{
	struct trial_line line;

	CHECK(trial_words_certificate(who, &id, proves, NOW, index, &line));
	CHECK_STR(line.step, step);
	if (strstr(line.detail, detail) == NULL)
		CHECK_STR(line.detail, detail); /* shows both */
	if (strstr(line.hint, hint) == NULL)
		CHECK_STR(line.hint, hint);
	CHECK((line.verdict == TRIAL_OK) || line.hint[0] != '\0');
	return line.verdict;
}

static void judges_a_good_certificate(void)
{
	struct trial_line line;

	certificate(IDENTITY_FAULT_NONE, 100);
	CHECK_EQ(verdict(&partner, true, 0, "certificate-chain", "issued by CN=b", ""), TRIAL_OK);
	CHECK_EQ(verdict(&partner, true, 1, "certificate-name", "partner.example", ""), TRIAL_OK);
	CHECK_EQ(verdict(&partner, true, 2, "certificate-expiry", "100 days", ""), TRIAL_OK);
	CHECK_EQ(verdict(&partner, true, 3, "certificate-usage", "serverAuth", "no clientAuth"),
		 TRIAL_OK);
	CHECK(!trial_words_certificate(&partner, &id, true, NOW, 4, &line));
}

static void judges_a_bad_one(void)
{
	struct trial_who dialback = partner;

	dialback.methods |= METHOD_DIALBACK_TLS;
	certificate(IDENTITY_FAULT_EXPIRED, -3);
	CHECK_EQ(verdict(&partner, true, 0, "certificate-chain", "OpenSSL's words", "renewed"),
		 TRIAL_FAIL);
	CHECK_EQ(verdict(&partner, true, 2, "certificate-expiry", "3 days ago", "partner's server"),
		 TRIAL_FAIL);
	/* dialback can still do */
	CHECK_EQ(verdict(&dialback, true, 2, "certificate-expiry", "3 days ago", "renewed"),
		 TRIAL_WARN);
	certificate(IDENTITY_FAULT_UNTRUSTED, 5);
	CHECK_EQ(verdict(&partner, false, 0, "certificate-chain", "", "trust file"), TRIAL_FAIL);
	CHECK_EQ(verdict(&partner, false, 1, "certificate-name",
			 "does not name partner.example, but has dns:www.partner.example",
			 "dNSName partner.example"),
		 TRIAL_FAIL);
	CHECK_EQ(verdict(&partner, false, 2, "certificate-expiry", "5 days", "renew"), TRIAL_WARN);
	certificate(IDENTITY_FAULT_PURPOSE, 50);
	CHECK_EQ(verdict(&partner, false, 3, "certificate-usage", "serverAuth", "serverAuth"),
		 TRIAL_FAIL);
}

static void judges_a_gateway(void)
{
	struct trial_who gateway = partner;

	gateway.gateway = "gw1";
	gateway.methods |= METHOD_DIALBACK_TLS; /* which is no way out inside */
	certificate(IDENTITY_FAULT_NONE, 50);
	CHECK_EQ(verdict(&gateway, false, 1, "certificate-name", "gw1", "<certificate-name>"),
		 TRIAL_FAIL);
	id.present = false;
	CHECK_EQ(verdict(&gateway, false, 0, "certificate-chain", "no certificate", "gateway"),
		 TRIAL_FAIL);
}

static void refused(enum drop why, const char *text, const char *step, const char *detail,
		    const char *hint)
{
	struct trial_line line;

	trial_words_refused(&partner, why, text, &line);
	CHECK_STR(line.step, step);
	CHECK_EQ(line.verdict, TRIAL_FAIL);
	if (strstr(line.detail, detail) == NULL)
		CHECK_STR(line.detail, detail);
	if (strstr(line.hint, hint) == NULL)
		CHECK_STR(line.hint, hint);
	CHECK(strchr(line.detail, '$') == NULL && strchr(line.hint, '$') == NULL);
}

static void says_who_has_to_do_what(void)
{
	refused(DROP_STREAM_TLS_REQUIRED, "", "starttls", "no STARTTLS",
		"switch TLS on at the server of partner.example");
	refused(DROP_SASL_FAILED, "our EXTERNAL refused: not-authorized", "authentication",
		"not-authorized", "as proof of contoso.example");
	refused(DROP_DIALBACK_INVALID, "", "authentication", "our key for contoso.example",
		"same DialbackPassphrase");
	refused(DROP_DIALBACK_UNREACHABLE, "", "authentication", "could not ask",
		"_xmpp-server._tcp.contoso.example");
	refused(DROP_STREAM_HOST_UNKNOWN, "", "authentication", "partner.example is not served",
		"SRV records of partner.example");
	refused(DROP_STREAM_ERROR, "not-authorized", "stream", "not-authorized",
		"does not let contoso.example in");
	refused(DROP_STREAM_ERROR, "host-gone", "stream", "host-gone", "ask its administrator");
	refused(DROP_TLS_HANDSHAKE, "sslv3 alert certificate expired", "tls", "alert",
		"does not take our certificate");
	refused(DROP_TLS_HANDSHAKE, "no shared cipher", "tls", "no shared cipher", "TLS 1.2");
	refused(DROP_TLS_HANDSHAKE, "the other side refused STARTTLS", "tls", "refused STARTTLS",
		"cannot do it");
	refused(DROP_STREAM_IDLE, "", "stream", drop_text(DROP_STREAM_IDLE), "");
}

static void says_what_is_offered(void)
{
	struct trial_who plain = partner;
	struct trial_line line;

	trial_words_features(
	    &partner, STREAM_OFFERS | STREAM_OFFERS_STARTTLS | STREAM_OFFERS_STARTTLS_REQUIRED,
	    false, 0, &line);
	CHECK_STR(line.detail, "offered, and required");
	trial_words_features(&partner, STREAM_OFFERS | STREAM_OFFERS_DIALBACK, false, 0, &line);
	CHECK_STR(line.step, "starttls");
	CHECK_EQ(line.verdict, TRIAL_FAIL);
	plain.tls = LEVEL_OPTIONAL;
	trial_words_features(&plain, STREAM_OFFERS | STREAM_OFFERS_DIALBACK, false, 0, &line);
	CHECK_STR(line.step, "features");
	CHECK_STR(line.detail, "in the open: offers dialback");
	trial_words_features(&partner, STREAM_OFFERS | STREAM_OFFERS_EXTERNAL | STREAM_OFFERS_BIDI,
			     true, 262144, &line);
	CHECK_STR(line.detail, "over TLS: offers EXTERNAL bidi, stanzas of 262144 bytes at most");
	trial_words_features(&partner, STREAM_OFFERS, true, 0, &line);
	CHECK_STR(line.detail, "over TLS: offers nothing more");
}

static void tells_silence_from_refusal(void)
{
	struct trial_line line;

	trial_words_dial(&partner, "192.0.2.1 port 5269", DROP_DIAL_FAILED, false, &line);
	CHECK(strstr(line.detail, "connection refused") != NULL);
	trial_words_dial(&partner, "192.0.2.1 port 5269", DROP_DIAL_FAILED, true, &line);
	CHECK(strstr(line.detail, "timed out") != NULL);
	CHECK(strstr(line.hint, "firewall") != NULL);
	trial_words_dial(&partner, "2001:db8::1 port 5269", DROP_IP_NO_ROUTE, false, &line);
	CHECK(strstr(line.detail, "no route") != NULL);
}

int main(void)
{
	RUN(judges_a_good_certificate);
	RUN(judges_a_bad_one);
	RUN(judges_a_gateway);
	RUN(says_who_has_to_do_what);
	RUN(says_what_is_offered);
	RUN(tells_silence_from_refusal);
	return check_summary();
}
