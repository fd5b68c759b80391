/* SPDX-License-Identifier: BSD-3-Clause */
/* node_test.c - what is said of the node as a whole and of its gateways: drain, health, gateways,
 * and what waits for them. */
#include "control/operator/answer.h"
#include "daemon_double.h"
#include "tests/check.h"

static struct daemon *d;
static struct answer a;

static enum exit_code ask(const char *command, json_t *args)
{
	const struct request r = {
	    .daemon = d, .level = LEVEL_OPERATOR, .command = command, .args = args};

	json_decref(a.data);
	answer_request(&r, &a);
	json_decref(args);
	return a.code;
}

static void begin(void)
{
	d = daemon_double_make(1);
	a.data = NULL;
}

static void end(void)
{
	json_decref(a.data);
	a.data = NULL;
	daemon_double_free(d);
}

static long long number(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

static const char *text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static json_t *row(const char *key, size_t index)
{
	return json_array_get(json_object_get(a.data, key), index);
}

static void drains(void)
{
	begin();
	CHECK_EQ(ask("drain status", NULL), EXIT_OK);
	CHECK_STR(text(a.data, "state"), "running");
	CHECK(json_object_get(a.data, "deadline_s") == NULL);
	CHECK_EQ(ask("drain stop", NULL), EXIT_FAILED);
	CHECK_STR(a.error, "nothing is being drained: drain start begins it");
	d->count = (struct drain_count){.partners = 12, .gateways = 2, .legs = 1, .held = 5};
	CHECK_EQ(ask("drain start", NULL), EXIT_OK); /* by the configuration */
	CHECK(d->times.deadline_us == UINT64_C(300000000));
	CHECK(d->times.spread_us == UINT64_C(60000000));
	CHECK_STR(text(a.data, "state"), "draining");
	CHECK_EQ(number(a.data, "partner_streams"), 12);
	CHECK_EQ(number(a.data, "gateway_streams"), 3);
	CHECK_EQ(number(a.data, "stanzas_held"), 5);
	CHECK_EQ(number(a.data, "deadline_s"), 300);
	CHECK_EQ(number(a.data, "left_s"), 300);
	CHECK_EQ(ask("show status", NULL), EXIT_OK);
	CHECK_STR(text(a.data, "state"), "draining");
	CHECK_EQ(ask("drain start", json_pack("{s:i}", "deadline", 20)), EXIT_OK);
	CHECK(d->times.spread_us == UINT64_C(20000000)); /* never longer than the deadline */
	CHECK_EQ(ask("drain start", json_pack("{s:i, s:i}", "deadline", 20, "spread", 21)),
		 EXIT_USAGE);
	CHECK_EQ(ask("drain stop", NULL), EXIT_OK);
	CHECK_STR(text(a.data, "state"), "running");
	d->shut_down = true;
	CHECK_EQ(ask("drain stop", NULL), EXIT_FAILED);
	CHECK_EQ(ask("drain start", NULL), EXIT_FAILED);
	CHECK_STR(a.error, "the relay is stopping, and drains for that");
	end();
}

static void shows_gateways(void)
{
	begin();
	d->gateway_streams[0] = 4;
	d->failovers[1] = 2;
	d->gateway_error[1] = DROP_DIAL_FAILED;
	CHECK_EQ(ask("show gateways", NULL), EXIT_OK);
	CHECK_STR(text(row("gateways", 0), "name"), "gw1");
	CHECK_STR(text(row("gateways", 0), "state"), "up");
	CHECK_STR(text(row("gateways", 0), "order"), "ready");
	CHECK_STR(text(row("gateways", 0), "address"), "198.51.100.20");
	CHECK_EQ(number(row("gateways", 0), "streams"), 4);
	CHECK(json_is_null(json_object_get(row("gateways", 0), "last_error")));
	CHECK_STR(text(row("gateways", 1), "state"), "down");
	CHECK_STR(text(row("gateways", 1), "last_error"), "dial_failed");
	CHECK_EQ(number(row("gateways", 1), "failovers"), 2);
	CHECK_EQ(number(row("gateways", 1), "queued_bytes"), 100);
	CHECK_EQ(number(row("gateways", 1), "port"), 5269);
	CHECK(row("gateways", 2) == NULL);
	end();
}

static json_t *named(const char *name)
{
	return json_pack("{s:s}", "name", name);
}

static void orders_gateways(void)
{
	begin();
	CHECK_EQ(ask("gateway maint", named("gw3")), EXIT_NOT_FOUND);
	CHECK_STR(a.error, "no gateway gw3: show gateways lists them");
	CHECK_EQ(d->heeded, 0);
	CHECK_EQ(ask("gateway drain", named("gw1")), EXIT_OK);
	CHECK_EQ(d->order[0], GATEWAY_DRAIN);
	CHECK_EQ(d->heeded, 1);
	CHECK_EQ(number(a.data, "streams_closed"), 4);
	CHECK_EQ(json_array_size(json_object_get(a.data, "warnings")), 0);
	/* the last that serves the domain */
	CHECK_EQ(ask("gateway maint", named("gw2")), EXIT_OK);
	CHECK_EQ(json_array_size(json_object_get(a.data, "warnings")), 0);
	CHECK_EQ(ask("gateway drain", named("gw1")), EXIT_OK);
	CHECK_STR(json_string_value(row("warnings", 0)),
		  "contoso.example has no other gateway: its stanzas still go to gw1");
	CHECK_EQ(ask("gateway maint", named("gw1")), EXIT_OK);
	CHECK_STR(json_string_value(row("warnings", 0)),
		  "contoso.example has no other gateway: stanzas to it bounce");
	CHECK_EQ(ask("gateway ready", named("gw1")), EXIT_OK);
	CHECK_EQ(d->order[0], GATEWAY_READY);
	CHECK_STR(text(a.data, "order"), "ready");
	end();
}

static void expect_health(enum exit_code code, const char *health, const char *line)
{
	CHECK_EQ(ask("show health", NULL), code);
	CHECK_STR(text(a.data, "health"), health);
	CHECK_STR(text(a.data, "text"), line);
	CHECK_EQ(json_is_true(json_object_get(a.data, "takes_traffic")), code == EXIT_OK);
	CHECK_STR(a.error, "");
}

static void says_how_well_it_is(void)
{
	begin();
	expect_health(EXIT_OK, "ok", "ok");
	CHECK_EQ(json_array_size(json_object_get(a.data, "reasons")), 0);
	d->gateway_error[1] = DROP_DIAL_FAILED;
	expect_health(EXIT_OK, "degraded",
		      "degraded: gateway gw2 is down: connection refused or timed out");
	CHECK_STR(text(row("reasons", 0), "reason"), "gateway_down");
	CHECK_STR(text(row("reasons", 0), "of"), "gw2");
	d->order[0] = GATEWAY_MAINT;
	expect_health(EXIT_FAILED, "degraded",
		      "degraded: gateway gw1 is in maintenance; gateway gw2 is down: connection "
		      "refused or timed out; no gateway is of use");
	d->order[0] = GATEWAY_READY;
	d->gateway_error[1] = DROP_COUNT;
	d->still_us[1] = 4000000;
	expect_health(EXIT_FAILED, "degraded", "degraded: core 1 has not moved for 4 s");
	d->still_us[1] = 2900000;
	expect_health(EXIT_OK, "ok", "ok");
	d->link_is_down = true;
	CHECK_EQ(ask("show health", NULL), EXIT_FAILED);
	CHECK_STR(text(row("reasons", 1), "reason"), "link_down");
	d->link_is_down = false;
	d->certificate_left_s = 2 * 86400;
	CHECK_EQ(ask("show health", NULL), EXIT_OK);
	CHECK_STR(text(row("reasons", 0), "reason"), "certificate_expires");
	d->certificate_left_s = 0;
	expect_health(EXIT_FAILED, "degraded",
		      "degraded: the certificate of the edge interface has expired");
	end();
}

static void says_that_it_drains(void)
{
	begin();
	d->count = (struct drain_count){.partners = 3, .gateways = 1, .legs = 1};
	CHECK_EQ(ask("drain start", NULL), EXIT_OK);
	expect_health(EXIT_FAILED, "draining",
		      "draining: 3 streams with partners and 2 with gateways are left");
	CHECK_STR(text(row("reasons", 0), "reason"), "draining");
	CHECK_EQ(ask("drain stop", NULL), EXIT_OK);
	expect_health(EXIT_OK, "ok", "ok");
	d->shut_down = true;
	CHECK_EQ(ask("show health", NULL), EXIT_FAILED);
	CHECK_STR(text(a.data, "state"), "stopping");
	end();
}

/* A gateway that is not there and a drain that was not begun are no waits. */
static void waits_for_what_can_come(void)
{
	begin();
	CHECK_EQ(ask("wait gateway-up", named("gw9")), EXIT_NOT_FOUND);
	CHECK(a.job == NULL);
	CHECK_EQ(ask("wait gateway-up", named("gw1")), EXIT_OK);
	CHECK(a.job != NULL);
	a.job->gone(a.job);
	CHECK_EQ(ask("wait drained", json_pack("{s:i}", "timeout", 5)), EXIT_OK);
	CHECK(a.job != NULL);
	a.job->gone(a.job);
	end();
}

static void stops_by_two_speeds(void)
{
	const struct request r = {.level = LEVEL_ADMIN, .command = "stop"};
	struct request now = r;

	begin();
	now.daemon = d;
	answer_request(&now, &a);
	CHECK(d->shut_down && !d->stopped);
	CHECK_EQ(number(a.data, "deadline_s"), 5);
	json_decref(a.data);
	now.args = json_pack("{s:b}", "now", 1);
	answer_request(&now, &a);
	CHECK(d->stopped);
	CHECK_EQ(number(a.data, "deadline_s"), 0);
	json_decref(now.args);
	end();
}

int main(void)
{
	RUN(drains);
	RUN(shows_gateways);
	RUN(orders_gateways);
	RUN(says_how_well_it_is);
	RUN(says_that_it_drains);
	RUN(waits_for_what_can_come);
	RUN(stops_by_two_speeds);
	return check_summary();
}
