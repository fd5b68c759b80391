/* SPDX-License-Identifier: BSD-3-Clause */
/* opsock.c - the operator's socket: its file, its listener, a place for each client. */
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
		if (o->clients[i].loop != NULL)
			opsock_client_end(&o->clients[i]);
	loop_unwatch(o->loop, &o->watch);
	close(o->watch.fd);
	(void)unlink(o->path);
	free(o);
}
