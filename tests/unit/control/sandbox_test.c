/* SPDX-License-Identifier: BSD-3-Clause */
/* sandbox_test.c - what a process in the sandbox can and cannot do; each try is a child. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/sandbox.h"
#include "tests/check.h"

/* Exit code 0: @claim holds behind the filter; else the signal that ended it, negative. */
static int ends_with(bool (*claim)(void))
{
	const pid_t child = fork();
	int status = -1;

	if (child == 0) {
		char error[SANDBOX_ERROR];
		const struct rlimit none = {0, 0};

		(void)setrlimit(RLIMIT_CORE, &none);
		if (!sandbox_enter("", error)) {
			fprintf(stderr, "%s\n", error);
			_exit(2);
		}
		_exit(claim() ? 0 : 1);
	}
	CHECK(child > 0 && waitpid(child, &status, 0) == child);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void *return_it(void *it)
{
	return it;
}

static bool does_its_work(void)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const int local = socket(AF_UNIX, SOCK_DGRAM, 0), dns = socket(AF_INET6, SOCK_DGRAM, 0);
	FILE *f = fopen("/dev/null", "re");
	void *result = NULL;
	pthread_t t;

	return memory != MAP_FAILED && mprotect(memory, 4096, PROT_READ) == 0 && local >= 0 &&
	       dns >= 0 && f != NULL && fclose(f) == 0 &&
	       pthread_create(&t, NULL, return_it, memory) == 0 && pthread_join(t, &result) == 0 &&
	       result == memory;
}

static bool makes_no_code(void)
{
	void *data = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(data, 4096, PROT_READ | PROT_EXEC) != 0 && errno == EPERM &&
	       mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
		   MAP_FAILED &&
	       errno == EPERM;
}

static bool opens_no_packets(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0) < 0 && errno == EPERM;
}

static bool becomes_nobody_else(void)
{
	return setuid(65534) != 0 && errno == EPERM && syscall(SYS_acct, NULL) != 0 &&
	       errno == EPERM && nice(1) == -1 && errno == EPERM;
}

static bool signals_nobody_else(void)
{
	return syscall(SYS_tgkill, getppid(), getppid(), 0) != 0 && errno == EPERM &&
	       kill(getppid(), 0) != 0 && errno == EPERM &&
	       syscall(SYS_tgkill, getpid(), gettid(), 0) == 0;
}

static bool forks(void)
{
	return fork() < 0 && errno == EPERM;
}

static bool executes(void)
{
	char word[] = "true", *const words[] = {word, NULL};

	(void)execv("/bin/true", words);
	return true;
}

static bool traces(void)
{
	(void)syscall(SYS_ptrace, 0, 0, 0, 0);
	return true;
}

static void lets_it_work(void)
{
	CHECK_EQ(ends_with(does_its_work), 0);
	CHECK_EQ(ends_with(makes_no_code), 0);
	CHECK_EQ(ends_with(opens_no_packets), 0);
	CHECK_EQ(ends_with(becomes_nobody_else), 0);
	CHECK_EQ(ends_with(signals_nobody_else), 0);
	CHECK_EQ(ends_with(forks), 0);
}

static void ends_who_is_not_us(void)
{
	CHECK_EQ(ends_with(executes), -SIGSYS);
	CHECK_EQ(ends_with(traces), -SIGSYS);
}

/* --- threads that were there before, and what a driver needs --- */

static _Atomic int go, got;

static void *try_when_told(void *unused)
{
	while (!atomic_load(&go))
		usleep(1000);
	atomic_store(&got, syscall(SYS_acct, NULL) == 0 ? 1 : errno);
	return unused;
}

static void run_with(const char *more, bool (*claim)(void), int expected)
{
	const pid_t child = fork();
	int status = -1;

	if (child == 0) {
		char error[SANDBOX_ERROR];
		pthread_t t;

		if (pthread_create(&t, NULL, try_when_told, NULL) != 0 ||
		    !sandbox_enter(more, error))
			_exit(3);
		atomic_store(&go, 1);
		(void)pthread_join(t, NULL);
		_exit(claim() ? 0 : 1);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), expected);
}

static bool thread_was_refused(void)
{
	return atomic_load(&got) == EPERM;
}

/* acct(2) of no file: allowed it switches accounting off, or as nobody is refused with EPERM, too.
 */
static bool thread_was_let(void)
{
	return geteuid() != 0 || atomic_load(&got) == 1 || atomic_load(&got) == ENOSYS;
}

static void holds_for_every_thread(void)
{
	run_with("", thread_was_refused, 0);
	run_with("acct", thread_was_let, 0);
	run_with("no_such_call", thread_was_let, 3);
}

int main(void)
{
	RUN(lets_it_work);
	RUN(ends_who_is_not_us);
	RUN(holds_for_every_thread);
	return check_summary();
}
