/* SPDX-License-Identifier: BSD-3-Clause */
/* opsock_test.c - the operator's socket: framing, bounds, slow and rude clients, stale files. */
#include <fcntl.h>
#include <sys/stat.h>

#include "opsock_talk.h"

static void answers_a_line_with_a_line(void)
{
	json_t *answer;
	int fd;

	begin();
	fd = dial();
	say(fd, "{\"v\":1,\"id\":7,\"command\":\"show ports\"}\n");
	answer = hear(fd);
	CHECK_EQ(json_integer_value(json_object_get(answer, "v")), 1);
	CHECK_EQ(json_integer_value(json_object_get(answer, "id")), 7);
	CHECK(json_is_true(json_object_get(answer, "ok")));
	CHECK(json_object_get(answer, "cursor") == NULL);
	CHECK_EQ(json_array_size(json_object_get(json_object_get(answer, "data"), "ports")), 8);
	json_decref(answer);
	/* the connection lives on; a request may come in pieces, and several at once */
	say(fd, "{\"v\":1,\"comm");
	loop_turn(d->loop);
	say(fd,
	    "and\":\"help\"}\n{\"v\":1,\"command\":\"help\"}\n{\"v\":1,\"command\":\"nope\"}\n");
	expect_code(fd, EXIT_OK);
	expect_code(fd, EXIT_OK);
	expect_code(fd, EXIT_USAGE);
	close(fd);
	end();
}

static void refuses_what_it_cannot_read(void)
{
	int fd;

	begin();
	fd = dial();
	say(fd, "hello\n");
	expect_code(fd, EXIT_USAGE);
	say(fd, "\n");
	expect_code(fd, EXIT_USAGE);
	say(fd, "[1]\n");
	expect_code(fd, EXIT_USAGE);
	say(fd, "{\"v\":2,\"id\":1,\"command\":\"help\"}\n");
	expect_code(fd, EXIT_USAGE);
	say(fd, "{\"v\":1,\"command\":7}\n");
	expect_code(fd, EXIT_USAGE);
	say(fd, "{\"v\":1,\"command\":\"show streams\",\"cursor\":-5}\n");
	expect_code(fd, EXIT_OK);
	say(fd, "{\"v\":1,\"command\":\"show partners\",\"cursor\":9223372036854775807}\n");
	expect_code(fd, EXIT_OK);
	close(fd);
	end();
}

static void closes_on_a_request_without_end(void)
{
	static char blanks[32768];
	size_t sent = 0;
	bool closed = false;
	int fd;

	begin();
	fd = dial();
	memset(blanks, ' ', sizeof(blanks));
	while (!closed && sent < 1024 * 1024) {
		const ssize_t n = send(fd, blanks, sizeof(blanks), MSG_NOSIGNAL | MSG_DONTWAIT);

		closed = n < 0 && errno == EPIPE;
		sent += n > 0 ? (size_t)n : 0;
		loop_turn(d->loop);
	}
	CHECK(closed);
	CHECK(sent >= 64 * 1024);
	close(fd);
	/* and serves the next one */
	fd = dial();
	say(fd, "{\"v\":1,\"command\":\"help\"}\n");
	expect_code(fd, EXIT_OK);
	close(fd);
	end();
}

static void stops_reading_from_who_does_not_read(void)
{
	static const char request[] = "{\"v\":1,\"command\":\"show streams\"}\n";
	unsigned int sent = 0;
	int deaf, fd;

	begin();
	d->streams = 200;
	deaf = dial();
	/* A deaf client's requests pile up in the kernel, not here, and end. */
	while (send(deaf, request, sizeof(request) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) > 0 &&
	       sent < 1000000) {
		sent++;
		if (sent % 16 == 0)
			loop_turn(d->loop);
	}
	CHECK_EQ(errno, EAGAIN);
	CHECK(sent < 1000000);
	/* Others are served meanwhile. */
	fd = dial();
	say(fd, "{\"v\":1,\"command\":\"help\"}\n");
	expect_code(fd, EXIT_OK);
	close(fd);
	/* Once it reads it gets every answer that it asked for, whole. */
	expect_code(deaf, EXIT_OK);
	expect_code(deaf, EXIT_OK);
	expect_code(deaf, EXIT_OK);
	close(deaf);
	loop_turn(d->loop);
	end();
}

