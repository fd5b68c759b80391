/* SPDX-License-Identifier: BSD-3-Clause */
/* sluicectl_test.c - the operator's command, run as a program against the real socket: what people
 * read, what scripts read, exit codes. */
#include <jansson.h>
#include <sys/stat.h>

#include "sluicectl_run.h"

static void prints_the_ports(void)
{
	begin(1);
	CHECK_EQ(run("show ports"), 0);
	CHECK_STR(
	    out,
	    "RULE  PROTOCOL    PORT  FROM            TO              WHAT\n"
	    "R1    XMPP/TCP    5269  any             192.0.2.10      partners' servers dial in\n"
	    "R1    XMPP/TCP    5269  any             2001:db8::10    partners' servers dial in\n"
	    "R2    XMPP/TCP    5269  192.0.2.10      any             the relay dials partners (SRV "
	    "may say another port)\n"
	    "R2    XMPP/TCP    5269  2001:db8::10    any             the relay dials partners (SRV "
	    "may say another port)\n"
	    "R3    XMPP/MTLS  23456  any             198.51.100.10   gateways dial in (tighten to "
	    "them)\n"
	    "R3    XMPP/MTLS  23456  any             2001:db8:1::10  gateways dial in (tighten to "
	    "them)\n"
	    "R3    XMPP/MTLS  23456  198.51.100.10   198.51.100.20   the relay dials this gateway\n"
	    "R3    XMPP/MTLS   5269  2001:db8:1::10  2001:db8:1::20  the relay dials this "
	    "gateway\n");
	CHECK_STR(err, "");
	CHECK_EQ(run("show ports --nft"), 0);
	CHECK(strncmp(out, "table inet sluice {\n", 20) == 0);
	CHECK_EQ(run("-q show ports"), 0);
	CHECK_STR(out, "");
	end();
}

static void prints_tables_for_people(void)
{
	static const char *const commands[] = {"show status",   "show cores",   "show ports",
					       "show partners", "show streams", "show counters",
					       "show denied",   "help"};

	begin(3);
	d->streams = 5;
	d->refusals = 3;
	d->core[0].stats.drops[DROP_STREAM_NOT_ALLOWED] = 2;
	stat_add(&d->core[0].stats.partner[2].law.accepted, 9);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		CHECK_EQ(run(commands[i]), 0);
		CHECK(out[0] != '\0');
		CHECK(!has_trailing_blank(out));
		CHECK(strchr(out, '\x1b') == NULL); /* a partner's bytes do not steer a terminal */
		CHECK_STR(err, "");
	}
	CHECK_EQ(run("show status"), 0);
	CHECK(strstr(out, "up 1d 02:03:04\n") != NULL);
	CHECK(longest_line(out) <= 90);
	CHECK_EQ(run("show partners"), 0);
	CHECK(strstr(out, "PARTNER          TYPE              METHODS                     STREAMS "
			  "IN/OUT  LIMIT  STANZAS IN/OUT\n") != NULL);
	CHECK(strstr(out, "partner.example  Federated         sasl-external,dialback-tls") != NULL);
	CHECK_EQ(run("show counters"), 0);
	CHECK(strstr(out,
		     "\np1.example         9          0         0        0        0     0    0  "
		     "no\n") != NULL);
	CHECK(strstr(out, "\nstream_not_allowed      7  policy  domain that is not an allowed "
			  "partner\n") != NULL);
	CHECK(longest_line(out) <= 80);
	CHECK_EQ(run("show streams"), 0);
	CHECK(strstr(out, "b\xc3\xbc"
			  "cher?[2J.example") != NULL);
	end();
}

