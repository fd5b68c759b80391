/* SPDX-License-Identifier: BSD-3-Clause */
/* client.c - lines of JSON over a UNIX socket. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/operator/exit_code.h"
#include "control/sluicectl/client.h"
#include "control/sluicectl/signals.h"

enum { LINE_BYTES_MAX = 2 * 1024 * 1024, ERROR_BYTES = 512 };

struct sluicectl_client {
	int fd, patience_ms;
	size_t len; /* of what has come and is not taken yet */
	char text[LINE_BYTES_MAX];
};

static void say_no_daemon(const char *path, int *code, char *error)
{
	const int why = errno;

	*code = why == EACCES || why == EPERM ? EXIT_NOT_PERMITTED : EXIT_NO_DAEMON;
	if (*code == EXIT_NOT_PERMITTED)
		(void)snprintf(error, ERROR_BYTES,
			       "may not use %s: run this as root or as a member of the socket's "
			       "group",
			       path);
	else if (why == ENOENT || why == ECONNREFUSED)
		(void)snprintf(error, ERROR_BYTES,
			       "no relay listens on %s: start sluice, or name its socket by -s",
			       path);
	else
		(void)snprintf(error, ERROR_BYTES, "cannot connect to %s: %s", path, strerror(why));
}

static int dial(const char *path, int patience_ms)
{
	const struct timeval patience = {patience_ms / 1000, patience_ms % 1000 * 1000L};
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int why;

	memcpy(name.sun_path, path, strlen(path) + 1);
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0 &&
	    connect(fd, (const struct sockaddr *)&name, sizeof(name)) == 0)
		return fd;
	why = errno;
	if (fd >= 0)
		close(fd);
	errno = why;
	return -1;
}

struct sluicectl_client *sluicectl_client_open(const char *path, int patience_ms, int *code,
					       char *error)
{
	const struct sockaddr_un name = {.sun_family = AF_UNIX};
	struct sluicectl_client *c;

	if (strlen(path) >= sizeof(name.sun_path)) {
		*code = EXIT_USAGE;
		(void)snprintf(error, ERROR_BYTES,
			       "the socket's path is longer than %zu characters",
			       sizeof(name.sun_path) - 1);
		return NULL;
	}
	c = malloc(sizeof(*c));
	if (c == NULL) {
		*code = EXIT_FAILED;
		(void)snprintf(error, ERROR_BYTES, "no memory");
		return NULL;
	}
	c->len = 0;
	c->patience_ms = patience_ms;
	c->fd = dial(path, patience_ms);
	if (c->fd >= 0)
		return c;
	say_no_daemon(path, code, error);
	free(c);
	return NULL;
}

void sluicectl_client_close(struct sluicectl_client *c)
{
	if (c == NULL)
		return;
	close(c->fd);
	free(c);
}

bool sluicectl_client_is_alive(const struct sluicectl_client *c)
{
	char byte;

	/* Nothing is under way between two commands: what can be read is an end. */
	return c->len == 0 && recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static bool send_line(int fd, const json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);
	const size_t len = text != NULL ? strlen(text) + 1 : 0;
	size_t sent = 0;

	if (text == NULL)
		return false;
	text[len - 1] = '\n';
	while (sent < len) {
		const ssize_t n = send(fd, text + sent, len - sent, MSG_NOSIGNAL);

		if (n <= 0)
			break;
		sent += (size_t)n;
	}
	free(text);
	return sent == len;
}

