/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * opsock_client.c - lines in, lines out, nothing that could wait.
 *
 * One request is answered at a time: while an answer is still going out or a job runs, the client's
 * socket is not read, so a client costs one request and one answer, whatever it sends.
 *
 * A client ends in the loop's calls only, never within a call of its job's: job_say() and job_end()
 * put lines down, and the loop sends them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/log.h"
#include "control/operator/audit.h"
#include "control/operator/opsock_client.h"

enum client_bounds {
	REQUEST_BYTES_MAX = 64 * 1024,
	ANSWER_BYTES_MAX = 1024 * 1024,
	JOB_BYTES_MAX = 256 * 1024,  /* of a job's lines not yet read */
	SLOW_US = 10 * 1000 * 1000,  /* for reading an answer */
	ALIVE_US = 5 * 1000 * 1000,  /* a line of a job's at least so often: sluicectl waits 15 s */
	IDLE_US = 300 * 1000 * 1000, /* between two requests: places are few */
};

void opsock_client_end(struct opsock_client *c)
{
	struct job *job = c->job;

	loop_cancel(c->loop, &c->slow);
	loop_unwatch(c->loop, &c->watch);
	close(c->watch.fd);
	free(c->in);
	free(c->out);
	json_decref(c->id);
	*c = (struct opsock_client){.loop = NULL};
	if (job != NULL)
		job->gone(job);
}

/* --- out --- */

/* Room to send, or a request; while a job has nothing to say only the client's end. */
static void await(struct opsock_client *c)
{
	const uint64_t patience = c->out != NULL ? SLOW_US : c->job != NULL ? ALIVE_US : IDLE_US;
	const uint32_t events = c->out != NULL ? EPOLLOUT : c->job != NULL ? 0 : EPOLLIN;

	loop_at(c->loop, &c->slow, loop_now_us(c->loop) + patience);
	loop_rewatch(c->loop, &c->watch, events);
}

/* Puts @line down behind what is not sent yet. Takes it. False without room. */
static bool put(struct opsock_client *c, json_t *line, size_t most)
{
	char *text = json_dumps(line, JSON_COMPACT), *out = NULL;
	const size_t len = text != NULL ? strlen(text) : 0;
	const size_t unsent = c->out != NULL ? c->out_len - c->out_sent : 0;

	json_decref(line);
	if (text != NULL && unsent + len + 1 <= most)
		out = malloc(unsent + len + 1);
	if (out == NULL) {
		free(text);
		return false;
	}
	if (unsent > 0)
		memcpy(out, c->out + c->out_sent, unsent);
	memcpy(out + unsent, text, len);
	out[unsent + len] = '\n';
	free(text);
	free(c->out);
	c->out = out;
	c->out_len = unsent + len + 1;
	c->out_sent = 0;
	if (unsent == 0) /* else its time runs already */
		await(c);
	return true;
}

/* Sends what it can. False when the client is gone. */
static bool send_out(struct opsock_client *c)
{
	bool has_moved = false;

	while (c->out_sent < c->out_len) {
		const ssize_t n = send(c->watch.fd, c->out + c->out_sent, c->out_len - c->out_sent,
				       MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			if (has_moved)
				await(c);
			return true;
		}
		if (n <= 0) {
			opsock_client_end(c);
			return false;
		}
		has_moved = true;
		c->out_sent += (size_t)n;
	}
	free(c->out);
	c->out = NULL;
	await(c);
	return true;
}

/* Takes @response. False when the client is gone. */
static bool answer(struct opsock_client *c, json_t *response)
{
	if (put(c, response, ANSWER_BYTES_MAX))
		return send_out(c);
	opsock_client_end(c);
	return false;
}

static json_t *last_line(json_t *id, enum exit_code code, const char *error, json_t *data)
{
	json_t *line =
	    json_pack("{s:i, s:b, s:i}", "v", 1, "ok", code == EXIT_OK, "code", (int)code);

	if (id != NULL)
		json_object_set(line, "id", id);
	if (error[0] != '\0')
		json_object_set_new(line, "error", answer_string(error));
	if (data != NULL)
		json_object_set_new(line, "data", data);
	return line;
}

/* --- a job's lines --- */

static json_t *more_line(const struct opsock_client *c, json_t *data)
{
	json_t *line = json_pack("{s:i, s:b}", "v", 1, "more", 1);

	if (c->id != NULL)
		json_object_set(line, "id", c->id);
	if (data != NULL)
		json_object_set_new(line, "data", data);
	if (c->lost > 0)
		json_object_set_new(line, "lost", json_integer((json_int_t)c->lost));
	return line;
}

bool job_say(struct job *j, json_t *data)
{
	struct opsock_client *c = j->client;
	const bool had_room = put(c, more_line(c, data), JOB_BYTES_MAX);

	c->lost = had_room ? 0 : c->lost + 1;
	return had_room;
}

void job_end(struct job *j, enum exit_code code, const char *error, json_t *data)
{
	struct opsock_client *c = j->client;
	json_t *line = last_line(c->id, code, error, data != NULL ? data : json_object());

	json_decref(c->id);
	c->id = NULL;
	c->job = NULL;
	c->lost = 0;
	/* Without memory for its last line a client cannot be told: its connection says it. */
	if (!put(c, line, ANSWER_BYTES_MAX))
		(void)shutdown(c->watch.fd, SHUT_RDWR);
}

