/* SPDX-License-Identifier: BSD-3-Clause */
/* opsock.c - the operator's socket: its file, its listener, a place for each client. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/operator/local_socket.h"
#include "control/operator/opsock.h"
#include "control/operator/opsock_client.h"

enum { CLIENTS_MAX = 64 };

struct opsock {
	struct loop_watch watch;
	struct daemon *daemon;
	struct loop *loop;
	enum grammar_level most;
	char path[108];
	struct opsock_client clients[CLIENTS_MAX];
};

static void listener_ready(struct loop_watch *w, uint32_t events)
{
	struct opsock *o = CONTAINER_OF(w, struct opsock, watch);
	const int fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd < 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(o->clients); i++)
		if (o->clients[i].loop == NULL) {
			opsock_client_begin(&o->clients[i], fd, o->daemon, o->most);
			return;
		}
	close(fd);
}

struct opsock *opsock_make(struct daemon *d, const char *path, const char *group,
			   enum grammar_level most, char *error)
{
	struct opsock *o = calloc(1, sizeof(*o));

	if (o == NULL || strlen(path) >= sizeof(o->path)) {
		(void)snprintf(error, 256, "%s", o == NULL ? "no memory" : "socket path too long");
		goto fail;
	}
	memcpy(o->path, path, strlen(path) + 1);
	o->daemon = d;
	o->most = most;
	o->loop = daemon_loop(d);
	o->watch = (struct loop_watch){
	    local_socket_listen(path, group, "<operator socket=...>", error), listener_ready};
	if (o->watch.fd < 0)
		goto fail;
	if (loop_watch(o->loop, &o->watch, EPOLLIN))
		return o;
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
		if (o->clients[i].loop != NULL)
			opsock_client_end(&o->clients[i]);
	loop_unwatch(o->loop, &o->watch);
	close(o->watch.fd);
	(void)unlink(o->path);
	free(o);
}
