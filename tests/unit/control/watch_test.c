/* SPDX-License-Identifier: BSD-3-Clause */
/* watch_test.c - "watch" on the operator's socket: what its lines say, who may, when it ends. */
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/operator/opsock.h"
#include "daemon_double.h"
#include "tests/check.h"

#define MESSAGE "<message from='a@x.example' to='b@y.example'><body>the secret</body></message>"

static char folder[] = "/tmp/watch_testXXXXXX", path[128], error[256];
static struct daemon *d;
static struct opsock *o;

static void begin(enum grammar_level most)
{
	d = daemon_double_make(1);
	d->streams = 3;
	o = opsock_make(d, path, NULL, most, error);
	CHECK(o != NULL);
}

static void end(void)
{
	opsock_free(o);
	CHECK_EQ(d->readers, 0);
	daemon_double_free(d);
}

static int dial(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(name.sun_path, path);
	CHECK(fd >= 0 && connect(fd, (const struct sockaddr *)&name, sizeof(name)) == 0);
	loop_turn(d->loop);
	return fd;
}

static void say(int fd, const char *command, const char *args)
{
	char line[512];
	const int len =
	    snprintf(line, sizeof(line), "{\"v\":1,\"id\":1,\"command\":\"%s\",\"args\":{%s}}\n",
		     command, args);

	CHECK_EQ(send(fd, line, (size_t)len, MSG_NOSIGNAL), len);
}

