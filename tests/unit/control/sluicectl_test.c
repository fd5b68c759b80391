/* SPDX-License-Identifier: BSD-3-Clause */
/* sluicectl_test.c - the operator's command, run as a program against the real socket: what people
 * read, what scripts read, exit codes. */
#include <fcntl.h>
#include <jansson.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/operator/opsock.h"
#include "control/sluicectl/table.h"
#include "daemon_double.h"
#include "tests/check.h"

static char folder[] = "/tmp/sluicectl_testXXXXXX", path[128], error[256];
static const char *program;
static struct daemon *d;
static struct opsock *o;
static char out[1024 * 1024], err[8192];

static void begin(unsigned int partners)
{
	d = daemon_double_make(partners);
	o = opsock_make(d, path, NULL, LEVEL_ADMIN, error);
	CHECK(o != NULL);
}

static void end(void)
{
	opsock_free(o);
	daemon_double_free(d);
}

static void read_back(FILE *f, char *text, size_t room)
{
	size_t n;

	rewind(f);
	n = fread(text, 1, room - 1, f);
	text[n] = '\0';
	fclose(f);
}

static void child_ended(struct loop_watch *w, uint32_t events)
{
	(void)w;
	(void)events;
}

/* Turns the loop until the child has ended, which wakes it, too. */
static int wait_for(pid_t child)
{
	struct loop_watch ended = {(int)syscall(SYS_pidfd_open, child, 0), child_ended};
	int status = 0;

	CHECK(d == NULL || loop_watch(d->loop, &ended, EPOLLIN));
	while (waitpid(child, &status, d != NULL ? WNOHANG : 0) == 0)
		loop_turn(d->loop);
	if (d != NULL)
		loop_unwatch(d->loop, &ended);
	close(ended.fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Runs it with these arguments (blanks part them) while the loop turns; returns its exit code. */
static int run(const char *arguments)
{
	FILE *to = tmpfile(), *complaints = tmpfile();
	char copy[512], *argv[16] = {strdup(program)}, *rest = NULL;
	int argc = 1, code;
	pid_t child;

	(void)snprintf(copy, sizeof(copy), "%s", arguments);
	for (char *word = strtok_r(copy, " ", &rest); word != NULL && argc < 15;
	     word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	child = fork();
	if (child == 0) {
		(void)dup2(fileno(to), STDOUT_FILENO);
		(void)dup2(fileno(complaints), STDERR_FILENO);
		(void)execv(program, argv);
		_exit(99);
	}
	CHECK(child > 0);
	code = wait_for(child);
	free(argv[0]);
	read_back(to, out, sizeof(out));
	read_back(complaints, err, sizeof(err));
	return code;
}

static bool has_trailing_blank(const char *text)
{
	return strstr(text, " \n") != NULL;
}

static size_t longest_line(const char *text)
{
	size_t longest = 0;

	while (*text != '\0') {
		const size_t n = strcspn(text, "\n");

		longest = n > longest ? n : longest;
		text += n + (text[n] != '\0');
	}
	return longest;
}

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

/* What the shell's completion asks. */
static void completes(void)
{
	d = NULL;
	CHECK_EQ(run("--complete"), 0);
	CHECK(strncmp(out, "show\n", 5) == 0);
	CHECK(strstr(out, "\nreload\n") != NULL);
	CHECK_EQ(run("--complete show streams"), 0);
	CHECK_STR(out, "partner\n");
	CHECK_EQ(run("--complete show ports"), 0);
	CHECK_STR(out, "--nft\n");
	CHECK_EQ(run("--commands"), 0);
	CHECK(strstr(out, "\nreload\tadmin\tread the configuration file again\n") != NULL);
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
	CHECK(d->stopped);
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
	CHECK_EQ(run(""), EXIT_USAGE);
	CHECK_EQ(run("--bogus"), EXIT_USAGE);
	CHECK_EQ(run("show streams --nft"), EXIT_USAGE);
	CHECK_STR(err, "sluicectl: \"--nft\" is not expected: show streams [partner DOMAIN]\n");
	CHECK_EQ(run("show streams partner"), EXIT_USAGE);
	CHECK_STR(err, "sluicectl: DOMAIN is missing: show streams [partner DOMAIN]\n");
	CHECK_EQ(run("--nft show ports"), EXIT_USAGE);
	CHECK_EQ(run("-x show ports"), EXIT_USAGE);
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

static void aligns_by_characters(void)
{
	static const struct table_column columns[] = {
	    {"NAME", "name"}, {"N", "n"}, {"LIST", "list"}, {NULL, NULL}};
	json_t *rows = json_pack("[{s:s, s:i, s:[s, s]}, {s:s, s:i, s:b}]", "name",
				 "b\xc3\xbc"
				 "cher",
				 "n", 7, "list", "a", "b", "name", "x", "n", 1000, "list", 1);
	FILE *f = tmpfile();
	char text[256];

	sluicectl_table_print(f, columns, rows, "none");
	read_back(f, text, sizeof(text));
	CHECK_STR(text, "NAME       N  LIST\n"
			"b\xc3\xbc"
			"cher     7  a,b\n"
			"x       1000  yes\n");
	json_decref(rows);
}

int main(int argc, char **argv)
{
	if (argc < 2 || mkdtemp(folder) == NULL)
		return 2;
	program = argv[1];
	(void)snprintf(path, sizeof(path), "%s/control.sock", folder);
	(void)setenv("SLUICE_SOCKET", path, 1);
	(void)setenv("TZ", "UTC", 1);
	RUN(prints_the_ports);
	RUN(prints_tables_for_people);
	RUN(prints_the_cores);
	RUN(says_when_there_is_nothing);
	RUN(takes_arguments);
	RUN(completes);
	RUN(waits_until_it_is_so);
	RUN(merges_pages_into_one_document);
	RUN(reloads);
	RUN(says_what_to_do);
	RUN(is_refused_without_rights);
	RUN(aligns_by_characters);
	(void)rmdir(folder);
	return check_summary();
}
