/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * message_log.h - a line in the log for each message that comes in by a granted stream, where <log
 * messages="true"> asks for it: who writes to whom and how much, as Lync logs it; what they write
 * only with EnableLoggingAllMessageBodies.
 *
 * It reads from the taps like a watch of all streams (taps.h), so it never holds the relay up: what
 * is too much for them, or for the log (log_limit.h), is counted and left out.
 *
 * Runs on  control.
 */
#ifndef CONTROL_MESSAGE_LOG_H
#define CONTROL_MESSAGE_LOG_H

#include "control/config.h"
#include "control/taps.h"

struct message_log;

/* Logs as @config says, from now on. Never NULL. */
MUST_USE struct message_log *message_log_make(struct taps *t);
void message_log_free(struct message_log *m);
/* Begins, ends or changes as @config says. */
void message_log_set(struct message_log *m, const struct config *config);

#endif
