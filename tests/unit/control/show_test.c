/* SPDX-License-Identifier: BSD-3-Clause */
/* show_test.c - what each of the operator's commands answers. */
#include "control/operator/show.h"
#include "daemon_double.h"
#include "tests/check.h"

static void put(struct daemon *d, enum grammar_level level, const char *command, json_t *args,
		uint64_t cursor, struct answer *a)
{
	const struct request r = {
	    .daemon = d, .level = level, .command = command, .args = args, .cursor = cursor};

	answer_request(&r, a);
}

static struct answer ask(struct daemon *d, const char *command, uint64_t cursor)
{
	struct answer a;

	put(d, LEVEL_ADMIN, command, NULL, cursor, &a);
	return a;
}

static json_t *row(const struct answer *a, const char *key, size_t index)
{
	return json_array_get(json_object_get(a->data, key), index);
}

static long long number(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

static const char *text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static void says_its_status(void)
{
	struct daemon *d = daemon_double_make(2);
	struct answer a;

	d->streams = 3;
	stat_add(&d->core[1].stats.turns, 1000);
	stat_add(&d->core[1].stats.busy_turns, 250);
	stat_add(&d->core[1].stats.conns, 7);
	a = ask(d, "show status", 0);
	CHECK_EQ(a.code, EXIT_OK);
	CHECK_EQ(a.cursor, 0);
	CHECK_EQ(number(a.data, "uptime_s"), 93784);
	CHECK_EQ(number(a.data, "streams"), 3);
	CHECK_EQ(number(a.data, "partners"), 2);
	CHECK_EQ(strlen(text(a.data, "hash")), 16);
	CHECK_STR(text(a.data, "config"), "/etc/sluice/sluice.xml");
	CHECK_EQ(number(row(&a, "cores", 1), "busy_percent"), 25);
	CHECK_EQ(number(row(&a, "cores", 0), "busy_percent"), 0);
	CHECK_EQ(number(row(&a, "cores", 1), "conns"), 7);
	CHECK_STR(text(row(&a, "interfaces", 0), "address"), "192.0.2.10/24");
	CHECK_STR(text(row(&a, "interfaces", 0), "address6"), "2001:db8::10/64");
	CHECK_EQ(number(row(&a, "interfaces", 1), "port"), 23456);
	CHECK_EQ(number(row(&a, "interfaces", 1), "rx_missed"), 1);
	json_decref(a.data);
	daemon_double_free(d);
}

static void says_what_cores_do(void)
{
	struct daemon *d = daemon_double_make(1);
	struct stats *s = &d->core[1].stats;
	struct answer a;
	const json_t *core;

	stat_set(&s->law.accepted, 30);
	stat_set(&s->law.came, 10);
	stat_set(&s->busy_tsc, 100010);
	stat_set(&s->frames_in, 60);
	stat_set(&s->frames_out, 40);
	stat_set(&s->bursts_in, 8);
	stat_set(&s->recent.tsc, 3000);
	stat_set(&s->recent.busy_tsc, 1000);
	stat_set(&s->recent.stanzas, 4);
	stat_set(&s->records_sealed, 7);
	stat_set(&s->pool_mbufs, 200);
	stat_set(&s->pool_free, 150);
	a = ask(d, "show cores", 0);
	CHECK_EQ(a.code, EXIT_OK);
	CHECK_EQ(json_array_size(json_object_get(a.data, "cores")), 2);
	core = row(&a, "cores", 1);
	CHECK_EQ(number(core, "lcore"), 3);
	CHECK_EQ(number(core, "stanzas"), 40);
	CHECK_EQ(number(core, "records_sealed"), 7);
	CHECK_EQ(number(core, "pool_used"), 50);
	CHECK(json_real_value(json_object_get(core, "pool_percent")) == 25.0);
	CHECK(json_real_value(json_object_get(core, "cycles_per_stanza")) == 2500.2);
	CHECK(json_real_value(json_object_get(core, "cycles_per_frame")) == 1000.1);
	CHECK(json_real_value(json_object_get(core, "frames_per_burst")) == 7.5);
	CHECK(json_real_value(json_object_get(core, "recent_busy_percent")) == 33.3);
	CHECK(json_real_value(json_object_get(core, "recent_cycles_per_stanza")) == 250.0);
	CHECK(json_is_null(json_object_get(core, "recent_cycles_per_frame")));
	core = row(&a, "cores", 0); /* has done nothing yet */
	CHECK(json_is_null(json_object_get(core, "cycles_per_stanza")));
	CHECK(json_is_null(json_object_get(core, "recent_busy_percent")));
	json_decref(a.data);
	daemon_double_free(d);
}

static void says_the_three_rules(void)
{
	struct daemon *d = daemon_double_make(1);
	struct answer a = ask(d, "show ports", 0);
	static const struct {
		const char *rule, *protocol;
		unsigned int port;
		const char *from, *to;
	} want[] = {
	    {"R1", "XMPP/TCP", 5269, "any", "192.0.2.10"},
	    {"R1", "XMPP/TCP", 5269, "any", "2001:db8::10"},
	    {"R2", "XMPP/TCP", 5269, "192.0.2.10", "any"},
	    {"R2", "XMPP/TCP", 5269, "2001:db8::10", "any"},
	    {"R3", "XMPP/MTLS", 23456, "any", "198.51.100.10"},
	    {"R3", "XMPP/MTLS", 23456, "any", "2001:db8:1::10"},
	    {"R3", "XMPP/MTLS", 23456, "198.51.100.10", "198.51.100.20"},
	    {"R3", "XMPP/MTLS", 5269, "2001:db8:1::10", "2001:db8:1::20"},
	};

	CHECK_EQ(json_array_size(json_object_get(a.data, "ports")), ARRAY_LEN(want));
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		CHECK_STR(text(row(&a, "ports", i), "rule"), want[i].rule);
		CHECK_STR(text(row(&a, "ports", i), "protocol"), want[i].protocol);
		CHECK_EQ(number(row(&a, "ports", i), "port"), want[i].port);
		CHECK_STR(text(row(&a, "ports", i), "from"), want[i].from);
		CHECK_STR(text(row(&a, "ports", i), "to"), want[i].to);
	}
	CHECK(json_object_get(a.data, "nft") == NULL);
	json_decref(a.data);
	daemon_double_free(d);
}

