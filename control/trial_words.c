/* SPDX-License-Identifier: BSD-3-Clause */
/* trial_words.c - the sentences of a trial. Each failure says which side has to do what. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "control/stream.h"
#include "control/trial_words.h"

enum { EXPIRY_WARN_DAYS = 14, DAY_S = 24 * 60 * 60 };

const char *trial_words_verdict(enum trial_verdict v)
{
	return v == TRIAL_OK ? "ok" : v == TRIAL_WARN ? "warn" : "fail";
}

void trial_words_line(struct trial_line *out, const char *step, enum trial_verdict verdict,
		      const char *format, ...)
{
	va_list values;

	*out = (struct trial_line){.step = step, .verdict = verdict};
	va_start(values, format);
	(void)vsnprintf(out->detail, sizeof(out->detail), format, values);
	va_end(values);
}

void trial_words_hint(struct trial_line *out, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	(void)vsnprintf(out->hint, sizeof(out->hint), format, values);
	va_end(values);
}

/* Whose certificate, server or administrator it is. */
static const char *side(const struct trial_who *who)
{
	return who->gateway != NULL ? "gateway" : "partner";
}

/* @pattern with $D for the domain tried, $L for ours and $S for whose server it is. */
static void fill(char *out, size_t room, const char *pattern, const struct trial_who *who)
{
	size_t len = 0;

	for (; *pattern != '\0' && len + 1 < room; pattern++) {
		const char *word = pattern[0] != '$'   ? NULL
				   : pattern[1] == 'D' ? who->domain
				   : pattern[1] == 'L' ? who->local
				   : pattern[1] == 'S' ? side(who)
						       : NULL;

		if (word == NULL) {
			out[len++] = *pattern;
			continue;
		}
		(void)snprintf(out + len, room - len, "%s", word);
		len += strlen(out + len);
		pattern++;
	}
	out[len] = '\0';
}

/* A bad certificate is the end where it is the only proof; beside dialback it costs EXTERNAL. */
static enum trial_verdict bad_certificate(const struct trial_who *who)
{
	return who->gateway == NULL && (who->methods & METHOD_DIALBACK_TLS) != 0 ? TRIAL_WARN
										 : TRIAL_FAIL;
}

static void date_text(time_t at, char out[16])
{
	struct tm utc;

	if (gmtime_r(&at, &utc) == NULL || strftime(out, 16, "%Y-%m-%d", &utc) == 0)
		(void)snprintf(out, 16, "?");
}

static void chain_line(const struct trial_who *who, const struct identity *id,
		       struct trial_line *out)
{
	static const char *const hints[] = {
	    [IDENTITY_FAULT_NONE] = "",
	    [IDENTITY_FAULT_EXPIRED] =
		"install a renewed certificate at the $S's server and let it reload",
	    [IDENTITY_FAULT_NOT_YET] =
		"its validity begins later: compare the clocks of the $S and of this host",
	    [IDENTITY_FAULT_UNTRUSTED] =
		("let the $S's server send its intermediate certificates, or add the certification "
		 "authority to the trust file of this interface (tls trust) and reload"),
	    [IDENTITY_FAULT_PURPOSE] =
		"the $S needs a certificate whose extended key usage has serverAuth, or none",
	    [IDENTITY_FAULT_OTHER] = "ask the $S for another certificate",
	};

	if (id->chain_good) {
		trial_words_line(out, "certificate-chain", TRIAL_OK,
				 "%s, issued by %s, leads to a trust anchor", id->subject,
				 id->issuer);
		return;
	}
	trial_words_line(out, "certificate-chain", bad_certificate(who),
			 "%s (%s, issued by %s; %u more certificates sent)", id->reason,
			 id->subject, id->issuer, id->sent > 0 ? id->sent - 1 : 0);
	fill(out->hint, sizeof(out->hint), hints[id->fault], who);
}

static void name_line(const struct trial_who *who, const struct identity *id, bool proves,
		      struct trial_line *out)
{
	char names[256];

	identity_names(id, names, sizeof(names));
	if (proves) {
		trial_words_line(out, "certificate-name", TRIAL_OK, "it names %s",
				 who->gateway != NULL ? who->gateway : who->domain);
		return;
	}
	trial_words_line(out, "certificate-name", bad_certificate(who),
			 "it does not name %s, but has %s",
			 who->gateway != NULL ? who->gateway : who->domain,
			 names[0] != '\0' ? names : "no name at all");
	if (who->gateway != NULL)
		trial_words_hint(out,
				 "add the name it has to the gateway's <certificate-name>, or give "
				 "the gateway a certificate with one that is listed");
	else
		trial_words_hint(out,
				 "the partner's certificate has to carry dNSName %s itself: the "
				 "name of its server or of its SRV target does not count",
				 who->domain);
}

