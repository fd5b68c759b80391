/* SPDX-License-Identifier: BSD-3-Clause */
/* notify.c - datagrams to the service manager. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "control/notify.h"

static struct {
	bool is_open;
	int fd;
	struct sockaddr_un name;
	socklen_t len;
	uint64_t watchdog_us;
} manager;

/* A path, or a name without a file: "@name". */
static bool read_name(const char *text)
{
	const size_t len = strlen(text);

	if ((text[0] != '/' && text[0] != '@') || len < 2 || len >= sizeof(manager.name.sun_path))
		return false;
	manager.name = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(manager.name.sun_path, text, len);
	manager.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (text[0] == '@')
		manager.name.sun_path[0] = '\0';
	else
		manager.len++;
	return true;
}

static uint64_t number_of(const char *variable)
{
	const char *text = getenv(variable);

	return text != NULL ? strtoull(text, NULL, 10) : 0;
}

void notify_open(void)
{
	const char *socket_name = getenv("NOTIFY_SOCKET");
	const uint64_t pid = number_of("WATCHDOG_PID");

	if (socket_name != NULL && read_name(socket_name)) {
		manager.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		manager.is_open = manager.fd >= 0;
		if (pid == 0 || pid == (uint64_t)getpid())
			manager.watchdog_us = number_of("WATCHDOG_USEC");
	}
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_PID");
	(void)unsetenv("WATCHDOG_USEC");
}

void notify_close(void)
{
	if (manager.is_open)
		close(manager.fd);
	manager.is_open = false;
	manager.watchdog_us = 0;
}

uint64_t notify_watchdog_us(void)
{
	return manager.watchdog_us;
}

static void say(const char *lines)
{
	if (manager.is_open)
		(void)sendto(manager.fd, lines, strlen(lines), MSG_DONTWAIT | MSG_NOSIGNAL,
			     (const struct sockaddr *)&manager.name, manager.len);
}

void notify_ready(void)
{
	say("READY=1");
}

void notify_reloading(void)
{
	struct timespec t;
	char text[64];

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	(void)snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%llu",
		       (unsigned long long)t.tv_sec * 1000000 +
			   (unsigned long long)t.tv_nsec / 1000);
	say(text);
}

void notify_stopping(void)
{
	say("STOPPING=1");
}

void notify_status(const char *text)
{
	char line[256];

	(void)snprintf(line, sizeof(line), "STATUS=%s", text);
	say(line);
}

void notify_alive(void)
{
	say("WATCHDOG=1");
}
