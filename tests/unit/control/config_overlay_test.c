/* SPDX-License-Identifier: BSD-3-Clause */
/* config_overlay_test.c - run-time changes over a file: judged as a file is, kept or dropped by a
 * reload, told apart, saved. */
#include <sys/stat.h>
#include <unistd.h>

#include "config_text.h"
#include "control/config_diff.h"
#include "control/config_save.h"
#include "control/overlay.h"

static char folder[] = "/tmp/config_overlay_testXXXXXX", path[64], partners[64];
static struct overlay *o;

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	CHECK(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void read_file(const char *name, char *out, size_t room)
{
	FILE *f = fopen(name, "r");
	size_t n = 0;

	CHECK(f != NULL);
	if (f != NULL) {
		n = fread(out, 1, room - 1, f);
		fclose(f);
	}
	out[n] = '\0';
}

static uint64_t say_until(enum overlay_kind kind, const char *domain, char *key, char *value,
			  uint64_t until_us)
{
	char copy[64];
	const struct overlay_change c = {.kind = kind,
					 .domain = copy,
					 .key = key,
					 .value = value,
					 .until_us = until_us,
					 .command = overlay_begin(o)};

	(void)snprintf(copy, sizeof(copy), "%s", domain);
	CHECK(overlay_add(o, &c));
	return c.command;
}

static uint64_t say(enum overlay_kind kind, const char *domain, char *key, char *value)
{
	return say_until(kind, domain, key, value, UINT64_MAX);
}

static char none[] = "", tls[] = "TlsNegotiation", sasl[] = "SaslNegotiation",
	    required[] = "Required", optional[] = "Optional", not_supported[] = "NotSupported",
	    dialback[] = "SupportDialbackNegotiation", no[] = "false", yes[] = "true",
	    enabled[] = "Enabled", more[] = "AdditionalDomain", limit[] = "ConnectionLimit",
	    seven[] = "7", proxy[] = "ProxyFqdn", host[] = "x.example:5270";

/* @base again with the changes; complaints in `said`. */
static struct config *again(const struct config *base)
{
	FILE *report = fmemopen(said, sizeof(said), "w");
	struct config *c;

	said[0] = '\0';
	c = config_make_again(base, base->source, o, report);
	fclose(report);
	return c;
}

static void adds_sets_and_deletes(void)
{
	struct config *base = parse(GOOD), *c;
	const struct partner *p;

	o = overlay_make();
	(void)say(OVERLAY_ADD, "new.example", none, none);
	(void)say(OVERLAY_SET, "new.example", sasl, optional);
	(void)say(OVERLAY_SET, "new.example", proxy, host);
	(void)say(OVERLAY_SET, "new.example", more, (char[]){"b.new.example, c.new.example"});
	c = again(base);
	CHECK_STR(said, "");
	CHECK_EQ(c->policy->partner_count, 2);
	p = policy_partner(c->policy, "c.new.example");
	CHECK(p != NULL && strcmp(p->domain, "new.example") == 0);
	CHECK_EQ(p->sasl, LEVEL_OPTIONAL);
	CHECK_STR(p->proxy_fqdn, "x.example");
	CHECK_EQ(p->proxy_port, 5270);
	CHECK_STR(c->policy->dialback_passphrase, "0123456789abcdef");
	CHECK_EQ(c->hash, base->hash);
	config_free(c);
	(void)say(OVERLAY_DELETE, "partner.example", none, none);
	(void)say(OVERLAY_SET, "new.example", proxy, none);
	(void)say(OVERLAY_LIMIT, "", limit, seven);
	c = again(base);
	CHECK_EQ(c->policy->partner_count, 1);
	CHECK(policy_partner(c->policy, "new.example")->proxy_fqdn == NULL);
	CHECK_EQ(c->policy->limits.connection_limit, 7);
	config_free(c);
	config_free(base);
	overlay_free(o);
}

/* What --check would say of such a file. */
static void judges_as_a_file_is_judged(void)
{
	struct config *base = parse(GOOD);

	o = overlay_make();
	(void)say(OVERLAY_SET, "partner.example", sasl, not_supported);
	(void)say(OVERLAY_SET, "partner.example", dialback, no);
	CHECK(again(base) == NULL);
	CHECK_STR(said,
		  "t.xml:7: error: partner partner.example (TlsNegotiation Required, "
		  "SaslNegotiation NotSupported, SupportDialbackNegotiation False): SASL is not "
		  "supported and dialback is off: no way is left to authenticate the partner\n");
	overlay_free(o);
	o = overlay_make();
	(void)say(OVERLAY_ADD, "b.example", none, none);
	(void)say(OVERLAY_SET, "b.example", more, (char[]){"Partner.Example"});
	CHECK(again(base) == NULL);
	CHECK(strstr(said, "error: domain partner.example belongs to two partners: see ") != NULL);
	overlay_free(o);
	o = overlay_make();
	(void)say(OVERLAY_SET, "partner.example", (char[]){"Tls"}, required);
	CHECK(again(base) == NULL);
	CHECK(strstr(said, "<AllowedPartner> has no attribute \"Tls\": expected one of: ") != NULL);
	overlay_free(o);
	o = overlay_make();
	(void)say(OVERLAY_ADD, "bad domain.example", none, none);
	CHECK(again(base) == NULL);
	CHECK(strncmp(said, "run-time change:0: error: ", 26) == 0);
	overlay_free(o);
	config_free(base);
}

static void disables_as_if_unlisted(void)
{
	struct config *base = parse(GOOD), *c;

	o = overlay_make();
	(void)say(OVERLAY_SET, "partner.example", enabled, no);
	c = again(base);
	CHECK(policy_partner(c->policy, "partner.example") == NULL);
	CHECK(policy_is_disabled(c->policy, "partner.example"));
	config_free(c);
	(void)say(OVERLAY_SET, "partner.example", enabled, yes);
	c = again(base);
	CHECK(policy_partner(c->policy, "partner.example") != NULL);
	CHECK_EQ(o->count, 1);
	CHECK_EQ(o->list[0].fate, OVERLAY_IN_FILE); /* enabled is what the file says */
	config_free(c);
	config_free(base);
	overlay_free(o);
}

static void what_expires_leaves_what_was_before(void)
{
	struct config *base = parse(GOOD), *c;

	o = overlay_make();
	(void)say(OVERLAY_SET, "partner.example", tls, optional);
	(void)say_until(OVERLAY_SET, "partner.example", tls, not_supported, 1000);
	CHECK_EQ(o->count, 2);
	CHECK_EQ(overlay_due_us(o), 1000);
	c = again(base);
	CHECK_EQ(policy_partner(c->policy, "partner.example")->tls, LEVEL_NOT_SUPPORTED);
	config_free(c);
	CHECK_EQ(overlay_forget_old(o, 999), 0);
	CHECK_EQ(overlay_forget_old(o, 1000), 1);
	c = again(base);
	CHECK_EQ(policy_partner(c->policy, "partner.example")->tls, LEVEL_OPTIONAL);
	CHECK_EQ(overlay_due_us(o), UINT64_MAX);
	config_free(c);
	/* one that lasts takes the place of one that does not */
	(void)say_until(OVERLAY_SET, "partner.example", tls, not_supported, 1000);
	(void)say(OVERLAY_SET, "partner.example", tls, required);
	CHECK_EQ(o->count, 1);
	config_free(base);
	overlay_free(o);
}

static void is_bounded(void)
{
	o = overlay_make();
	for (unsigned int i = 0; i < OVERLAY_MAX; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "p%u.example", i);
		(void)say(OVERLAY_ADD, name, none, none);
	}
	{
		const struct overlay_change c = {
		    .domain = (char[]){"x.example"}, .key = none, .value = none};

		CHECK(!overlay_add(o, &c));
	}
	overlay_free(o);
}