static void expiry_line(const struct trial_who *who, const struct identity *id, time_t now,
			struct trial_line *out)
{
	const long long days = (long long)(id->not_after - now) / DAY_S;
	char date[16];

	date_text(id->not_after, date);
	if (id->not_after < now) {
		trial_words_line(out, "certificate-expiry", bad_certificate(who),
				 "expired on %s, %lld days ago", date, -days);
		trial_words_hint(out, "install a renewed certificate at the %s's server",
				 side(who));
		return;
	}
	trial_words_line(out, "certificate-expiry", days < EXPIRY_WARN_DAYS ? TRIAL_WARN : TRIAL_OK,
			 "good until %s, %lld days", date, days);
	if (out->verdict == TRIAL_WARN)
		trial_words_hint(out, "let the %s renew it now", side(who));
}

static void usage_line(const struct identity *id, struct trial_line *out)
{
	if (id->fault == IDENTITY_FAULT_PURPOSE) {
		trial_words_line(out, "certificate-usage", TRIAL_FAIL,
				 "extended key usage %s does not allow a server", id->usage);
		trial_words_hint(out, "a certificate with serverAuth is needed");
		return;
	}
	trial_words_line(out, "certificate-usage", TRIAL_OK, "extended key usage %s",
			 id->usage[0] != '\0' ? id->usage : "is not restricted");
	if (!identity_is_for_client(id))
		trial_words_hint(out, "no clientAuth: this relay takes it when that server dials "
				      "in, some other servers do not");
}

bool trial_words_certificate(const struct trial_who *who, const struct identity *id, bool proves,
			     time_t now, unsigned int index, struct trial_line *out)
{
	if (!id->present) {
		trial_words_line(out, "certificate-chain", TRIAL_FAIL, "no certificate is shown");
		trial_words_hint(out, "give the %s's server a certificate", side(who));
		return index == 0;
	}
	switch (index) {
	case 0:
		chain_line(who, id, out);
		return true;
	case 1:
		name_line(who, id, proves, out);
		return true;
	case 2:
		expiry_line(who, id, now, out);
		return true;
	case 3:
		usage_line(id, out);
		return true;
	default:
		return false;
	}
}

void trial_words_features(const struct trial_who *who, unsigned int offers, bool is_secure,
			  uint32_t max_bytes, struct trial_line *out)
{
	char limit[48] = "";

	if (!is_secure && (offers & STREAM_OFFERS_STARTTLS) != 0) {
		trial_words_line(out, "starttls", TRIAL_OK, "offered%s",
				 (offers & STREAM_OFFERS_STARTTLS_REQUIRED) != 0 ? ", and required"
										 : "");
		return;
	}
	if (!is_secure && who->tls == LEVEL_REQUIRED) {
		trial_words_refused(who, DROP_STREAM_TLS_REQUIRED, "", out);
		return;
	}
	if (max_bytes > 0)
		(void)snprintf(limit, sizeof(limit), ", stanzas of %u bytes at most", max_bytes);
	trial_words_line(
	    out, "features", TRIAL_OK, "%s: offers%s%s%s%s%s",
	    is_secure ? "over TLS" : "in the open",
	    (offers & STREAM_OFFERS_EXTERNAL) != 0 ? " EXTERNAL" : "",
	    (offers & STREAM_OFFERS_DIALBACK) != 0 ? " dialback" : "",
	    (offers & STREAM_OFFERS_BIDI) != 0 ? " bidi" : "",
	    (offers & (STREAM_OFFERS_EXTERNAL | STREAM_OFFERS_DIALBACK | STREAM_OFFERS_BIDI)) == 0
		? " nothing more"
		: "",
	    limit);
}

void trial_words_dial(const struct trial_who *who, const char *where, enum drop why, bool timed_out,
		      struct trial_line *out)
{
	if (timed_out) {
		trial_words_line(out, "connect", TRIAL_FAIL, "%s: no answer, timed out", where);
		trial_words_hint(out,
				 "a firewall drops it, or the host is down: TCP from the edge's "
				 "address to there has to be let through (show ports), here and at "
				 "the %s",
				 side(who));
	} else if (why == DROP_IP_NO_ROUTE) {
		trial_words_line(out, "connect", TRIAL_FAIL, "%s: no route", where);
		trial_words_hint(out, "set the interface's gateway for that family of addresses");
	} else {
		trial_words_line(out, "connect", TRIAL_FAIL, "%s: connection refused", where);
		trial_words_hint(out,
				 "nothing listens there: let the %s start its server, or correct "
				 "the port in %s",
				 side(who),
				 who->gateway != NULL ? "the gateway's entry"
						      : "its SRV record or in ProxyFqdn");
	}
}

