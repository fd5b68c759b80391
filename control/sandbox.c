/* SPDX-License-Identifier: BSD-3-Clause */
/* sandbox.c - a list of system calls as a filter in the kernel. */
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/sandbox.h"

static const char *const allowed[] = {
#define SYSCALL(name) #name,
#include "control/sandbox.def"
#undef SYSCALL
};

/* Nothing of ours ever does these: whoever does is not us any more. */
static const char *const fatal[] = {
    "execve",
    "execveat",
    "fork",
    "vfork",
    "ptrace",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "unshare",
    "setns",
    "process_vm_readv",
    "process_vm_writev",
    "userfaultfd",
    "keyctl",
    "add_key",
    "request_key",
    "perf_event_open",
    "open_by_handle_at",
};

static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

static bool allow(scmp_filter_ctx filter, const char *name)
{
	const int number = seccomp_syscall_resolve_name(name);
	int rc = number == __NR_SCMP_ERROR ? -EINVAL
					   : seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);

	return rc == 0 || rc == -EEXIST;
}

/* The name of the one that cannot be allowed, or NULL. @words is cut up. */
static const char *allow_words(scmp_filter_ctx filter, char *words)
{
	char *rest = NULL;

	for (char *w = strtok_r(words, " ", &rest); w != NULL; w = strtok_r(NULL, " ", &rest))
		if (!allow(filter, w))
			return w;
	return NULL;
}

static const char *allow_all(scmp_filter_ctx filter, char *more)
{
	for (size_t i = 0; i < ARRAY_LEN(allowed); i++)
		if (!allow(filter, allowed[i]))
			return allowed[i];
	return allow_words(filter, more);
}

/* Allows @number where argument @arg, as far as @mask goes, is @value. */
static bool allow_where(scmp_filter_ctx f, int number, unsigned int arg, scmp_datum_t mask,
			scmp_datum_t value)
{
	const struct scmp_arg_cmp where = {
	    .arg = arg, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};

	return seccomp_rule_add_array(f, SCMP_ACT_ALLOW, number, 1, &where) == 0;
}

/* Threads, but no processes; memory, but none that is code; sockets of these families; signals to
 * ourselves. */
static bool add_conditions(scmp_filter_ctx f)
{
	const scmp_datum_t thread = CLONE_THREAD | CLONE_VM, code = PROT_EXEC,
			   all = ~(scmp_datum_t)0;
	bool good = true;

	good &= allow_where(f, SCMP_SYS(clone), 0, thread, thread);
	/* Its flags are in memory, where a filter cannot look: glibc falls back to clone. */
	good &= seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
	good &= allow_where(f, SCMP_SYS(mmap), 2, code, 0);
	good &= allow_where(f, SCMP_SYS(mprotect), 2, code, 0);
	good &= allow_where(f, SCMP_SYS(tgkill), 0, all, (scmp_datum_t)getpid());
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		good &= allow_where(f, SCMP_SYS(socket), 0, all, (scmp_datum_t)families[i]);
	return good;
}

static bool add_fatal(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < ARRAY_LEN(fatal); i++) {
		const int number = seccomp_syscall_resolve_name(fatal[i]);

		if (number == __NR_SCMP_ERROR ||
		    seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, number, 0) != 0)
			return false;
	}
	return true;
}

static bool load(scmp_filter_ctx filter, char *error)
{
	int rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

	if (rc == 0)
		rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
	if (rc == 0)
		rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree, no list */
	if (rc == 0)
		rc = seccomp_load(filter);
	if (rc == 0)
		return true;
	(void)snprintf(
	    error, SANDBOX_ERROR,
	    "the kernel takes no seccomp filter (%s): set <process seccomp=\"false\"/> to "
	    "run without",
	    strerror(-rc));
	return false;
}

bool sandbox_enter(const char *more, char *error)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	const char *bad = NULL;
	char words[512];
	bool good = false;

	(void)snprintf(words, sizeof(words), "%s", more);
	if (filter == NULL)
		(void)snprintf(error, SANDBOX_ERROR, "no memory for the seccomp filter");
	else if ((bad = allow_all(filter, words)) != NULL)
		(void)snprintf(error, SANDBOX_ERROR,
			       "there is no system call \"%.32s\" on this machine", bad);
	else if (!add_conditions(filter) || !add_fatal(filter))
		(void)snprintf(error, SANDBOX_ERROR, "the seccomp filter cannot be made");
	else
		good = load(filter, error);
	seccomp_release(filter);
	return good;
}
