/* SPDX-License-Identifier: BSD-3-Clause */
/* change_test.c - what operators change while the relay runs: partners, blocks, streams, limits. */
#include "control/operator/answer.h"
#include "daemon_double.h"
#include "tests/check.h"

static struct daemon *d;
static struct answer a;

/* @line as sluicectl would read it; the exit code. */
static int ask_as(enum grammar_level level, const char *line)
{
	const char *words[GRAMMAR_WORDS_MAX];
	char copy[512], own[64], error[GRAMMAR_ERROR_MAX], *rest = NULL;
	struct request r = {.daemon = d, .level = level, .uid = 1000};
	json_t *args;
	size_t n = 0;
	int id;

	(void)snprintf(copy, sizeof(copy), "%s", line);
	for (char *w = strtok_r(copy, " ", &rest); w != NULL; w = strtok_r(NULL, " ", &rest))
		words[n++] = strcmp(w, "''") == 0 ? "" : w;
	id = grammar_read(words, n, &args, error);
	json_decref(a.data);
	if (id < 0) {
		a = (struct answer){.code = EXIT_USAGE};
		return EXIT_USAGE;
	}
	r.command = grammar_words(grammar_command((enum command_id)id), own);
	r.args = args;
	answer_request(&r, &a);
	json_decref(args);
	return (int)a.code;
}

static int ask(const char *line)
{
	return ask_as(LEVEL_ADMIN, line);
}

static long long number(const char *key)
{
	return (long long)json_integer_value(json_object_get(a.data, key));
}

static const char *row_text(const char *list, size_t index, const char *key)
{
	return json_string_value(
	    json_object_get(json_array_get(json_object_get(a.data, list), index), key));
}

static void begin(void)
{
	d = daemon_double_make(2);
	d->config->policy->blocks = &d->blocks;
	a = (struct answer){.data = NULL};
}

static void end(void)
{
	json_decref(a.data);
	daemon_double_free(d);
}

static const struct partner *find(const char *domain)
{
	return policy_partner(d->config->policy, domain);
}

static void adds_and_deletes(void)
{
	begin();
	CHECK_EQ(ask("partner add New.Example SaslNegotiation Optional"), EXIT_OK);
	CHECK_EQ(find("new.example")->sasl, LEVEL_OPTIONAL);
	CHECK_STR(row_text("changes", 0, "what"), "added");
	CHECK_STR(row_text("changes", 0, "key"), "AllowedPartner new.example");
	CHECK_EQ(json_array_size(json_object_get(a.data, "complaints")), 0);
	CHECK_EQ(ask("partner add new.example"), EXIT_FAILED);
	CHECK_STR(a.error, "new.example is a partner already: partner set changes it");
	CHECK_EQ(ask("partner del new.example"), EXIT_OK);
	CHECK(find("new.example") == NULL);
	CHECK_EQ(d->overlay->count, 0); /* no file has it: nothing is left to say */
	CHECK_EQ(ask("partner del p1.example"), EXIT_OK);
	CHECK(find("p1.example") == NULL);
	CHECK_EQ(d->overlay->count, 1);
	CHECK_EQ(ask("partner del p1.example"), EXIT_NOT_FOUND);
	CHECK_EQ(ask("partner revert p1.example"), EXIT_OK);
	CHECK(find("p1.example") != NULL);
	CHECK_EQ(ask("partner revert p1.example"), EXIT_NOT_FOUND);
	CHECK_EQ(ask("partner add no_good_.-name"), EXIT_USAGE);
	end();
}

static void sets_by_any_domain_of_the_record(void)
{
	begin();
	CHECK_EQ(
	    ask("partner set chat.partner.example TlsNegotiation Optional ProxyFqdn x.example"),
	    EXIT_OK);
	CHECK_EQ(find("partner.example")->tls, LEVEL_OPTIONAL);
	CHECK_STR(find("partner.example")->proxy_fqdn, "x.example");
	CHECK_EQ(ask("partner set partner.example ProxyFqdn ''"), EXIT_OK);
	CHECK(find("partner.example")->proxy_fqdn == NULL);
	CHECK_EQ(
	    ask("partner set partner.example AdditionalDomain a.partner.example,b.partner.example"),
	    EXIT_OK);
	CHECK(find("b.partner.example") != NULL && find("chat.partner.example") == NULL);
	CHECK_EQ(ask("partner set partner.example Domain x.example"), EXIT_USAGE);
	CHECK_EQ(ask("partner set nobody.example TlsNegotiation Optional"), EXIT_NOT_FOUND);
	end();
}

