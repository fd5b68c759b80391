/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * opsock.c - the operator's socket: lines in, lines out, nothing that could wait.
 *
 * One request is answered at a time: while an answer is still going out, the client's socket is
 * not read, so a client costs one request and one answer, whatever it sends.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/log.h"
#include "control/loop.h"
#include "control/operator/show.h"

enum opsock_bounds {
	CLIENTS_MAX = 64,
	REQUEST_BYTES_MAX = 64 * 1024,
	ANSWER_BYTES_MAX = 1024 * 1024,
	SLOW_US = 10 * 1000 * 1000,  /* for reading an answer */
	IDLE_US = 300 * 1000 * 1000, /* between two requests: places are few */
};

struct client {
	struct loop_watch watch;
	struct loop_timer slow;
	struct opsock *opsock; /* NULL: the place is free */
	uid_t uid;
	pid_t pid;
	enum grammar_level level;
	char *in;
	size_t in_len;
	char *out; /* NULL: no answer is under way */
	size_t out_len, out_sent;
};

struct opsock {
	struct loop_watch watch;
	struct daemon *daemon;
	struct loop *loop;
	enum grammar_level most;
	char path[108];
	struct client clients[CLIENTS_MAX];
};

static void drop_client(struct client *c)
{
	loop_cancel(c->opsock->loop, &c->slow);
	loop_unwatch(c->opsock->loop, &c->watch);
	close(c->watch.fd);
	free(c->in);
	free(c->out);
	*c = (struct client){.opsock = NULL};
}

static void slow_due(struct loop_timer *t)
{
	struct client *c = CONTAINER_OF(t, struct client, slow);

	if (c->out != NULL)
		log_event(LOG_LEVEL_WARNING, "operator_slow", "uid=%u pid=%d unsent=%zu",
			  (unsigned int)c->uid, (int)c->pid, c->out_len - c->out_sent);
	drop_client(c);
}

/* Sends what it can. False when the client is gone. */
static bool send_out(struct client *c)
{
	while (c->out_sent < c->out_len) {
		const ssize_t n = send(c->watch.fd, c->out + c->out_sent, c->out_len - c->out_sent,
				       MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			loop_rewatch(c->opsock->loop, &c->watch, EPOLLOUT);
			return true;
		}
		if (n <= 0) {
			drop_client(c);
			return false;
		}
		c->out_sent += (size_t)n;
	}
	free(c->out);
	c->out = NULL;
	loop_at(c->opsock->loop, &c->slow, loop_now_us(c->opsock->loop) + IDLE_US);
	loop_rewatch(c->opsock->loop, &c->watch, EPOLLIN);
	return true;
}

/* Takes @response. False when the client is gone. */
static bool answer(struct client *c, json_t *response)
{
	char *text = json_dumps(response, JSON_COMPACT);
	const size_t len = text != NULL ? strlen(text) : 0;

	json_decref(response);
	if (text == NULL || len + 1 > ANSWER_BYTES_MAX) {
		free(text);
		drop_client(c);
		return false;
	}
	text[len] = '\n'; /* over the NUL: the length is known from here on */
	c->out = text;
	c->out_len = len + 1;
	c->out_sent = 0;
	loop_at(c->opsock->loop, &c->slow, loop_now_us(c->opsock->loop) + SLOW_US);
	return send_out(c);
}

static json_t *refusal(json_t *id, enum exit_code code, const char *error)
{
	json_t *response =
	    json_pack("{s:i, s:b, s:i, s:s}", "v", 1, "ok", 0, "code", (int)code, "error", error);

	if (id != NULL)
		json_object_set(response, "id", id);
	return response;
}

/* Who asked for what that changes something. */
static void audit(const struct client *c, const char *command, enum exit_code code)
{
	char quoted[80];

	if (strncmp(command, "show ", 5) == 0 || strcmp(command, "help") == 0)
		return;
	log_event(LOG_LEVEL_NOTICE, "operator", "uid=%u pid=%d level=%s command=%s code=%d",
		  (unsigned int)c->uid, (int)c->pid, grammar_level_name(c->level),
		  log_quote(command, quoted, sizeof(quoted)), (int)code);
}

