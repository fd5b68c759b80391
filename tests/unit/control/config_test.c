/* SPDX-License-Identifier: BSD-3-Clause */
/* config_test.c - values and defaults, included files, and what a reload cannot change. */
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_text.h"

static void has_the_documented_defaults(void)
{
	struct config *c = parse(GOOD);
	const struct partner *p;
	const struct limits *l;
	char text[ADDR_TEXT_MAX];

	CHECK_STR(said, "");
	CHECK(c != NULL);
	if (c == NULL)
		return;
	CHECK_EQ(c->cores, 1);
	CHECK_EQ(c->conns_per_core, 4096);
	CHECK_EQ(c->busy_per_core, 4096);
	CHECK_EQ(c->memory_mb, 512);
	CHECK_EQ(c->huge_pages, true);
	CHECK_EQ(c->idle, CORE_YIELD);
	CHECK_EQ(c->ecn, false);
	CHECK_EQ(c->iface[IFACE_EDGE].port, 5269);
	CHECK_EQ(c->iface[IFACE_INTERNAL].port, 23456);
	CHECK_EQ(c->iface[IFACE_EDGE].mtu, 1500);
	CHECK_EQ(c->iface[IFACE_EDGE].prefix_len, 24);
	CHECK_STR(addr_text(&c->iface[IFACE_EDGE].address, text), "192.0.2.10");
	CHECK_STR(addr_text(&c->iface[IFACE_EDGE].gateway, text), "192.0.2.1");
	CHECK_STR(c->iface[IFACE_EDGE].device_args, "");
	CHECK_EQ(c->iface[IFACE_EDGE].line, 2);
	CHECK(!c->iface[IFACE_EDGE].has_mac);
	CHECK_STR(c->tls[IFACE_EDGE].certificate, "a");
	CHECK(c->tls[IFACE_INTERNAL].certificate_dir == NULL);
	CHECK(c->resolver == NULL && !c->dnssec);
	CHECK_STR(c->socket_path, "/run/sluice/control.sock");
	CHECK(c->monitor_path == NULL && c->socket_group == NULL);
	CHECK_STR(c->log_level, "info");
	CHECK_STR(c->log_format, "logfmt");
	CHECK_STR(c->path, "t.xml");
	l = &c->policy->limits;
	CHECK_EQ(l->connection_limit, 1000);
	CHECK_EQ(l->partner_connection_limit, 20);
	CHECK_EQ(l->keepalive_interval_s, 300);
	CHECK_EQ(l->establishment_timeout_s, 60);
	CHECK_EQ(l->inactivity_timeout_s, 600);
	CHECK_EQ(l->subscription_refresh_interval_s, 28800);
	CHECK_EQ(l->log_all_message_bodies, false);
	CHECK_EQ(l->stanza_bytes_max, 524288);
	CHECK_EQ(c->policy->partner_count, 1);
	p = &c->policy->partners[0];
	CHECK_EQ(p->id.n, 1);
	CHECK_STR(p->domain, "partner.example");
	CHECK_EQ(p->type, PARTNER_PUBLIC_UNVERIFIED);
	CHECK_EQ(p->tls, LEVEL_REQUIRED);
	CHECK_EQ(p->sasl, LEVEL_OPTIONAL);
	CHECK_EQ(p->dialback, true);
	CHECK_EQ(p->connection_limit, 0);
	CHECK_EQ(p->keepalive, true);
	CHECK(p->proxy_fqdn == NULL && p->description == NULL);
	CHECK_EQ(p->proxy_port, 5269);
	CHECK_EQ(p->line, 7);
	CHECK_EQ(c->policy->gateways[0].dial, GATEWAY_DIAL_NONE);
	CHECK_EQ(c->policy->gateways[0].port, 23456);
	CHECK_EQ(c->policy->gateways[0].match_common_name, false);
	config_free(c);
}