static void says_the_rules_for_nftables(void)
{
	static const char *const wanted[] = {
	    "ip daddr 192.0.2.10 tcp dport 5269 accept",
	    "ip saddr 192.0.2.10 tcp dport 5269 accept",
	    "ip daddr 198.51.100.10 tcp dport 23456 accept",
	    "ip saddr 198.51.100.10 ip daddr 198.51.100.20 tcp dport 23456 accept",
	    "ip daddr 192.0.2.10 icmp type { echo-request, destination-unreachable } accept",
	    "ip saddr 192.0.2.10 drop",
	    "ip daddr 192.0.2.10 drop",
	    "ip daddr 198.51.100.10 drop",
	    "ip6 daddr 2001:db8::10 tcp dport 5269 accept",
	    "ip6 saddr 2001:db8::10 tcp dport 5269 accept",
	    "ip6 daddr 2001:db8:1::10 tcp dport 23456 accept",
	    "ip6 saddr 2001:db8:1::10 ip6 daddr 2001:db8:1::20 tcp dport 5269 accept",
	    ("ip6 daddr 2001:db8::10 icmpv6 type { echo-request, destination-unreachable, "
	     "packet-too-big } accept"),
	    "ip6 saddr 2001:db8::10 drop",
	    "ip6 daddr 2001:db8::10 drop",
	    "ip6 daddr 2001:db8:1::10 drop",
	};
	struct daemon *d = daemon_double_make(1);
	json_t *request = json_pack("{s:b}", "nft", 1);
	struct answer a;
	const char *nft;

	put(d, LEVEL_MONITOR, "show ports", request, 0, &a);
	nft = text(a.data, "nft");
	CHECK(nft != NULL);
	for (size_t i = 0; nft != NULL && i < ARRAY_LEN(wanted); i++)
		if (strstr(nft, wanted[i]) == NULL)
			CHECK_STR(nft, wanted[i]); /* shows both */
	/* no rule mixes the families */
	CHECK(nft == NULL || strstr(nft, "198.51.100.10 ip6 ") == NULL);
	CHECK(nft == NULL || strstr(nft, "2001:db8:1::10 ip ") == NULL);
	json_decref(a.data);
	json_decref(request);
	daemon_double_free(d);
}

