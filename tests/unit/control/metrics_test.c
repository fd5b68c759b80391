/* SPDX-License-Identifier: BSD-3-Clause */
/* metrics_test.c - the metrics' HTTP: what it answers, and whom it does not wait for. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "control/metrics/exposition.h"
#include "control/metrics/metrics_http.h"
#include "daemon_double.h"
#include "tests/check.h"

static char folder[] = "/tmp/metrics_testXXXXXX", path[128], error[256];
static struct daemon *d;
static char heard[16 * 1024 * 1024];
static time_t ahead_s; /* how far this program's clock runs ahead */

/* In place of libc's: time passes as a test wants it. */
int clock_gettime(clockid_t id, struct timespec *ts)
{
	const long result = syscall(SYS_clock_gettime, id, ts);

	ts->tv_sec += ahead_s;
	return (int)result;
}

static void begin(unsigned int partners)
{
	d = daemon_double_make(partners);
	d->config->metrics_path = strdup(path);
	d->slots = 100;
	CHECK(daemon_double_start_metrics(d, error));
}

static void end(void)
{
	daemon_double_free(d);
	CHECK(access(path, F_OK) != 0);
}

static int dial(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(name.sun_path, path);
	CHECK(fd >= 0 && connect(fd, (const struct sockaddr *)&name, sizeof(name)) == 0);
	return fd;
}