/* TLS ended in an alert of the other side, or of ours. */
static void handshake_hint(const struct trial_who *who, const char *text, struct trial_line *out)
{
	if (strstr(text, "refused STARTTLS") != NULL)
		trial_words_hint(out,
				 "the %s's server offers TLS and cannot do it: let it check its "
				 "certificate and key",
				 side(who));
	else if (strstr(text, "alert") != NULL &&
		 (strstr(text, "certificate") != NULL || strstr(text, "unknown ca") != NULL))
		trial_words_hint(out,
				 "the %s's server does not take our certificate: cert check says "
				 "what it has; its CA has to be one they trust",
				 side(who));
	else
		trial_words_hint(out,
				 "no common TLS: this relay speaks TLS 1.2 and 1.3 with AEAD "
				 "suites, let the %s's server allow them",
				 side(who));
}

struct known {
	enum drop why;
	const char *step, *detail, *hint; /* as fill() has them */
};

static const struct known known[] = {
    {DROP_STREAM_TLS_REQUIRED, "starttls",
     "no STARTTLS is offered, and TlsNegotiation is Required here",
     "switch TLS on at the server of $D; or, where plain TCP is meant, set "
     "TlsNegotiation=\"Optional\" in its record and reload"},
    {DROP_TLS_SERVER_CERTIFICATE, "authentication",
     "the certificate does not prove $D, and no other method is left",
     "mend the certificate as the lines above say; or, where dialback is enough, set "
     "SaslNegotiation=\"Optional\" and SupportDialbackNegotiation=\"true\" in its record"},
    {DROP_STREAM_NO_METHOD, "authentication", "no method in common",
     "compare what is offered above with TlsNegotiation, SaslNegotiation and "
     "SupportDialbackNegotiation of $D (show partners $D)"},
    {DROP_SASL_FAILED, "authentication", "the other side does not accept us",
     "the server of $D does not take our certificate as proof of $L: it has to carry dNSName "
     "$L, be in date and come from a CA they trust (cert check FILE); then ask them for their "
     "log at this moment"},
    {DROP_DIALBACK_INVALID, "authentication",
     "dialback: our key for $L was found not valid by who was asked to verify it",
     "whoever _xmpp-server._tcp.$L leads to has another dialback secret: give each member of the "
     "edge pool the same DialbackPassphrase (dialback rotate-secret --from FILE, then the "
     "configuration), or correct that SRV record"},
    {DROP_DIALBACK_UNREACHABLE, "authentication",
     "dialback: the server of $D could not ask who answers for $L",
     "check that _xmpp-server._tcp.$L names this edge's address and that TCP 5269 to it is let "
     "through (show ports)"},
    {DROP_DIALBACK_REFUSED, "authentication", "dialback was refused",
     "the server of $D may not federate with $L: let its administrator allow it"},
    {DROP_STREAM_HOST_UNKNOWN, "authentication", "$D is not served where its name leads",
     "correct the SRV records of $D, or its ProxyFqdn, or let that server host it"},
    {DROP_STREAM_TIMEOUT, "stream", "not established in time",
     "the server of $D stopped answering: let its administrator look at its log at this moment"},
    {DROP_STREAM_CLOSED_EARLY, "stream", "closed by the other side",
     "the server of $D ended it without a word: let its administrator look at its log"},
};

void trial_words_refused(const struct trial_who *who, enum drop why, const char *text,
			 struct trial_line *out)
{
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i].why == why) {
			char detail[256];

			fill(detail, sizeof(detail), known[i].detail, who);
			trial_words_line(out, known[i].step, TRIAL_FAIL, "%s%s%s", detail,
					 text[0] != '\0' ? ": " : "", text);
			fill(out->hint, sizeof(out->hint), known[i].hint, who);
			return;
		}
	if (why == DROP_TLS_HANDSHAKE || why == DROP_TLS_UNEXPECTED) {
		trial_words_line(out, "tls", TRIAL_FAIL, "%s", text);
		handshake_hint(who, text, out);
		return;
	}
	trial_words_line(out, "stream", TRIAL_FAIL, "%s%s%s", drop_text(why),
			 text[0] != '\0' ? ": " : "", text);
	if (why == DROP_STREAM_ERROR && strstr(text, "not-authorized") != NULL)
		trial_words_hint(out,
				 "the server of %s does not let %s in: let its administrator "
				 "allow it, and check our certificate",
				 who->domain, who->local);
	else if (why == DROP_STREAM_ERROR)
		trial_words_hint(out,
				 "this is what the server of %s says: ask its administrator, "
				 "with the stream's id",
				 who->domain);
}
