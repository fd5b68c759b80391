/* SPDX-License-Identifier: BSD-3-Clause */
/* trace_test.c - where "trace" makes files and where it does not; when it ends. */
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "control/operator/opsock.h"
#include "daemon_double.h"
#include "tests/check.h"

static char folder[] = "/tmp/trace_testXXXXXX", path[128], file[128], error[256];
static struct daemon *d;
static struct opsock *o;
static time_t ahead_s; /* how far this program's clock runs ahead */

/* In place of libc's: the loop's time passes as a test wants it. */
int clock_gettime(clockid_t id, struct timespec *ts)
{
	const long result = syscall(SYS_clock_gettime, id, ts);

	ts->tv_sec += ahead_s;
	return (int)result;
}

static void begin(enum grammar_level most)
{
	d = daemon_double_make(1);
	d->streams = 3;
	free(d->config->trace_folder);
	d->config->trace_folder = strdup(folder);
	o = opsock_make(d, path, NULL, most, error);
	CHECK(o != NULL);
}

static void end(void)
{
	opsock_free(o);
	CHECK_EQ(d->readers, 0);
	daemon_double_free(d);
	(void)unlink(file);
}

static json_t *hear(int fd)
{
	static char line[65536];
	size_t len = 0;

	for (int turns = 0; turns < 200; turns++) {
		const ssize_t n = recv(fd, line + len, 1, MSG_DONTWAIT);

		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return NULL;
		if (n < 0) {
			loop_turn(d->loop);
			continue;
		}
		turns = 0;
		if (line[len++] == '\n')
			return json_loadb(line, len, 0, NULL);
	}
	check_bad_now++;
	return NULL;
}

/* A new client that asks for a trace into @out. */
static int ask(const char *command, const char *of, const char *out)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	char line[512];
	int len;

	strcpy(name.sun_path, path);
	CHECK(fd >= 0 && connect(fd, (const struct sockaddr *)&name, sizeof(name)) == 0);
	loop_turn(d->loop);
	len = snprintf(line, sizeof(line),
		       "{\"v\":1,\"command\":\"%s\",\"args\":{%s,\"seconds\":30,\"out\":\"%s\"}}\n",
		       command, of, out);
	CHECK_EQ(send(fd, line, (size_t)len, MSG_NOSIGNAL), len);
	return fd;
}

static void refused(const char *command, const char *of, const char *out, enum exit_code code)
{
	const int fd = ask(command, of, out);
	json_t *answer = hear(fd);

	CHECK_EQ(json_integer_value(json_object_get(answer, "code")), code);
	CHECK(json_string_length(json_object_get(answer, "error")) > 0);
	CHECK_EQ(d->readers, 0);
	json_decref(answer);
	close(fd);
}

#define PARTNER_ARG "\"domain\":\"partner.example\""

static void names_and_nothing_else(void)
{
	static const char *const bad[] = {"../x", "/tmp/x", ".x", "a b", "a/b", "\\u0000x", "x\\n"};

	begin(LEVEL_OPERATOR);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		refused("trace partner", PARTNER_ARG, bad[i], EXIT_USAGE);
	refused("trace partner", "\"domain\":\"nobody.example\"", "x.pcapng", EXIT_NOT_FOUND);
	refused("trace stream", "\"text\":\"s9\"", "x.pcapng", EXIT_NOT_FOUND);
	CHECK(access(file, F_OK) != 0);
	end();
	begin(LEVEL_MONITOR);
	refused("trace partner", PARTNER_ARG, "x.pcapng", EXIT_NOT_PERMITTED);
	end();
}

static void never_over_another(void)
{
	begin(LEVEL_OPERATOR);
	CHECK_EQ(symlink("/tmp/trace_test_not_there", file), 0);
	refused("trace partner", PARTNER_ARG, "x.pcapng", EXIT_FAILED);
	CHECK(access("/tmp/trace_test_not_there", F_OK) != 0);
	CHECK_EQ(unlink(file), 0);
	free(d->config->trace_folder);
	d->config->trace_folder = strdup("/tmp/trace_test_no_folder");
	refused("trace partner", PARTNER_ARG, "x.pcapng", EXIT_FAILED);
	end();
}

static void ends_in_time(void)
{
	json_t *line, *data;
	struct stat st;
	int fd;

	begin(LEVEL_OPERATOR);
	fd = ask("trace partner", PARTNER_ARG, "x.pcapng");
	line = hear(fd);
	data = json_object_get(line, "data");
	CHECK_STR(json_string_value(json_object_get(data, "file")), file);
	CHECK_EQ(json_integer_value(json_object_get(data, "streams")), 3);
	json_decref(line);
	CHECK_EQ(stat(file, &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0600);
	CHECK(d->reader != NULL && d->reader->bits == TAP_FRAMES);
	d->reader->lost(d->reader, 5);
	ahead_s += 31;
	line = hear(fd);
	/* A sign of life may come before. */
	while (json_is_true(json_object_get(line, "more"))) {
		json_decref(line);
		line = hear(fd);
	}
	CHECK_EQ(json_integer_value(json_object_get(line, "code")), EXIT_OK);
	data = json_object_get(line, "data");
	CHECK_EQ(json_integer_value(json_object_get(data, "frames")), 0);
	CHECK_EQ(json_integer_value(json_object_get(data, "frames_lost")), 5);
	json_decref(line);
	CHECK_EQ(d->readers, 0);
	close(fd);
	/* A section's header at least is in it. */
	CHECK(stat(file, &st) == 0 && st.st_size > 0);
	end();
}

static void two_and_no_more(void)
{
	char other[128];
	int one, two;

	begin(LEVEL_OPERATOR);
	(void)snprintf(other, sizeof(other), "%s/y.pcapng", folder);
	one = ask("trace partner", PARTNER_ARG, "x.pcapng");
	json_decref(hear(one));
	two = ask("trace stream", "\"text\":\"s1\"", "y.pcapng");
	json_decref(hear(two));
	CHECK_EQ(d->readers, 2);
	{
		const int fd = ask("trace partner", PARTNER_ARG, "z.pcapng");
		json_t *answer = hear(fd);

		CHECK_EQ(json_integer_value(json_object_get(answer, "code")), EXIT_FAILED);
		json_decref(answer);
		close(fd);
	}
	/* Who goes away ends his. */
	close(one);
	for (int i = 0; i < 20 && d->readers == 2; i++)
		loop_turn(d->loop);
	CHECK_EQ(d->readers, 1);
	close(two);
	CHECK_EQ(unlink(other), 0);
	end();
}

int main(void)
{
	CHECK(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof(path), "%s/control.sock", folder);
	(void)snprintf(file, sizeof(file), "%s/x.pcapng", folder);
	RUN(names_and_nothing_else);
	RUN(never_over_another);
	RUN(ends_in_time);
	RUN(two_and_no_more);
	CHECK_EQ(rmdir(folder), 0);
	return check_summary();
}