static void balances_the_books(void)
{
	struct daemon *d = daemon_double_make(2);
	struct law *zero = &d->core[0].stats.law, *one = &d->core[1].stats.law;
	struct law *partner = &d->core[1].stats.partner[1].law;
	struct answer a;

	stat_add(&zero->accepted, 100);
	stat_add(&zero->delivered, 90);
	stat_add(&zero->held, 10);
	stat_add(&one->accepted, 21);
	stat_add(&one->answered, 1);
	stat_add(&one->bounced, 4);
	stat_add(&one->dropped, 16);
	stat_add(&partner->accepted, 5);
	stat_add(&partner->delivered, 4);
	stat_add(&d->core[0].stats.bounces_sent, 3);
	stat_add(&d->core[1].stats.bounces_sent, 4);
	d->core[0].stats.drops[DROP_STREAM_NOT_ALLOWED] = 2;
	a = ask(d, "show counters", 0);
	CHECK_STR(text(row(&a, "law", 0), "of"), "total");
	CHECK_EQ(number(row(&a, "law", 0), "accepted"), 121);
	CHECK_EQ(number(row(&a, "law", 0), "sum"), 121);
	CHECK(json_is_true(json_object_get(row(&a, "law", 0), "equal")));
	CHECK_STR(text(row(&a, "law", 2), "of"), "core 1");
	CHECK_EQ(number(row(&a, "law", 2), "dropped"), 16);
	/* the partner's books do not balance, and that is said */
	CHECK_STR(text(row(&a, "partners", 0), "of"), "no partner");
	CHECK_STR(text(row(&a, "partners", 1), "of"), "partner.example");
	CHECK_EQ(number(row(&a, "partners", 1), "accepted"), 5);
	CHECK_EQ(number(row(&a, "partners", 1), "sum"), 4);
	CHECK(json_is_false(json_object_get(row(&a, "partners", 1), "equal")));
	CHECK(json_is_true(json_object_get(row(&a, "partners", 2), "equal")));
	CHECK_EQ(number(json_object_get(a.data, "counters"), "bounces_sent"), 7);
	CHECK_EQ(json_array_size(json_object_get(a.data, "drops")), DROP_COUNT);
	/* control's and the cores' together */
	CHECK_STR(text(row(&a, "drops", DROP_STREAM_NOT_ALLOWED), "name"), "stream_not_allowed");
	CHECK_EQ(number(row(&a, "drops", DROP_STREAM_NOT_ALLOWED), "count"), 7);
	CHECK_STR(text(row(&a, "drops", DROP_STREAM_NOT_ALLOWED), "fault"), "policy");
	CHECK_STR(text(row(&a, "drops", DROP_STREAM_NOT_ALLOWED), "text"),
		  drop_text(DROP_STREAM_NOT_ALLOWED));
	json_decref(a.data);
	daemon_double_free(d);
}

/* Walks all pages; returns the rows seen, -1 when a page has too many. */
static long walk(struct daemon *d, const char *command, const char *key, unsigned int *pages)
{
	uint64_t cursor = 0;
	long rows = 0;

	*pages = 0;
	do {
		struct answer a = ask(d, command, cursor);
		const size_t n = json_array_size(json_object_get(a.data, key));

		if (n > SHOW_PAGE_ROWS || a.code != EXIT_OK)
			rows = -1000000;
		rows += (long)n;
		cursor = a.cursor;
		++*pages;
		json_decref(a.data);
	} while (cursor != 0 && *pages < 100);
	return rows;
}

static void pages_streams(void)
{
	static const unsigned int counts[] = {0, 1, 199, 200, 201, 400, 1234};
	struct daemon *d = daemon_double_make(1);
	unsigned int pages;

	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		d->streams = counts[i];
		CHECK_EQ(walk(d, "show streams", "streams", &pages), counts[i]);
		CHECK_EQ(pages, counts[i] == 0 ? 1 : (counts[i] + 199) / 200);
	}
	daemon_double_free(d);
}

static void pages_partners(void)
{
	static const unsigned int counts[] = {1, 199, 200, 201, 1000};
	unsigned int pages;

	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		struct daemon *d = daemon_double_make(counts[i]);

		CHECK_EQ(walk(d, "show partners", "partners", &pages), counts[i]);
		CHECK_EQ(pages, (counts[i] + 199) / 200);
		/* and the row of no partner */
		CHECK_EQ(walk(d, "show counters", "partners", &pages), counts[i] + 1);
		daemon_double_free(d);
	}
}