static void reads_every_parameter(void)
{
	struct config *c = parse(
	    HEAD
	    "<dataplane cores='1' memory-mb='640' huge-pages='false' idle='sleep' ecn='true' "
	    "connections='8192' busy-connections='1000'/>\n"
	    "<edge driver='af_xdp' device='px0' device-args='busy_budget=32' "
	    "address='192.0.2.10/24' gateway='192.0.2.1' mtu='1400' mac='02:00:00:00:00:0a' "
	    "checksum-trust='true' XmppListeningPort='5300'><tls certificate='/c' "
	    "key='/k'/></edge>\n"
	    "<internal driver='tap' device='px1' address='198.51.100.10/24' "
	    "XmppInternalPort='5098'><tls certificate='a' key='b' trust='c' "
	    "certificate-dir='d'/></internal>\n"
	    "<resolver server='192.0.2.53@5353' dnssec='true'/><operator socket='/tmp/s' "
	    "monitor-socket='/tmp/m' group='adm'/>"
	    "<log level='debug' format='logfmt'/>\n"
	    "<GatewayConfiguration ConnectionLimit='7' PartnerConnectionLimit='3' "
	    "KeepAliveInterval='400' StreamEstablishmentTimeout='30' StreamInactivityTimeout='900' "
	    "SubscriptionRefreshInterval='3600' DialbackPassphrase='0123456789abcdef' "
	    "EnableLoggingAllMessageBodies='False' MaxStanzaBytes='10000'/>\n"
	    "<local-domains><domain> Contoso.EXAMPLE. </domain></local-domains>\n"
	    "<gateways><gateway name='gw1' dial='starttls' address='198.51.100.20' port='5269' "
	    "match-common-name='True'><certificate-name>GW1.contoso.example</certificate-name>"
	    "<domain>contoso.example</domain></gateway></gateways>\n"
	    "<AllowedPartners><AllowedPartner Domain='b\xc3\xbc"
	    "cher.example' PartnerType='Federated' "
	    "TlsNegotiation='NotSupported' SaslNegotiation='NotSupported' "
	    "SupportDialbackNegotiation='True' ConnectionLimit='5' EnableKeepAlive='False' "
	    "ProxyFqdn='xmpp.partner.example:5270' Description='Books'>"
	    "<AdditionalDomain>sub.partner.example</AdditionalDomain></AllowedPartner>"
	    "</AllowedPartners>\n" TAIL);
	const struct partner *p;
	const struct gateway *g;

	CHECK_STR(said, "");
	if (c == NULL)
		return;
	CHECK_EQ(c->cores, 1);
	CHECK_EQ(c->conns_per_core, 8192);
	CHECK_EQ(c->busy_per_core, 1000);
	CHECK_EQ(c->memory_mb, 640);
	CHECK_EQ(c->huge_pages, false);
	CHECK_EQ(c->idle, CORE_SLEEP);
	CHECK_EQ(c->ecn, true);
	CHECK_STR(c->iface[IFACE_EDGE].driver, "af_xdp");
	CHECK_STR(c->iface[IFACE_EDGE].device_args, "busy_budget=32");
	CHECK_EQ(c->iface[IFACE_EDGE].mtu, 1400);
	CHECK(c->iface[IFACE_EDGE].has_mac);
	CHECK_EQ(c->iface[IFACE_EDGE].mac.addr_bytes[5], 10);
	CHECK(c->iface[IFACE_EDGE].checksum_trust);
	CHECK_EQ(c->iface[IFACE_EDGE].port, 5300);
	CHECK_EQ(c->iface[IFACE_INTERNAL].port, 5098);
	CHECK(c->tls[IFACE_EDGE].trust == NULL);
	CHECK_STR(c->tls[IFACE_INTERNAL].certificate_dir, "d");
	CHECK_STR(c->resolver, "192.0.2.53@5353");
	CHECK(c->dnssec);
	CHECK_STR(c->socket_path, "/tmp/s");
	CHECK_STR(c->monitor_path, "/tmp/m");
	CHECK_STR(c->socket_group, "adm");
	CHECK_STR(c->log_level, "debug");
	CHECK_EQ(c->policy->limits.connection_limit, 7);
	CHECK_EQ(c->policy->limits.stanza_bytes_max, 10000);
	CHECK_EQ(c->policy->limits.inactivity_timeout_s, 900);
	CHECK_STR(c->policy->dialback_passphrase, "0123456789abcdef");
	CHECK_STR(c->policy->local_domains[0], "contoso.example");
	g = &c->policy->gateways[0];
	CHECK_EQ(g->dial, GATEWAY_DIAL_STARTTLS);
	CHECK_EQ(g->port, 5269);
	CHECK(g->match_common_name);
	CHECK_STR(g->certificate_names[0], "gw1.contoso.example");
	p = &c->policy->partners[0];
	CHECK_STR(p->domain, "xn--bcher-kva.example");
	CHECK_STR(p->additional_domains[0], "sub.partner.example");
	CHECK_EQ(p->type, PARTNER_FEDERATED);
	CHECK_EQ(p->tls, LEVEL_NOT_SUPPORTED);
	CHECK_EQ(p->keepalive, false);
	CHECK_EQ(p->connection_limit, 5);
	CHECK_STR(p->proxy_fqdn, "xmpp.partner.example");
	CHECK_EQ(p->proxy_port, 5270);
	CHECK_STR(p->description, "Books");
	CHECK(policy_partner(c->policy, "sub.partner.example") == p);
	config_free(c);
}

