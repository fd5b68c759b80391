/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * daemon_signals.c - what signals ask for: HUP reloads the configuration and opens the log file
 * anew, USR1 only the latter (so that rotating the log never takes up a half-written
 * configuration), TERM and INT stop.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "control/daemon_state.h"
#include "control/log.h"
#include "control/log_sink.h"

static void reopen_log(void)
{
	char error[256], quoted[300];

	if (!log_sink_reopen(error))
		log_event(LOG_LEVEL_ERROR, "log_not_reopened", "text=%s",
			  log_quote(error, quoted, sizeof(quoted)));
}

static void signal_ready(struct loop_watch *w, uint32_t events)
{
	struct daemon *d = CONTAINER_OF(w, struct daemon, signals);
	struct signalfd_siginfo info;

	(void)events;
	while (read(w->fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP || info.ssi_signo == SIGUSR1)
			reopen_log();
		if (info.ssi_signo == SIGHUP)
			daemon_reload_by_signal(d);
		else if (info.ssi_signo != SIGUSR1 && d->shutting_down)
			daemon_stop(d); /* said twice: now */
		else if (info.ssi_signo != SIGUSR1)
			daemon_shut_down(d);
	}
}

/* Blocked before any other thread exists, so that only the loop hears them. */
bool daemon_start_signals(struct daemon *d, char *error)
{
	static const int heard[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1};
	sigset_t set;

	(void)signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(heard); i++)
		sigaddset(&set, heard[i]);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	d->signals.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	d->signals.ready = signal_ready;
	if (d->signals.fd >= 0 && loop_watch(d->loop, &d->signals, EPOLLIN))
		return true;
	(void)snprintf(error, 256, "cannot watch signals: %s", strerror(errno));
	return false;
}

void daemon_stop_signals(struct daemon *d)
{
	loop_unwatch(d->loop, &d->signals);
	close(d->signals.fd);
}
