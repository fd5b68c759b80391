/* SPDX-License-Identifier: BSD-3-Clause */
/* ask_test.c - why something does not work: explain, test, DNS, dialback, certificates. */
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/operator/opsock.h"
#include "control/operator/show.h"
#include "daemon_double.h"
#include "tests/check.h"

static struct answer ask(struct daemon *d, enum grammar_level level, const char *command,
			 json_t *args)
{
	const struct request r = {.daemon = d, .level = level, .command = command, .args = args};
	struct answer a;

	answer_request(&r, &a);
	json_decref(args);
	return a;
}

static const char *text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static json_t *find_step(const struct answer *a, const char *name)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(a->data, "steps"), i,
			   row) if (strcmp(text(row, "step"), name) == 0) return row;
	return NULL;
}

static void expect_step(const struct answer *a, const char *name, const char *verdict,
			const char *detail)
{
	const json_t *row = find_step(a, name);

	CHECK(row != NULL);
	if (row == NULL) {
		fprintf(stderr, "no step %s\n", name);
		return;
	}
	CHECK_STR(text(row, "verdict"), verdict);
	if (strstr(text(row, "detail"), detail) == NULL)
		CHECK_STR(text(row, "detail"), detail); /* shows both */
}

static struct answer explain(struct daemon *d, const char *from, const char *to)
{
	struct answer a =
	    ask(d, LEVEL_MONITOR, "explain", json_pack("{s:s, s:s}", "from", from, "to", to));

	CHECK_EQ(a.code, EXIT_OK);
	return a;
}

static void expect_end(const struct answer *a, const char *result, const char *how)
{
	CHECK_STR(text(a->data, "result"), result);
	if (strstr(text(a->data, "how"), how) == NULL)
		CHECK_STR(text(a->data, "how"), how);
	json_decref(a->data);
}

static void explains_the_way_out(void)
{
	struct daemon *d = daemon_double_make(1);
	struct answer a = explain(d, "alice@contoso.example/x", "bob@Chat.Partner.example");

	expect_step(&a, "from", "ok", "contoso.example is a local domain");
	expect_step(&a, "to", "ok", "chat.partner.example is of partner partner.example, line 1");
	expect_step(
	    &a, "gateway", "ok",
	    "gw1, line 1, serves contoso.example; dialled with direct TLS at 198.51.100.20");
	expect_step(&a, "methods", "ok",
		    "sasl-external, then dialback-tls (TlsNegotiation Required");
	expect_step(&a, "limits", "ok",
		    "2 of 20 connections with partner.example are in use, 7 of");
	expect_step(&a, "stream", "ok", "would be dialled");
	expect_step(&a, "where", "ok", "no recent answer");
	expect_end(
	    &a, "delivered",
	    "60 s at most; otherwise it bounces, <remote-server-not-found/> where DNS fails, "
	    "else <remote-server-timeout/>");
	d->serves[IFACE_EDGE] = true;
	a = explain(d, "contoso.example", "chat.partner.example");
	expect_step(&a, "stream", "ok", "eo1 is up");
	expect_end(&a, "delivered", "by stream eo1");
	daemon_double_free(d);
}

static void explains_why_nobody_is_dialled(void)
{
	struct daemon *d = daemon_double_make(1);
	struct answer a;

	d->outlook = LINKS_BACKOFF;
	d->backoff = (struct links_backoff){3, 4500000, DROP_DNS_FAILED};
	a = explain(d, "contoso.example", "partner.example");
	expect_step(&a, "back-off", "warn", "3 failures in a row");
	expect_end(&a, "bounced", "<remote-server-not-found/>: not dialled for another 5 s");
	d->outlook = LINKS_LIMIT;
	a = explain(d, "contoso.example", "partner.example");
	expect_end(&a, "bounced", "<resource-constraint/>");
	a = explain(d, "contoso.example", "evil.example");
	expect_step(&a, "to", "fail", "neither");
	expect_end(&a, "bounced", "<not-allowed/>: evil.example is no allowed partner");
	a = explain(d, "contoso.example", "contoso.example");
	expect_end(&a, "bounced", "<not-allowed/>");
	daemon_double_free(d);
}