static void prints_the_node(void)
{
	begin(1);
	d->gateway_streams[0] = 12;
	d->gateway_error[1] = DROP_TLS_SERVER_CERTIFICATE;
	d->failovers[1] = 3;
	CHECK_EQ(run("show gateways"), 0);
	CHECK_STR(out, "GATEWAY  STATE  ADDRESS         TLS  STREAMS  BYTES IN FLIGHT  FAILOVERS\n"
		       "gw1      up     198.51.100.20     -       12                0          0\n"
		       "gw2      down   2001:db8:1::20    -        0              100          3\n"
		       "\n"
		       "GATEWAY  DIAL         PORT  LAST ERROR              DOMAINS\n"
		       "gw1      direct-tls  23456  -                       contoso.example\n"
		       "gw2      starttls     5269  tls_server_certificate  contoso.example\n");
	CHECK(longest_line(out) <= 80);
	CHECK_EQ(run("show health"), 0);
	CHECK_STR(out,
		  "degraded: gateway gw2 is down: the other side's server certificate does not "
		  "prove its domain\n");
	CHECK_EQ(run("gateway maint gw1"), 0);
	CHECK_STR(out, "gateway gw1: maint, 4 streams closed\n");
	CHECK_EQ(run("gateway maint gw2"), 0);
	CHECK_STR(out, "gateway gw2: maint, 4 streams closed\n"
		       "warning: contoso.example has no other gateway: stanzas to it bounce\n");
	CHECK_EQ(run("show health"), 1);
	CHECK_STR(out, "degraded: gateway gw1 is in maintenance; gateway gw2 is in maintenance; no "
		       "gateway is of use\n");
	CHECK_STR(err, "");
	d->count = (struct drain_count){.partners = 12, .gateways = 2, .legs = 1, .held = 5};
	CHECK_EQ(run("drain status"), 0);
	CHECK_STR(out, "running: 12 streams with partners, 3 with gateways, 5 stanzas held\n");
	CHECK_EQ(run("drain start --deadline 5m --spread 60s"), 0);
	CHECK_STR(
	    out, "draining: 12 streams with partners, 3 with gateways, 5 stanzas held\n"
		 "since 0 s: 0 streams of partners told to end; spread 60 s, deadline 300 s, 300 s "
		 "of it left\n");
	CHECK_EQ(run("drain stop"), 0);
	CHECK_EQ(run("drain stop"), 1);
	CHECK_STR(err, "sluicectl: nothing is being drained: drain start begins it\n");
	CHECK_EQ(run("wait drained"), 1);
	CHECK_STR(
	    err,
	    "waited_us            0\nsluicectl: nothing is being drained: drain start begins it\n");
	CHECK_EQ(run("stop"), 0);
	CHECK_STR(out, "stopping: streams end first, in at most 5 s\n");
	end();
}

static void prints_the_cores(void)
{
	struct stats *s;

	begin(1);
	s = &d->core[0].stats;
	stat_set(&s->law.accepted, 1000000);
	stat_set(&s->busy_tsc, 2500700000);
	stat_set(&s->frames_in, 1234567890);
	stat_set(&s->frames_out, 1234567890);
	stat_set(&s->bursts_in, 500000000);
	stat_set(&s->recent.tsc, 1000);
	stat_set(&s->recent.busy_tsc, 999);
	stat_set(&s->recent.stanzas, 1000);
	stat_set(&s->pool_mbufs, 16383);
	stat_set(&s->pool_free, 8000);
	CHECK_EQ(run("show cores"), 0);
	CHECK(strstr(out,
		     "CORE  LCORE  BUSY%  STANZAS  CYCLES EACH  FRAMES  CYCLES EACH  "
		     "CONNECTIONS  POOL%\n"
		     "   0      2   99.9     1000          0.9       0            -            "
		     "0   51.1\n"
		     "   1      3      -        0            -       0            -            "
		     "0      -\n") != NULL);
	CHECK(strstr(out, "   0  1000000       2500.7  1234567890/1234567890      2.4  ") != NULL);
	CHECK(longest_line(out) <= 90);
	end();
}

static void says_when_there_is_nothing(void)
{
	begin(1);
	CHECK_EQ(run("show streams"), 0);
	CHECK_STR(out, "no streams\n");
	CHECK_EQ(run("show denied"), 0);
	CHECK_STR(out, "nothing was refused\n");
	end();
}

static void takes_arguments(void)
{
	begin(3);
	d->streams = 5;
	d->refusals = 3;
	CHECK_EQ(run("show partners P1.example"), 0);
	CHECK(strstr(out, "\np1.example") != NULL && strstr(out, "partner.example") == NULL);
	CHECK_EQ(run("show partners nobody.example"), EXIT_NOT_FOUND);
	CHECK_STR(out, "");
	CHECK_STR(err, "sluicectl: no partner nobody.example: show partners lists them\n");
	CHECK_EQ(run("show streams partner nobody.example"), EXIT_NOT_FOUND);
	CHECK_EQ(run("-j show denied last 2"), 0);
	CHECK(strstr(out, "\"code\": 0") != NULL);
	end();
}