/* The next line, whole; NULL when there is an end, or none comes. */
static json_t *hear(int fd)
{
	static char line[1024 * 1024];
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

static const char *text_of(const json_t *line, const char *key)
{
	const char *text = json_string_value(json_object_get(json_object_get(line, "data"), key));

	return text != NULL ? text : "(none)";
}

static void expect_code(int fd, enum exit_code code)
{
	json_t *answer = hear(fd);

	CHECK(answer != NULL);
	CHECK_EQ(json_integer_value(json_object_get(answer, "code")), code);
	json_decref(answer);
}

/* A watch that has begun. */
static int watch(const char *command, const char *args, const char *watching)
{
	const int fd = dial();
	json_t *line;

	say(fd, command, args);
	line = hear(fd);
	CHECK(json_is_true(json_object_get(line, "more")));
	CHECK_STR(text_of(line, "watching"), watching);
	json_decref(line);
	return fd;
}

static void pass(const char *bytes, bool is_out)
{
	struct taps_item item = {.at_unix_us = 1700000000123456,
				 .stream = "er000001",
				 .leg = IFACE_EDGE,
				 .is_out = is_out,
				 .bytes = {(const uint8_t *)bytes, strlen(bytes)},
				 .total = strlen(bytes)};

	d->reader->take(d->reader, &item);
}

static void expect_element(int fd, const char *direction, const char *element)
{
	json_t *line = hear(fd);
	json_t *data = json_object_get(line, "data");

	CHECK_STR(text_of(line, "stream"), "er000001");
	CHECK_STR(text_of(line, "leg"), "edge");
	CHECK_STR(text_of(line, "direction"), direction);
	CHECK_STR(text_of(line, "element"), element);
	CHECK_EQ(json_integer_value(json_object_get(data, "at_unix_us")), 1700000000123456);
	json_decref(line);
}

static void lines_of_a_partner(void)
{
	int fd;

	begin(LEVEL_OPERATOR);
	fd = watch("watch partner", "\"domain\":\"chat.partner.example\"", "partner");
	CHECK(d->reader != NULL && d->reader->of == TAPS_PARTNER);
	CHECK_STR(d->reader->name, "partner.example");
	CHECK_EQ(d->reader->bits, TAP_STANZAS);
	pass(MESSAGE, false);
	expect_element(
	    fd, "in",
	    "<message from='a@x.example' to='b@y.example'><body>…[10 bytes]</body></message>");
	/* Several of negotiation are a line each. */
	pass("<stream:stream id='1'><stream:features/> ", true);
	expect_element(fd, "out", "<stream:stream id='1'>");
	expect_element(fd, "out", "<stream:features/>");
	close(fd);
	for (int i = 0; i < 20 && d->readers > 0; i++)
		loop_turn(d->loop);
	end();
}

static void bodies_take_an_admin(void)
{
	int fd;

	begin(LEVEL_OPERATOR);
	fd = dial();
	say(fd, "watch all", "\"bodies\":true");
	expect_code(fd, EXIT_NOT_PERMITTED);
	close(fd);
	end();
	begin(LEVEL_MONITOR);
	fd = dial();
	say(fd, "watch all", "");
	expect_code(fd, EXIT_NOT_PERMITTED);
	close(fd);
	end();
	begin(LEVEL_ADMIN);
	fd = dial();
	say(fd, "watch all", "\"bodies\":true,\"headers_only\":true");
	expect_code(fd, EXIT_USAGE);
	close(fd);
	fd = watch("watch all", "\"bodies\":true", "all");
	pass(MESSAGE, true);
	expect_element(fd, "out", MESSAGE);
	pass("<db:result from='a' to='b'>deadbeef</db:result>", false);
	expect_element(fd, "in", "<db:result from='a' to='b'>…[8 bytes]</db:result>");
	close(fd);
	fd = watch("watch all", "\"headers_only\":true", "all");
	pass(MESSAGE, true);
	expect_element(fd, "out", "<message from='a@x.example' to='b@y.example'>");
	close(fd);
	end();
}

static void ends_with_its_stream(void)
{
	const struct taps_item note = {.stream = "s1",
				       .leg = IFACE_EDGE,
				       .note = "closed by peer, reason none",
				       .is_end = true};
	json_t *line;
	int fd;

	begin(LEVEL_OPERATOR);
	fd = dial();
	say(fd, "watch stream", "\"text\":\"nobody\"");
	expect_code(fd, EXIT_NOT_FOUND);
	CHECK_EQ(d->readers, 0);
	close(fd);
	fd = watch("watch stream", "\"text\":\"s1\"", "stream");
	pass("<a/>", false);
	json_decref(hear(fd));
	d->reader->take(d->reader, &note);
	line = hear(fd);
	CHECK_STR(text_of(line, "note"), "closed by peer, reason none");
	json_decref(line);
	line = hear(fd);
	CHECK_EQ(json_integer_value(json_object_get(line, "code")), EXIT_OK);
	CHECK(json_object_get(line, "more") == NULL);
	CHECK_EQ(json_integer_value(json_object_get(json_object_get(line, "data"), "lines")), 2);
	json_decref(line);
	CHECK_EQ(d->readers, 0);
	close(fd);
	end();
}

static void eight_and_no_more(void)
{
	int fds[8], fd;

	begin(LEVEL_OPERATOR);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		fds[i] = watch("watch all", "", "all");
	CHECK_EQ(d->readers, 8);
	fd = dial();
	say(fd, "watch all", "");
	expect_code(fd, EXIT_FAILED);
	close(fds[0]);
	for (int i = 0; i < 20 && d->readers == 8; i++)
		loop_turn(d->loop);
	CHECK_EQ(d->readers, 7);
	close(fd);
	fd = watch("watch all", "", "all");
	close(fd);
	for (size_t i = 1; i < ARRAY_LEN(fds); i++)
		close(fds[i]);
	end();
}

/* Nobody reads: lines are lost, the relay keeps no more than its bound, and it is said. */
static void a_slow_reader_loses_lines(void)
{
	int fd;
	json_int_t lost = 0, heard = 0;

	begin(LEVEL_OPERATOR);
	fd = watch("watch all", "", "all");
	for (int i = 0; i < 20000; i++)
		pass(MESSAGE, false);
	d->reader->lost(d->reader, 77);
	while (lost == 0 && heard < 20000) {
		json_t *line = hear(fd);

		heard++;
		lost = json_integer_value(json_object_get(line, "lost"));
		json_decref(line);
		if (heard == 1)
			continue;
		pass(MESSAGE, false); /* finds room once some has been read */
		if (check_bad_now > 0)
			break;
	}
	CHECK(lost > 0 && lost < 20000);
	close(fd);
	end();
}

static void what_the_cores_lost_is_said(void)
{
	json_t *line;
	int fd;

	begin(LEVEL_OPERATOR);
	fd = watch("watch all", "", "all");
	d->reader->lost(d->reader, 77);
	line = hear(fd);
	CHECK_EQ(json_integer_value(json_object_get(json_object_get(line, "data"), "stanzas_lost")),
		 77);
	json_decref(line);
	close(fd);
	end();
}

int main(void)
{
	CHECK(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof(path), "%s/control.sock", folder);
	RUN(lines_of_a_partner);
	RUN(bodies_take_an_admin);
	RUN(ends_with_its_stream);
	RUN(eight_and_no_more);
	RUN(a_slow_reader_loses_lines);
	RUN(what_the_cores_lost_is_said);
	CHECK_EQ(rmdir(folder), 0);
	return check_summary();
}