static void explains_the_way_in(void)
{
	struct daemon *d = daemon_double_make(1);
	struct answer a = explain(d, "bob@partner.example/r", "alice@contoso.example");

	expect_step(&a, "its stream", "ok", "by sasl-external: let in, behind STARTTLS");
	expect_step(&a, "stream", "ok", "the gateway would be dialled");
	expect_end(&a, "delivered", "once a stream to gw1 is up");
	d->serves[IFACE_INTERNAL] = true;
	a = explain(d, "partner.example", "contoso.example");
	expect_end(&a, "delivered", "by stream eo1");
	a = explain(d, "evil.example", "contoso.example");
	expect_step(&a, "from", "fail", "neither");
	expect_end(&a, "refused",
		   "<policy-violation/>: evil.example is not an allowed partner (counted as "
		   "stream_not_allowed)");
	a = explain(d, "partner.example", "fabrikam.example");
	expect_end(&a, "refused", "<host-unknown/>");
	a = explain(d, "a@b@c..", "contoso.example");
	expect_step(&a, "from", "fail", "no well-formed");
	expect_end(&a, "refused", "<improper-addressing/>");
	daemon_double_free(d);
}

static void judges_a_certificate(void)
{
	static struct identity id = {.present = true,
				     .reason = "certificate has expired",
				     .fault = IDENTITY_FAULT_EXPIRED,
				     .count = 1,
				     .names = {{IDENTITY_DNS, "partner.example"}}};
	struct daemon *d = daemon_double_make(1);
	json_t *args = json_pack("{s:s, s:s, s:s, s:s}", "from", "partner.example", "to",
				 "contoso.example", "certificate", "f", "address", "192.0.2.7");
	struct answer a = ask(d, LEVEL_MONITOR, "explain", json_incref(args));

	CHECK_EQ(a.code, EXIT_NOT_PERMITTED);
	a = ask(d, LEVEL_OPERATOR, "explain", json_incref(args));
	CHECK_EQ(a.code, EXIT_FAILED);
	CHECK_STR(a.error, "f: cannot open the certificate");
	d->certificate = &id;
	a = ask(d, LEVEL_OPERATOR, "explain", args);
	expect_step(&a, "address", "ok", "192.0.2.7");
	expect_step(&a, "certificate-chain", "fail", "certificate has expired");
	expect_step(&a, "its stream", "warn", "by sasl-external: refused");
	json_decref(a.data);
	a = ask(d, LEVEL_OPERATOR, "explain",
		json_pack("{s:s, s:s, s:s}", "from", "a.example", "to", "b.example", "address",
			  "300.1.1.1"));
	CHECK_EQ(a.code, EXIT_USAGE);
	daemon_double_free(d);
}

static void shows_and_forgets_dns(void)
{
	struct daemon *d = daemon_double_make(1);
	struct dns_note n = {.name = "_xmpp-server._tcp.partner.example",
			     .type = 33,
			     .result = DNS_NO_NAME,
			     .ttl_s = 300,
			     .at_us = 1};
	struct answer a;
	const json_t *row;

	dns_record_put(d->dns, &n);
	a = ask(d, LEVEL_MONITOR, "show dns", json_pack("{s:s}", "domain", "Partner.example"));
	row = json_array_get(json_object_get(a.data, "dns"), 0);
	CHECK_STR(text(row, "type"), "SRV");
	CHECK_STR(text(row, "result"), "no-name");
	CHECK_STR(text(row, "dnssec"), "unsigned");
	json_decref(a.data);
	a = ask(d, LEVEL_MONITOR, "show dns", json_pack("{s:s}", "domain", "other.example"));
	CHECK_EQ(json_array_size(json_object_get(a.data, "dns")), 0);
	json_decref(a.data);
	a = ask(d, LEVEL_MONITOR, "dns flush", NULL);
	CHECK_EQ(a.code, EXIT_NOT_PERMITTED);
	a = ask(d, LEVEL_OPERATOR, "dns flush", NULL);
	CHECK_EQ(json_integer_value(json_object_get(a.data, "forgotten")), 1);
	json_decref(a.data);
	daemon_double_free(d);
}

