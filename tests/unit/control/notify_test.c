/* SPDX-License-Identifier: BSD-3-Clause */
/* notify_test.c - what a service manager hears. */
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "control/notify.h"
#include "tests/check.h"

/* A manager that listens at @name ("@..." for one without a file), and says so. */
static int listen_at(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const size_t len = strlen(name);

	memcpy(address.sun_path, name, len);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	CHECK(bind(fd, (const struct sockaddr *)&address,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len +
			       (name[0] == '@' ? 0 : 1))) == 0);
	CHECK(setenv("NOTIFY_SOCKET", name, 1) == 0);
	return fd;
}

static const char *heard(int fd)
{
	static char text[512];
	const ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void says_how_it_goes(void)
{
	char name[64];
	unsigned long long us;
	struct timespec t;
	int fd;

	(void)snprintf(name, sizeof(name), "/tmp/notify_test.%d", (int)getpid());
	fd = listen_at(name);
	notify_open();
	CHECK(getenv("NOTIFY_SOCKET") == NULL);
	notify_ready();
	CHECK_STR(heard(fd), "READY=1");
	notify_status("2 partners, 0 streams, 1/2 gateways");
	CHECK_STR(heard(fd), "STATUS=2 partners, 0 streams, 1/2 gateways");
	notify_reloading();
	CHECK_EQ(sscanf(heard(fd), "RELOADING=1\nMONOTONIC_USEC=%llu", &us), 1);
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	CHECK(us <= (unsigned long long)t.tv_sec * 1000000 + 999999 &&
	      us + 60000000 > (unsigned long long)t.tv_sec * 1000000);
	notify_alive();
	CHECK_STR(heard(fd), "WATCHDOG=1");
	notify_stopping();
	CHECK_STR(heard(fd), "STOPPING=1");
	notify_close();
	notify_ready();
	CHECK_STR(heard(fd), "");
	close(fd);
	(void)unlink(name);
}

static void a_name_without_a_file(void)
{
	char name[64];
	int fd;

	(void)snprintf(name, sizeof(name), "@notify_test.%d", (int)getpid());
	fd = listen_at(name);
	notify_open();
	notify_ready();
	CHECK_STR(heard(fd), "READY=1");
	notify_close();
	close(fd);
}

static uint64_t watchdog_of(const char *us, const char *pid)
{
	uint64_t found;

	(void)setenv("NOTIFY_SOCKET", "@nobody", 1);
	(void)setenv("WATCHDOG_USEC", us, 1);
	if (pid != NULL)
		(void)setenv("WATCHDOG_PID", pid, 1);
	notify_open();
	found = notify_watchdog_us();
	CHECK(getenv("WATCHDOG_USEC") == NULL && getenv("WATCHDOG_PID") == NULL);
	notify_close();
	return found;
}

static void the_watchdog_is_ours_or_not(void)
{
	char pid[16];

	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	CHECK_EQ(watchdog_of("15000000", pid), 15000000);
	CHECK_EQ(watchdog_of("15000000", NULL), 15000000);
	CHECK_EQ(watchdog_of("15000000", "1"), 0);
}

static void nobody_listens(void)
{
	(void)unsetenv("NOTIFY_SOCKET");
	notify_open();
	notify_ready();
	CHECK_EQ(notify_watchdog_us(), 0);
	notify_close();
	(void)setenv("NOTIFY_SOCKET", "relative", 1);
	notify_open();
	notify_ready();
	notify_close();
}

int main(void)
{
	RUN(says_how_it_goes);
	RUN(a_name_without_a_file);
	RUN(the_watchdog_is_ours_or_not);
	RUN(nobody_listens);
	return check_summary();
}