/* Turns the loop until the other side has closed @fd; false when it has not. */
static bool is_closed(int fd)
{
	static char bytes[65536];

	for (int turns = 0; turns < 100; turns++) {
		const ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

		if (n == 0 || (n < 0 && errno != EAGAIN))
			return true;
		if (n < 0 && turns > 20)
			return false;
		if (n < 0)
			loop_turn(d->loop);
	}
	return false;
}

static void closes_who_takes_too_long(void)
{
	static const char request[] = "{\"v\":1,\"command\":\"show streams\"}\n";
	int deaf, idle, busy;

	begin();
	d->streams = 200;
	deaf = dial();
	while (send(deaf, request, sizeof(request) - 1, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		loop_turn(d->loop);
	idle = dial();
	ahead_s += 9;
	loop_turn(d->loop);
	loop_turn(d->loop);
	busy = dial();
	ahead_s += 2; /* 11 s */
	for (int turns = 0; turns < 3; turns++)
		loop_turn(d->loop);
	/* What was sent before can still be read, then comes the end. */
	CHECK(is_closed(deaf));
	CHECK(!is_closed(idle));
	ahead_s += 200;
	say(busy, "{\"v\":1,\"command\":\"help\"}\n");
	expect_code(busy, EXIT_OK);
	ahead_s += 101; /* 312 s */
	for (int turns = 0; turns < 3; turns++)
		loop_turn(d->loop);
	CHECK(is_closed(idle));
	CHECK(!is_closed(busy));
	close(deaf);
	close(idle);
	close(busy);
	end();
}

static void has_room_for_64_clients(void)
{
	int fds[65];
	char byte;

	begin();
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		fds[i] = dial();
	say(fds[63], "{\"v\":1,\"command\":\"help\"}\n");
	expect_code(fds[63], EXIT_OK);
	CHECK_EQ(recv(fds[64], &byte, 1, MSG_DONTWAIT), 0); /* closed */
	close(fds[0]);
	loop_turn(d->loop);
	close(fds[64]);
	fds[64] = dial();
	say(fds[64], "{\"v\":1,\"command\":\"help\"}\n");
	expect_code(fds[64], EXIT_OK);
	for (size_t i = 1; i < ARRAY_LEN(fds); i++)
		close(fds[i]);
	end();
}

static void hangs_up_are_survived(void)
{
	int fd;

	begin();
	d->streams = 1000;
	for (int i = 0; i < 50; i++) {
		fd = dial();
		say(fd, "{\"v\":1,\"command\":\"show streams\"}\n");
		close(fd);
		loop_turn(d->loop);
	}
	fd = dial();
	say(fd, "{\"v\":1,\"command\":\"stop\"}\n");
	expect_code(fd, EXIT_OK);
	CHECK(d->shut_down);
	close(fd);
	end();
}

/* Every stream once and in order, whatever else the socket does between two pages. */
static void pages_through_fifty_thousand_streams(void)
{
	json_int_t cursor = 0;
	unsigned int seen = 0, pages = 0;
	char request[128], id[24];
	int fd, other;

	begin();
	d->streams = 50000;
	fd = dial();
	other = dial();
	do {
		json_t *answer, *row;
		size_t i;

		(void)snprintf(request, sizeof(request),
			       "{\"v\":1,\"command\":\"show streams\",\"cursor\":%lld}\n",
			       (long long)cursor);
		say(fd, request);
		say(other, "{\"v\":1,\"command\":\"help\"}\n");
		answer = hear(fd);
		json_array_foreach(json_object_get(json_object_get(answer, "data"), "streams"), i,
				   row)
		{
			(void)snprintf(id, sizeof(id), "s%u", ++seen);
			CHECK_STR(json_string_value(json_object_get(row, "id")), id);
		}
		cursor = json_integer_value(json_object_get(answer, "cursor"));
		json_decref(answer);
		expect_code(other, EXIT_OK);
	} while (cursor != 0 && ++pages < 1000);
	CHECK_EQ(seen, 50000);
	CHECK_EQ(pages, 249);
	close(fd);
	close(other);
	end();
}

static void guards_its_path(void)
{
	struct opsock *second;
	struct stat st;
	FILE *f;

	begin();
	CHECK_EQ(stat(path, &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0660);
	second = opsock_make(d, path, NULL, LEVEL_ADMIN, error);
	CHECK(second == NULL);
	CHECK(strstr(error, "is in use: another relay runs here") != NULL);
	opsock_free(second);
	end();
	/* what a killed relay leaves behind is removed */
	{
		struct sockaddr_un name = {.sun_family = AF_UNIX};
		const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		strcpy(name.sun_path, path);
		CHECK_EQ(bind(fd, (const struct sockaddr *)&name, sizeof(name)), 0);
		close(fd);
	}
	begin();
	end();
	/* what is no socket is not */
	f = fopen(path, "w");
	CHECK(f != NULL);
	fclose(f);
	d = daemon_double_make(1);
	CHECK(opsock_make(d, path, NULL, LEVEL_ADMIN, error) == NULL);
	CHECK(strstr(error, "is no socket") != NULL);
	CHECK_EQ(unlink(path), 0);
	CHECK(opsock_make(d, "/nonexistent/folder/s", NULL, LEVEL_ADMIN, error) == NULL);
	CHECK_STR(error, "cannot listen on /nonexistent/folder/s: No such file or directory");
	daemon_double_free(d);
}

static long long code_of(int fd, const char *line)
{
	json_t *answer;
	long long code;

	say(fd, line);
	answer = hear(fd);
	code = (long long)json_integer_value(json_object_get(answer, "code"));
	json_decref(answer);
	return code;
}

/* Whoever comes there, root included, may look and no more. */
static void changes_nothing_by_the_monitor_socket(void)
{
	json_t *answer;
	int fd;

	d = daemon_double_make(1);
	o = opsock_make(d, path, NULL, LEVEL_MONITOR, error);
	CHECK(o != NULL);
	fd = dial();
	CHECK_EQ(code_of(fd, "{\"v\":1,\"command\":\"show status\"}\n"), EXIT_OK);
	CHECK_EQ(code_of(fd, "{\"v\":1,\"command\":\"reload\"}\n"), EXIT_NOT_PERMITTED);
	CHECK_EQ(code_of(fd, "{\"v\":1,\"command\":\"stop\"}\n"), EXIT_NOT_PERMITTED);
	CHECK_EQ(code_of(fd, "{\"v\":1,\"command\":\"help\",\"args\":[]}\n"), EXIT_USAGE);
	/* a sentence that would end within a character is one all the same */
	say(fd,
	    "{\"v\":1,\"command\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "\xc3\xbc\"}\n");
	answer = hear(fd);
	CHECK(json_string_value(json_object_get(answer, "error")) != NULL);
	json_decref(answer);
	CHECK_EQ(d->reloads, 0);
	CHECK(!d->stopped);
	close(fd);
	end();
}

static void belongs_to_its_group(void)
{
	struct stat st;

	d = daemon_double_make(1);
	CHECK(opsock_make(d, path, "no such group", LEVEL_ADMIN, error) == NULL);
	CHECK(strstr(error, " to the group no such group: there is none") != NULL);
	CHECK(access(path, F_OK) != 0);
	if (geteuid() == 0) { /* others give files to their own groups alone */
		o = opsock_make(d, path, "daemon", LEVEL_ADMIN, error);
		CHECK(o != NULL && stat(path, &st) == 0 && st.st_gid == 1);
		CHECK_EQ(st.st_mode & 0777, 0660);
		opsock_free(o);
	}
	daemon_double_free(d);
}

int main(void)
{
	if (!talk_begin())
		return 2;
	RUN(answers_a_line_with_a_line);
	RUN(refuses_what_it_cannot_read);
	RUN(closes_on_a_request_without_end);
	RUN(stops_reading_from_who_does_not_read);
	RUN(closes_who_takes_too_long);
	RUN(changes_nothing_by_the_monitor_socket);
	RUN(belongs_to_its_group);
	RUN(has_room_for_64_clients);
	RUN(hangs_up_are_survived);
	RUN(pages_through_fifty_thousand_streams);
	RUN(guards_its_path);
	(void)rmdir(folder);
	return check_summary();
}