static void rotates_the_secret_and_never_shows_it(void)
{
	struct daemon *d = daemon_double_make(1);
	struct answer a = ask(d, LEVEL_MONITOR, "show dialback", NULL);
	char *all;

	CHECK_STR(text(a.data, "secret"), "configured");
	CHECK(json_is_false(json_object_get(a.data, "old_accepted")));
	json_decref(a.data);
	a = ask(d, LEVEL_OPERATOR, "dialback rotate-secret", NULL);
	CHECK_EQ(a.code, EXIT_NOT_PERMITTED);
	a = ask(d, LEVEL_ADMIN, "dialback rotate-secret", json_pack("{s:s}", "from", "/nowhere"));
	CHECK_EQ(a.code, EXIT_FAILED);
	CHECK_STR(a.error, "/nowhere: No such file or directory: the secret stays as it was");
	a = ask(d, LEVEL_ADMIN, "dialback rotate-secret", json_pack("{s:i}", "grace", 60));
	CHECK_EQ(a.code, EXIT_OK);
	all = json_dumps(a.data, 0);
	CHECK(strstr(all, d->config->policy->dialback_passphrase) == NULL);
	free(all);
	json_decref(a.data);
	d->verifications = 2;
	a = ask(d, LEVEL_MONITOR, "show dialback", NULL);
	CHECK_STR(text(a.data, "secret"), "rotated");
	CHECK(json_is_true(json_object_get(a.data, "old_accepted")));
	CHECK_EQ(json_array_size(json_object_get(a.data, "pending")), 2);
	CHECK_STR(text(json_array_get(json_object_get(a.data, "pending"), 1), "stream"), "er1");
	json_decref(a.data);
	daemon_double_free(d);
}

static void exchanges_certificates(void)
{
	struct daemon *d = daemon_double_make(1);
	struct answer a = ask(d, LEVEL_ADMIN, "cert commit", NULL);

	CHECK_EQ(a.code, EXIT_FAILED);
	a = ask(d, LEVEL_ADMIN, "cert load",
		json_pack("{s:s, s:s, s:s}", "name", "outside", "file", "f", "keyfile", "k"));
	CHECK_EQ(a.code, EXIT_USAGE);
	CHECK_STR(a.error, "\"outside\" is no interface: expected edge or internal");
	a = ask(d, LEVEL_ADMIN, "cert load",
		json_pack("{s:s, s:s, s:s}", "name", "edge", "file", "bad", "keyfile", "k"));
	CHECK_EQ(a.code, EXIT_FAILED);
	a = ask(d, LEVEL_ADMIN, "cert load",
		json_pack("{s:s, s:s, s:s}", "name", "edge", "file", "good", "keyfile", "k"));
	CHECK_EQ(a.code, EXIT_OK);
	json_decref(a.data);
	a = ask(d, LEVEL_ADMIN, "cert commit", NULL);
	CHECK_EQ(json_integer_value(json_object_get(a.data, "committed")), 1);
	json_decref(a.data);
	a = ask(d, LEVEL_ADMIN, "cert abort", NULL);
	CHECK_EQ(a.code, EXIT_FAILED);
	daemon_double_free(d);
}

static void checks_a_certificate(void)
{
	static struct identity id = {.present = true,
				     .chain_good = true,
				     .count = 1,
				     .names = {{IDENTITY_DNS, "other.example"}},
				     .usage = "serverAuth"};
	struct daemon *d = daemon_double_make(1);
	struct answer a;

	id.not_after = time(NULL) + 864000;
	d->certificate = &id;
	a = ask(d, LEVEL_OPERATOR, "cert check",
		json_pack("{s:s, s:s}", "file", "f", "keyfile", "k"));
	expect_step(&a, "key", "ok", "belongs");
	expect_step(&a, "chain", "ok", "trust anchor");
	expect_step(&a, "expiry", "warn", "days left");
	expect_step(&a, "usage", "warn", "serverAuth");
	expect_step(&a, "name", "warn", "does not name contoso.example, but has dns:other.example");
	json_decref(a.data);
	daemon_double_free(d);
}