static void shows_streams(void)
{
	struct daemon *d = daemon_double_make(1);
	struct answer a;

	d->streams = 2;
	a = ask(d, "show streams", 0);
	CHECK_STR(text(row(&a, "streams", 0), "id"), "s1");
	CHECK_STR(text(row(&a, "streams", 0), "leg"), "edge");
	CHECK_STR(text(row(&a, "streams", 0), "direction"), "in");
	CHECK_STR(text(row(&a, "streams", 0), "address"), "198.51.100.1");
	CHECK_EQ(number(row(&a, "streams", 0), "age_s"), 1);
	/* its connection is gone from the core: no traffic, yet a row */
	CHECK(json_object_get(row(&a, "streams", 0), "stanzas_in") == NULL);
	CHECK_EQ(number(row(&a, "streams", 1), "stanzas_in"), 20);
	CHECK_EQ(number(row(&a, "streams", 1), "idle_s"), 2);
	CHECK_STR(text(row(&a, "streams", 1), "direction"), "out");
	/* not UTF-8 */
	CHECK_STR(text(row(&a, "streams", 1), "stream_id"), "?");
	json_decref(a.data);
	daemon_double_free(d);
}

static void shows_partners(void)
{
	struct daemon *d = daemon_double_make(2);
	struct answer a;
	const json_t *p;

	d->streams = 7; /* edge: 1, 3, 5, 7; in: 1, 5; out: 3, 7 */
	stat_add(&d->core[0].stats.partner[1].stanzas_in[0], 2);
	stat_add(&d->core[1].stats.partner[1].stanzas_in[0], 3);
	a = ask(d, "show partners", 0);
	p = row(&a, "partners", 0);
	CHECK_STR(text(p, "domain"), "partner.example");
	CHECK_STR(text(p, "type"), "Federated");
	CHECK_STR(text(p, "tls"), "Required");
	CHECK_EQ(json_array_size(json_object_get(p, "methods")), 2);
	CHECK_EQ(json_array_size(json_object_get(p, "additional_domains")), 1);
	CHECK_EQ(number(p, "connection_limit"), 20);
	CHECK_EQ(number(p, "streams_in"), 2);
	CHECK_EQ(number(p, "streams_out"), 2);
	CHECK_EQ(number(p, "stanzas_in"), 5);
	CHECK(json_is_null(json_object_get(p, "proxy_fqdn")));
	CHECK_EQ(number(row(&a, "partners", 1), "streams_in"), 0);
	json_decref(a.data);
	daemon_double_free(d);
}

static void shows_refusals(void)
{
	struct daemon *d = daemon_double_make(1);
	struct answer a;

	d->refusals = 100;
	a = ask(d, "show denied", 0);
	CHECK_EQ(json_array_size(json_object_get(a.data, "denied")), 100);
	CHECK_EQ(a.cursor, 0);
	CHECK_STR(text(row(&a, "denied", 0), "reason"), "stream_not_allowed");
	CHECK_STR(text(row(&a, "denied", 0), "from"), "evil.example");
	CHECK_STR(text(row(&a, "denied", 0), "address"), "203.0.113.1");
	CHECK_STR(text(row(&a, "denied", 0), "text"), drop_text(DROP_STREAM_NOT_ALLOWED));
	json_decref(a.data);
	daemon_double_free(d);
}

static void reloads_and_stops(void)
{
	struct daemon *d = daemon_double_make(1);
	struct answer a = ask(d, "reload", 0);

	CHECK_EQ(a.code, EXIT_OK);
	CHECK_EQ(number(a.data, "streams_closed"), 3);
	CHECK_STR(json_string_value(row(&a, "complaints", 0)),
		  "/etc/sluice/sluice.xml:7: warning: something");
	json_decref(a.data);
	d->reload_fails = true;
	a = ask(d, "reload", 0);
	CHECK_EQ(a.code, EXIT_BAD_CONFIG);
	CHECK(a.error[0] != '\0');
	CHECK(json_is_false(json_object_get(a.data, "applied")));
	json_decref(a.data);
	CHECK_EQ(d->reloads, 2);
	CHECK(!d->stopped);
	a = ask(d, "stop", 0);
	CHECK_EQ(a.code, EXIT_OK);
	CHECK(d->shut_down && !d->stopped);
	json_decref(a.data);
	daemon_double_free(d);
}