static void prints_verdicts(void)
{
	begin(1);
	trial_words_line(&d->trial_line[0], "policy", TRIAL_OK, "fine");
	trial_words_line(
	    &d->trial_line[1], "dns-srv", TRIAL_FAIL, "none, which is a long story %s",
	    "that goes on and on, and on, until a line of a hundred is not enough for it");
	trial_words_hint(&d->trial_line[1], "publish one");
	d->trial_lines = 2;
	d->trial_failed = "dns-srv";
	CHECK_EQ(run("test partner partner.example"), EXIT_FAILED);
	CHECK_STR(out,
		  "ok    policy              fine\n"
		  "fail  dns-srv             none, which is a long story that goes on and on, and\n"
		  "                          on, until a line of a hundred is not enough for it\n"
		  "                          -> publish one\n");
	CHECK(strstr(err, "partner partner.example does not pass: step dns-srv failed") != NULL);
	CHECK(strstr(err, "partner.example: 1 ok, 0 warnings, 1 failed\n") != NULL);
	d->trial_lines = 1;
	d->trial_failed = NULL;
	CHECK_EQ(run("test partner partner.example"), 0);
	CHECK(strstr(out, "\npartner.example: 1 ok, 0 warnings, 0 failed\n") != NULL);
	CHECK_EQ(run("explain contoso.example evil.example"), 0);
	CHECK(strstr(out, "\n=> bounced: <not-allowed/>: evil.example is no allowed partner\n") !=
	      NULL);
	CHECK_EQ(run("show partners partner.example"), 0);
	CHECK(strstr(out, "\nlast_success             never\n") != NULL);
	CHECK(!has_trailing_blank(out));
	CHECK_EQ(run("show dialback"), 0);
	CHECK_STR(out, "secret: configured\nno key is being verified\n");
	CHECK_EQ(run("dns flush"), 0);
	CHECK_STR(out, "0 answers forgotten (all); all names are asked anew\n");
	end();
}

/* What the shell's completion asks. */
static void completes(void)
{
	d = NULL;
	CHECK_EQ(run("--complete"), 0);
	CHECK(strncmp(out, "show\n", 5) == 0);
	CHECK(strstr(out, "\nreload\n") != NULL);
	CHECK(strstr(out, "\ntop\nexit\n") != NULL);
	CHECK_EQ(run("--complete show streams"), 0);
	CHECK_STR(out, "partner\nstream\nip\nstate\n");
	CHECK_EQ(run("--complete top"), 0);
	CHECK_STR(out, "--interval\n--once\n");
	CHECK_EQ(run("--complete top --interval"), 0);
	CHECK_STR(out, "DURATION\n");
	CHECK_EQ(run("--complete show ports"), 0);
	CHECK_STR(out, "--nft\n");
	CHECK_EQ(run("--commands"), 0);
	CHECK(strstr(out, "\nstop [--now]\tadmin\tend the relay, after a short drain\n") != NULL);
	CHECK(strstr(out, "\ntop [--interval DURATION] [--once]\tmonitor\t") != NULL);
	CHECK_EQ(run("--values --complete show partners"), 0); /* nobody to ask */
	CHECK_STR(out, "DOMAIN\n");
	begin(1203);
	d->streams = 2;
	CHECK_EQ(run("--values --complete show streams partner"), 0);
	CHECK(strncmp(out, "partner.example\np1.example\n", 27) == 0);
	CHECK(strstr(out, "\np999.example\n") != NULL); /* five pages and no more */
	CHECK(strstr(out, "p1000.example") == NULL);
	CHECK_EQ(run("--values --complete watch stream"), 0);
	CHECK(strncmp(out, "s1\ns2\n", 6) == 0);
	CHECK_EQ(run("--values --complete wait partner-up p1.example"), 0);
	CHECK_STR(out, "--timeout\n");
	end();
}

static void waits_until_it_is_so(void)
{
	begin(1);
	CHECK_EQ(run("wait partner-up nobody.example"), EXIT_NOT_FOUND);
	CHECK_EQ(run("wait partner-up partner.example --timeout 1"), EXIT_TIMEOUT);
	CHECK(strstr(err, "sluicectl: it did not come to that in time\n") != NULL);
	d->streams = 1;
	CHECK_EQ(run("wait partner-up partner.example"), 0);
	CHECK(strncmp(out, "waited_us ", 10) == 0);
	end();
}