/* --- files --- */

#define MAIN_HEAD HEAD EDGE_FILES INTERNAL_FILES LIMITS LOCALS GATEWAY
#define EDGE_FILES                                                                                 \
	"<edge driver='tap' device='px0' address='192.0.2.10/24'>"                                 \
	"<tls certificate='/bin/sh' key='/bin/sh' trust='/bin/sh'/></edge>\n"
#define INTERNAL_FILES                                                                             \
	"<internal driver='tap' device='px1' address='198.51.100.10/24'>"                          \
	"<tls certificate='/bin/sh' key='/bin/sh' trust='/bin/sh'/></internal>\n"
#define INCLUDE    "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='partners.xml'/>\n"
#define LIST(rows) "<AllowedPartners xmlns='urn:sluice:config:1'>\n" rows "</AllowedPartners>\n"
#define ONE                                                                                        \
	"  <!-- our oldest -->\n  <AllowedPartner Domain='a.example' "                             \
	"SaslNegotiation='Optional'/>\n"
#define TWO "  <AllowedPartner Domain='b.example' SaslNegotiation='Optional'/>\n"

static struct config *reload(struct overlay *with)
{
	FILE *report = fmemopen(said, sizeof(said), "w");
	struct config *c;

	said[0] = '\0';
	c = config_reload(path, with, report);
	fclose(report);
	if (c == NULL)
		fprintf(stderr, "%s", said);
	return c;
}

