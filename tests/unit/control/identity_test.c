/* SPDX-License-Identifier: BSD-3-Clause */
/* identity_test.c - names out of certificates, and which domains they prove. */
#include "control/identity.h"

#include <openssl/x509v3.h>

#include "tests/check.h"
#include "tests/unit/tls/tls_kit.h"

#define SRV_ID  "otherName:1.3.6.1.5.5.7.8.7;IA5:"
#define XMPP_ID "otherName:1.3.6.1.5.5.7.8.5;UTF8:"

static struct kit_cert ca, other_ca;
static struct identity_trust trust;
static struct identity id; /* too large for a test's stack */

/* The same is proved by what is kept of it. */
static bool proves(const struct identity *of, const char *domain, bool allow_cn)
{
	static char text[IDENTITY_TEXT_MAX];
	const bool does = identity_proves(of, domain, allow_cn);

	identity_text(of, text);
	CHECK_EQ(identity_text_proves(text, domain, allow_cn), does);
	return does;
}

static void read_cert(struct kit_cert *cert, bool also_client)
{
	trust.also_client_purpose = also_client;
	identity_read(&id, cert->x, NULL, &trust);
	kit_free(cert);
}

static void read_want(const char *cn, const char *san)
{
	struct kit_cert cert = kit_issue(&(struct kit_want){.cn = cn, .san = san, .issuer = &ca});

	read_cert(&cert, false);
}

static void reads_every_kind_of_name(void)
{

	read_want("Some.Host",
		  "DNS:Im.Example.COM," SRV_ID "_xmpp-server.srv.example," SRV_ID
		  "_XMPP-Client.client.example," SRV_ID "_imap.mail.example," XMPP_ID
		  "xmpp.example,IP:192.0.2.1,email:a@b.example,URI:https://uri.example");
	CHECK(id.present && id.chain_good && !id.cut);
	CHECK_EQ(id.count, 5);
	CHECK(id.names[0].kind == IDENTITY_DNS);
	CHECK_STR(id.names[0].name, "im.example.com");
	CHECK(id.names[1].kind == IDENTITY_SRV);
	CHECK_STR(id.names[1].name, "srv.example");
	CHECK(id.names[2].kind == IDENTITY_SRV);
	CHECK_STR(id.names[2].name, "client.example");
	CHECK(id.names[3].kind == IDENTITY_XMPP);
	CHECK_STR(id.names[3].name, "xmpp.example");
	CHECK(id.names[4].kind == IDENTITY_CN);
	CHECK_STR(id.names[4].name, "some.host");
	CHECK(proves(&id, "im.example.com", false));
	CHECK(proves(&id, "srv.example", false));
	CHECK(proves(&id, "client.example", false));
	CHECK(proves(&id, "xmpp.example", false));
	CHECK(!proves(&id, "mail.example", false));
	CHECK(!proves(&id, "b.example", false));
	CHECK(!proves(&id, "uri.example", false));
	CHECK(!proves(&id, "example.com", false));
	CHECK(!proves(&id, "a.im.example.com", false));
	CHECK(id.not_after > time(NULL) + 80 * 86400 && id.not_after < time(NULL) + 91 * 86400);
	CHECK(strlen(id.serial) >= 2);
}

/* One SAN that openssl.cnf's language cannot write. */
static void read_crafted(GENERAL_NAME *name)
{
	struct kit_cert cert =
	    kit_issue(&(struct kit_want){.cn = "c n", .issuer = &ca, .is_hollow = true});
	GENERAL_NAMES *all = GENERAL_NAMES_new();

	sk_GENERAL_NAME_push(all, name);
	CHECK(X509_add1_ext_i2d(cert.x, NID_subject_alt_name, all, 0, 0) == 1);
	kit_sign(&cert, &ca);
	read_cert(&cert, false);
	CHECK(id.present && id.chain_good);
	GENERAL_NAMES_free(all);
}

