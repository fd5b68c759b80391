/* SPDX-License-Identifier: BSD-3-Clause */
/* log_sink.c - a file, the journal's own socket, or standard error; never waits for either. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/log_sink.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

static struct {
	enum log_sink kind;
	int fd; /* LOG_SINK_FILE, LOG_SINK_JOURNAL */
	char path[PATH_MAX];
	struct sockaddr_un journal;
} sink = {.kind = LOG_SINK_STDERR, .fd = -1};

/* Is standard error what systemd connected to the journal, and not redirected since? */
static bool is_journal(void)
{
	const char *said = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return said != NULL && sscanf(said, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == (dev_t)device &&
	       st.st_ino == (ino_t)inode;
}

/* Not connected: the journal may be restarted. False: standard error will do. */
static bool open_journal(const char *path)
{
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return false;
	sink.journal.sun_family = AF_UNIX;
	(void)snprintf(sink.journal.sun_path, sizeof(sink.journal.sun_path), "%s", path);
	sink.fd = fd;
	return true;
}

static int open_file(const char *path, char *error)
{
	const int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640);

	if (fd < 0)
		(void)snprintf(error, 256, "cannot write the log %.160s: %s", path,
			       strerror(errno));
	return fd;
}

static void use(enum log_sink kind, int fd, const char *path)
{
	if (sink.fd >= 0)
		close(sink.fd);
	sink.kind = kind;
	sink.fd = fd;
	(void)snprintf(sink.path, sizeof(sink.path), "%s", path);
}

bool log_sink_open(const char *path, const char *journal, char *error)
{
	int fd;

	if (path != NULL) {
		fd = open_file(path, error);
		if (fd >= 0)
			use(LOG_SINK_FILE, fd, path);
		return fd >= 0;
	}
	use(LOG_SINK_STDERR, -1, "");
	if (is_journal() && open_journal(journal != NULL ? journal : JOURNAL_SOCKET))
		sink.kind = LOG_SINK_JOURNAL;
	return true;
}

bool log_sink_reopen(char *error)
{
	int fd;

	if (sink.kind != LOG_SINK_FILE)
		return true;
	fd = open_file(sink.path, error);
	if (fd < 0)
		return false;
	close(sink.fd);
	sink.fd = fd;
	return true;
}

enum log_sink log_sink_now(void)
{
	return sink.kind;
}

const char *log_sink_path(void)
{
	return sink.path;
}

/* Standard error is others', too, so it cannot be made not to wait; a pipe that says it has room
 * takes 4 KB. */
static bool has_room(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	return poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) != 0;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		const ssize_t n = has_room(fd) ? write(fd, bytes, len) : -1;

		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

bool log_sink_write(const char *bytes, size_t len)
{
	if (sink.kind != LOG_SINK_JOURNAL)
		return write_all(sink.kind == LOG_SINK_FILE ? sink.fd : STDERR_FILENO, bytes, len);
	return sendto(sink.fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL,
		      (const struct sockaddr *)&sink.journal, sizeof(sink.journal)) == (ssize_t)len;
}