static void slow_due(struct loop_timer *t)
{
	struct opsock_client *c = CONTAINER_OF(t, struct opsock_client, slow);

	if (c->out == NULL && c->job != NULL && put(c, more_line(c, NULL), JOB_BYTES_MAX))
		return;
	if (c->out != NULL)
		log_event(LOG_LEVEL_WARNING, "operator_slow", "uid=%u pid=%d unsent=%zu",
			  (unsigned int)c->uid, (int)c->pid, c->out_len - c->out_sent);
	opsock_client_end(c);
}

/* --- in --- */

/* Who asked for what that changes something. */
static void audit(const struct opsock_client *c, const struct request *r, enum exit_code code)
{
	char quoted[80], args[AUDIT_TEXT_MAX];

	if (strncmp(r->command, "show ", 5) == 0 || strcmp(r->command, "help") == 0)
		return;
	log_event(LOG_LEVEL_NOTICE, "operator", "uid=%u pid=%d level=%s command=%s args=%s code=%d",
		  (unsigned int)c->uid, (int)c->pid, grammar_level_name(c->level),
		  log_quote(r->command, quoted, sizeof(quoted)), audit_args(r->args, args),
		  (int)code);
}

static bool is_request(const json_t *request)
{
	const json_t *args = json_object_get(request, "args");

	return json_is_string(json_object_get(request, "command")) &&
	       (args == NULL || json_is_object(args));
}

/* False when the client is gone. */
static bool take_request(struct opsock_client *c, const json_t *request)
{
	const json_int_t cursor = json_integer_value(json_object_get(request, "cursor"));
	json_t *id = json_object_get(request, "id"), *response;
	struct request r = {.daemon = c->daemon,
			    .level = c->level,
			    .uid = c->uid,
			    .pid = c->pid,
			    .command = json_string_value(json_object_get(request, "command")),
			    .args = json_object_get(request, "args"),
			    .cursor = cursor > 0 ? (uint64_t)cursor : 0};
	struct answer a;

	if (!is_request(request))
		return answer(c, last_line(id, EXIT_USAGE,
					   "expected {\"v\":1,\"command\":\"...\",\"args\":{...}}",
					   NULL));
	if (json_integer_value(json_object_get(request, "v")) != 1)
		return answer(c, last_line(id, EXIT_USAGE, "this relay speaks version 1", NULL));
	answer_request(&r, &a);
	audit(c, &r, a.code);
	if (a.job != NULL) {
		c->job = a.job;
		c->job->client = c;
		c->id = id != NULL ? json_incref(id) : NULL;
		await(c);
		return true;
	}
	response = last_line(id, a.code, a.error, a.data != NULL ? a.data : json_object());
	if (a.cursor != 0)
		json_object_set_new(response, "cursor", json_integer((json_int_t)a.cursor));
	return answer(c, response);
}

/* The first line of the input, if it is whole. False when the client is gone. */
static bool take_line(struct opsock_client *c)
{
	const char *end = memchr(c->in, '\n', c->in_len);
	const size_t len = end != NULL ? (size_t)(end - c->in) : 0;
	json_error_t error;
	json_t *request;
	bool alive;

	request = json_loadb(c->in, len, 0, &error);
	alive = request != NULL
		    ? take_request(c, request)
		    : answer(c, last_line(NULL, EXIT_USAGE, "a line that is not JSON", NULL));
	json_decref(request);
	if (alive) {
		c->in_len -= len + 1;
		memmove(c->in, c->in + len + 1, c->in_len);
	}
	return alive;
}

static bool is_free(const struct opsock_client *c)
{
	return c->out == NULL && c->job == NULL;
}

/* Answers the lines that are there, as long as the answers go out at once. */
static void take_lines(struct opsock_client *c)
{
	while (is_free(c) && memchr(c->in, '\n', c->in_len) != NULL)
		if (!take_line(c))
			return;
	if (is_free(c) && c->in_len == REQUEST_BYTES_MAX)
		opsock_client_end(c);
}

static void client_ready(struct loop_watch *w, uint32_t events)
{
	struct opsock_client *c = CONTAINER_OF(w, struct opsock_client, watch);
	ssize_t n;

	if (!is_free(c)) {
		if ((events & (EPOLLHUP | EPOLLERR)) != 0)
			opsock_client_end(c);
		else if (c->out != NULL && send_out(c))
			take_lines(c);
		return;
	}
	n = recv(w->fd, c->in + c->in_len, REQUEST_BYTES_MAX - c->in_len, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		opsock_client_end(c);
		return;
	}
	c->in_len += (size_t)n;
	take_lines(c);
}

static void read_credentials(struct opsock_client *c, enum grammar_level most)
{
	struct ucred cred = {.pid = 0, .uid = (uid_t)-1};
	socklen_t len = sizeof(cred);

	(void)getsockopt(c->watch.fd, SOL_SOCKET, SO_PEERCRED, &cred, &len);
	c->uid = cred.uid;
	c->pid = cred.pid;
	c->level = cred.uid == 0 || cred.uid == geteuid() ? LEVEL_ADMIN : LEVEL_OPERATOR;
	if (c->level > most)
		c->level = most;
}

void opsock_client_begin(struct opsock_client *c, int fd, struct daemon *d, enum grammar_level most)
{
	*c = (struct opsock_client){.watch = {fd, client_ready},
				    .slow = {.due = slow_due},
				    .loop = daemon_loop(d),
				    .daemon = d,
				    .in = malloc(REQUEST_BYTES_MAX)};
	if (c->in == NULL || !loop_watch(c->loop, &c->watch, EPOLLIN)) {
		free(c->in);
		close(fd);
		*c = (struct opsock_client){.loop = NULL};
		return;
	}
	read_credentials(c, most);
	await(c);
}