static void read_other_name(int nid, int type, const char *text, int len)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *string = ASN1_STRING_type_new(type);
	ASN1_TYPE *value = ASN1_TYPE_new();

	ASN1_STRING_set(string, text, len);
	ASN1_TYPE_set(value, type, string);
	GENERAL_NAME_set0_othername(name, OBJ_dup(OBJ_nid2obj(nid)), value);
	read_crafted(name);
}

static void folds_an_xmpp_address_to_its_a_label(void)
{
	read_other_name(NID_XmppAddr, V_ASN1_UTF8STRING,
			"B\xc3\xbc"
			"cher.example",
			15);
	CHECK_EQ(id.count, 1);
	CHECK_STR(id.names[0].name, "xn--bcher-kva.example");
	CHECK(proves(&id, "xn--bcher-kva.example", false));
}

static void ignores_other_names_that_are_no_domains(void)
{
	read_other_name(NID_XmppAddr, V_ASN1_UTF8STRING, "juliet@im.example", 17);
	CHECK_EQ(id.count, 0);
	read_other_name(NID_XmppAddr, V_ASN1_UTF8STRING, "im.example/r", 12);
	CHECK_EQ(id.count, 0);
	read_other_name(NID_XmppAddr, V_ASN1_UTF8STRING,
			"b\xfc"
			"cher.example",
			13);
	CHECK_EQ(id.count, 0);
	read_other_name(NID_XmppAddr, V_ASN1_UTF8STRING, "im.example\0.evil.example", 24);
	CHECK_EQ(id.count, 0);
	read_other_name(NID_XmppAddr, V_ASN1_IA5STRING, "im.example", 10);
	CHECK_EQ(id.count, 0);
	read_other_name(NID_SRVName, V_ASN1_UTF8STRING, "_xmpp-server.im.example", 23);
	CHECK_EQ(id.count, 0);
	read_other_name(NID_SRVName, V_ASN1_IA5STRING, "_xmpp-server.", 13);
	CHECK_EQ(id.count, 0);
	read_other_name(NID_SRVName, V_ASN1_IA5STRING, "_xmpp-server.im.example", 23);
	CHECK_EQ(id.count, 1);
}

/* The oldest trick: a NUL ends the name for a careless reader. */
static void ignores_a_name_with_a_nul_or_too_long(void)
{
	static const char evil[] = "good.example\0.evil.example";
	char text[DOMAIN_TEXT_MAX + 1];

	for (int round = 0; round < 3; round++) {
		GENERAL_NAME *name = GENERAL_NAME_new();
		ASN1_IA5STRING *string = ASN1_IA5STRING_new();

		memset(text, 'a', sizeof(text));
		if (round == 0)
			ASN1_STRING_set(string, evil, sizeof(evil) - 1);
		else
			ASN1_STRING_set(string, text, DOMAIN_TEXT_MAX + (round == 1 ? 1 : 0));
		GENERAL_NAME_set0_value(name, GEN_DNS, string);
		read_crafted(name);
		CHECK_EQ(id.count, round == 2 ? 1 : 0);
		CHECK(!proves(&id, "good.example", false));
	}
}

static void cuts_a_list_that_is_too_long(void)
{
	static char san[20 * (IDENTITY_NAMES_MAX + 1)];
	size_t at = 0;

	for (int i = 0; i <= IDENTITY_NAMES_MAX; i++)
		at += (size_t)snprintf(san + at, sizeof(san) - at, "%sDNS:h%d.example",
				       i > 0 ? "," : "", i);
	read_want("cn.example", san);
	CHECK(id.cut);
	CHECK_EQ(id.count, IDENTITY_NAMES_MAX);
	CHECK(proves(&id, "h63.example", false));
	CHECK(!proves(&id, "h64.example", false));
	CHECK(!proves(&id, "cn.example", true));
}

static void name_is(enum identity_kind kind, const char *name)
{
	memset(&id, 0, sizeof(id));
	id.present = id.chain_good = true;
	id.count = 1;
	id.names[0].kind = kind;
	snprintf(id.names[0].name, sizeof(id.names[0].name), "%s", name);
}

