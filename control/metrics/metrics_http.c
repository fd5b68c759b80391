/* SPDX-License-Identifier: BSD-3-Clause */
/* metrics_http.c - libmicrohttpd on control's loop: when it runs, and what it answers. */
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "control/loop.h"
#include "control/memory.h"
#include "control/metrics/exposition.h"
#include "control/metrics/metrics_http.h"
#include "control/operator/local_socket.h"

enum {
	BLOCK_BYTES = 32 * 1024, /* of text, for one connection in one of its turns */
	CONNECTION_BYTES = 16 * 1024,
	IDLE_S = 10, /* without a byte either way */
	TURN_US = 1000,
};

/* One who has connected: when it has to be gone. */
struct visitor {
	struct MHD_Connection *connection; /* NULL: a free place */
	uint64_t due_us;
};

struct metrics_http {
	struct loop_watch watch; /* of its epoll */
	struct loop_timer timer; /* its deadlines, and work that is left */
	struct daemon *daemon;
	struct census *census;
	struct MHD_Daemon *mhd;
	char path[108]; /* of a unix socket; "" for TCP */
	struct visitor visitors[HTTP_CONNECTIONS_MAX];
};

static struct loop *loop_of(const struct metrics_http *h)
{
	return daemon_loop(h->daemon);
}

/* --- what is answered --- */

static ssize_t read_block(void *with, uint64_t at, char *out, size_t room)
{
	const int n = exposition_read(with, out, room);

	(void)at;
	if (n < 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	return n > 0 ? n : MHD_CONTENT_READER_END_OF_STREAM;
}

static void free_block(void *with)
{
	exposition_free(with);
}

/* Takes @r. One request a connection: so it is gone soon, whatever it wants. */
static enum MHD_Result send_response(struct MHD_Connection *c, unsigned int status,
				     const char *type, struct MHD_Response *r)
{
	enum MHD_Result result;

	if (r == NULL)
		return MHD_NO;
	(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return result;
}

static enum MHD_Result refuse(struct MHD_Connection *c, unsigned int status, const char *text)
{
	/* libmicrohttpd 0.9.75 wants the text writable; it does not write to it. */
	return send_response(c, status, "text/plain; charset=utf-8",
			     MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text,
							     MHD_RESPMEM_PERSISTENT));
}

static enum MHD_Result expose(struct metrics_http *h, struct MHD_Connection *c)
{
	const char *accept =
	    MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	const enum exposition_format format = exposition_choose(accept);
	struct exposition *x = exposition_make(h->daemon, format);
	struct MHD_Response *r;

	if (x == NULL)
		return MHD_NO;
	census_ask(h->census);
	r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_block, x,
					      free_block);
	if (r == NULL)
		exposition_free(x);
	return send_response(c, MHD_HTTP_OK, exposition_type(format), r);
}

static enum MHD_Result on_request(void *with, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_bytes, void **state)
{
	static char seen; /* its address says: the headers have been seen */

	(void)version, (void)upload;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return refuse(c, MHD_HTTP_METHOD_NOT_ALLOWED, "GET or HEAD\n");
	if (*upload_bytes > 0)
		return MHD_NO; /* nobody has anything to say here */
	if (*state == NULL) {
		*state = &seen;
		return MHD_YES;
	}
	if (strcmp(url, "/metrics") != 0)
		return refuse(c, MHD_HTTP_NOT_FOUND, "the metrics are at /metrics\n");
	return expose(with, c);
}

/* --- when it runs --- */

static uint64_t clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void on_visitor(void *with, struct MHD_Connection *c, void **place,
		       enum MHD_ConnectionNotificationCode what)
{
	struct metrics_http *h = with;
	struct visitor *v = *place;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (v != NULL)
			v->connection = NULL;
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(h->visitors); i++)
		if (h->visitors[i].connection == NULL) {
			h->visitors[i] =
			    (struct visitor){c, loop_now_us(loop_of(h)) + HTTP_PATIENCE_US};
			*place = &h->visitors[i];
			return;
		}
}

/* libmicrohttpd closes who is idle, but not who takes a byte every nine seconds, nor who never
 * closes after his answer. Returns when somebody's time is over next, UINT64_MAX for nobody's. */
static uint64_t end_overdue(struct metrics_http *h)
{
	const uint64_t now_us = loop_now_us(loop_of(h));
	uint64_t next_us = UINT64_MAX;

	for (size_t i = 0; i < ARRAY_LEN(h->visitors); i++) {
		struct visitor *v = &h->visitors[i];
		const union MHD_ConnectionInfo *info;

		if (v->connection == NULL)
			continue;
		if (v->due_us <= now_us) {
			info = MHD_get_connection_info(v->connection,
						       MHD_CONNECTION_INFO_CONNECTION_FD);
			if (info != NULL)
				(void)shutdown(info->connect_fd, SHUT_RDWR);
			v->due_us = UINT64_MAX;
		}
		next_us = v->due_us < next_us ? v->due_us : next_us;
	}
	return next_us;
}