static void tells_the_history_of_a_partner(void)
{
	static const char card[] = "CN=a\nCN=b\n01\nserverAuth\ndns:a.example\n4102444800";
	struct daemon *daemon = daemon_double_make(1);
	struct answer a;
	const json_t *row, *certificate;

	a = ask(daemon, LEVEL_MONITOR, "show partners",
		json_pack("{s:s}", "domain", "partner.example"));
	row = json_array_get(json_object_get(a.data, "partners"), 0);
	CHECK_EQ(json_integer_value(json_object_get(row, "last_success_unix_s")), 0);
	CHECK_STR(text(row, "last_failure_reason"), "");
	CHECK(json_is_null(json_object_get(row, "certificate")));
	json_decref(a.data);
	daemon->history = (struct history_partner){.success_unix_s = 1700000000,
						   .failure_unix_s = 1700000100,
						   .method = METHOD_DIALBACK_TLS,
						   .why = DROP_TLS_SERVER_CERTIFICATE,
						   .was_ours = true,
						   .success_stream = "eo1",
						   .failure_stream = "eo2",
						   .card = card};
	daemon->backoff = (struct links_backoff){2, 1500000, DROP_DIAL_FAILED};
	a = ask(daemon, LEVEL_MONITOR, "show partners",
		json_pack("{s:s}", "domain", "partner.example"));
	row = json_array_get(json_object_get(a.data, "partners"), 0);
	CHECK_STR(text(row, "last_success_method"), "dialback-tls");
	CHECK_STR(text(row, "last_success_direction"), "out");
	CHECK_STR(text(row, "last_failure_reason"), "tls_server_certificate");
	CHECK_STR(text(row, "last_failure_text"), drop_text(DROP_TLS_SERVER_CERTIFICATE));
	CHECK_STR(text(row, "last_failure_stream"), "eo2");
	CHECK_EQ(json_integer_value(json_object_get(row, "connections")), 2);
	CHECK_EQ(json_integer_value(json_object_get(row, "backoff_left_s")), 2);
	certificate = json_object_get(row, "certificate");
	CHECK_STR(text(certificate, "subject"), "CN=a");
	CHECK_STR(text(certificate, "names"), "dns:a.example");
	CHECK(json_integer_value(json_object_get(certificate, "days_left")) > 1000);
	json_decref(a.data);
	/* of all of them only what the table has */
	a = ask(daemon, LEVEL_MONITOR, "show partners", NULL);
	row = json_array_get(json_object_get(a.data, "partners"), 0);
	CHECK(json_object_get(row, "certificate") == NULL);
	json_decref(a.data);
	daemon_double_free(daemon);
}

static size_t count_streams(struct daemon *of, const char *key, const char *value)
{
	struct answer a = ask(of, LEVEL_MONITOR, "show streams", json_pack("{s:s}", key, value));
	const size_t n = json_array_size(json_object_get(a.data, "streams"));

	CHECK_EQ(a.code, EXIT_OK);
	json_decref(a.data);
	return n;
}

static void finds_streams(void)
{
	struct daemon *daemon = daemon_double_make(1);
	struct answer a;
	const json_t *row;

	daemon->streams = 5;
	daemon->card = "CN=a\nCN=b\n01\nserverAuth\ndns:a.example\n4102444800";
	CHECK_EQ(count_streams(daemon, "state", "Established"), 5);
	CHECK_EQ(count_streams(daemon, "state", "expect_tls"), 0);
	CHECK_EQ(count_streams(daemon, "ip", "198.51.100.3"), 1);
	CHECK_EQ(count_streams(daemon, "stream", "s9"), 0);
	a = ask(daemon, LEVEL_MONITOR, "show streams", json_pack("{s:s}", "stream", "s3"));
	row = json_array_get(json_object_get(a.data, "streams"), 0);
	CHECK_STR(text(row, "id"), "s3");
	CHECK_STR(text(json_object_get(row, "certificate"), "issuer"), "CN=b");
	json_decref(a.data);
	a = ask(daemon, LEVEL_MONITOR, "show streams", json_pack("{s:s}", "ip", "here"));
	CHECK_EQ(a.code, EXIT_USAGE);
	CHECK_STR(a.error, "here is no IP address");
	daemon_double_free(daemon);
}

/* --- a test's lines, over the socket --- */

static struct daemon *d;

static json_t *hear(int fd)
{
	static char line[65536];
	size_t len = 0;

	for (int turns = 0; turns < 1000; turns++) {
		const ssize_t n = recv(fd, line + len, 1, MSG_DONTWAIT);

		if (n == 0)
			return NULL;
		if (n < 0) {
			loop_turn(d->loop);
			continue;
		}
		turns = 0;
		if (line[len++] == '\n')
			return json_loadb(line, len, 0, NULL);
	}
	return NULL;
}