static bool dns_proves(const char *name, const char *domain)
{
	name_is(IDENTITY_DNS, name);
	return proves(&id, domain, true);
}

static void matches_a_wildcard_for_one_label(void)
{

	CHECK(dns_proves("*.example.com", "im.example.com"));
	CHECK(dns_proves("*.example.com", "IM.Example.com"));
	CHECK(!dns_proves("*.example.com", "example.com"));
	CHECK(!dns_proves("*.example.com", "a.im.example.com"));
	CHECK(!dns_proves("*.example.com", ".example.com"));
	CHECK(!dns_proves("*.example.com", "*.example.com"));
	CHECK(!dns_proves("*.com", "example.com"));
	CHECK(!dns_proves("*", "example"));
	CHECK(!dns_proves("*.", "a."));
	CHECK(!dns_proves("im*.example.com", "im1.example.com"));
	CHECK(!dns_proves("*m.example.com", "im.example.com"));
	CHECK(!dns_proves("im.*.com", "im.example.com"));
	CHECK(!dns_proves("*.*.com", "im.example.com"));
	CHECK(!dns_proves("*.example.com", "im.example.com.evil.example"));
	CHECK(!dns_proves("*.example.com", ""));
	name_is(IDENTITY_SRV, "*.example.com");
	CHECK(!proves(&id, "im.example.com", true));
	name_is(IDENTITY_XMPP, "*.example.com");
	CHECK(!proves(&id, "im.example.com", true));
	name_is(IDENTITY_CN, "*.example.com");
	CHECK(!proves(&id, "im.example.com", true));
}

static void counts_the_common_name_only_alone(void)
{

	read_want("gw.internal.example", NULL);
	CHECK(proves(&id, "gw.internal.example", true));
	CHECK(!proves(&id, "gw.internal.example", false));
	read_want("gw.internal.example", "DNS:pool.internal.example");
	CHECK(!proves(&id, "gw.internal.example", true));
	CHECK(proves(&id, "pool.internal.example", true));
	read_want("gw.internal.example", SRV_ID "_xmpp-server.im.example");
	CHECK(proves(&id, "gw.internal.example", true));
}

static void proves_nothing_without_a_good_chain(void)
{
	name_is(IDENTITY_DNS, "a.example");
	CHECK(proves(&id, "a.example", false));
	id.chain_good = false;
	CHECK(!proves(&id, "a.example", false));
	identity_read(&id, NULL, NULL, &trust);
	CHECK(!id.present && !id.chain_good && !proves(&id, "a.example", true));
}

/* @eku of a certificate of @issuer valid from..to days: is the chain good, and if not, why? */
static void check_chain(const struct kit_want *want, bool also_client, const char *reason)
{
	struct kit_cert cert = kit_issue(want);

	read_cert(&cert, also_client);
	CHECK_STR(id.reason, reason);
	CHECK_EQ(id.chain_good, reason[0] == '\0');
}

static void judges_chains(void)
{
	struct kit_want want = {.cn = "a.example", .san = "DNS:a.example", .issuer = &ca};

	check_chain(&want, false, "");
	want.is_rsa = true;
	check_chain(&want, false, "");
	want.is_weak = true;
	check_chain(&want, false, "EE certificate key too weak");
	want.is_rsa = want.is_weak = false;
	want.eku = "serverAuth";
	check_chain(&want, false, "");
	check_chain(&want, true, "");
	want.eku = "serverAuth,clientAuth";
	check_chain(&want, false, "");
	want.eku = "clientAuth";
	check_chain(&want, true, "");
	check_chain(&want, false, "unsuitable certificate purpose");
	want.eku = "emailProtection";
	check_chain(&want, false, "unsuitable certificate purpose");
	check_chain(&want, true, "unsuitable certificate purpose");
	want.eku = NULL;
	want.to_days = -1;
	want.from_days = -10;
	check_chain(&want, false, "certificate has expired");
	want.from_days = 5;
	want.to_days = 10;
	check_chain(&want, false, "certificate is not yet valid");
	want.from_days = want.to_days = 0;
	want.issuer = &other_ca;
	check_chain(&want, false, "unable to get local issuer certificate");
	want.issuer = NULL;
	check_chain(&want, false, "self-signed certificate");
}