static void begin(void)
{
	write_file(path, MAIN_HEAD INCLUDE TAIL);
	write_file(partners, LIST(ONE TWO));
	o = overlay_make();
}

static void a_reload_keeps_what_the_file_does_not_contradict(void)
{
	struct config *base, *c;

	begin();
	base = reload(NULL);
	(void)say(OVERLAY_SET, "a.example", sasl, required); /* the file will say otherwise */
	(void)say(OVERLAY_SET, "b.example", sasl, required); /* stays */
	(void)say(OVERLAY_ADD, "c.example", none, none);     /* the file will have it */
	(void)say(OVERLAY_SET, "c.example", proxy, host);    /* and its record decides */
	(void)say(OVERLAY_SET, "b.example", tls, optional);  /* the file will say the same */
	(void)say(OVERLAY_LIMIT, "", limit, seven);          /* until a reload */
	c = again(base);
	CHECK_EQ(c->policy->limits.connection_limit, 7);
	CHECK(policy_partner(c->policy, "c.example") != NULL);
	config_free(c);
	/* nothing has changed there: all stay but the limit */
	c = reload(o);
	CHECK_EQ(policy_partner(c->policy, "a.example")->sasl, LEVEL_REQUIRED);
	CHECK_EQ(c->policy->limits.connection_limit, 1000);
	config_free(c);
	CHECK_EQ(overlay_sweep(o), 1);
	write_file(partners,
		   LIST("<AllowedPartner Domain='a.example' SaslNegotiation='NotSupported'/>"
			"<AllowedPartner Domain='b.example' SaslNegotiation='Optional' "
			"TlsNegotiation='Optional'/>"
			"<AllowedPartner Domain='c.example' SaslNegotiation='Optional'/>"));
	c = reload(o);
	CHECK_EQ(policy_partner(c->policy, "a.example")->sasl, LEVEL_NOT_SUPPORTED);
	CHECK_EQ(policy_partner(c->policy, "b.example")->sasl, LEVEL_REQUIRED);
	CHECK(policy_partner(c->policy, "c.example")->proxy_fqdn == NULL);
	CHECK_EQ(o->list[0].fate, OVERLAY_CONTRADICTED);
	CHECK_EQ(o->list[1].fate, OVERLAY_KEPT);
	CHECK_EQ(o->list[2].fate, OVERLAY_IN_FILE);
	CHECK_EQ(o->list[3].fate, OVERLAY_CONTRADICTED);
	CHECK_EQ(o->list[4].fate, OVERLAY_IN_FILE);
	CHECK_EQ(overlay_sweep(o), 4);
	config_free(c);
	config_free(base);
	overlay_free(o);
}

