/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * signals.h - waiting for a descriptor or a signal, whichever comes first, without a moment in
 * which a signal is missed: they are blocked but for the wait itself.
 *
 * Until sluicectl_signals_hold() nothing is changed: a signal ends the program, as it does for one
 * command and for a batch.
 *
 * Runs on  sluicectl's one thread.
 */
#ifndef CONTROL_SLUICECTL_SIGNALS_H
#define CONTROL_SLUICECTL_SIGNALS_H

#include "dataplane/base/base.h"

enum sluicectl_signal {
	SIGNAL_INTERRUPT = 1, /* INT: the operator wants what runs to end */
	SIGNAL_RESIZE = 2,    /* WINCH */
	SIGNAL_RESUME = 4,    /* CONT: the terminal has been somebody else's meanwhile */
	SIGNAL_END = 8        /* TERM, HUP, QUIT */
};

/* From now on they are told by the functions below. */
void sluicectl_signals_hold(void);

/*
 * Until @fd has one of @events (as poll() has them), or a signal has come, or @timeout_ms have
 * gone by (-1: never).
 *
 * Returns  as poll() does; -1 with EINTR for a signal.
 */
MUST_USE int sluicectl_signals_wait(int fd, short events, int timeout_ms);

/* Those of @which that have come since they were last taken. */
unsigned int sluicectl_signals_take(unsigned int which);
/* The same, and they stay. */
unsigned int sluicectl_signals_have(unsigned int which);

#endif