static void makes_up_a_passphrase(void)
{
	struct config *a = parse(HEAD EDGE INTERNAL LOCALS GATEWAY PARTNER TAIL);
	struct config *b = parse(HEAD EDGE INTERNAL LOCALS GATEWAY PARTNER TAIL);

	CHECK(a != NULL && b != NULL);
	if (a != NULL && b != NULL) {
		CHECK_EQ(strlen(a->policy->dialback_passphrase), 64);
		CHECK(strcmp(a->policy->dialback_passphrase, b->policy->dialback_passphrase) != 0);
		CHECK_EQ(a->hash, b->hash);
	}
	config_free(a);
	config_free(b);
}

/* --- with files: includes, certificates, the example --- */

static char folder[] = "/tmp/config_testXXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	CHECK(f != NULL && fputs(text, f) >= 0);
	if (f != NULL)
		fclose(f);
}

static struct config *load(const char *name)
{
	FILE *report = fmemopen(said, sizeof(said), "w");
	char path[512];
	struct config *c;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	said[0] = '\0';
	c = config_load(path, report);
	fclose(report);
	return c;
}

/* Does the only complaint end in @want, its path without the folder? */
static void said_is(const char *want)
{
	const size_t n = strlen(folder) + 1;
	static char bare[sizeof(said)];
	char *out = bare;

	for (const char *in = said; *in != '\0';)
		if (strncmp(in, folder, n - 1) == 0 && in[n - 1] == '/')
			in += n;
		else
			*out++ = *in++;
	*out = '\0';
	CHECK_STR(bare, want);
}

#define XI              "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href="
#define INCLUDING(href) HEAD EDGE INTERNAL LIMITS LOCALS GATEWAY XI "'" href "'/>\n" TAIL

static void put_certificates(void)
{
	write_file("a", "certificate\n");
	write_file("b", "key\n");
	write_file("c", "trust\n");
}

static void includes_a_partners_file(void)
{
	struct config *c;
	uint64_t before;

	put_certificates();
	write_file("main.xml", INCLUDING("partners.xml"));
	write_file("partners.xml", "<AllowedPartners xmlns='urn:sluice:config:1'>\n\n" P(
				       "a.example") "/></AllowedPartners>");
	c = load("main.xml");
	said_is("");
	CHECK(c != NULL);
	if (c == NULL)
		return;
	CHECK_STR(c->policy->partners[0].domain, "a.example");
	CHECK_EQ(c->policy->partners[0].line, 3);
	before = c->hash;
	config_free(c);
	/* a complaint names the included file, and the hash covers it */
	write_file("partners.xml",
		   "<AllowedPartners xmlns='urn:sluice:config:1'>\n\n" P("a.example") "/>\n" P(
		       "contoso.example") "/></AllowedPartners>");
	c = load("main.xml");
	CHECK(c == NULL);
	said_is("partners.xml:4: error: domain contoso.example is both a local domain and a "
		"partner's: see main.xml:5\n");
	write_file("partners.xml", "<AllowedPartners xmlns='urn:sluice:config:1'>\n\n" P(
				       "b.example") "/></AllowedPartners>");
	c = load("main.xml");
	CHECK(c != NULL && c->hash != before);
	config_free(c);
}

static void says_why_an_include_fails(void)
{
	put_certificates();
	write_file("main.xml", INCLUDING("missing.xml"));
	CHECK(load("main.xml") == NULL);
	CHECK(strstr(said, "main.xml:7: error: cannot include \"") != NULL);
	CHECK(strstr(said, "missing.xml\": No such file or directory\n") != NULL);
	write_file("main.xml", INCLUDING("http://192.0.2.1/partners.xml"));
	CHECK(load("main.xml") == NULL);
	CHECK(strstr(said, "main.xml:7: error: ") != NULL);
	write_file("main.xml", INCLUDING("main.xml"));
	CHECK(load("main.xml") == NULL);
	CHECK(strstr(said, ": error: ") != NULL);
	write_file("partners.xml", "<AllowedPartners xmlns='urn:sluice:config:1'>\n<oops");
	write_file("main.xml", INCLUDING("partners.xml"));
	CHECK(load("main.xml") == NULL);
	CHECK(strstr(said, "partners.xml:2: error: ") != NULL);
}