static void walks_an_intermediate(void)
{
	struct kit_cert middle =
	    kit_issue(&(struct kit_want){.cn = "Middle", .issuer = &ca, .is_ca = true});
	struct kit_cert leaf =
	    kit_issue(&(struct kit_want){.cn = "a", .san = "DNS:a.example", .issuer = &middle});
	STACK_OF(X509) *chain = sk_X509_new_null();

	trust.also_client_purpose = false;
	identity_read(&id, leaf.x, NULL, &trust);
	CHECK(!id.chain_good);
	sk_X509_push(chain, middle.x);
	identity_read(&id, leaf.x, chain, &trust);
	CHECK(id.chain_good && proves(&id, "a.example", false));
	sk_X509_free(chain);
	kit_free(&middle);
	kit_free(&leaf);
}

static void tells_what_an_operator_wants_to_know(void)
{
	struct kit_cert cert = kit_issue(&(struct kit_want){.cn = "host.example",
							    .san = "DNS:host.example,DNS:b.example",
							    .eku = "serverAuth",
							    .issuer = &ca});
	char card[IDENTITY_CARD_MAX], names[48];

	read_cert(&cert, false);
	CHECK_EQ(id.fault, IDENTITY_FAULT_NONE);
	CHECK_STR(id.usage, "serverAuth");
	CHECK(!identity_is_for_client(&id));
	CHECK(strstr(id.subject, "CN=host.example") != NULL);
	CHECK(id.not_before < id.not_after);
	identity_names(&id, names, sizeof(names));
	CHECK_STR(names, "dns:host.example dns:b.example cn:host.example");
	identity_names(&id, names, 24); /* what does not fit is cut at a name */
	CHECK_STR(names, "dns:host.example ...");
	identity_card(&id, card);
	CHECK(strncmp(card, id.subject, strlen(id.subject)) == 0);
	CHECK(strstr(card, id.serial) != NULL && strstr(card, "\nserverAuth\n") != NULL);
	cert = kit_issue(&(struct kit_want){
	    .cn = "old.example", .issuer = &ca, .from_days = -20, .to_days = -10});
	read_cert(&cert, false);
	CHECK_EQ(id.fault, IDENTITY_FAULT_EXPIRED);
	CHECK(identity_is_for_client(&id)); /* no usage: any */
	cert = kit_issue(&(struct kit_want){.cn = "other.example", .issuer = &other_ca});
	read_cert(&cert, false);
	CHECK_EQ(id.fault, IDENTITY_FAULT_UNTRUSTED);
	cert = kit_issue(
	    &(struct kit_want){.cn = "client.example", .eku = "clientAuth", .issuer = &ca});
	read_cert(&cert, false);
	CHECK_EQ(id.fault, IDENTITY_FAULT_PURPOSE);
}

int main(void)
{
	ca = kit_issue(&(struct kit_want){.cn = "Test CA", .is_ca = true});
	other_ca = kit_issue(&(struct kit_want){.cn = "Other CA", .is_ca = true});
	trust.store = X509_STORE_new();
	X509_STORE_add_cert(trust.store, ca.x);
	RUN(reads_every_kind_of_name);
	RUN(folds_an_xmpp_address_to_its_a_label);
	RUN(ignores_other_names_that_are_no_domains);
	RUN(ignores_a_name_with_a_nul_or_too_long);
	RUN(cuts_a_list_that_is_too_long);
	RUN(matches_a_wildcard_for_one_label);
	RUN(counts_the_common_name_only_alone);
	RUN(proves_nothing_without_a_good_chain);
	RUN(judges_chains);
	RUN(walks_an_intermediate);
	RUN(tells_what_an_operator_wants_to_know);
	X509_STORE_free(trust.store);
	kit_free(&ca);
	kit_free(&other_ca);
	return check_summary();
}
