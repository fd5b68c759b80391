/* SPDX-License-Identifier: BSD-3-Clause */
/* local_socket.c - the file of a unix socket: whose it is, and whether somebody has it already. */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/operator/local_socket.h"

/* A socket file nobody listens on any more is removed. False with a sentence when one is alive. */
static bool clear_path(const struct sockaddr_un *name, const char *setting, char *error)
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
			       "%s is there and is no socket: remove it, or choose another %s",
			       name->sun_path, setting);
		clear = false;
	} else if (fd < 0 || connect(fd, (const struct sockaddr *)name, sizeof(*name)) == 0 ||
		   errno != ECONNREFUSED) {
		(void)snprintf(error, 256,
			       "%s is in use: another relay runs here; stop it, or choose "
			       "another %s",
			       name->sun_path, setting);
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

int local_socket_listen(const char *path, const char *group, const char *setting, char *error)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(name.sun_path)) {
		(void)snprintf(error, 256, "socket path too long");
		return -1;
	}
	memcpy(name.sun_path, path, strlen(path) + 1);
	if (!clear_path(&name, setting, error))
		return -1;
	fd = listen_at(&name);
	if (fd < 0) {
		(void)snprintf(error, 256, "cannot listen on %s: %s", path, strerror(errno));
		return -1;
	}
	if (give_to(path, group))
		return fd;
	(void)snprintf(error, 256, "cannot give %s to the group %s: %s", path, group,
		       errno == ENOENT ? "there is none" : strerror(errno));
	close(fd);
	(void)unlink(path);
	return -1;
}