static void reads_no_file_when_told_not_to(void)
{
	CHECK(parse(INCLUDING("/etc/hostname")) == NULL);
	CHECK(strstr(said, "no other file may be included here") != NULL);
}

static void wants_certificates_to_be_there(void)
{
	char path[512];

	put_certificates();
	write_file("main.xml", GOOD);
	config_free(load("main.xml"));
	said_is("");
	(void)snprintf(path, sizeof(path), "%s/c", folder);
	CHECK_EQ(unlink(path), 0);
	write_file("b", "");
	CHECK(load("main.xml") == NULL);
	said_is("main.xml:2: error: key \"b\": the file is empty\n"
		"main.xml:2: error: trust \"c\": No such file or directory\n"
		"main.xml:3: error: key \"b\": the file is empty\n"
		"main.xml:3: error: trust \"c\": No such file or directory\n");
	CHECK(load("nowhere.xml") == NULL);
	said_is("nowhere.xml:0: error: No such file or directory\n");
}

static void reads_a_passphrase_file(void)
{
	struct config *c;

	put_certificates();
	write_file(
	    "main.xml", HEAD EDGE INTERNAL
	    "<GatewayConfiguration DialbackPassphraseFile='s'/>\n" LOCALS GATEWAY PARTNER TAIL);
	CHECK(load("main.xml") == NULL);
	said_is("main.xml:4: error: DialbackPassphraseFile \"s\": No such file or directory\n");
	write_file("s", "sixteen letters!\nsecond line\n");
	c = load("main.xml");
	said_is("");
	CHECK(c != NULL);
	if (c != NULL)
		CHECK_STR(c->policy->dialback_passphrase, "sixteen letters!");
	config_free(c);
}

static const char *example_path;

static void takes_the_example(void)
{
	size_t len = 0;
	char *bytes = config_doc_slurp(example_path, &len), path[512];
	struct config *c;

	CHECK(bytes != NULL);
	if (bytes == NULL)
		return;
	write_file("example.xml", bytes);
	free(bytes);
	write_file("edge.crt", "x");
	write_file("edge.key", "x");
	write_file("internal.crt", "x");
	write_file("internal.key", "x");
	write_file("internal-ca.pem", "x");
	write_file("dialback.secret", "a long enough secret\n");
	(void)snprintf(path, sizeof(path), "%s/partner-certificates", folder);
	(void)mkdir(path, 0700);
	c = load("example.xml");
	said_is("");
	CHECK(c != NULL);
	if (c != NULL)
		CHECK_EQ(c->policy->partner_count, 2);
	config_free(c);
}

static void knows_what_needs_a_restart(void)
{
	struct config *a = parse(GOOD), *b = parse(GOOD);
	struct config *c =
	    parse(HEAD "<dataplane memory-mb='600'/>" EDGE INTERNAL LIMITS LOCALS GATEWAY PARTNER
		       "<operator socket='/tmp/x'/>" TAIL);
	struct config *d = parse(WITH_LIMITS("ConnectionLimit='100'"));
	char what[128], tiny[12];

	CHECK(a != NULL && b != NULL && c != NULL && d != NULL);
	if (a != NULL && b != NULL && c != NULL && d != NULL) {
		CHECK(!config_needs_restart(a, b, what, sizeof(what)));
		CHECK_STR(what, "");
		CHECK(config_needs_restart(a, c, what, sizeof(what)));
		CHECK_STR(what, "dataplane, operator");
		CHECK(config_needs_restart(a, c, tiny, sizeof(tiny)));
		CHECK_STR(tiny, "dataplane, ");
		CHECK(!config_needs_restart(a, d, what, sizeof(what)));
	}
	config_free(a);
	config_free(b);
	config_free(c);
	config_free(d);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

int main(int argc, char **argv)
{
	if (argc < 2 || mkdtemp(folder) == NULL) {
		fprintf(stderr, "usage: %s SLUICE.EXAMPLE.XML\n", argv[0]);
		return 2;
	}
	example_path = argv[1];
	RUN(has_the_documented_defaults);
	RUN(reads_every_parameter);
	RUN(makes_up_a_passphrase);
	RUN(includes_a_partners_file);
	RUN(says_why_an_include_fails);
	RUN(reads_no_file_when_told_not_to);
	RUN(wants_certificates_to_be_there);
	RUN(reads_a_passphrase_file);
	RUN(takes_the_example);
	RUN(knows_what_needs_a_restart);
	(void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return check_summary();
}