/* By the sentence of --check, and nothing has changed. */
static void refuses_what_a_file_may_not_say(void)
{
	begin();
	CHECK_EQ(
	    ask("partner set p1.example SaslNegotiation NotSupported SupportDialbackNegotiation "
		"false"),
	    EXIT_FAILED);
	CHECK_STR(
	    a.error,
	    "partner p1.example (TlsNegotiation Required, SaslNegotiation NotSupported, "
	    "SupportDialbackNegotiation False): SASL is not supported and dialback is off: no "
	    "way is left to authenticate the partner");
	CHECK_EQ(find("p1.example")->sasl, LEVEL_OPTIONAL);
	CHECK_EQ(d->overlay->count, 0);
	CHECK_EQ(ask("partner add x.example AdditionalDomain p1.example"), EXIT_FAILED);
	CHECK(strstr(a.error, "domain p1.example belongs to two partners") == a.error);
	CHECK_EQ(ask("partner set p1.example Colour red"), EXIT_FAILED);
	CHECK(strstr(a.error, "<AllowedPartner> has no attribute \"Colour\": expected one of") ==
	      a.error);
	CHECK_EQ(ask("partner set p1.example ConnectionLimit 0"), EXIT_FAILED);
	CHECK_STR(a.error, "ConnectionLimit is 0: expected 1 to 1048576");
	CHECK_EQ(ask("partner set p1.example ConnectionLimit 5 --save --expires 5m"), EXIT_USAGE);
	CHECK_EQ(d->saves, 0);
	CHECK_EQ(ask("partner set p1.example ConnectionLimit 5 --save"), EXIT_OK);
	CHECK_EQ(d->saves, 1);
	end();
}

static void disables_and_enables(void)
{
	begin();
	CHECK_EQ(ask("partner disable p1.example --expires 1h"), EXIT_OK);
	CHECK_EQ(number("expires_s"), 3600);
	CHECK(find("p1.example") == NULL);
	CHECK_EQ(ask("partner add p1.example"), EXIT_FAILED);
	CHECK_STR(a.error, "p1.example is there, disabled: partner enable p1.example");
	CHECK_EQ(ask("show partners p1.example"), EXIT_NOT_FOUND);
	CHECK_STR(a.error, "p1.example is disabled: partner enable p1.example");
	CHECK_EQ(ask("partner enable p1.example"), EXIT_OK);
	CHECK(find("p1.example") != NULL);
	CHECK_EQ(d->overlay->count, 0);
	end();
}

static void blocks_and_unblocks(void)
{
	begin();
	d->streams = 250;
	CHECK_EQ(ask_as(LEVEL_OPERATOR, "partner block P1.Example --for 10m --reason spam"),
		 EXIT_OK);
	CHECK_EQ(number("streams_closed"), 250);
	CHECK_EQ(number("ids_left_out"), 50);
	CHECK_EQ(d->closed_for, DROP_STREAM_BLOCKED);
	CHECK_STR(d->closed_text, "blocked: spam");
	CHECK_EQ(ask("partner block 192.0.2.9/24"), EXIT_OK);
	CHECK_EQ(ask_as(LEVEL_MONITOR, "show blocked"), EXIT_OK);
	CHECK_STR(row_text("blocked", 0, "target"), "p1.example");
	CHECK_STR(row_text("blocked", 1, "target"), "192.0.2.0/24");
	CHECK_STR(row_text("blocked", 1, "text"), "blocked by the operator");
	CHECK_EQ(ask("partner unblock 192.0.2.0/24"), EXIT_OK);
	CHECK_EQ(ask("partner unblock p1.example"), EXIT_OK);
	CHECK_EQ(ask("partner unblock p1.example"), EXIT_NOT_FOUND);
	CHECK_EQ(d->blocks.count, 0);
	CHECK_EQ(ask("partner block 0.0.0.0/1"), EXIT_USAGE);
	CHECK_EQ(ask("partner block a_/b"), EXIT_USAGE);
	CHECK_EQ(ask_as(LEVEL_MONITOR, "partner block a.example"), EXIT_NOT_PERMITTED);
	end();
}

static void closes_streams(void)
{
	begin();
	d->streams = 3;
	CHECK_EQ(ask_as(LEVEL_OPERATOR, "stream close s2 --reason maintenance"), EXIT_OK);
	CHECK_EQ(number("streams_closed"), 1);
	CHECK_EQ(d->closed_for, DROP_STREAM_KICKED);
	CHECK_STR(d->closed_text, "closed by the operator: maintenance");
	CHECK_EQ(ask("stream close s9"), EXIT_NOT_FOUND);
	CHECK_EQ(ask("partner kick p1.example"), EXIT_OK);
	CHECK_EQ(number("streams_closed"), 3);
	CHECK_EQ(ask("partner kick nobody.example"), EXIT_NOT_FOUND);
	end();
}