static void helps(void)
{
	struct daemon *d = daemon_double_make(1);
	struct answer a = ask(d, "help", 0);

	CHECK_EQ(json_array_size(json_object_get(a.data, "commands")), COMMAND_COUNT);
	json_decref(a.data);
	a = ask(d, "show everything", 0);
	CHECK_EQ(a.code, EXIT_USAGE);
	CHECK_STR(a.error, "unknown command \"show everything\": help lists all");
	CHECK(a.data == NULL);
	daemon_double_free(d);
}

/* A level includes those before it, and what is not permitted is not done. */
static void asks_for_rights(void)
{
	static const struct {
		enum grammar_level level;
		const char *command;
		enum exit_code code;
	} cases[] = {
	    {LEVEL_MONITOR, "show status", EXIT_OK},
	    {LEVEL_MONITOR, "reload", EXIT_NOT_PERMITTED},
	    {LEVEL_OPERATOR, "stop", EXIT_NOT_PERMITTED},
	    {LEVEL_OPERATOR, "show streams", EXIT_OK},
	    {LEVEL_ADMIN, "reload", EXIT_OK},
	};
	struct daemon *d = daemon_double_make(1);
	struct answer a;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		put(d, cases[i].level, cases[i].command, NULL, 0, &a);
		CHECK_EQ(a.code, cases[i].code);
		if (a.code == EXIT_NOT_PERMITTED)
			CHECK_STR(a.error, "not permitted: this takes admin rights");
		json_decref(a.data);
	}
	CHECK_EQ(d->reloads, 1);
	CHECK(!d->stopped);
	daemon_double_free(d);
}

static size_t count_rows(struct daemon *d, const char *command, json_t *args, const char *key)
{
	struct answer a;
	size_t n;

	put(d, LEVEL_MONITOR, command, args, 0, &a);
	CHECK_EQ(a.code, EXIT_OK);
	n = json_array_size(json_object_get(a.data, key));
	json_decref(a.data);
	json_decref(args);
	return n;
}

static void filters(void)
{
	struct daemon *d = daemon_double_make(5);
	struct answer a;
	json_t *args;

	d->refusals = 7;
	CHECK_EQ(count_rows(d, "show denied", json_pack("{s:i}", "last", 3), "denied"), 3);
	CHECK_EQ(count_rows(d, "show denied", NULL, "denied"), 7);
	CHECK_EQ(
	    count_rows(d, "show partners", json_pack("{s:s}", "domain", "P3.Example"), "partners"),
	    1);
	d->streams = 5; /* the odd ones are partner.example's, on the edge */
	CHECK_EQ(count_rows(d, "show streams", json_pack("{s:s}", "partner", "Partner.example"),
			    "streams"),
		 3);
	CHECK_EQ(
	    count_rows(d, "show streams", json_pack("{s:s}", "partner", "p1.example"), "streams"),
	    0);
	/* a page ends after so many, though nothing was found: the next goes on behind them */
	d->streams = SHOW_PAGE_LOOKS + 1;
	args = json_pack("{s:s}", "partner", "p1.example");
	put(d, LEVEL_MONITOR, "show streams", args, 0, &a);
	CHECK_EQ(a.cursor, 3 * SHOW_PAGE_LOOKS);
	json_decref(a.data);
	put(d, LEVEL_MONITOR, "show streams", args, a.cursor, &a);
	CHECK_EQ(a.cursor, 0);
	json_decref(a.data);
	json_decref(args);
	args = json_pack("{s:s}", "domain", "nobody.example");
	put(d, LEVEL_MONITOR, "show partners", args, 0, &a);
	CHECK_EQ(a.code, EXIT_NOT_FOUND);
	CHECK_STR(a.error, "no partner nobody.example: show partners lists them");
	CHECK(a.data == NULL);
	json_decref(args);
	args = json_pack("{s:s}", "colour", "blue");
	put(d, LEVEL_MONITOR, "show partners", args, 0, &a);
	CHECK_EQ(a.code, EXIT_USAGE);
	CHECK_STR(a.error, "no argument \"colour\": show partners [DOMAIN]");
	json_decref(args);
	daemon_double_free(d);
}

int main(void)
{
	RUN(says_its_status);
	RUN(says_what_cores_do);
	RUN(says_the_three_rules);
	RUN(says_the_rules_for_nftables);
	RUN(balances_the_books);
	RUN(pages_streams);
	RUN(pages_partners);
	RUN(shows_streams);
	RUN(shows_partners);
	RUN(shows_refusals);
	RUN(reloads_and_stops);
	RUN(helps);
	RUN(asks_for_rights);
	RUN(filters);
	return check_summary();
}