static json_t *respond(struct client *c, const json_t *request)
{
	const char *command = json_string_value(json_object_get(request, "command"));
	const json_int_t version = json_integer_value(json_object_get(request, "v"));
	const json_int_t cursor = json_integer_value(json_object_get(request, "cursor"));
	json_t *id = json_object_get(request, "id"), *args = json_object_get(request, "args");
	json_t *response;
	struct show_answer a;

	if (!json_is_object(request) || command == NULL || (args != NULL && !json_is_object(args)))
		return refusal(id, EXIT_USAGE,
			       "expected {\"v\":1,\"command\":\"...\",\"args\":{...}}");
	if (version != 1)
		return refusal(id, EXIT_USAGE, "this relay speaks version 1");
	show_answer(c->opsock->daemon, c->level, command, args, cursor > 0 ? (uint64_t)cursor : 0,
		    &a);
	audit(c, command, a.code);
	response =
	    json_pack("{s:i, s:b, s:i}", "v", 1, "ok", a.code == EXIT_OK, "code", (int)a.code);
	if (id != NULL)
		json_object_set(response, "id", id);
	if (a.error[0] != '\0')
		json_object_set_new(response, "error", show_text(a.error));
	if (a.cursor != 0)
		json_object_set_new(response, "cursor", json_integer((json_int_t)a.cursor));
	json_object_set_new(response, "data", a.data != NULL ? a.data : json_object());
	return response;
}

/* The first line of the input, if it is whole. False when the client is gone. */
static bool take_line(struct client *c)
{
	const char *end = memchr(c->in, '\n', c->in_len);
	const size_t len = end != NULL ? (size_t)(end - c->in) : 0;
	json_error_t error;
	json_t *request;
	bool alive;

	request = json_loadb(c->in, len, 0, &error);
	alive = answer(c, request != NULL ? respond(c, request)
					  : refusal(NULL, EXIT_USAGE, "a line that is not JSON"));
	json_decref(request);
	if (alive) {
		c->in_len -= len + 1;
		memmove(c->in, c->in + len + 1, c->in_len);
	}
	return alive;
}

/* Answers the lines that are there, as long as the answers go out at once. */
static bool take_lines(struct client *c)
{
	while (c->out == NULL && memchr(c->in, '\n', c->in_len) != NULL)
		if (!take_line(c))
			return false;
	if (c->out == NULL && c->in_len == REQUEST_BYTES_MAX) {
		drop_client(c);
		return false;
	}
	return true;
}

static void client_ready(struct loop_watch *w, uint32_t events)
{
	struct client *c = CONTAINER_OF(w, struct client, watch);
	ssize_t n;

	if (c->out != NULL) {
		if ((events & (EPOLLHUP | EPOLLERR)) != 0)
			drop_client(c);
		else if (send_out(c))
			(void)take_lines(c);
		return;
	}
	n = recv(w->fd, c->in + c->in_len, REQUEST_BYTES_MAX - c->in_len, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop_client(c);
		return;
	}
	c->in_len += (size_t)n;
	(void)take_lines(c);
}

static void read_credentials(struct client *c)
{
	struct ucred cred = {.pid = 0, .uid = (uid_t)-1};
	socklen_t len = sizeof(cred);

	(void)getsockopt(c->watch.fd, SOL_SOCKET, SO_PEERCRED, &cred, &len);
	c->uid = cred.uid;
	c->pid = cred.pid;
	c->level = cred.uid == 0 || cred.uid == geteuid() ? LEVEL_ADMIN : LEVEL_OPERATOR;
	if (c->level > c->opsock->most)
		c->level = c->opsock->most;
}