/* In slices: whoever reads fast is served on, but never for more than TURN_US at a time. */
static void run(struct metrics_http *h)
{
	const uint64_t until_us = clock_us() + TURN_US;
	MHD_UNSIGNED_LONG_LONG wait_ms = 0;
	uint64_t due_us, wait_until_us;
	bool is_waiting;

	do {
		due_us = end_overdue(h);
		(void)MHD_run(h->mhd);
		is_waiting = MHD_get_timeout(h->mhd, &wait_ms) == MHD_YES;
	} while (is_waiting && wait_ms == 0 && clock_us() < until_us);
	wait_until_us = loop_now_us(loop_of(h)) + wait_ms * 1000;
	if (is_waiting && wait_until_us < due_us)
		due_us = wait_until_us;
	if (due_us != UINT64_MAX)
		loop_at(loop_of(h), &h->timer, due_us);
	else
		loop_cancel(loop_of(h), &h->timer);
}

static void epoll_ready(struct loop_watch *w, uint32_t events)
{
	(void)events;
	run(CONTAINER_OF(w, struct metrics_http, watch));
}

static void timer_due(struct loop_timer *t)
{
	run(CONTAINER_OF(t, struct metrics_http, timer));
}

/* Takes @fd, which listens; -1: @error is written already. */
static struct metrics_http *make(struct daemon *d, struct census *s, int fd, char *error)
{
	struct metrics_http *h = fd >= 0 ? memory_get(sizeof(*h)) : NULL;
	const union MHD_DaemonInfo *info;

	if (h == NULL)
		return NULL;
	h->daemon = d;
	h->census = s;
	h->watch.ready = epoll_ready;
	h->timer.due = timer_due;
	h->mhd = MHD_start_daemon(
	    MHD_USE_EPOLL, 0, NULL, NULL, on_request, h, MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned int)HTTP_CONNECTIONS_MAX,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)CONNECTION_BYTES, MHD_OPTION_NOTIFY_CONNECTION, on_visitor, h, MHD_OPTION_END);
	if (h->mhd == NULL) {
		close(fd);
		goto fail;
	}
	info = MHD_get_daemon_info(h->mhd, MHD_DAEMON_INFO_EPOLL_FD);
	h->watch.fd = info != NULL ? info->epoll_fd : -1;
	if (h->watch.fd >= 0 && loop_watch(daemon_loop(d), &h->watch, EPOLLIN))
		return h;
	MHD_stop_daemon(h->mhd);
fail:
	(void)snprintf(error, 256, "metrics: libmicrohttpd does not start: %s", strerror(errno));
	free(h);
	return NULL;
}

static socklen_t name_of(const struct ip_addr *address, uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
	struct sockaddr_in *four = (struct sockaddr_in *)out;

	memset(out, 0, sizeof(*out));
	if (addr_is_v4(address)) {
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		memcpy(&four->sin_addr, address->b + 12, 4);
		return sizeof(*four);
	}
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(port);
	memcpy(&six->sin6_addr, address->b, 16);
	return sizeof(*six);
}

struct metrics_http *metrics_http_listen_tcp(struct daemon *d, struct census *s,
					     const struct ip_addr *address, uint16_t port,
					     char *error)
{
	const int fd = socket(addr_is_v4(address) ? AF_INET : AF_INET6,
			      SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int on = 1;
	struct sockaddr_storage name;
	const socklen_t len = name_of(address, port, &name);
	char text[ADDR_TEXT_MAX];

	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(fd, (const struct sockaddr *)&name, len) == 0 &&
	    listen(fd, HTTP_CONNECTIONS_MAX) == 0)
		return make(d, s, fd, error);
	(void)snprintf(error, 256,
		       "cannot listen on %s port %u for metrics: %s: choose another <metrics "
		       "listen=...>",
		       addr_text(address, text), port, strerror(errno));
	if (fd >= 0)
		close(fd);
	return NULL;
}

struct metrics_http *metrics_http_listen_local(struct daemon *d, struct census *s, const char *path,
					       const char *group, char *error)
{
	struct metrics_http *h =
	    make(d, s, local_socket_listen(path, group, "<metrics socket=...>", error), error);

	if (h != NULL)
		(void)snprintf(h->path, sizeof(h->path), "%s", path);
	return h;
}

void metrics_http_free(struct metrics_http *h)
{
	if (h == NULL)
		return;
	loop_cancel(loop_of(h), &h->timer);
	loop_unwatch(loop_of(h), &h->watch);
	MHD_stop_daemon(h->mhd); /* closes the listener and everybody */
	if (h->path[0] != '\0')
		(void)unlink(h->path);
	free(h);
}
