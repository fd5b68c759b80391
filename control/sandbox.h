/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sandbox.h - the running relay is held to the system calls it needs (seccomp(2), by libseccomp):
 * sandbox.def, and what its drivers take besides.
 *
 * Any other fails with EPERM and is told by the kernel's log ("audit: type=1326 ... syscall=N");
 * those by which a hijacked process would go on (execve, ptrace and the like) end the process. No
 * new code becomes executable, no socket but of UNIX, IP and netlink is made.
 *
 * Runs on  control; holds for all threads there are and will be.
 */
#ifndef CONTROL_SANDBOX_H
#define CONTROL_SANDBOX_H

#include "dataplane/base/base.h"

enum { SANDBOX_ERROR = 512 };

/* @more: names of further system calls, by spaces. False with a sentence in @error: nothing has
 * changed. */
MUST_USE bool sandbox_enter(const char *more, char *error);

#endif