static void listener_ready(struct loop_watch *w, uint32_t events)
{
	struct opsock *o = CONTAINER_OF(w, struct opsock, watch);
	const int fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct client *c = NULL;

	(void)events;
	if (fd < 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(o->clients) && c == NULL; i++)
		if (o->clients[i].opsock == NULL)
			c = &o->clients[i];
	if (c == NULL) {
		close(fd);
		return;
	}
	*c = (struct client){.watch = {fd, client_ready},
			     .slow = {.due = slow_due},
			     .opsock = o,
			     .in = malloc(REQUEST_BYTES_MAX)};
	if (c->in == NULL || !loop_watch(o->loop, &c->watch, EPOLLIN)) {
		free(c->in);
		close(fd);
		*c = (struct client){.opsock = NULL};
		return;
	}
	read_credentials(c);
	loop_at(o->loop, &c->slow, loop_now_us(o->loop) + IDLE_US);
}

/* A socket file nobody listens on any more is removed. False with a sentence when one is alive. */
static bool clear_path(const struct sockaddr_un *name, char *error)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;
	bool clear = true;

	if (lstat(name->sun_path, &st) != 0) {
		if (fd >= 0)
			close(fd);
		return true; /* nothing there; bind() says what else is wrong */
	}
	if (!S_ISSOCK(st.st_mode)) {
		(void)snprintf(error, 256,
			       "%s is there and is no socket: remove it, or choose "
			       "another <operator socket=...>",
			       name->sun_path);
		clear = false;
	} else if (fd < 0 || connect(fd, (const struct sockaddr *)name, sizeof(*name)) == 0 ||
		   errno != ECONNREFUSED) {
		(void)snprintf(error, 256,
			       "%s is in use: another relay runs here; stop it, or choose "
			       "another <operator socket=...>",
			       name->sun_path);
		clear = false;
	} else {
		(void)unlink(name->sun_path);
	}
	if (fd >= 0)
		close(fd);
	return clear;
}

/* Made with its mode from the start: no moment in which others could connect. */
static int listen_at(const struct sockaddr_un *name)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const mode_t before = umask(0117);
	const bool bound = fd >= 0 && bind(fd, (const struct sockaddr *)name, sizeof(*name)) == 0;
	const int why = errno;

	(void)umask(before);
	if (bound && listen(fd, 16) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	errno = why;
	return -1;
}

/* False, with errno. */
static bool give_to(const char *path, const char *group)
{
	const struct group *g = group != NULL ? getgrnam(group) : NULL;

	if (group == NULL)
		return true;
	errno = g == NULL ? ENOENT : 0;
	return g != NULL && chown(path, (uid_t)-1, g->gr_gid) == 0;
}

struct opsock *opsock_make(struct daemon *d, const char *path, const char *group,
			   enum grammar_level most, char *error)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	struct opsock *o = calloc(1, sizeof(*o));

	if (o == NULL || strlen(path) >= sizeof(name.sun_path)) {
		(void)snprintf(error, 256, "%s", o == NULL ? "no memory" : "socket path too long");
		goto fail;
	}
	memcpy(name.sun_path, path, strlen(path) + 1);
	memcpy(o->path, path, strlen(path) + 1);
	if (!clear_path(&name, error))
		goto fail;
	o->daemon = d;
	o->most = most;
	o->loop = daemon_loop(d);
	o->watch = (struct loop_watch){listen_at(&name), listener_ready};
	if (o->watch.fd < 0) {
		(void)snprintf(error, 256, "cannot listen on %s: %s", path, strerror(errno));
		goto fail;
	}
	if (!give_to(path, group))
		(void)snprintf(error, 256, "cannot give %s to the group %s: %s", path, group,
			       errno == ENOENT ? "there is none" : strerror(errno));
	else if (loop_watch(o->loop, &o->watch, EPOLLIN))
		return o;
	else
		(void)snprintf(error, 256, "cannot watch %s: %s", path, strerror(errno));
	close(o->watch.fd);
	(void)unlink(path);
fail:
	free(o);
	return NULL;
}

void opsock_free(struct opsock *o)
{
	if (o == NULL)
		return;
	for (size_t i = 0; i < ARRAY_LEN(o->clients); i++)
		if (o->clients[i].opsock != NULL)
			drop_client(&o->clients[i]);
	loop_unwatch(o->loop, &o->watch);
	close(o->watch.fd);
	(void)unlink(o->path);
	free(o);
}