/* More bytes. False with errno: 0 for an end, EINTR when the operator has had enough. */
static bool receive(struct sluicectl_client *c)
{
	ssize_t n = 0;
	int ready;

	for (;;) {
		ready = sluicectl_signals_wait(c->fd, POLLIN, c->patience_ms);
		if (ready < 0 && errno != EINTR)
			return false;
		if (sluicectl_signals_take(SIGNAL_INTERRUPT) != 0 ||
		    sluicectl_signals_have(SIGNAL_END) != 0) {
			errno = EINTR;
			return false;
		}
		if (ready == 0) {
			errno = EAGAIN;
			return false;
		}
		if (ready < 0)
			continue;
		if (c->len < sizeof(c->text))
			n = recv(c->fd, c->text + c->len, sizeof(c->text) - c->len, MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		break;
	}
	if (n <= 0) {
		errno = n == 0 ? 0 : errno;
		return false;
	}
	c->len += (size_t)n;
	return true;
}

/* The next line. NULL with errno, as receive() has it. */
static json_t *receive_line(struct sluicectl_client *c)
{
	size_t looked = 0;
	const char *end;

	while ((end = memchr(c->text + looked, '\n', c->len - looked)) == NULL) {
		looked = c->len;
		if (!receive(c))
			return NULL;
	}
	{
		const size_t len = (size_t)(end - c->text);
		json_t *line = json_loadb(c->text, len, 0, NULL);

		c->len -= len + 1;
		memmove(c->text, end + 1, c->len);
		errno = 0;
		return line;
	}
}

/* Arrays grow, anything else keeps the first page's value. */
static void merge(json_t *whole, const json_t *page)
{
	json_t *data = json_object_get(whole, "data"), *rows, *value;
	const char *key;

	json_object_foreach(json_object_get(page, "data"), key, value)
	{
		rows = json_object_get(data, key);
		if (json_is_array(rows) && json_is_array(value))
			json_array_extend(rows, value);
		else if (rows == NULL)
			json_object_set(data, key, value);
	}
}

static json_t *ask_page(struct sluicectl_client *c, const char *command, json_t *args,
			json_int_t cursor, struct sluicectl_lines *lines)
{
	json_t *request = json_pack("{s:i, s:i, s:s, s:O*, s:I}", "v", 1, "id", 1, "command",
				    command, "args", args, "cursor", cursor);
	json_t *line = NULL;

	if (request != NULL && send_line(c->fd, request))
		line = receive_line(c);
	json_decref(request);
	while (line != NULL && json_is_true(json_object_get(line, "more"))) {
		const json_t *data = json_object_get(line, "data");

		if (data != NULL && lines != NULL)
			lines->line(lines, data, json_integer_value(json_object_get(line, "lost")));
		json_decref(line);
		line = receive_line(c);
	}
	return line;
}

static void say_no_answer(int *code, char *error)
{
	const bool late = errno == EAGAIN || errno == EWOULDBLOCK, enough = errno == EINTR;

	*code = late ? EXIT_TIMEOUT : enough ? EXIT_FAILED : EXIT_NO_DAEMON;
	(void)snprintf(error, ERROR_BYTES, "%s",
		       late ? "the relay does not answer: see its log"
		       : enough
			   ? "interrupted"
			   : "the relay closed the connection before it answered: see its log");
}

json_t *sluicectl_client_page(struct sluicectl_client *c, const char *command, json_t *args,
			      long long *cursor, struct sluicectl_lines *lines, int *code,
			      char *error)
{
	json_t *page = ask_page(c, command, args, (json_int_t)*cursor, lines);

	if (page == NULL) {
		say_no_answer(code, error);
		return NULL;
	}
	*cursor = (long long)json_integer_value(json_object_get(page, "cursor"));
	*code = (int)json_integer_value(json_object_get(page, "code"));
	json_object_del(page, "cursor");
	return page;
}

json_t *sluicectl_client_ask(struct sluicectl_client *c, const char *command, json_t *args,
			     struct sluicectl_lines *lines, int *code, char *error)
{
	json_t *whole = NULL;
	long long cursor = 0;

	do {
		json_t *page = sluicectl_client_page(c, command, args, &cursor, lines, code, error);

		if (page == NULL || whole == NULL) {
			json_decref(whole);
			whole = page;
			continue;
		}
		merge(whole, page);
		json_decref(page);
	} while (whole != NULL && cursor != 0);
	if (whole != NULL)
		*code = (int)json_integer_value(json_object_get(whole, "code"));
	return whole;
}