static void say(int fd, const char *text)
{
	CHECK_EQ(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* All until the other side closes; "" when it does not. The loop turns as often as it must. */
static const char *hear(int fd)
{
	size_t len = 0;

	for (int turns = 0; turns < 3000; turns++) {
		const ssize_t n = recv(fd, heard + len, sizeof(heard) - 1 - len, MSG_DONTWAIT);

		if (n > 0) {
			len += (size_t)n;
			turns = 0;
		} else if (n == 0 || errno == ECONNRESET) {
			heard[len] = '\0';
			return heard;
		}
		loop_turn(d->loop);
	}
	return "";
}

static const char *ask(const char *request)
{
	const int fd = dial();
	const char *answer;

	say(fd, request);
	answer = hear(fd);
	close(fd);
	return answer;
}

static void answers_in_both_formats(void)
{
	const char *a;
	struct stat st;

	begin(2);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0660);
	a = ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK(strncmp(a, "HTTP/1.1 200 OK\r\n", 17) == 0);
	CHECK(strstr(a, "text/plain; version=0.0.4; charset=utf-8\r\n") != NULL);
	CHECK(strstr(a, "sluice_streams{leg=\"edge\",dir=\"in\",partner=\"p1.example\",state=") !=
	      NULL);
	CHECK(strstr(a, "# EOF") == NULL);
	a = ask("GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: "
		"application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n\r\n");
	CHECK(strstr(a, "application/openmetrics-text; version=1.0.0; charset=utf-8\r\n") != NULL);
	CHECK(strstr(a, "# TYPE sluice_stanzas counter\n") != NULL);
	CHECK(strstr(a, "# EOF\n") != NULL);
	end();
}

static void chooses_what_is_preferred(void)
{
	CHECK_EQ(exposition_choose(NULL), EXPOSITION_PROMETHEUS);
	CHECK_EQ(exposition_choose("*/*"), EXPOSITION_PROMETHEUS);
	CHECK_EQ(exposition_choose("text/plain"), EXPOSITION_PROMETHEUS);
	CHECK_EQ(exposition_choose("application/openmetrics-text"), EXPOSITION_OPENMETRICS);
	/* what Prometheus 2.42 says */
	CHECK_EQ(exposition_choose("application/openmetrics-text;version=1.0.0,application/"
				   "openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;"
				   "q=0.5,*/*;q=0.1"),
		 EXPOSITION_OPENMETRICS);
	CHECK_EQ(exposition_choose("application/openmetrics-text; q=0.3, text/plain; q=0.9"),
		 EXPOSITION_PROMETHEUS);
	CHECK_EQ(exposition_choose("application/openmetrics-text;q=0"), EXPOSITION_PROMETHEUS);
	CHECK_EQ(exposition_choose("application/openmetrics-text;q=x,,;;,=;q=,"),
		 EXPOSITION_PROMETHEUS);
	CHECK_EQ(exposition_choose(""), EXPOSITION_PROMETHEUS);
}

static void refuses_all_else(void)
{
	const char *a;

	begin(1);
	a = ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK(strncmp(a, "HTTP/1.1 404 ", 13) == 0 && strstr(a, "/metrics") != NULL);
	a = ask("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
	CHECK(strncmp(a, "HTTP/1.1 405 ", 13) == 0 && strstr(a, "Allow: GET, HEAD") != NULL);
	a = ask("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK(strncmp(a, "HTTP/1.1 200 ", 13) == 0 && strstr(a, "sluice_") == NULL);
	CHECK(strncmp(ask("\x16\x03\x01 hello\r\n\r\n"), "HTTP/1.1 200", 12) != 0);
	CHECK(strncmp(ask("GET /metrics\r\n\r\n"), "HTTP/1.1 200", 12) != 0);
	CHECK(strstr(ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), "sluice_build_info") != NULL);
	end();
}

static void bounds_a_request(void)
{
	static char blanks[64 * 1024];
	int fd;

	begin(1);
	fd = dial();
	memset(blanks, 'x', sizeof(blanks) - 1);
	say(fd, "GET /");
	while (send(fd, blanks, sizeof(blanks) - 1, MSG_NOSIGNAL) > 0)
		loop_turn(d->loop);
	CHECK(strncmp(hear(fd), "HTTP/1.1 4", 10) == 0 || heard[0] == '\0');
	close(fd);
	end();
}

/* More connections than places: those beyond wait, and are served when one is free. */
static void bounds_connections(void)
{
	int fd[HTTP_CONNECTIONS_MAX], more;

	begin(1);
	for (size_t i = 0; i < ARRAY_LEN(fd); i++)
		fd[i] = dial();
	for (int i = 0; i < 5; i++)
		loop_turn(d->loop);
	more = dial();
	say(more, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	for (int i = 0; i < 5; i++)
		loop_turn(d->loop);
	CHECK(recv(more, heard, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
	close(fd[3]);
	CHECK(strstr(hear(more), "sluice_build_info") != NULL);
	close(more);
	for (size_t i = 0; i < ARRAY_LEN(fd); i++)
		if (i != 3)
			close(fd[i]);
	end();
}

static uint64_t clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* Clients that stop reading, or say half of something, cost turns of the loop next to nothing, and
 * others are served beside them; when their time is over they are gone. */
static void waits_for_nobody(void)
{
	int deaf, dumb, room = 4096;
	uint64_t longest_us = 0;

	begin(4000); /* a text of megabytes */
	deaf = dial();
	(void)setsockopt(deaf, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	say(deaf, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	dumb = dial();
	say(dumb, "GET /met");
	for (int i = 0; i < 50; i++) {
		const uint64_t began_us = clock_us();

		loop_turn(d->loop);
		if (clock_us() - began_us > longest_us)
			longest_us = clock_us() - began_us;
	}
	/* a turn waits for 10 ms where nothing is ready; all else is a slow machine's */
	CHECK(longest_us < 300000);
	CHECK(strstr(ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), "sluice_build_info") != NULL);
	CHECK(strlen(heard) > 1000000);
	ahead_s += 60;
	CHECK(strstr(hear(dumb), "200 OK") == NULL);
	CHECK(strstr(hear(deaf), "sluice_build_info") == NULL); /* cut off */
	CHECK(strlen(heard) < 1000000);
	close(dumb);
	close(deaf);
	end();
}

/* A byte now and then keeps no place for ever. */
static void ends_who_only_dawdles(void)
{
	const char *const byte = "G";
	bool is_gone = false;
	int fd;

	begin(1);
	fd = dial();
	for (int i = 0; i < 40 && !is_gone; i++) {
		is_gone = send(fd, byte, 1, MSG_NOSIGNAL) < 0;
		for (int k = 0; k < 3; k++)
			loop_turn(d->loop);
		ahead_s += 5;
		is_gone |= recv(fd, heard, sizeof(heard), MSG_DONTWAIT) == 0;
	}
	CHECK(is_gone);
	close(fd);
	end();
}

/* A text of two configurations is worth nothing: it ends without its end. */
static void notices_a_reload(void)
{
	struct exposition *x;
	char block[1000];

	begin(100);
	x = exposition_make(d, EXPOSITION_OPENMETRICS);
	CHECK(exposition_read(x, block, sizeof(block)) > 0);
	{
		struct config *other = config_load("/nonexistent", stderr);

		CHECK(other == NULL);
		other = d->config;
		d->config = calloc(1, sizeof(*d->config));
		*d->config = *other;
		CHECK_EQ(exposition_read(x, block, sizeof(block)), -1);
		free(d->config);
		d->config = other;
	}
	exposition_free(x);
	end();
}

static void says_why_it_cannot_listen(void)
{
	struct daemon *second;

	begin(1);
	second = daemon_double_make(1);
	second->config->metrics_path = strdup(path);
	CHECK(!daemon_double_start_metrics(second, error));
	CHECK(strstr(error, "is in use") != NULL && strstr(error, "<metrics socket=...>") != NULL);
	second->config->metrics_port = 1;
	CHECK(addr_parse("192.0.2.1", &second->config->metrics_address));
	CHECK(!daemon_double_start_metrics(second, error));
	CHECK(strstr(error, "192.0.2.1 port 1") != NULL);
	daemon_double_free(second);
	end();
}

int main(void)
{
	if (mkdtemp(folder) == NULL)
		return 1;
	(void)snprintf(path, sizeof(path), "%s/metrics.sock", folder);
	RUN(answers_in_both_formats);
	RUN(chooses_what_is_preferred);
	RUN(refuses_all_else);
	RUN(bounds_a_request);
	RUN(bounds_connections);
	RUN(waits_for_nobody);
	RUN(ends_who_only_dawdles);
	RUN(notices_a_reload);
	RUN(says_why_it_cannot_listen);
	(void)rmdir(folder);
	return check_summary();
}