static int dial(const char *path)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(name.sun_path, path);
	CHECK(connect(fd, (const struct sockaddr *)&name, sizeof(name)) == 0);
	loop_turn(d->loop);
	return fd;
}

static void tells_a_test_as_it_goes(void)
{
	static const char request[] =
	    "{\"v\":1,\"command\":\"test partner\",\"args\":{\"domain\":\"Partner.example\"}}\n";
	char folder[] = "/tmp/ask_testXXXXXX", path[64], error[256];
	struct opsock *o;
	json_t *line;
	int fd;

	d = daemon_double_make(1);
	CHECK(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/s", folder);
	o = opsock_make(d, path, NULL, LEVEL_ADMIN, error);
	trial_words_line(&d->trial_line[0], "policy", TRIAL_OK, "fine");
	trial_words_line(&d->trial_line[1], "dns-srv", TRIAL_FAIL, "none");
	trial_words_hint(&d->trial_line[1], "publish it");
	d->trial_lines = 2;
	d->trial_failed = "dns-srv";
	fd = dial(path);
	CHECK(send(fd, request, sizeof(request) - 1, 0) > 0);
	line = hear(fd);
	CHECK(json_is_true(json_object_get(line, "more")));
	CHECK_STR(text(json_object_get(line, "data"), "step"), "policy");
	json_decref(line);
	line = hear(fd);
	CHECK_STR(text(json_object_get(line, "data"), "verdict"), "fail");
	CHECK_STR(text(json_object_get(line, "data"), "hint"), "publish it");
	json_decref(line);
	line = hear(fd);
	CHECK_EQ(json_integer_value(json_object_get(line, "code")), EXIT_FAILED);
	CHECK_STR(text(json_object_get(line, "data"), "failed_step"), "dns-srv");
	json_decref(line);
	CHECK_STR(d->tried, "partner partner.example from contoso.example");
	/* who goes away takes the trial along */
	CHECK(send(fd, request, sizeof(request) - 1, 0) > 0);
	loop_turn(d->loop);
	close(fd);
	for (int i = 0; i < 5; i++)
		loop_turn(d->loop);
	opsock_free(o);
	rmdir(folder);
	daemon_double_free(d);
}

static void refuses_what_cannot_be_tested(void)
{
	struct answer a;

	d = daemon_double_make(1);
	a = ask(d, LEVEL_MONITOR, "test partner", json_pack("{s:s}", "domain", "partner.example"));
	CHECK_EQ(a.code, EXIT_NOT_PERMITTED);
	a = ask(d, LEVEL_OPERATOR, "test partner", json_pack("{s:s}", "domain", "evil.example"));
	CHECK_EQ(a.code, EXIT_NOT_FOUND);
	a = ask(d, LEVEL_OPERATOR, "test partner",
		json_pack("{s:s, s:s}", "domain", "partner.example", "from", "evil.example"));
	CHECK_EQ(a.code, EXIT_NOT_FOUND);
	CHECK(a.job == NULL);
	a = ask(d, LEVEL_OPERATOR, "test gateway", json_pack("{s:s}", "name", "gw9"));
	CHECK_EQ(a.code, EXIT_NOT_FOUND);
	a = ask(d, LEVEL_OPERATOR, "test gateway", json_pack("{s:s}", "name", "gw1"));
	CHECK(a.job != NULL);
	CHECK_STR(d->tried, "gateway gw1 for partner.example to contoso.example");
	a.job->gone(a.job);
	daemon_double_free(d);
}

int main(void)
{
	RUN(explains_the_way_out);
	RUN(explains_why_nobody_is_dialled);
	RUN(explains_the_way_in);
	RUN(judges_a_certificate);
	RUN(shows_and_forgets_dns);
	RUN(rotates_the_secret_and_never_shows_it);
	RUN(exchanges_certificates);
	RUN(checks_a_certificate);
	RUN(tells_the_history_of_a_partner);
	RUN(finds_streams);
	RUN(tells_a_test_as_it_goes);
	RUN(refuses_what_cannot_be_tested);
	return check_summary();
}