/* No file is read for a change: one that somebody is editing is not taken up by it. */
static void a_change_reads_no_file(void)
{
	struct config *base, *c;

	begin();
	base = reload(NULL);
	write_file(partners, "half a f");
	(void)unlink(path);
	(void)say(OVERLAY_ADD, "c.example", none, none);
	c = again(base);
	CHECK(c != NULL);
	CHECK_EQ(c->policy->partner_count, 3);
	config_free(c);
	config_free(base);
	overlay_free(o);
}

static void a_random_secret_is_one_for_the_process(void)
{
	struct config *a = parse(HEAD EDGE INTERNAL LOCALS GATEWAY PARTNER TAIL), *b, *c;

	b = parse(HEAD EDGE INTERNAL LOCALS GATEWAY PARTNER TAIL);
	CHECK(strcmp(a->policy->dialback_passphrase, b->policy->dialback_passphrase) != 0);
	CHECK(config_keep_random(b, a));
	CHECK_STR(b->policy->dialback_passphrase, a->policy->dialback_passphrase);
	o = overlay_make();
	c = again(a);
	CHECK_STR(c->policy->dialback_passphrase, a->policy->dialback_passphrase);
	CHECK(c->policy->is_passphrase_random);
	config_free(c);
	c = parse(GOOD);
	CHECK(config_keep_random(c, a));
	CHECK_STR(c->policy->dialback_passphrase, "0123456789abcdef");
	config_free(a);
	config_free(b);
	config_free(c);
	overlay_free(o);
}

static bool save(const struct config *now, uint64_t command, char *error)
{
	struct config_save s;
	const bool good =
	    config_save_prepare(&s, now, o, command, error) && config_save_write(&s, error);

	config_save_close(&s);
	return good;
}

static void saves_into_the_included_file(void)
{
	char text[2048], error[256] = "";
	struct config *base, *c;
	struct stat st;
	uint64_t n;

	begin();
	(void)chmod(partners, 0640);
	base = reload(NULL);
	n = say(OVERLAY_ADD, "c.example", none, none);
	o->list[0].command = n;
	CHECK(save(base, n, error));
	CHECK_STR(error, "");
	read_file(partners, text, sizeof(text));
	CHECK_STR(text, "<?xml version=\"1.0\"?>\n<AllowedPartners xmlns=\"urn:sluice:config:1\">\n"
			"  <!-- our oldest -->\n"
			"  <AllowedPartner Domain=\"a.example\" SaslNegotiation=\"Optional\"/>\n"
			"  <AllowedPartner Domain=\"b.example\" SaslNegotiation=\"Optional\"/>\n"
			"  <AllowedPartner Domain=\"c.example\"/>\n</AllowedPartners>\n");
	CHECK(stat(partners, &st) == 0 && (st.st_mode & 0777) == 0640);
	/* it is another file now than the one that was loaded */
	CHECK(!save(base, n, error));
	CHECK(strstr(error, "was changed since it was loaded") != NULL);
	config_free(base);
	overlay_free(o);
	o = overlay_make();
	base = reload(NULL);
	CHECK_EQ(base->policy->partner_count, 3);
	n = say(OVERLAY_DELETE, "b.example", none, none);
	CHECK(save(base, n, error));
	c = reload(NULL);
	CHECK_EQ(c->policy->partner_count, 2);
	read_file(partners, text, sizeof(text));
	CHECK(strstr(text, "our oldest") != NULL && strstr(text, "b.example") == NULL);
	config_free(c);
	config_free(base);
	overlay_free(o);
}

static void says_where_it_cannot_save(void)
{
	char error[256] = "";
	struct config *base;
	uint64_t n;

	begin();
	write_file(path, MAIN_HEAD LIST(ONE TWO) TAIL);
	base = reload(NULL);
	n = say(OVERLAY_DELETE, "b.example", none, none);
	CHECK(!save(base, n, error));
	CHECK(strstr(error, "<AllowedPartners> is not in a file of its own") == error);
	CHECK(strstr(error, "leave out --save") != NULL);
	n = say(OVERLAY_LIMIT, "", limit, seven);
	CHECK(!save(base, n, error));
	CHECK(strstr(error, "<GatewayConfiguration> is not in a file of its own") == error);
	config_free(base);
	overlay_free(o);
}