static void merges_pages_into_one_document(void)
{
	json_t *all;

	begin(450);
	d->streams = 450;
	CHECK_EQ(run("-j show streams"), 0);
	all = json_loads(out, 0, NULL);
	CHECK(json_is_true(json_object_get(all, "ok")));
	CHECK(json_object_get(all, "cursor") == NULL);
	CHECK_EQ(json_array_size(json_object_get(json_object_get(all, "data"), "streams")), 450);
	json_decref(all);
	CHECK_EQ(run("--json show partners"), 0);
	all = json_loads(out, 0, NULL);
	CHECK_EQ(json_array_size(json_object_get(json_object_get(all, "data"), "partners")), 450);
	json_decref(all);
	CHECK_EQ(run("show counters --json"), 0);
	all = json_loads(out, 0, NULL);
	CHECK_EQ(json_array_size(json_object_get(json_object_get(all, "data"), "partners")), 451);
	CHECK_EQ(json_array_size(json_object_get(json_object_get(all, "data"), "law")), 3);
	json_decref(all);
	end();
}

static void reloads(void)
{
	begin(1);
	CHECK_EQ(run("reload"), EXIT_OK);
	CHECK(strncmp(out, "/etc/sluice/sluice.xml:7: warning: something\napplied, hash ", 59) ==
	      0);
	CHECK(strstr(out, ", 3 streams closed\n") != NULL);
	d->reload_fails = true;
	CHECK_EQ(run("-q reload"), EXIT_BAD_CONFIG);
	CHECK_STR(out, "");
	CHECK_STR(err, "/etc/sluice/sluice.xml:7: error: something\nsluicectl: the file has errors "
		       "and nothing has changed: correct them and reload again\n");
	CHECK(!d->stopped);
	CHECK_EQ(run("stop"), EXIT_OK);
	CHECK(d->shut_down);
	end();
}

static void says_what_to_do(void)
{
	d = NULL;
	CHECK_EQ(run("show status"), EXIT_NO_DAEMON);
	CHECK(strstr(err, "no relay listens on /tmp/") != NULL);
	CHECK(strstr(err, ": start sluice, or name its socket by -s\n") != NULL);
	CHECK_EQ(run("-s /nonexistent/s help"), EXIT_NO_DAEMON);
	CHECK_EQ(run("-s /etc/hostname help"), EXIT_NO_DAEMON);
	CHECK_EQ(run("--bogus"), EXIT_USAGE);
	CHECK_EQ(run("show streams --nft"), EXIT_USAGE);
	CHECK_STR(err, "sluicectl: \"--nft\" is not expected: show streams [partner DOMAIN] "
		       "[stream ID] [ip ADDRESS] [state STATE]\n");
	CHECK_EQ(run("show streams partner"), EXIT_USAGE);
	CHECK_STR(err, "sluicectl: DOMAIN is missing: show streams [partner DOMAIN] [stream ID] "
		       "[ip ADDRESS] [state STATE]\n");
	CHECK_EQ(run("--nft show ports"), EXIT_USAGE);
	CHECK_EQ(run("-y show ports"), EXIT_USAGE);
	CHECK_EQ(run("-f batch show ports"), EXIT_USAGE);
	CHECK_EQ(run("--help"), EXIT_OK);
	CHECK(strncmp(out, "usage: sluicectl ", 17) == 0);
	CHECK(longest_line(out) <= 80);
	CHECK_EQ(run("--version"), EXIT_OK);
	CHECK(strncmp(out, "sluicectl 0.", 12) == 0);
	begin(1);
	CHECK_EQ(run("show everything"), EXIT_USAGE);
	CHECK_STR(err, "sluicectl: unknown command \"show everything\": help lists all\n");
	end();
}

/* Root may use any socket, so the program gives its rights away first. */
static void is_refused_without_rights(void)
{
	pid_t child;
	int code;

	if (geteuid() != 0)
		return;
	begin(1);
	CHECK_EQ(chmod(folder, 0755), 0);
	child = fork();
	if (child == 0) {
		(void)!freopen("/dev/null", "w", stderr);
		if (setgid(65534) != 0 || setuid(65534) != 0)
			_exit(98);
		(void)execl(program, program, "help", (char *)NULL);
		_exit(99);
	}
	code = wait_for(child);
	/* 99: the program itself lies where nobody may run it */
	CHECK(code == EXIT_NOT_PERMITTED || code == 99);
	end();
}

int main(int argc, char **argv)
{
	if (!run_begin(argc, argv))
		return 2;
	RUN(prints_the_ports);
	RUN(prints_tables_for_people);
	RUN(prints_the_node);
	RUN(prints_the_cores);
	RUN(says_when_there_is_nothing);
	RUN(takes_arguments);
	RUN(prints_verdicts);
	RUN(completes);
	RUN(waits_until_it_is_so);
	RUN(merges_pages_into_one_document);
	RUN(reloads);
	RUN(says_what_to_do);
	RUN(is_refused_without_rights);
	return run_end();
}
