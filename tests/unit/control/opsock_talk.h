/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * opsock_talk.h - a client of the operator's socket, and a relay's double behind it, in one thread:
 * whoever waits for an answer turns the loop. For one test program each.
 */
#ifndef TESTS_OPSOCK_TALK_H
#define TESTS_OPSOCK_TALK_H

#include <errno.h>
#include <jansson.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "control/operator/opsock.h"
#include "daemon_double.h"
#include "tests/check.h"

static char folder[] = "/tmp/opsock_testXXXXXX", path[128], error[256];
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

static inline void begin(void)
{
	d = daemon_double_make(1);
	o = opsock_make(d, path, NULL, LEVEL_ADMIN, error);
	CHECK(o != NULL);
}

static inline void end(void)
{
	opsock_free(o);
	daemon_double_free(d);
	CHECK(access(path, F_OK) != 0);
}

static inline int dial(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(name.sun_path, path);
	CHECK(fd >= 0 && connect(fd, (const struct sockaddr *)&name, sizeof(name)) == 0);
	loop_turn(d->loop);
	return fd;
}

static inline void say(int fd, const char *line)
{
	CHECK_EQ(send(fd, line, strlen(line), MSG_NOSIGNAL), strlen(line));
}

/* One line of the answer; NULL when the connection is closed. The loop turns as often as it must:
 * each turn waits for what is ready. */
static inline json_t *hear(int fd)
{
	static char line[2 * 1024 * 1024];
	size_t len = 0;
	char *end = NULL;

	for (int turns = 0; turns < 2000; turns++) {
		/* Looked at first: what stands behind the line is the next one's. */
		ssize_t n = recv(fd, line + len, sizeof(line) - len, MSG_DONTWAIT | MSG_PEEK);

		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return NULL;
		if (n < 0) {
			loop_turn(d->loop);
			continue;
		}
		turns = 0;
		end = memchr(line + len, '\n', (size_t)n);
		if (end != NULL)
			n = end + 1 - (line + len);
		n = recv(fd, line + len, (size_t)n, MSG_DONTWAIT);
		CHECK(n > 0);
		len += n > 0 ? (size_t)n : 0;
		if (end != NULL)
			return json_loadb(line, len, 0, NULL);
	}
	check_bad_now++; /* no answer came */
	return NULL;
}

static inline void expect_code(int fd, int code)
{
	json_t *answer = hear(fd);

	CHECK(answer != NULL);
	CHECK_EQ(json_integer_value(json_object_get(answer, "code")), code);
	CHECK_EQ(json_is_true(json_object_get(answer, "ok")), code == EXIT_OK);
	json_decref(answer);
}

static inline void turn_after(time_t seconds)
{
	ahead_s += seconds;
	for (int turns = 0; turns < 3; turns++)
		loop_turn(d->loop);
}

/* A folder for the socket; false when there is none to be had. */
static inline bool talk_begin(void)
{
	if (mkdtemp(folder) == NULL)
		return false;
	(void)snprintf(path, sizeof(path), "%s/control.sock", folder);
	return true;
}

#endif
