/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sluicectl_run.h - runs sluicectl as a program against the real socket, with daemon_double.h
 * behind it: what it printed is in out and err. For test programs that get its path as their first
 * argument.
 */
#ifndef TESTS_SLUICECTL_RUN_H
#define TESTS_SLUICECTL_RUN_H

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/operator/opsock.h"
#include "daemon_double.h"
#include "tests/check.h"

static char folder[] = "/tmp/sluicectl_testXXXXXX", path[128], error[256];
static const char *program;
static struct daemon *d;
static struct opsock *o;
static char out[1024 * 1024], err[8192];

static inline void begin(unsigned int partners)
{
	d = daemon_double_make(partners);
	o = opsock_make(d, path, NULL, LEVEL_ADMIN, error);
	CHECK(o != NULL);
}

static inline void end(void)
{
	opsock_free(o);
	daemon_double_free(d);
}

static inline void read_back(FILE *f, char *text, size_t room)
{
	size_t n;

	rewind(f);
	n = fread(text, 1, room - 1, f);
	text[n] = '\0';
	fclose(f);
}

static inline void child_ended(struct loop_watch *w, uint32_t events)
{
	(void)w;
	(void)events;
}

/* Turns the loop until the child has ended, which wakes it, too. */
static inline int wait_for(pid_t child)
{
	struct loop_watch ended = {(int)syscall(SYS_pidfd_open, child, 0), child_ended};
	int status = 0;

	CHECK(d == NULL || loop_watch(d->loop, &ended, EPOLLIN));
	while (waitpid(child, &status, d != NULL ? WNOHANG : 0) == 0)
		loop_turn(d->loop);
	if (d != NULL)
		loop_unwatch(d->loop, &ended);
	close(ended.fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Runs it with these arguments (blanks part them) and this input while the loop turns; returns its
 * exit code. */
static inline int run_with(const char *arguments, const char *input)
{
	FILE *from = tmpfile(), *to = tmpfile(), *complaints = tmpfile();
	char copy[512], *argv[16] = {strdup(program)}, *rest = NULL;
	int argc = 1, code;
	pid_t child;

	(void)snprintf(copy, sizeof(copy), "%s", arguments);
	for (char *word = strtok_r(copy, " ", &rest); word != NULL && argc < 15;
	     word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	fputs(input, from);
	rewind(from);
	child = fork();
	if (child == 0) {
		(void)dup2(fileno(from), STDIN_FILENO);
		(void)dup2(fileno(to), STDOUT_FILENO);
		(void)dup2(fileno(complaints), STDERR_FILENO);
		(void)execv(program, argv);
		_exit(99);
	}
	CHECK(child > 0);
	code = wait_for(child);
	free(argv[0]);
	read_back(to, out, sizeof(out));
	read_back(complaints, err, sizeof(err));
	fclose(from);
	return code;
}

static inline int run(const char *arguments)
{
	return run_with(arguments, "");
}

static inline bool has_trailing_blank(const char *text)
{
	return strstr(text, " \n") != NULL;
}

static inline size_t longest_line(const char *text)
{
	size_t longest = 0;

	while (*text != '\0') {
		const size_t n = strcspn(text, "\n");

		longest = n > longest ? n : longest;
		text += n + (text[n] != '\0');
	}
	return longest;
}

/* False: no folder for the socket. */
static inline bool run_begin(int argc, char **argv)
{
	if (argc < 2 || mkdtemp(folder) == NULL)
		return false;
	program = argv[1];
	(void)snprintf(path, sizeof(path), "%s/control.sock", folder);
	(void)setenv("SLUICE_SOCKET", path, 1);
	(void)setenv("TZ", "UTC", 1);
	return true;
}

static inline int run_end(void)
{
	(void)rmdir(folder);
	return check_summary();
}

#endif