/* --- differences --- */

static const struct config_diff_row *row_of(const struct config_diff *d, const char *key)
{
	for (size_t i = 0; i < d->count; i++)
		if (strcmp(d->rows[i].key, key) == 0)
			return &d->rows[i];
	return NULL;
}

static void check_row(const struct config_diff *d, const char *key, const char *what,
		      const char *from, const char *to)
{
	const struct config_diff_row *row = row_of(d, key);

	CHECK_STR(row != NULL ? config_diff_kind_name(row->kind) : "no row", what);
	if (row != NULL) {
		CHECK_STR(row->from, from);
		CHECK_STR(row->to, to);
	}
}

static void tells_key_by_key(void)
{
	struct config *a = parse(GOOD), *b;
	struct config_diff d;

	config_diff_make(&d, a, a, a);
	CHECK_EQ(d.count, 0);
	CHECK(d.unchanged > 50);
	config_diff_free(&d);
	b = parse(HEAD
		  "<edge driver='tap' device='px0' address='192.0.2.11/24' gateway='192.0.2.1'>"
		  "<tls certificate='other' key='b' trust='c'/></edge>\n" INTERNAL
		  "<GatewayConfiguration DialbackPassphrase='another secret, longer' "
		  "ConnectionLimit='7'/>" LOCALS GATEWAY "<AllowedPartners>"
		  "<AllowedPartner Domain='partner.example' SaslNegotiation='Required'/>"
		  "<AllowedPartner Domain='new.example'/></AllowedPartners>" TAIL);
	config_diff_make(&d, a, a, b);
	check_row(&d, "edge address", "needs restart", "192.0.2.10/24", "192.0.2.11/24");
	check_row(&d, "edge tls certificate", "applied", "a", "other");
	check_row(&d, "GatewayConfiguration ConnectionLimit", "applied", "1000", "7");
	check_row(&d, "GatewayConfiguration DialbackPassphrase", "applied", "(secret)", "(secret)");
	check_row(&d, "AllowedPartner new.example", "added", "", "sasl-external");
	check_row(&d, "AllowedPartner partner.example SaslNegotiation", "stricter", "Optional",
		  "Required");
	CHECK_EQ(d.partners[CONFIG_DIFF_STRICTER], 1);
	CHECK_EQ(d.partners[CONFIG_DIFF_ADDED], 1);
	config_diff_free(&d);
	/* the other way round; what needs a restart is still that of the start */
	config_diff_make(&d, a, b, a);
	CHECK(row_of(&d, "edge address") == NULL);
	check_row(&d, "AllowedPartner new.example", "removed", "sasl-external", "");
	check_row(&d, "AllowedPartner partner.example SaslNegotiation", "looser", "Required",
		  "Optional");
	config_diff_free(&d);
	config_free(a);
	config_free(b);
}

static void never_shows_a_secret(void)
{
	struct config *c = parse(GOOD);
	struct config_value v;

	for (size_t i = 0; i < config_values_count(c); i++) {
		config_values_get(c, i, &v);
		CHECK(strstr(v.value, "0123456789abcdef") == NULL);
		CHECK(v.key[0] != '\0');
	}
	config_free(c);
}

int main(void)
{
	CHECK(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof(path), "%s/sluice.xml", folder);
	(void)snprintf(partners, sizeof(partners), "%s/partners.xml", folder);
	RUN(adds_sets_and_deletes);
	RUN(judges_as_a_file_is_judged);
	RUN(disables_as_if_unlisted);
	RUN(what_expires_leaves_what_was_before);
	RUN(is_bounded);
	RUN(a_reload_keeps_what_the_file_does_not_contradict);
	RUN(a_change_reads_no_file);
	RUN(a_random_secret_is_one_for_the_process);
	RUN(saves_into_the_included_file);
	RUN(says_where_it_cannot_save);
	RUN(tells_key_by_key);
	RUN(never_shows_a_secret);
	(void)unlink(path);
	(void)unlink(partners);
	CHECK(rmdir(folder) == 0); /* nothing else is left there */
	return check_summary();
}