static void sets_limits(void)
{
	begin();
	CHECK_EQ(ask("set limit ConnectionLimit 7"), EXIT_OK);
	CHECK_EQ(d->config->policy->limits.connection_limit, 7);
	CHECK_EQ(ask("set limit ConnectionLimit many"), EXIT_FAILED);
	CHECK(strstr(a.error, "expected a whole number") != NULL);
	CHECK_EQ(ask("set limit MaxStanzaBytes 1"), EXIT_FAILED);
	CHECK_EQ(ask("set limit DialbackPassphrase x"), EXIT_USAGE);
	CHECK(strstr(a.error, "expected one of ConnectionLimit, ") != NULL);
	CHECK_EQ(d->config->policy->limits.connection_limit, 7);
	end();
}

static void reloads_by_steps(void)
{
	begin();
	CHECK_EQ(ask("reload --check"), EXIT_OK);
	CHECK_EQ(d->reloads, 0);
	CHECK(json_is_false(json_object_get(a.data, "applied")));
	CHECK_EQ(ask("reload --confirm-within 5m"), EXIT_OK);
	CHECK_EQ(d->confirm_within_s, 300);
	CHECK_EQ(number("streams_on_old_certificate"), 2);
	CHECK_EQ(ask("config confirm"), EXIT_OK);
	CHECK_EQ(ask("config confirm"), EXIT_FAILED);
	CHECK_EQ(ask("config rollback"), EXIT_FAILED);
	CHECK_EQ(ask("reload --check --confirm-within 5m"), EXIT_USAGE);
	CHECK_EQ(ask("config check relative.xml"), EXIT_USAGE);
	d->reload_fails = true;
	CHECK_EQ(ask("config check /etc/other.xml"), EXIT_BAD_CONFIG);
	CHECK_EQ(ask_as(LEVEL_OPERATOR, "reload --check"), EXIT_NOT_PERMITTED);
	end();
}

static size_t values(const char *key, const char *wanted)
{
	const json_t *list = json_object_get(a.data, "values");
	json_t *row;
	size_t i;

	json_array_foreach(list, i, row)
	{
		if (strcmp(json_string_value(json_object_get(row, "key")), key) == 0)
			CHECK_STR(json_string_value(json_object_get(row, "value")), wanted);
		CHECK(strstr(json_string_value(json_object_get(row, "value")), "a secret of") ==
		      NULL);
	}
	return i;
}

static void shows_the_configuration(void)
{
	struct request r = {.level = LEVEL_MONITOR, .command = "show config"};
	size_t rows = 0;

	begin();
	CHECK_EQ(ask_as(LEVEL_MONITOR, "show config running"), EXIT_OK);
	CHECK_EQ(a.cursor, 0);
	CHECK(values("GatewayConfiguration DialbackPassphrase", "(secret)") > 60);
	(void)values("GatewayConfiguration KeepAliveInterval", "300");
	(void)values("AllowedPartner partner.example AdditionalDomain", "chat.partner.example");
	CHECK_EQ(ask_as(LEVEL_MONITOR, "show config diff"), EXIT_NOT_PERMITTED);
	CHECK_EQ(ask("show config file diff"), EXIT_USAGE);
	/* there is no such file: what is wrong with it is said */
	CHECK_EQ(ask("show config file"), EXIT_BAD_CONFIG);
	end();
	/* pages */
	d = daemon_double_make(400);
	a = (struct answer){.data = NULL};
	r.daemon = d;
	do {
		json_decref(a.data);
		answer_request(&r, &a);
		rows += json_array_size(json_object_get(a.data, "values"));
		r.cursor = a.cursor;
	} while (a.cursor != 0);
	CHECK(rows > 400 * 10 && rows < 400 * 10 + 200);
	end();
}

int main(void)
{
	RUN(adds_and_deletes);
	RUN(sets_by_any_domain_of_the_record);
	RUN(refuses_what_a_file_may_not_say);
	RUN(disables_and_enables);
	RUN(blocks_and_unblocks);
	RUN(closes_streams);
	RUN(sets_limits);
	RUN(reloads_by_steps);
	RUN(shows_the_configuration);
	return check_summary();
}
