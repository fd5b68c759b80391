/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * privileges_test.c - a process with threads gives up its rights. Each try is a child of its own.
 * As nobody but root there is not much to give up: then only what needs none is tried.
 */
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/privileges.h"
#include "tests/check.h"

static void knows_names(void)
{
	char unknown[32];
	uint64_t bits = 1;

	CHECK(privileges_parse("", &bits, unknown));
	CHECK_EQ(bits, 0);
	CHECK(privileges_parse("net_admin  net_raw", &bits, unknown));
	CHECK_EQ(bits, UINT64_C(1) << CAP_NET_ADMIN | UINT64_C(1) << CAP_NET_RAW);
	CHECK(!privileges_parse("net_admin everything", &bits, unknown));
	CHECK_STR(unknown, "everything");
}

/* In a child, so that this process stays what it is. */
static bool holds_in_child(bool (*claim)(void))
{
	const pid_t child = fork();
	int status = -1;

	if (child == 0)
		_exit(claim() ? 0 : 1);
	CHECK(child > 0 && waitpid(child, &status, 0) == child);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static _Atomic bool is_over;

static void *wait_for_the_end(void *unused)
{
	while (!atomic_load(&is_over))
		usleep(1000);
	return unused;
}

static bool start_threads(void)
{
	pthread_t t;

	for (unsigned int i = 0; i < 5; i++)
		if (pthread_create(&t, NULL, wait_for_the_end, NULL) != 0)
			return false;
	return true;
}

static bool may_open_packets(void)
{
	const int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 1);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool root_without_capabilities(void)
{
	char error[PRIVILEGES_ERROR];

	return start_threads() && may_open_packets() && privileges_effective() != 0 &&
	       privileges_drop(NULL, 0, error) && privileges_effective() == 0 &&
	       !may_open_packets() && geteuid() == 0;
}

static bool another_user(void)
{
	char error[PRIVILEGES_ERROR];

	return start_threads() && privileges_drop("nobody", 0, error) && geteuid() != 0 &&
	       privileges_effective() == 0 && setuid(0) != 0 && !may_open_packets();
}

static bool some_are_kept(void)
{
	const uint64_t keep = UINT64_C(1) << CAP_NET_RAW;
	char error[PRIVILEGES_ERROR];

	if (!start_threads() || !privileges_drop("nobody", keep, error) || may_open_packets())
		return false;
	privileges_raise();
	return may_open_packets() && privileges_effective() == keep;
}

static bool nobody_of_that_name(void)
{
	char error[PRIVILEGES_ERROR];

	return !privileges_drop("no-such-user", 0, error) &&
	       strcmp(error, "there is no user no-such-user") == 0;
}

/* As libunbound's thread does: then it is said, not waited for. */
static bool a_deaf_thread(void)
{
	char error[PRIVILEGES_ERROR];
	sigset_t all;

	sigfillset(&all);
	return pthread_sigmask(SIG_BLOCK, &all, NULL) == 0 && start_threads() &&
	       !privileges_drop(NULL, 0, error) &&
	       strstr(error, "does not give up its capabilities: 0 of 5") != NULL;
}

static void gives_up_what_root_has(void)
{
	CHECK(holds_in_child(root_without_capabilities));
	CHECK(holds_in_child(another_user));
	CHECK(holds_in_child(some_are_kept));
	CHECK(holds_in_child(a_deaf_thread));
}

static void says_what_is_wrong(void)
{
	CHECK(holds_in_child(nobody_of_that_name));
}

int main(void)
{
	RUN(knows_names);
	if (geteuid() == 0 && may_open_packets())
		RUN(gives_up_what_root_has);
	RUN(says_what_is_wrong);
	return check_summary();
}
