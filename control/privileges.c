/* SPDX-License-Identifier: BSD-3-Clause */
/* privileges.c - setresuid() for the process, capset() in each of its threads. */
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "control/privileges.h"

enum {
	THREADS_MAX = 256,
	ROUNDS_MAX = 8, /* of threads that threads of the round before have made */
	PATIENCE_MS = 2000,
};

/* Those that drivers may name. */
static const struct {
	const char *name;
	unsigned int number;
} known[] = {
    {"bpf", CAP_BPF},
    {"dac_override", CAP_DAC_OVERRIDE},
    {"ipc_lock", CAP_IPC_LOCK},
    {"net_admin", CAP_NET_ADMIN},
    {"net_raw", CAP_NET_RAW},
    {"perfmon", CAP_PERFMON},
    {"sys_admin", CAP_SYS_ADMIN},
    {"sys_rawio", CAP_SYS_RAWIO},
};

/* What the signal's handler is to do and has done. */
static struct {
	_Atomic unsigned int done, refused;
} order;

static uint64_t kept;

bool privileges_parse(const char *words, uint64_t *out, char *unknown)
{
	char copy[256], *rest = NULL;

	*out = 0;
	(void)snprintf(copy, sizeof(copy), "%s", words);
	for (char *w = strtok_r(copy, " ", &rest); w != NULL; w = strtok_r(NULL, " ", &rest)) {
		size_t i = 0;

		while (i < ARRAY_LEN(known) && strcmp(known[i].name, w) != 0)
			i++;
		if (i == ARRAY_LEN(known)) {
			(void)snprintf(unknown, 32, "%.31s", w);
			return false;
		}
		*out |= UINT64_C(1) << known[i].number;
	}
	return true;
}

/* This thread has @permitted of what it had, and uses @effective. Only system calls: also a signal
 * handler's. */
static bool set_capabilities(uint64_t permitted, uint64_t effective)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) != 0)
		return false;
	permitted &= data[0].permitted | (uint64_t)data[1].permitted << 32;
	effective &= permitted;
	for (unsigned int i = 0; i < 2; i++) {
		data[i].permitted = (uint32_t)(permitted >> 32 * i);
		data[i].effective = (uint32_t)(effective >> 32 * i);
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &header, data) == 0;
}

static void obey(int signal_number)
{
	const int before = errno;

	(void)signal_number;
	if (!set_capabilities(0, 0))
		atomic_fetch_add(&order.refused, 1);
	atomic_fetch_add(&order.done, 1);
	errno = before;
}

/* Threads of this process but this one; how many. */
static size_t list_threads(pid_t threads[THREADS_MAX])
{
	DIR *dir = opendir("/proc/self/task");
	const struct dirent *e;
	size_t n = 0;

	if (dir == NULL)
		return SIZE_MAX;
	while ((e = readdir(dir)) != NULL && n < THREADS_MAX) {
		const pid_t tid = (pid_t)strtol(e->d_name, NULL, 10);

		if (tid > 0 && tid != gettid())
			threads[n++] = tid;
	}
	closedir(dir);
	return n;
}

static bool is_among(const pid_t *threads, size_t count, pid_t tid)
{
	for (size_t i = 0; i < count; i++)
		if (threads[i] == tid)
			return true;
	return false;
}

/* False when they do not within PATIENCE_MS. */
static bool await(unsigned int count)
{
	const struct timespec ms = {.tv_nsec = 1000000};

	for (unsigned int i = 0; i < PATIENCE_MS; i++) {
		if (atomic_load(&order.done) >= count)
			return true;
		(void)nanosleep(&ms, NULL);
	}
	return false;
}

/* Each thread that there is and has not been asked yet; again, since those may have made some. */
static bool ask_all(int signal_number, char *error)
{
	pid_t now[THREADS_MAX], asked[THREADS_MAX];
	size_t asked_count = 0;
	unsigned int expected = 0;

	for (unsigned int round = 0; round < ROUNDS_MAX; round++) {
		const size_t n = list_threads(now);
		bool is_new = false;

		if (n == SIZE_MAX)
			break;
		for (size_t i = 0; i < n && asked_count < THREADS_MAX; i++) {
			if (is_among(asked, asked_count, now[i]))
				continue;
			is_new = true;
			asked[asked_count++] = now[i];
			expected += syscall(SYS_tgkill, getpid(), now[i], signal_number) == 0;
		}
		if (!is_new)
			return true;
		if (!await(expected))
			break;
	}
	(void)snprintf(error, PRIVILEGES_ERROR,
		       "a thread does not give up its capabilities: %u of %u did",
		       atomic_load(&order.done), expected);
	return false;
}

static bool drop_of_others(char *error)
{
	const int signal_number = SIGRTMAX - 1;
	struct sigaction ours = {.sa_handler = obey, .sa_flags = SA_RESTART}, before;
	bool good;

	atomic_store(&order.done, 0);
	atomic_store(&order.refused, 0);
	(void)sigaction(signal_number, &ours, &before);
	good = ask_all(signal_number, error);
	(void)sigaction(signal_number, &before, NULL);
	if (good && atomic_load(&order.refused) > 0) {
		(void)snprintf(error, PRIVILEGES_ERROR, "the kernel keeps a thread's capabilities");
		good = false;
	}
	return good;
}

/* glibc does it in every thread; each but this loses its capabilities by it. */
static bool become(const char *user, char *error)
{
	const struct passwd *p = getpwnam(user);

	if (p == NULL) {
		(void)snprintf(error, PRIVILEGES_ERROR, "there is no user %.64s", user);
		return false;
	}
	if (p->pw_uid == getuid() && p->pw_uid == geteuid())
		return true;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 && initgroups(user, p->pw_gid) == 0 &&
	    setresgid(p->pw_gid, p->pw_gid, p->pw_gid) == 0 &&
	    setresuid(p->pw_uid, p->pw_uid, p->pw_uid) == 0)
		return true;
	(void)snprintf(error, PRIVILEGES_ERROR,
		       "cannot become user %.64s: %s; root can, or start the relay as that user",
		       user, strerror(errno));
	return false;
}

bool privileges_drop(const char *user, uint64_t keep, char *error)
{
	if (user != NULL && !become(user, error))
		return false;
	if (!drop_of_others(error))
		return false;
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	kept = keep;
	if (set_capabilities(keep, 0))
		return true;
	(void)snprintf(error, PRIVILEGES_ERROR, "cannot give up capabilities: %s", strerror(errno));
	return false;
}

void privileges_raise(void)
{
	if (kept != 0)
		(void)set_capabilities(kept, kept);
}

/* Of one thread. */
static uint64_t effective_of(pid_t tid)
{
	unsigned long long bits = UINT64_MAX;
	char path[64], line[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/status", (int)tid);
	f = fopen(path, "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "CapEff: %llx", &bits) == 1)
			break;
	if (f != NULL)
		fclose(f);
	return bits;
}

uint64_t privileges_effective(void)
{
	pid_t threads[THREADS_MAX];
	const size_t n = list_threads(threads);
	uint64_t all = effective_of(gettid());

	if (n == SIZE_MAX)
		return UINT64_MAX;
	for (size_t i = 0; i < n; i++)
		all |= effective_of(threads[i]);
	return all;
}
